//! The wire contract by example: every type as JSON that must stay readable for ever, and the map of what leaves a device.

#[cfg(test)]
mod data_map;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod registry;
#[cfg(test)]
mod source;
#[cfg(test)]
mod words;
