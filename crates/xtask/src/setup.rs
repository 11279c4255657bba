//! Installs what is missing, one line a step. What is there in the right version is used, never rebuilt.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{process, say};

/// Debian packages to build the shell, the store and the bundle.
const TO_BUILD: &[&str] = &[
    "gcc",
    "g++",
    "libayatana-appindicator3-dev",
    "libc6-dev",
    "libssl-dev",
    "librsvg2-dev",
    "libwebkit2gtk-4.1-dev",
    "libxdo-dev",
    "make",
    "perl",
    "pkg-config",
];

/// Debian packages to open the real window without a display, with a real Secret Service, in every script.
const TO_OPEN_A_WINDOW: &[&str] = &[
    "dbus",
    "fonts-noto-core",
    "gnome-keyring",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "libgl1-mesa-dri",
    "strace",
    "webkit2gtk-driver",
    "xauth",
    "xvfb",
];

/// The firewall whose filter `deploy/` holds. Only unpacked, never installed: installing it would start it.
const FAIL2BAN: &str = "fail2ban";

/// Debian packages to make icons.
const TO_DRAW: &[&str] = &["librsvg2-bin"];

/// wasm-opt, as Node's package of binaryen: Debian 12's own (108) exports the wrong table.
const BINARYEN: &str = "132.0.0";

/// cargo-deny is pinned: its configuration changes between versions.
const CARGO_DENY: &str = "0.20.2";

/// cargo-fuzz is pinned: its options change between versions.
const CARGO_FUZZ: &str = "0.13.2";

/// Finds dependencies that nothing uses; pinned, because each version knows other tricks.
const CARGO_MACHETE: &str = "0.9.2";

/// Finds misspelt words, as PyPI's package of the compiled program; pinned, because its word list grows.
const TYPOS: &str = "1.52.0";

/// What selfies are measured beside; pinned, because its speed is the measure.
const SHARP: &str = "0.35.5";

/// Everything, for `x setup`.
pub fn all(workspace: &Workspace) -> Result<()> {
    let start = Instant::now();
    let mut installed = to_build(workspace)?;
    installed += to_open_a_window()?;
    installed += to_review(workspace)?;
    installed += cargo_fuzz(workspace)?;
    say::figures(&[
        ("installed", installed.to_string()),
        ("seconds", start.elapsed().as_secs().to_string()),
    ]);
    Ok(())
}

/// What the bundle and the shell need.
pub fn to_build(workspace: &Workspace) -> Result<usize> {
    let mut installed = debian(TO_BUILD)?;
    installed += rust_target("wasm32-unknown-unknown")?;
    installed += wasm_bindgen(workspace)?;
    installed += wasm_opt(workspace)?;
    Ok(installed)
}

/// rustfmt and clippy; rustup's minimal profile lacks them.
pub fn to_check() -> Result<usize> {
    let mut installed = 0;
    for (component, probe) in [("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")] {
        if ended_well(Command::new(probe).arg("--version")) {
            continue;
        }
        say::step(&format!("installing {component}"));
        process::run_quietly(Command::new("rustup").args(["component", "add", component]))?;
        installed += 1;
    }
    Ok(installed)
}

/// What the real window under Xvfb needs.
pub fn to_open_a_window() -> Result<usize> {
    debian(TO_OPEN_A_WINDOW)
}

/// fail2ban as Debian has it, unpacked into the tools; the folder that holds its `etc` and `usr`.
pub fn fail2ban(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.tools.join(FAIL2BAN);
    if folder.join("usr/bin/fail2ban-regex").is_file() {
        return Ok(folder);
    }
    say::step(&format!("unpacking {FAIL2BAN}"));
    debian(&["python3"])?;
    let download = workspace.tools.join("download");
    std::fs::create_dir_all(&download)?;
    // A fresh machine has no lists; old ones name versions that are gone.
    process::run_quietly(&mut apt(&["update", "-qq"])?)?;
    process::run_quietly(
        Command::new("apt-get")
            .args(["download", "-qq", FAIL2BAN])
            .current_dir(&download),
    )
    .context("fail2ban comes from Debian; elsewhere unpack it into the tools by hand")?;
    for entry in std::fs::read_dir(&download)? {
        let package = entry?.path();
        process::run_quietly(Command::new("dpkg-deb").arg("-x").arg(package).arg(&folder))?;
    }
    std::fs::remove_dir_all(&download)?;
    Ok(folder)
}

