//! The API as a device sees it: the router is called directly, by a device written from the contract's documents.

#[cfg(test)]
mod about;
#[cfg(test)]
mod activation;
#[cfg(test)]
mod attendance;
#[cfg(test)]
mod auth_log;
#[cfg(test)]
mod backups;
#[cfg(test)]
mod batch;
#[cfg(test)]
mod chain;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod corrections;
#[cfg(test)]
mod decisions;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod device;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod enrolment;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod host;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod login;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod place;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod request;
#[cfg(test)]
mod restore;
mod sealing;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod upload_access;
#[cfg(test)]
mod upload_calls;
#[cfg(test)]
mod upload_crash;
#[cfg(test)]
mod upload_disk;
#[cfg(test)]
mod upload_files;
#[cfg(test)]
mod upload_hostile;
#[cfg(test)]
mod upload_items;
#[cfg(test)]
mod upload_limits;
#[cfg(test)]
mod upload_process;
#[cfg(test)]
mod upload_records;
#[cfg(test)]
mod uploads;
#[cfg(test)]
mod world;
