#![doc = include_str!("../README.md")]

pub mod admin;
mod auth;
mod clock;
pub mod demo;
mod domain;
mod error;
mod handlers;
mod input;
mod keys;
mod marker;
mod observe;
pub mod openapi;
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
pub use keys::KeysError;
pub use observe::VERSION;
pub use routes::router;
pub use serve::{serve, stop_signal};
pub use server::{Server, ServerConfig, TlsFiles};
