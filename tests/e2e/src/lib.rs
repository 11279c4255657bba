#![doc = include_str!("../README.md")]

pub mod desktop;
pub mod journey;
pub mod journeys;
pub mod portal;
pub mod processes;
pub mod say;
pub mod server;
pub mod strace;
pub mod webdriver;
