#![doc = include_str!("../README.md")]

mod blobs;
mod cache;
mod connection;
mod fault;
mod files;
mod key;
mod migrate;
mod open;
mod salvage;
mod store;
mod table;

pub use key::StoreKey;
pub use open::{Damage, OpenReport};
pub use store::SqlcipherStore;
