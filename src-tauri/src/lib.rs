#![doc = include_str!("../README.md")]

mod args;
mod commands;
mod error;
mod events;
mod platform;
mod setup;
mod shell;
mod views;

pub use setup::{context, wire};
pub use shell::{Opened, Opener, Shell};

#[cfg(all(feature = "simulate", not(debug_assertions)))]
compile_error!(
    "feature `simulate` replaces the receiver by a recording: it must not be in a release build"
);

/// Starts the app and returns when its window is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    if let Err(failure) = setup::run() {
        eprintln!("bizmitra: {failure}");
        std::process::exit(failure.exit_code());
    }
}
