//! What the person at the terminal reads: one line a step, one last line of figures.

use std::io::Write;

/// One line on standard output. A closed pipe is not our business.
pub fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

/// What happens now.
pub fn step(text: &str) {
    line(&format!("x: {text}"));
}

/// The last line of a command: `key=value` pairs.
pub fn figures(pairs: &[(&str, String)]) {
    line(
        &pairs
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join(" "),
    );
}
