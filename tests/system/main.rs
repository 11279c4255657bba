//! The whole system: real server, real store, real client, in one process.

#[cfg(test)]
mod activation;
#[cfg(test)]
mod biometrics;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod files;
#[cfg(test)]
mod honesty;
#[cfg(test)]
mod journey;
#[cfg(test)]
mod lock;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod restores;
#[cfg(test)]
mod rotations;
#[cfg(test)]
mod sealed;
