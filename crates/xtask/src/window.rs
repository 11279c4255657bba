//! Runs the driver of the real window, which is a program of its own (tests/e2e).

use std::process::Command;

use anyhow::{Result, bail};

use crate::products::{self, Products, Profile};
use crate::workspace::Workspace;
use crate::{process, setup};

/// The driver's last line, understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Journeys {
    /// That ended as they should.
    pub passed: u64,
    /// That did not.
    pub failed: u64,
}

/// `x e2e`: all journeys or those whose name contains `filter`.
pub fn e2e(workspace: &Workspace, filter: Option<&str>) -> Result<()> {
    setup::to_open_a_window()?;
    let products = products::build(workspace, Profile::Dev)?;
    let journeys = drive(workspace, &products, "e2e", filter)?;
    if journeys.failed > 0 || journeys.passed == 0 {
        bail!(
            "{} journeys passed, {} failed; screenshots and logs are in target/e2e",
            journeys.passed,
            journeys.failed
        );
    }
    Ok(())
}

/// Runs the driver; screenshots and logs go to `target/<output>`.
pub fn drive(
    workspace: &Workspace,
    products: &Products,
    output: &str,
    filter: Option<&str>,
) -> Result<Journeys> {
    let mut command = Command::new(products.folder.join("e2e"));
    command.current_dir(&workspace.root);
    command
        .arg("--app")
        .arg(&products.app)
        .arg("--server")
        .arg(&products.server);
    command.arg("--out").arg(workspace.output(output));
    command
        .arg("--gpx")
        .arg(workspace.root.join("tests/fixtures/korita-zbevnica.gpx"));
    command.args(filter);
    let mut journeys = None;
    process::watch(&mut command, |line| {
        journeys = parse(line).or(journeys.take())
    })?;
    match journeys {
        Some(journeys) => Ok(journeys),
        None => bail!("the driver ended without its last line"),
    }
}

fn parse(line: &str) -> Option<Journeys> {
    let mut words = line.split(' ');
    words.next()?.strip_prefix("journeys=")?;
    let passed = words.next()?.strip_prefix("passed=")?.parse().ok()?;
    let failed = words.next()?.strip_prefix("failed=")?.parse().ok()?;
    Some(Journeys { passed, failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_drivers_last_line_counts() {
        assert_eq!(
            parse("journeys=7 passed=6 failed=1"),
            Some(Journeys {
                passed: 6,
                failed: 1
            })
        );
        assert_eq!(parse("main-phone passed=1"), None);
    }
}
