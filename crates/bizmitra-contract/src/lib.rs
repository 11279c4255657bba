#![doc = include_str!("../README.md")]

pub mod attendance;
pub mod blob;
pub mod changes;
pub mod devices;
pub mod encoding;
pub mod enrolment;
pub mod ids;
pub mod link;
pub mod login;
pub mod paths;
pub mod problem;
pub mod record;
pub mod sealing;
pub mod signing;
pub mod statement;
pub mod sync;
