//! Breaks things on purpose: real kills, and the simulated lab.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process::Beside;
use crate::products::{self, Products};
use crate::workspace::Workspace;
use crate::{process, say, setup};

/// How much of the suite to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// About a minute: part of `test`.
    Small,
    /// Every system call.
    Whole,
}

/// `x faults --suite kill`.
pub fn kill(workspace: &Workspace) -> Result<()> {
    setup::to_open_a_window()?;
    let products = products::build_headless(workspace)?;
    run_kills(workspace, &products, Size::Whole)
}

/// `x faults --suite vault`.
pub fn vault(workspace: &Workspace) -> Result<()> {
    setup::to_open_a_window()?;
    let products = products::build_headless(workspace)?;
    run_vault_kills(&products, Size::Whole)
}

/// `x faults --suite files`.
pub fn files(workspace: &Workspace) -> Result<()> {
    setup::to_open_a_window()?;
    let products = products::build_headless(workspace)?;
    run_file_kills(&products, Size::Whole)
}

/// `x faults --suite lab`.
pub fn lab(workspace: &Workspace, seed: Option<u64>, full: bool) -> Result<()> {
    match (seed, full) {
        (Some(seed), _) => run_lab(workspace, &["--seed", &seed.to_string()]),
        (None, false) => run_lab(workspace, LAB_OF_A_TEST),
        (None, true) => {
            let state = workspace.target.join("lab.json");
            let page = workspace.root.join("docs/RELIABILITY.md");
            let head = said(Command::new("git").args(["rev-parse", "--short", "HEAD"]))?;
            let date = said(Command::new("date").args(["-u", "+%Y-%m-%d"]))?;
            let (state, page) = (state.display().to_string(), page.display().to_string());
            run_lab(
                workspace,
                &[
                    "--crashes",
                    "100000",
                    "--deliveries",
                    "1000000",
                    "--planted",
                    "1000",
                    "--state",
                    &state,
                    "--report",
                    &page,
                    "--commit",
                    &head,
                    "--date",
                    &date,
                ],
            )
        }
    }
}

/// Some minutes of the lab: part of `test`.
const LAB_OF_A_TEST: &[&str] = &["--seconds", "120", "--planted", "1000"];

/// Builds the lab and runs it.
fn run_lab(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    process::run(lab_program(workspace)?.args(arguments))
}

/// Builds the lab and starts it for `test`, beside other suites: it keeps one core busy and opens no window.
pub fn start_lab(workspace: &Workspace) -> Result<Beside> {
    Beside::start(
        lab_program(workspace)?.args(LAB_OF_A_TEST),
        workspace.output("lab.log"),
    )
}

fn lab_program(workspace: &Workspace) -> Result<Command> {
    say::step("building the lab");
    process::run(
        workspace
            .cargo()
            .args(["build", "--quiet", "-p", "bizmitra-lab"]),
    )?;
    Ok(Command::new(workspace.built("debug", "lab")))
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Runs the driver of the kills; it fails when anything was lost or doubled.
pub fn run_kills(workspace: &Workspace, products: &Products, size: Size) -> Result<()> {
    let mut driver = driver(products, "kills", size, "60");
    driver
        .arg("--gpx")
        .arg(workspace.root.join("tests/fixtures/korita-zbevnica.gpx"));
    must_end_well(driver, "a kill lost or doubled a check-in")
}

/// Runs the driver of the kills around the vault; it fails when a counter dropped, no PIN works or a second device appears.
pub fn run_vault_kills(products: &Products, size: Size) -> Result<()> {
    must_end_well(
        driver(products, "vault_kills", size, "48"),
        "a kill broke the vault",
    )
}

/// Runs the driver of the kills of files; it fails when one was lost, doubled or left over.
pub fn run_file_kills(products: &Products, size: Size) -> Result<()> {
    must_end_well(
        driver(products, "file_kills", size, "40"),
        "a kill lost, doubled or left over a file",
    )
}

/// A driver of kills, which ends after `seconds` in the small size.
fn driver(products: &Products, name: &str, size: Size, seconds: &str) -> Command {
    let mut command = Command::new(products.folder.join(name));
    command
        .arg("--cli")
        .arg(&products.cli)
        .arg("--server")
        .arg(&products.server);
    if size == Size::Small {
        command.args(["--seconds", seconds]);
    }
    command
}

fn must_end_well(mut driver: Command, complaint: &str) -> Result<()> {
    if process::watch(&mut driver, |_| ())? {
        Ok(())
    } else {
        bail!("{complaint}")
    }
}
