//! `x test`: all suites run even when one fails; a table, one line of figures, and `N passed, N failed`.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::products::{self, Profile};
use crate::workspace::Workspace;
use crate::{android, bundle, faults, firewall, fuzz, process, rules, say, setup, window};

const WASM: &str = "wasm32-unknown-unknown";
const APP_FEATURES: &str = "custom-protocol,simulate";

/// What a suite ran. A check without tests of its own counts as one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl Counts {
    const ONE: Self = Self {
        passed: 1,
        failed: 0,
    };
}

struct Row {
    name: &'static str,
    took: Duration,
    counts: Counts,
}

struct Table(Vec<Row>);

impl Table {
    fn suite(&mut self, name: &'static str, run: impl FnOnce() -> Result<Counts>) {
        say::step(name);
        let start = Instant::now();
        let counts = run().unwrap_or_else(|error| {
            say::line(&format!("x: {name} failed: {error:#}"));
            Counts {
                passed: 0,
                failed: 1,
            }
        });
        self.0.push(Row {
            name,
            took: start.elapsed(),
            counts,
        });
    }

    fn check(&mut self, name: &'static str, run: impl FnOnce() -> Result<()>) {
        self.suite(name, || run().map(|()| Counts::ONE));
    }

    fn total(&self) -> Counts {
        self.0.iter().fold(Counts::default(), |sum, row| Counts {
            passed: sum.passed + row.counts.passed,
            failed: sum.failed + row.counts.failed,
        })
    }

    fn show(&self) {
        say::line(&format!(
            "{:<28} {:>7} {:>7} {:>7}",
            "suite", "seconds", "passed", "failed"
        ));
        for row in &self.0 {
            let (seconds, counts) = (row.took.as_secs_f64(), row.counts);
            say::line(&format!(
                "{:<28} {seconds:>7.1} {:>7} {:>7}",
                row.name, counts.passed, counts.failed
            ));
        }
    }
}

/// Runs every suite.
pub fn test(workspace: &Workspace, long: bool) -> Result<()> {
    let start = Instant::now();
    let mut table = Table(Vec::new());
    table.check("setup", || {
        setup::to_build(workspace)?;
        setup::to_check()?;
        setup::to_open_a_window()?;
        setup::to_review(workspace)?;
        Ok(())
    });
    let cargo = |arguments: &[&str]| process::run(workspace.cargo().args(arguments));
    table.check("format", || cargo(&["fmt", "--all", "--check"]));
    table.check("dependency rules", || rules::check(workspace));
    table.check("licences, bans, sources", || {
        // Advisories need a database from outside; CONTRIBUTING says when to look at them.
        process::run(
            workspace
                .cargo()
                .arg("deny")
                .args([
                    "--log-level",
                    "error",
                    "check",
                    "bans",
                    "licenses",
                    "sources",
                ])
                .env("PATH", workspace.path_with_tools()?),
        )
    });
    table.check("unused dependencies", || {
        process::run(Command::new(workspace.tool("cargo-machete")).current_dir(&workspace.root))
    });
    table.check("spelling", || {
        process::run(Command::new(workspace.typos()).current_dir(&workspace.root))
    });
    table.check("lints", || {
        cargo(&["clippy", "--quiet", "--all-targets", "--", "-D", "warnings"])
    });
    table.check("lints of the UI as wasm", || {
        cargo(&[
            "clippy",
            "--quiet",
            "-p",
            "bizmitra-ui",
            "--target",
            WASM,
            "--",
            "-D",
            "warnings",
        ])
    });
    table.check("core compiles for wasm", || {
        cargo(&["check", "--quiet", "-p", "bizmitra-core", "--target", WASM])
    });
    table.suite("tests", || cargo_test(workspace, &[]));
    table.suite("filter of the real fail2ban", || {
        Ok(Counts {
            passed: firewall::check(workspace)?,
            failed: 0,
        })
    });
    if long {
        // What takes minutes is a test of its own that the short run names and leaves out.
        table.suite("long attacks", || {
            cargo_test(
                workspace,
                &[
                    "-p",
                    "bizmitra-tests",
                    "--test",
                    "attacks",
                    "--",
                    "--ignored",
                ],
            )
        });
        table.suite("fuzzing", || fuzz::all(workspace, fuzz::LONG_SECONDS));
    }
    table.check("web bundle", || bundle::make(workspace));
    table.check("lints of the shell", || {
        cargo(&[
            "clippy",
            "--quiet",
            "-p",
            "bizmitra-app",
            "--all-targets",
            "--features",
            APP_FEATURES,
            "--",
            "-D",
            "warnings",
        ])
    });
    let mut built = None;
    table.check("app, server, cli", || {
        built = Some(products::build(workspace, Profile::Dev)?);
        Ok(())
    });
    let mut lab = None;
    table.check("the lab is built", || {
        lab = Some(faults::start_lab(workspace)?);
        Ok(())
    });
    if let Some(products) = &built {
        table.suite("journeys in the real window", || {
            let journeys = window::drive(workspace, products, "e2e", None)?;
            Ok(Counts {
                passed: journeys.passed,
                failed: journeys.failed,
            })
        });
        let size = if long {
            faults::Size::Whole
        } else {
            faults::Size::Small
        };
        table.check("real kills", || {
            faults::run_kills(workspace, products, size)
        });
        table.check("real kills of the vault", || {
            faults::run_vault_kills(products, size)
        });
        table.check("real kills of files", || {
            faults::run_file_kills(products, size)
        });
    }
    if let Some(lab) = lab {
        // It ran beside the journeys and the kills.
        table.check("the lab", || lab.end());
    }
    table.check("Android type check", || {
        android::check(&workspace.root).map(|_| ())
    });
    table.show();
    let total = table.total();
    say::figures(&[
        ("suites", table.0.len().to_string()),
        (
            "minutes",
            format!("{:.1}", start.elapsed().as_secs_f64() / 60.0),
        ),
    ]);
    say::line(&format!("{} passed, {} failed", total.passed, total.failed));
    if total.failed > 0 {
        bail!("{} failed", total.failed);
    }
    Ok(())
}

