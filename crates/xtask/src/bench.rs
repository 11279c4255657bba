//! Measures, each against a bare baseline in the same run. The measuring programs are in tests/, and those of
//! pictures and workbooks are examples of their crate.

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
    measure(command)
}

/// `x bench checkin`: 1,000 check-ins against bare commits of the same bytes and the drain to a real server; before
/// that, the same tap in the window.
pub fn checkin(workspace: &Workspace) -> Result<()> {
    setup::to_open_a_window()?;
    let products = products::build(workspace, Profile::Release)?;
    build(workspace, "bench_checkin")?;
    let mut taps = window_bench(workspace, &products);
    taps.arg("taps");
    measure(taps)?;
    measure(headless(workspace, "bench_checkin"))
}

/// `x bench security`: unlocking against the bare key derivation, signatures and seals.
pub fn security(workspace: &Workspace) -> Result<()> {
    setup::to_build(workspace)?;
    build(workspace, "bench_security")?;
    measure(headless(workspace, "bench_security"))
}

/// `x bench blobs`: a file appended to a real server in pieces, against a bare write and fsync of the same pieces.
pub fn blobs(workspace: &Workspace) -> Result<()> {
    setup::to_build(workspace)?;
    build(workspace, "bench_blobs")?;
    measure(headless(workspace, "bench_blobs"))
}

/// `x bench selfie`: selfies beside npm's sharp, turn by turn.
pub fn selfie(workspace: &Workspace) -> Result<()> {
    setup::sharp(workspace)?;
    let mut command = media(workspace, "bench_selfie")?;
    command
        .arg(workspace.sharp())
        .arg(workspace.root.join("tests/fixtures/photos"))
        .arg(workspace.output("bench/photos"));
    measure(command)
}

/// `x bench workbook`: a workbook of 100,000 rows checked by a worker, and bombs refused by one.
pub fn workbook(workspace: &Workspace) -> Result<()> {
    let mut command = media(workspace, "bench_workbook")?;
    command.arg(workspace.output("bench"));
    measure(command)
}

/// A measuring program of `bizmitra-media`: it needs nothing else of the product.
fn media(workspace: &Workspace, example: &str) -> Result<Command> {
    say::step(&format!("building {example} (release)"));
    process::run(workspace.cargo().args([
        "build",
        "--quiet",
        "--release",
        "-p",
        "bizmitra-media",
        "--example",
        example,
    ]))?;
    Ok(Command::new(
        workspace.built("release", &format!("examples/{example}")),
    ))
}

/// A measuring program of tests/, and the server it talks to.
fn build(workspace: &Workspace, bin: &str) -> Result<()> {
    say::step(&format!("building {bin} and the server (release)"));
    process::run(workspace.cargo().args([
        "build",
        "--quiet",
        "--release",
        "-p",
        "bizmitra-server",
        "-p",
        "bizmitra-tests",
        "--bin",
        "bizmitra-server",
        "--bin",
        bin,
    ]))
}

fn headless(workspace: &Workspace, bin: &str) -> Command {
    let mut command = Command::new(workspace.built("release", bin));
    command
        .arg("--server")
        .arg(workspace.built("release", "bizmitra-server"));
    command
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

fn measure(mut command: Command) -> Result<()> {
    if process::watch(&mut command, |_| ())? {
        Ok(())
    } else {
        bail!("the measurement failed")
    }
}
