//! A worker and nothing else, for tests and measures. The products serve as their own worker.

use std::process::ExitCode;

fn main() -> ExitCode {
    bizmitra_media::workbook::worker::serve()
}
