//! The command line.

use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    bizmitra_cli::main()
}
