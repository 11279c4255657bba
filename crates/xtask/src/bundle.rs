//! The web bundle: cargo, wasm-bindgen, wasm-opt, and files copied as they are. Why not trunk: docs/adr/0001-no-trunk.md.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{process, say, setup};

/// What rustc emits by default for wasm32; without the target features section wasm-opt has to be told.
const WASM_FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Everything that the bundle is made from.
const INPUTS: &[&str] = &[
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "build.rs",
    "crates/bizmitra-ipc",
    "crates/xtask/src/bundle.rs",
    "crates/xtask/src/setup.rs",
    "index.html",
    "locales",
    "public",
    "src",
];

/// Builds `dist/` unless it is there from the same inputs; ends with the sizes.
pub fn build(workspace: &Workspace) -> Result<()> {
    setup::to_build(workspace)?;
    make(workspace)?;
    let dist = workspace.root.join("dist");
    let kb = |name: &str| -> Result<String> {
        Ok(format!(
            "{:.0}",
            fs::metadata(dist.join(name))?.len() as f64 / 1000.0
        ))
    };
    say::figures(&[
        ("wasm_raw_kb", kb("bizmitra-ui_bg.wasm")?),
        ("js_kb", kb("bizmitra-ui.js")?),
        ("css_kb", kb("app.css")?),
    ]);
    Ok(())
}

/// Builds `dist/` unless it is there from the same inputs.
pub fn make(workspace: &Workspace) -> Result<()> {
    let dist = workspace.root.join("dist");
    let stamp_file = workspace.output("ui.stamp");
    let stamp = stamp(&workspace.root)?;
    if fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp)
        && dist.join("app.css").is_file()
    {
        return Ok(());
    }
    say::step("building the web bundle");
    process::run(workspace.cargo().args([
        "build",
        "--quiet",
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        "web",
        "-p",
        "bizmitra-ui",
    ]))?;
    // Beside dist and renamed at the end: a build that was cut short never looks like a bundle.
    let making = workspace.output("dist-making");
    let _ = fs::remove_dir_all(&making);
    fs::create_dir_all(&making)?;
    let wasm = workspace
        .target
        .join("wasm32-unknown-unknown/web/bizmitra-ui.wasm");
    process::run_quietly(
        Command::new(workspace.tool("wasm-bindgen"))
            .args([
                "--target",
                "web",
                "--no-typescript",
                "--remove-name-section",
                "--remove-producers-section",
            ])
            .args(["--out-name", "bizmitra-ui", "--out-dir"])
            .args([&making, &wasm]),
    )?;
    shrink(&making.join("bizmitra-ui_bg.wasm"), &workspace.wasm_opt())?;
    copy_tree(&workspace.root.join("public"), &making)?;
    fs::copy(workspace.root.join("index.html"), making.join("index.html")).context("index.html")?;
    fs::write(
        making.join("app.css"),
        styles(&workspace.root.join("src/styles"))?,
    )?;
    let _ = fs::remove_dir_all(&dist);
    fs::rename(&making, &dist)?;
    fs::write(stamp_file, stamp)?;
    Ok(())
}

fn shrink(wasm: &Path, wasm_opt: &Path) -> Result<()> {
    process::run_quietly(
        Command::new(wasm_opt)
            .arg("-Oz")
            .args(WASM_FEATURES)
            .arg(wasm)
            .arg("-o")
            .arg(wasm),
    )
}

/// One style sheet, in the order of `index.txt`: later rules win, so the order is written down.
fn styles(folder: &Path) -> Result<String> {
    let index = fs::read_to_string(folder.join("index.txt")).context("src/styles/index.txt")?;
    let mut sheet = String::new();
    for name in index
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        sheet.push_str(
            &fs::read_to_string(folder.join(name)).with_context(|| format!("src/styles/{name}"))?,
        );
        sheet.push('\n');
    }
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".css") && !index.lines().any(|line| line.trim() == name) {
            bail!("src/styles/{name} is not in src/styles/index.txt");
        }
    }
    Ok(sheet)
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for file in files_under(from)? {
        let to = to.join(file.strip_prefix(from)?);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(&file, to)?;
    }
    Ok(())
}

/// A hash of names and contents: times lie after a clone.
fn stamp(root: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for input in INPUTS {
        for file in files_under(&root.join(input))? {
            file.strip_prefix(root)?.hash(&mut hasher);
            fs::read(&file)?.hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn files_under(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            files.extend(files_under(&entry?.path())?);
        }
    }
    files.sort();
    Ok(files)
}
