//! Measures, each against a bare baseline in the same run. The measuring programs are in tests/.

use std::process::Command;

use anyhow::{Result, bail};

use crate::products::{self, Products, Profile};
use crate::workspace::Workspace;
use crate::{process, say, setup};

/// `x bench start`: process start to an interactive screen against an empty window; sizes; idle memory.
pub fn start(workspace: &Workspace) -> Result<()> {
    setup::to_open_a_window()?;
    let products = products::build(workspace, Profile::Release)?;
    say::step("building the empty window (release)");
    process::run(workspace.cargo().args([
        "build",
        "--quiet",
        "--release",
        "-p",
        "bizmitra-app",
        "--example",
        "empty",
        "--features",
        "custom-protocol",
    ]))?;
    let mut command = window_bench(workspace, &products);
    command
        .arg("start")
        .arg("--empty")
        .arg(products.folder.join("examples/empty"));
    command.arg("--bundle").arg(workspace.root.join("dist"));
    measure(&mut command)
}

/// `x bench checkin`: 1,000 check-ins against bare commits of the same bytes and the drain to a real server; before
/// that, the same tap in the window.
pub fn checkin(workspace: &Workspace) -> Result<()> {
    setup::to_open_a_window()?;
    let products = products::build(workspace, Profile::Release)?;
    say::step("building the bench of saving (release)");
    process::run(workspace.cargo().args([
        "build",
        "--quiet",
        "--release",
        "-p",
        "bizmitra-tests",
        "--bin",
        "bench_checkin",
    ]))?;
    measure(window_bench(workspace, &products).arg("taps"))?;
    measure(
        Command::new(products.folder.join("bench_checkin"))
            .arg("--server")
            .arg(&products.server),
    )
}

fn window_bench(workspace: &Workspace, products: &Products) -> Command {
    let mut command = Command::new(products.folder.join("bench_window"));
    command
        .arg("--app")
        .arg(&products.app)
        .arg("--server")
        .arg(&products.server);
    command.arg("--out").arg(workspace.output("bench"));
    command
}

fn measure(command: &mut Command) -> Result<()> {
    if process::watch(command, |_| ())? {
        Ok(())
    } else {
        bail!("the measurement failed")
    }
}
