#![doc = include_str!("../README.md")]

mod address;
mod answer;
mod failure;
mod file_api;
#[cfg(feature = "test-hooks")]
pub mod hostile;
mod http_api;
mod retry_after;
pub mod signature;
mod tls;

pub use address::AddressError;
pub use http_api::HttpApi;
pub use tls::{Roots, RootsError};
