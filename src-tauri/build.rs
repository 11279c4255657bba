//! Declares the app's commands to the access control list, from the list the UI and the shell share.

use std::path::Path;

fn main() {
    // A type check needs no web bundle; `cargo xtask` builds it before it builds the app.
    let pages = Path::new("../dist");
    println!("cargo:rerun-if-changed={}", pages.display());
    if let Err(error) = std::fs::create_dir_all(pages) {
        println!("cargo:warning=the folder for the web bundle cannot be made: {error}");
    }

    let manifest = tauri_build::AppManifest::new().commands(bizmitra_ipc::command::NAMES);
    if let Err(error) =
        tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
    {
        println!("cargo:error={error:#}");
        std::process::exit(1);
    }
}
