//! Builds what is run: the app with its bundle, the server, the cli, and the programs that drive them.

use std::path::PathBuf;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{bundle, process, say, setup};

/// How a program of ours is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// With checks; what tests run.
    Dev,
    /// What people get; what benches measure.
    Release,
}

impl Profile {
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// Built programs.
pub struct Products {
    /// The window.
    pub app: PathBuf,
    /// The reference server.
    pub server: PathBuf,
    /// The device without a window.
    pub cli: PathBuf,
    /// The folder where all of them are.
    pub folder: PathBuf,
}

/// Builds app, server, cli and the drivers. The simulated position source is only in the dev profile.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<Products> {
    setup::to_build(workspace)?;
    bundle::make(workspace)?;
    say::step(&format!(
        "building app, server, cli and drivers ({})",
        profile.folder()
    ));
    let mut cargo = workspace.cargo();
    cargo.args([
        "build",
        "--quiet",
        "-p",
        "bizmitra-app",
        "-p",
        "bizmitra-server",
        "-p",
        "bizmitra-cli",
        "-p",
        "bizmitra-e2e",
    ]);
    match profile {
        Profile::Dev => cargo.args([
            "--features",
            "bizmitra-app/custom-protocol,bizmitra-app/simulate,bizmitra-cli/simulate",
        ]),
        Profile::Release => cargo.args(["--release", "--features", "bizmitra-app/custom-protocol"]),
    };
    process::run(&mut cargo)?;
    let folder = profile.folder();
    Ok(Products {
        app: workspace.built(folder, "bizmitra-app"),
        server: workspace.built(folder, "bizmitra-server"),
        cli: workspace.built(folder, "bizmitra-cli"),
        folder: workspace.target.join(folder),
    })
}

/// Builds server, cli and the drivers, without a window.
pub fn build_headless(workspace: &Workspace) -> Result<Products> {
    say::step("building server, cli and drivers (debug)");
    let mut cargo = workspace.cargo();
    process::run(cargo.args([
        "build",
        "--quiet",
        "-p",
        "bizmitra-server",
        "-p",
        "bizmitra-cli",
        "-p",
        "bizmitra-e2e",
        "--features",
        "bizmitra-cli/simulate",
    ]))?;
    Ok(Products {
        app: workspace.built("debug", "bizmitra-app"),
        server: workspace.built("debug", "bizmitra-server"),
        cli: workspace.built("debug", "bizmitra-cli"),
        folder: workspace.target.join("debug"),
    })
}