/// What `icons` needs.
pub fn to_draw() -> Result<usize> {
    debian(TO_DRAW)
}

/// wasm-bindgen's command line in exactly the version of the library in Cargo.lock.
fn wasm_bindgen(workspace: &Workspace) -> Result<usize> {
    let version = workspace.locked_version("wasm-bindgen")?;
    cargo_tool(workspace, "wasm-bindgen-cli", "wasm-bindgen", &version, &[])
}

/// The package is one file of JavaScript and wasm: no build, no download of its own.
fn wasm_opt(workspace: &Workspace) -> Result<usize> {
    let number = BINARYEN.split('.').next().unwrap_or(BINARYEN);
    if says_version(&mut Command::new(workspace.wasm_opt()), number) {
        return Ok(0);
    }
    npm(&workspace.npm(), "binaryen", BINARYEN)
}

/// Node's package of libvips, compiled: no build, no download of its own. In the checkout's target folder, because only a
/// measure needs it.
pub fn sharp(workspace: &Workspace) -> Result<usize> {
    let manifest = std::fs::read_to_string(workspace.sharp().join("package.json"));
    if manifest.is_ok_and(|text| text.contains(&format!("\"version\": \"{SHARP}\""))) {
        return Ok(0);
    }
    npm(&workspace.output("sharp"), "sharp", SHARP)
}

/// A package of Node's registry, without its scripts.
fn npm(folder: &Path, package: &str, version: &str) -> Result<usize> {
    let mut installed = 1;
    if !ended_well(Command::new("npm").arg("--version")) {
        installed += debian(&["nodejs", "npm"])?;
    }
    say::step(&format!("installing {package} {version}"));
    process::run_quietly(
        Command::new("npm")
            .args([
                "install",
                "--silent",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--prefix",
            ])
            .arg(folder)
            .arg(format!("{package}@{version}")),
    )?;
    Ok(installed)
}

/// What reads the code without compiling it: licences and sources, unused dependencies, spelling.
pub fn to_review(workspace: &Workspace) -> Result<usize> {
    Ok(cargo_deny(workspace)? + cargo_machete(workspace)? + typos(workspace)?)
}

/// Checks licences, bans and sources.
fn cargo_deny(workspace: &Workspace) -> Result<usize> {
    // Unoptimised: a sixth of the build time, and it runs for two seconds.
    cargo_tool(
        workspace,
        "cargo-deny",
        "cargo-deny",
        CARGO_DENY,
        &["--locked", "--debug"],
    )
}

fn cargo_machete(workspace: &Workspace) -> Result<usize> {
    cargo_tool(
        workspace,
        "cargo-machete",
        "cargo-machete",
        CARGO_MACHETE,
        &["--locked", "--debug"],
    )
}

/// Runs libFuzzer.
pub fn cargo_fuzz(workspace: &Workspace) -> Result<usize> {
    cargo_tool(
        workspace,
        "cargo-fuzz",
        "cargo-fuzz",
        CARGO_FUZZ,
        &["--locked", "--debug"],
    )
}

/// The package is one program: nothing is compiled.
fn typos(workspace: &Workspace) -> Result<usize> {
    if says_version(&mut Command::new(workspace.typos()), TYPOS) {
        return Ok(0);
    }
    let mut pip = pip()?;
    say::step(&format!("installing typos {TYPOS}"));
    let folder = workspace.pypi();
    if folder.is_dir() {
        // Another version: pip would leave its program where it is.
        std::fs::remove_dir_all(&folder).context("an old typos cannot be removed")?;
    }
    process::run_quietly(
        pip.args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--root-user-action=ignore",
            "--no-deps",
            "--only-binary=:all:",
            "--target",
        ])
        .arg(&folder)
        .arg(format!("typos=={TYPOS}")),
    )?;
    Ok(1)
}

