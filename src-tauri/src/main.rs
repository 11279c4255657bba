//! Bizmitra on a desktop.

// No console window beside the app on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    bizmitra_app_lib::run();
}
