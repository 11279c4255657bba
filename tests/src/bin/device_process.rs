//! The cli as a process that tests may kill: the same entry as `bizmitra-cli`, built with the recording's source.

use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    bizmitra_cli::main()
}
