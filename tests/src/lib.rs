#![doc = include_str!("../README.md")]

pub mod bench;
pub mod clock;
pub mod folder;
pub mod network;
pub mod phone;
pub mod world;