/// `x check-android`.
pub fn check_android(workspace: &Workspace) -> Result<()> {
    let start = Instant::now();
    android::check(&workspace.root)?;
    say::figures(&[("android_s", format!("{:.1}", start.elapsed().as_secs_f64()))]);
    Ok(())
}

fn cargo_test(workspace: &Workspace, more: &[&str]) -> Result<Counts> {
    let mut sum = Counts::default();
    let mut command: Command = workspace.cargo();
    command.args(["test", "--no-fail-fast"]).args(more);
    let ended_well = process::watch(&mut command, |line| {
        if let Some(counts) = parse_result(line) {
            sum = Counts {
                passed: sum.passed + counts.passed,
                failed: sum.failed + counts.failed,
            };
        }
    })?;
    match (ended_well, sum) {
        (true, Counts { passed: 0, .. }) => bail!("no test ran"),
        // It did not compile, or a test process died without a result.
        (false, Counts { passed, failed: 0 }) => Ok(Counts { passed, failed: 1 }),
        (_, sum) => Ok(sum),
    }
}

/// `test result: ok. 12 passed; 0 failed; …`
fn parse_result(line: &str) -> Option<Counts> {
    let (_, rest) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut parts = rest.split("; ");
    let passed = parts.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = parts.next()?.strip_suffix(" failed")?.parse().ok()?;
    Some(Counts { passed, failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_cargo_test_are_summed_whether_they_are_good_or_not() {
        assert_eq!(
            parse_result("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured"),
            Some(Counts {
                passed: 12,
                failed: 0
            })
        );
        assert_eq!(
            parse_result("test result: FAILED. 3 passed; 2 failed; 0 ignored"),
            Some(Counts {
                passed: 3,
                failed: 2
            })
        );
        assert_eq!(parse_result("test a_sentence ... ok"), None);
    }

    #[test]
    fn a_suite_that_cannot_run_is_a_failure_and_the_next_one_still_runs() {
        let mut table = Table(Vec::new());
        table.check("broken", || bail!("no compiler"));
        table.check("sound", || Ok(()));
        assert_eq!(
            table.total(),
            Counts {
                passed: 1,
                failed: 1
            }
        );
    }
}
