#![doc = include_str!("../README.md")]

pub mod bench;
pub mod clock;
pub mod network;
pub mod phone;
pub mod world;
