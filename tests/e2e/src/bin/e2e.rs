//! Walks the journeys; ends with `journeys=… passed=… failed=…`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use bizmitra_e2e::desktop::Display;
use bizmitra_e2e::journey::Rig;
use bizmitra_e2e::{journeys, say};
use clap::Parser;

/// Drives the real window.
#[derive(Parser)]
struct Arguments {
    /// The app's program.
    #[arg(long)]
    app: PathBuf,
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// The recording to replay.
    #[arg(long)]
    gpx: PathBuf,
    /// Where screenshots and logs go.
    #[arg(long)]
    out: PathBuf,
    /// Only journeys whose name contains this.
    #[arg(default_value = "")]
    filter: String,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    fs::create_dir_all(&arguments.out)?;
    let rig = Rig {
        app: arguments.app.canonicalize()?,
        server: arguments.server.canonicalize()?,
        gpx: Some(arguments.gpx.canonicalize()?),
        out: arguments.out.canonicalize()?,
        display: Display::open()?,
    };
    let outcome = journeys::walk_all(&rig, &arguments.filter);
    say::line(&format!(
        "journeys={} passed={} failed={}",
        outcome.passed + outcome.failed,
        outcome.passed,
        outcome.failed
    ));
    Ok(if outcome.failed == 0 && outcome.passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
