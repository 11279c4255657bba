#![doc = include_str!("../README.md")]

pub mod api;
pub mod attendance;
pub mod clock;
pub mod enrolment;
pub mod ids;
pub mod keys;
pub mod lease;
pub mod link;
pub mod location;
pub mod outbox;
pub mod record;
pub mod seal;
pub mod store;
pub mod sync;
pub mod vault;
pub mod wire;
