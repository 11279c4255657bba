//! libFuzzer on every parser of outside bytes (`fuzz/`), by cargo-fuzz and the stable compiler.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::suites::Counts;
use crate::workspace::Workspace;
use crate::{process, say, setup};

/// How long each target runs in `test --long`.
pub const LONG_SECONDS: u32 = 60;

/// `x fuzz`: one target or all of them.
pub fn run(workspace: &Workspace, target: Option<&str>, seconds: u32) -> Result<()> {
    setup::cargo_fuzz(workspace)?;
    let targets = match target {
        Some(target) => vec![target.to_owned()],
        None => targets(workspace)?,
    };
    let mut findings = 0;
    for target in &targets {
        findings += u32::from(!fuzz(workspace, target, seconds)?);
    }
    say::figures(&[
        ("targets", targets.len().to_string()),
        ("seconds_each", seconds.to_string()),
        ("findings", findings.to_string()),
    ]);
    if findings > 0 {
        bail!("a finding lies in fuzz/artifacts; fuzz/README.md says what to do with it");
    }
    Ok(())
}

/// Every target, each counted as a test.
pub fn all(workspace: &Workspace, seconds: u32) -> Result<Counts> {
    setup::cargo_fuzz(workspace)?;
    let mut counts = Counts::default();
    for target in targets(workspace)? {
        if fuzz(workspace, &target, seconds)? {
            counts.passed += 1;
        } else {
            counts.failed += 1;
        }
    }
    Ok(counts)
}

/// Names of the targets, by their files.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(workspace.root.join("fuzz/fuzz_targets"))? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str());
        names.push(name.context("a target without a name")?.to_owned());
    }
    if names.is_empty() {
        bail!("no target in fuzz/fuzz_targets");
    }
    names.sort();
    Ok(names)
}

/// Whether a target ran its time without a finding.
fn fuzz(workspace: &Workspace, target: &str, seconds: u32) -> Result<bool> {
    say::step(&format!("fuzzing {target} for {seconds} s"));
    let folder = workspace.root.join("fuzz");
    let corpus = folder.join("corpus").join(target);
    fs::create_dir_all(&corpus)?;
    let mut command = workspace.cargo();
    command
        .args(["fuzz", "run", "--fuzz-dir"])
        .arg(&folder)
        .arg("--target-dir")
        .arg(workspace.target.join("fuzz"))
        .arg(target)
        .arg(&corpus)
        .args(seeds(workspace, target));
    command
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .args([
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-max_len=16384",
            "-print_final_stats=1",
        ]);
    command
        // Instrumenting needs flags that are unstable, and nothing else of a nightly compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("PATH", workspace.path_with_tools()?);
    Ok(process::run(&mut command).is_ok())
}

/// What a target begins with: seeds, former findings, and every example of the contract.
fn seeds(workspace: &Workspace, target: &str) -> Vec<PathBuf> {
    let folder = workspace.root.join("fuzz");
    [
        folder.join("seeds").join(target),
        folder.join("regressions").join(target),
        workspace.root.join("crates/bizmitra-contract/tests/golden"),
    ]
    .into_iter()
    .filter(|folder| folder.is_dir())
    .collect()
}
