#![doc = include_str!("../README.md")]

pub mod command;
pub mod error;
pub mod event;
pub mod view;
