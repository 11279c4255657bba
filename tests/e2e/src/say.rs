//! What the person at the terminal reads.

use std::io::Write;

/// One line on standard output. A closed pipe is not our business.
pub fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}
