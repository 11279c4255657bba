//! SIGKILL at each write, fsync, rename and send of a check-in; then the device is opened again and compared with what
//! it said and with the server. Ends with `kills=… lost=… duplicated=…`.
//!
//! This shows the death of a process, not of the power: what the kernel took is not lost here. Nothing plays
//! power cuts yet; the store's settings stand for those (WAL, `synchronous=FULL`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bizmitra_e2e::journey::{PERSON, PIN};
use bizmitra_e2e::say;
use bizmitra_e2e::server::Server;
use clap::Parser;
use serde_json::Value;

/// The calls that a check-in is made of. strace counts each call by itself and per thread.
const CALLS: &[&str] = &[
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "unlink",
    "write",
    "writev",
    "sendto",
];

/// Kills the cli at each system call of a check-in.
#[derive(Parser)]
struct Arguments {
    /// The cli's program.
    #[arg(long)]
    cli: PathBuf,
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// The recording to replay.
    #[arg(long)]
    gpx: PathBuf,
    /// Stop after this long; without it every call is visited.
    #[arg(long)]
    seconds: Option<u64>,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let folder = tempfile::Builder::new()
        .prefix("bizmitra-kills-")
        .tempdir()?;
    let server = Server::start(
        &arguments.server,
        folder.path().join("server"),
        folder.path().join("server.log"),
    )?;
    let device = Device {
        cli: arguments.cli.canonicalize()?,
        data: folder.path().join("device"),
        gpx: arguments.gpx.canonicalize()?,
    };
    device.must(&[
        "activate",
        "--cheap-pin",
        "--server",
        &server.address(),
        "--code",
        &server.code_of(PERSON)?,
    ])?;
    device.must(&["consent", "on"])?;
    let mut ledger = Ledger::default();
    let points = spread(device.count_calls(folder.path(), &mut ledger)?);
    say::line(&format!(
        "a check-in makes {} calls at which it can be killed",
        points.len()
    ));
    let deadline = arguments
        .seconds
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    for (call, number) in &points {
        if deadline.is_some_and(|deadline| Instant::now() > deadline) {
            break;
        }
        ledger.see_killed(&device.killed_at(call, *number)?);
        // Opening again also shows that the store is sound, and clears the PIN try that the kill left counted.
        ledger.see_kept(&device.must(&["export"])?)?;
    }
    device.must(&["watch", "--until-sent"])?;
    ledger.see_kept(&device.must(&["export"])?)?;
    Ok(ledger.close(&server.attendance()?))
}

/// A device without a window, in a folder of its own.
struct Device {
    cli: PathBuf,
    data: PathBuf,
    gpx: PathBuf,
}

impl Device {
    fn arguments(&self) -> Vec<String> {
        let path = |path: &Path| path.display().to_string();
        vec![
            "--data".into(),
            path(&self.data),
            "--json".into(),
            "--keystore".into(),
            "file".into(),
            "--simulate-gpx".into(),
            path(&self.gpx),
        ]
    }

    /// Runs to the end with the PIN on standard input.
    fn must(&self, words: &[&str]) -> Result<String> {
        let output = with_pin(Command::new(&self.cli).args(self.arguments()).args(words))?;
        if !output.status.success() {
            bail!(
                "{words:?} ended with {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stdout)
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// One whole check-in under strace, to learn how often a thread makes each call.
    fn count_calls(
        &self,
        folder: &Path,
        ledger: &mut Ledger,
    ) -> Result<BTreeMap<&'static str, u32>> {
        let prefix = folder.join("trace");
        let mut command = Command::new("strace");
        command
            .args([
                "-ff",
                "-qq",
                "-e",
                &format!("trace={}", CALLS.join(",")),
                "-o",
            ])
            .arg(&prefix);
        let output = with_pin(command.arg(&self.cli).args(self.arguments()).args(TAP))?;
        ensure!(
            output.status.success(),
            "a check-in under strace ended with {}",
            output.status
        );
        ledger.see_killed(&output);
        let mut most = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if !path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("trace."))
            {
                continue;
            }
            let text = fs::read_to_string(path)?;
            for call in CALLS {
                let count = text
                    .lines()
                    .filter(|line| line.starts_with(&format!("{call}(")))
                    .count();
                let highest = most.entry(*call).or_insert(0);
                *highest = u32::try_from(count)?.max(*highest);
            }
        }
        Ok(most)
    }

    /// A check-in that dies at the `number`th `call` of one of its threads.
    fn killed_at(&self, call: &str, number: u32) -> Result<Output> {
        let mut command = Command::new("strace");
        command.args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            &format!("trace={call}"),
        ]);
        command.args(["-e", &format!("inject={call}:signal=SIGKILL:when={number}")]);
        with_pin(command.arg(&self.cli).args(self.arguments()).args(TAP))
    }
}

/// The evidence and the sending are part of it: both write.
const TAP: &[&str] = &["check-in", "--wait-location"];

