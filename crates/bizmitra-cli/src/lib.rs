#![doc = include_str!("../README.md")]

mod args;
mod commands;
mod correct;
mod exit;
mod files;
mod keystore;
mod output;
mod pin;
mod session;
mod trust;
mod verify;

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

pub use args::Args;
pub use exit::Exit;
pub use pin::{PinSource, Terminal};

/// How long the end of the process waits for its threads.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// The whole process: arguments, logs, runtime.
///
/// # Errors
/// When the runtime cannot start.
pub fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("BIZMITRA_LOG")
        .unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let exit = runtime.block_on(run(args, &mut Terminal, &mut stdout(), &mut stderr()));
    // A thread that is still at work while the process takes its libraries down would crash it. A look-up of a name may
    // block one for long; nobody waits for that.
    runtime.shutdown_timeout(LAST_WAIT);
    Ok(exit.into())
}

/// Runs one command inside the current tokio runtime: answers to `out`, messages to `err`.
pub async fn run(
    args: Args,
    pins: &mut dyn PinSource,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let is_json = args.json;
    match commands::run(args, pins, out, err).await {
        Ok(exit) => exit,
        Err(error) => {
            let exit = exit::of(&error);
            output::failure(&error, is_json, out, err);
            exit
        }
    }
}
