#![doc = include_str!("../README.md")]

pub mod admin;
mod auth;
mod auth_log;
pub mod backup;
mod blobs;
mod client_address;
mod clock;
pub mod demo;
mod disk;
mod domain;
mod error;
mod guard;
mod handlers;
#[cfg(feature = "test-hooks")]
pub mod hostile;
mod input;
mod keys;
mod limits;
mod marker;
mod observe;
pub mod openapi;
pub mod planted;
mod problem;
mod routes;
mod serve;
mod server;
mod signed;
mod storage;

pub use auth::CompanyScope;
pub use clock::{Clock, SystemClock};
pub use error::{Result, ServerError};
pub use input::InputError;
pub use ipnet::IpNet;
pub use keys::KeysError;
pub use limits::Wait;
pub use observe::VERSION;
pub use routes::router;
pub use serve::{serve, stop_signal};
pub use server::{Server, ServerConfig, TlsFiles};