fn with_pin(command: &mut Command) -> Result<Output> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("strace or the cli")?;
    // Who was killed before reading it does not miss it.
    let _ = child
        .stdin
        .take()
        .context("no input")?
        .write_all(format!("{PIN}\n").as_bytes());
    Ok(child.wait_with_output()?)
}

/// What was said, what was kept, what arrived.
#[derive(Default)]
struct Ledger {
    kills: u32,
    said: BTreeSet<String>,
    kept: BTreeSet<String>,
}

impl Ledger {
    fn see_killed(&mut self, output: &Output) {
        self.kills += u32::from(!output.status.success());
        let text = String::from_utf8_lossy(&output.stdout);
        // A line cut in the middle was not said.
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let saved = lines.filter(|line| line.get("event").and_then(Value::as_str) == Some("saved"));
        self.said
            .extend(saved.filter_map(|line| line.get("id")?.as_str().map(ToOwned::to_owned)));
    }

    /// The taps among the records of an export.
    fn see_kept(&mut self, export: &str) -> Result<()> {
        let mut now = BTreeSet::new();
        for line in export.lines() {
            let line: Value = serde_json::from_str(line).context("export")?;
            let record = line
                .get("record")
                .context("an exported line without its record")?;
            if record.get("kind").and_then(Value::as_str) == Some("check_in") {
                now.insert(
                    line.get("id")
                        .and_then(Value::as_str)
                        .context("a record without id")?
                        .to_owned(),
                );
            }
        }
        let gone: Vec<_> = self
            .kept
            .union(&self.said)
            .filter(|id| !now.contains(*id))
            .collect();
        ensure!(
            gone.is_empty(),
            "lost on the device after {} kills: {gone:?}",
            self.kills
        );
        self.kept = now;
        Ok(())
    }

    /// Check-ins that did not arrive, and rows on the server that are one too many.
    fn compare(&self, rows: &[Value]) -> (usize, usize) {
        let arrived: Vec<_> = rows
            .iter()
            .filter_map(|row| row.get("item")?.as_str())
            .collect();
        let once: BTreeSet<_> = arrived.iter().copied().collect();
        let lost = self
            .kept
            .iter()
            .filter(|id| !once.contains(id.as_str()))
            .count();
        let strangers = once.iter().filter(|id| !self.kept.contains(**id)).count();
        (lost, rows.len() - once.len() + strangers)
    }

    fn close(&self, rows: &[Value]) -> ExitCode {
        let (lost, duplicated) = self.compare(rows);
        say::line(&format!(
            "{} check-ins on the device, {} of them said to be saved, {} on the server",
            self.kept.len(),
            self.said.len(),
            rows.len()
        ));
        say::line(&format!(
            "kills={} lost={lost} duplicated={duplicated}",
            self.kills
        ));
        let is_good = lost == 0 && duplicated == 0 && self.kills > 0 && !self.said.is_empty();
        if is_good {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Every point once, early and late ones mixed, so that a run that is cut short has seen all parts of a check-in:
/// in the order of the bit-reversed numbers, which halves the gaps again and again.
fn spread(most: BTreeMap<&'static str, u32>) -> Vec<(&'static str, u32)> {
    let mut points: Vec<(&'static str, u32)> = most
        .into_iter()
        .flat_map(|(call, most)| (1..=most).map(move |number| (call, number)))
        .collect();
    points.sort_by_key(|(_, number)| number.reverse_bits());
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(said: &[&str], kept: &[&str]) -> Ledger {
        let set = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
        Ledger {
            kills: 1,
            said: set(said),
            kept: set(kept),
        }
    }

    #[test]
    fn a_check_in_that_was_said_to_be_saved_and_is_gone_stops_the_run() {
        let export = r#"{"id":"a","record":{"kind":"check_in"}}"#;
        assert!(ledger(&["a"], &[]).see_kept(export).is_ok());
        assert!(ledger(&["a", "b"], &[]).see_kept(export).is_err());
        assert!(
            ledger(&[], &["b"]).see_kept(export).is_err(),
            "once kept, always kept"
        );
    }

    #[test]
    fn what_did_not_arrive_is_lost_and_what_nobody_saved_is_doubled() {
        let rows: Vec<Value> = ["a", "a", "x"]
            .iter()
            .map(|id| serde_json::json!({ "item": id }))
            .collect();
        assert_eq!(ledger(&[], &["a", "b"]).compare(&rows), (1, 2));
        assert_eq!(ledger(&[], &["a"]).compare(&rows[..1]), (0, 0));
    }

    #[test]
    fn a_run_that_is_cut_short_has_seen_early_and_late_calls() {
        let points = spread(BTreeMap::from([("fsync", 8)]));
        assert_eq!(points.len(), 8);
        let first: BTreeSet<u32> = points.iter().take(4).map(|(_, number)| *number).collect();
        assert!(
            first.iter().any(|number| *number <= 4) && first.iter().any(|number| *number > 4),
            "{first:?}"
        );
    }
}
