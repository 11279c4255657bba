//! Breaks things on purpose. Real kills are here; the simulated lab comes with the suite that needs it.

use std::process::Command;

use anyhow::{Result, bail};

use crate::products::{self, Products};
use crate::workspace::Workspace;
use crate::{process, setup};

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

/// Runs the driver of the kills; it fails when anything was lost or doubled.
pub fn run_kills(workspace: &Workspace, products: &Products, size: Size) -> Result<()> {
    let mut command = Command::new(products.folder.join("kills"));
    command
        .arg("--cli")
        .arg(&products.cli)
        .arg("--server")
        .arg(&products.server);
    command
        .arg("--gpx")
        .arg(workspace.root.join("tests/fixtures/korita-zbevnica.gpx"));
    if size == Size::Small {
        command.args(["--seconds", "60"]);
    }
    if process::watch(&mut command, |_| ())? {
        Ok(())
    } else {
        bail!("a kill lost or doubled a check-in")
    }
}

/// Runs the driver of the kills around the vault; it fails when a counter dropped, no PIN works or a second device appears.
pub fn run_vault_kills(products: &Products, size: Size) -> Result<()> {
    let mut command = Command::new(products.folder.join("vault_kills"));
    command
        .arg("--cli")
        .arg(&products.cli)
        .arg("--server")
        .arg(&products.server);
    if size == Size::Small {
        command.args(["--seconds", "48"]);
    }
    if process::watch(&mut command, |_| ())? {
        Ok(())
    } else {
        bail!("a kill broke the vault")
    }
}
