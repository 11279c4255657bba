//! The cli as a process that dies at a system call of our choice: strace counts how often a thread makes a call, then
//! sends SIGKILL at each of them.
//!
//! This shows the death of a process, not of the power: what the kernel took is not lost here.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// A device without a window, in a folder of its own.
#[derive(Clone)]
pub struct Cli {
    /// The program.
    pub program: PathBuf,
    /// The folder of its data.
    pub data: PathBuf,
    /// A recording to replay.
    pub gpx: Option<PathBuf>,
}

/// How often the busiest thread makes each call.
pub type Calls = BTreeMap<&'static str, u32>;

impl Cli {
    fn arguments(&self, words: &[&str]) -> Vec<String> {
        let path = |path: &Path| path.display().to_string();
        let mut arguments = vec![
            "--data".into(),
            path(&self.data),
            "--json".into(),
            "--keystore".into(),
            "file".into(),
        ];
        if let Some(gpx) = &self.gpx {
            arguments.extend(["--simulate-gpx".into(), path(gpx)]);
        }
        arguments.extend(words.iter().map(ToString::to_string));
        arguments
    }

    /// Runs to the end with these PINs on standard input, one a line.
    pub fn run(&self, words: &[&str], pins: &[&str]) -> Result<Output> {
        let mut command = Command::new(&self.program);
        feed(command.args(self.arguments(words)), pins)
    }

    /// Starts it and does not wait.
    pub fn start(&self, words: &[&str], pins: &[&str]) -> Result<Child> {
        let mut command = Command::new(&self.program);
        start(command.args(self.arguments(words)), pins)
    }

    /// The same as [`Self::run`], and it must end well.
    pub fn must(&self, words: &[&str], pins: &[&str]) -> Result<String> {
        let output = self.run(words, pins)?;
        if !output.status.success() {
            bail!(
                "{words:?} ended with {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stdout)
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A whole run under strace, to learn how often a thread makes each of `calls`. The traces go into `folder`.
    pub fn count(
        &self,
        calls: &[&'static str],
        words: &[&str],
        pins: &[&str],
        folder: &Path,
    ) -> Result<(Calls, Output)> {
        fs::create_dir_all(folder)?;
        let mut command = Command::new("strace");
        command
            .args([
                "-ff",
                "-qq",
                "-e",
                &format!("trace={}", calls.join(",")),
                "-o",
            ])
            .arg(folder.join("trace"))
            .arg(&self.program)
            .args(self.arguments(words));
        let output = feed(&mut command, pins)?;
        let mut most = Calls::new();
        for entry in fs::read_dir(folder)? {
            let text = fs::read_to_string(entry?.path())?;
            for call in calls {
                let begins = format!("{call}(");
                let count = text
                    .lines()
                    .filter(|line| line.starts_with(&begins))
                    .count();
                let highest = most.entry(*call).or_insert(0);
                *highest = u32::try_from(count)?.max(*highest);
            }
        }
        ensure!(
            most.values().any(|count| *count > 0),
            "strace saw none of the calls"
        );
        Ok((most, output))
    }

    /// A run that dies at the `number`th `call` of one of its threads.
    pub fn killed_at(
        &self,
        call: &str,
        number: u32,
        words: &[&str],
        pins: &[&str],
    ) -> Result<Output> {
        let mut command = Command::new("strace");
        command
            .args([
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-e",
                &format!("trace={call}"),
                "-e",
                &format!("inject={call}:signal=SIGKILL:when={number}"),
            ])
            .arg(&self.program)
            .args(self.arguments(words));
        feed(&mut command, pins)
    }
}

fn feed(command: &mut Command, pins: &[&str]) -> Result<Output> {
    Ok(start(command, pins)?.wait_with_output()?)
}

fn start(command: &mut Command, pins: &[&str]) -> Result<Child> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("strace or the cli")?;
    let lines: String = pins.iter().map(|pin| format!("{pin}\n")).collect();
    // Who was killed before reading it does not miss it.
    let _ = child
        .stdin
        .take()
        .context("no input")?
        .write_all(lines.as_bytes());
    Ok(child)
}

/// What a run said, whole lines only: a line cut in the middle was not said.
pub fn said(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// The first of these objects with an event of this name.
pub fn event<'a>(said: &'a [Value], name: &str) -> Option<&'a Value> {
    said.iter()
        .find(|object| object.get("event").and_then(Value::as_str) == Some(name))
}

/// Every point once, early and late ones mixed, so that a run that is cut short has seen all parts of what is killed:
/// in the order of the bit-reversed numbers, which halves the gaps again and again.
pub fn spread(most: Calls) -> Vec<(&'static str, u32)> {
    let mut points: Vec<(&'static str, u32)> = most
        .into_iter()
        .flat_map(|(call, most)| (1..=most).map(move |number| (call, number)))
        .collect();
    points.sort_by_key(|(_, number)| number.reverse_bits());
    points
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_run_that_is_cut_short_has_seen_early_and_late_calls() {
        let points = spread(Calls::from([("fsync", 8)]));
        assert_eq!(points.len(), 8);
        let first: BTreeSet<u32> = points.iter().take(4).map(|(_, number)| *number).collect();
        assert!(
            first.iter().any(|number| *number <= 4) && first.iter().any(|number| *number > 4),
            "{first:?}"
        );
    }
}