/// Python's package installer.
pub fn pip() -> Result<Command> {
    let pip = || {
        let mut command = Command::new("python3");
        command.args(["-m", "pip"]);
        command
    };
    if !ended_well(pip().arg("--version")) {
        debian(&["python3-pip"])?;
    }
    Ok(pip())
}

fn says_version(program: &mut Command, version: &str) -> bool {
    program.arg("--version").output().is_ok_and(|answer| {
        String::from_utf8_lossy(&answer.stdout)
            .split_whitespace()
            .any(|word| word == version)
    })
}

fn cargo_tool(
    workspace: &Workspace,
    package: &str,
    program: &str,
    version: &str,
    options: &[&str],
) -> Result<usize> {
    if says_version(&mut Command::new(workspace.tool(program)), version) {
        return Ok(0);
    }
    say::step(&format!("installing {package} {version} (minutes, once)"));
    process::run_quietly(
        workspace
            .cargo()
            .args([
                "install",
                "--quiet",
                "--force",
                package,
                "--version",
                version,
                "--root",
            ])
            .arg(&workspace.tools)
            .args(options)
            .env("CARGO_PROFILE_DEV_DEBUG", "0"),
    )?;
    Ok(1)
}

/// Adds a Rust target unless its standard library is there.
pub fn rust_target(target: &str) -> Result<usize> {
    let library = process::capture(Command::new("rustc").args([
        "--print",
        "target-libdir",
        "--target",
        target,
    ]))?;
    if std::path::Path::new(library.trim()).is_dir() {
        return Ok(0);
    }
    say::step(&format!("installing Rust's standard library for {target}"));
    process::run_quietly(Command::new("rustup").args(["target", "add", target]))
        .context("without rustup, install this target with your Rust by hand")?;
    Ok(1)
}

/// Installs those of `packages` that are missing.
pub fn debian(packages: &[&str]) -> Result<usize> {
    let Ok(known) = Command::new("dpkg-query")
        .args(["-W", "-f", "${db:Status-Abbrev} ${Package}\n"])
        .output()
    else {
        say::step(&format!(
            "not a Debian: what these packages hold must be there: {}",
            packages.join(" ")
        ));
        return Ok(0);
    };
    let missing = missing(&String::from_utf8_lossy(&known.stdout), packages);
    if missing.is_empty() {
        return Ok(0);
    }
    say::step(&format!("installing {}", missing.join(" ")));
    // A fresh machine has no lists; old ones name versions that are gone.
    process::run_quietly(&mut apt(&["update", "-qq"])?)?;
    let mut install = apt(&["install", "-y", "-qq", "--no-install-recommends"])?;
    process::run_quietly(install.args(&missing))?;
    Ok(missing.len())
}

fn apt(arguments: &[&str]) -> Result<Command> {
    let is_root = process::capture(Command::new("id").arg("-u"))?.trim() == "0";
    if !is_root && !ended_well(Command::new("sudo").arg("--version")) {
        bail!("installing Debian packages needs root or sudo");
    }
    let mut command = Command::new(if is_root { "env" } else { "sudo" });
    if !is_root {
        command.arg("env");
    }
    command
        .args(["DEBIAN_FRONTEND=noninteractive", "apt-get"])
        .args(arguments);
    Ok(command)
}

fn missing<'a>(known: &str, wanted: &[&'a str]) -> Vec<&'a str> {
    let installed: BTreeSet<&str> = known
        .lines()
        .filter_map(|line| line.strip_prefix("ii "))
        .map(str::trim)
        .collect();
    wanted
        .iter()
        .copied()
        .filter(|package| !installed.contains(package))
        .collect()
}

fn ended_well(command: &mut Command) -> bool {
    command.output().is_ok_and(|answer| answer.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_that_are_not_fully_installed_are_missing() {
        let known = "ii  xvfb\nrc  dbus\nii  make\n";
        assert_eq!(
            missing(known, &["xvfb", "dbus", "perl", "make"]),
            ["dbus", "perl"]
        );
    }
}
