//! SIGKILL at each write, fsync, rename and send of a check-in; then the device is opened again and compared with what
//! it said and with the server. Ends with `kills=… lost=… duplicated=…`.
//!
//! This shows the death of a process, not of the power: what the kernel took is not lost here. Nothing plays
//! power cuts yet; the store's settings stand for those (WAL, `synchronous=FULL`).

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{ExitCode, Output};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bizmitra_e2e::journey::{PERSON, PIN};
use bizmitra_e2e::say;
use bizmitra_e2e::server::Server;
use bizmitra_e2e::strace::{self, Cli, spread};
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
    let device = Cli {
        program: arguments.cli.canonicalize()?,
        data: folder.path().join("device"),
        gpx: Some(arguments.gpx.canonicalize()?),
    };
    let code = server.code_of(PERSON)?;
    let activate = [
        "activate",
        "--cheap-pin",
        "--server",
        &server.address(),
        "--code",
        &code,
    ];
    device.must(&activate, &[PIN])?;
    device.must(&["consent", "on"], &[PIN])?;
    let mut ledger = Ledger::default();
    let (calls, whole) = device.count(CALLS, TAP, &[PIN], &folder.path().join("traces"))?;
    ensure!(
        whole.status.success(),
        "a check-in under strace ended with {}",
        whole.status
    );
    ledger.see_killed(&whole);
    let points = spread(calls);
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
        ledger.see_killed(&device.killed_at(call, *number, TAP, &[PIN])?);
        // Opening again also shows that the store is sound, and clears the PIN try that the kill left counted.
        ledger.see_kept(&device.must(&["export"], &[PIN])?)?;
    }
    device.must(&["watch", "--until-sent"], &[])?;
    ledger.see_kept(&device.must(&["export"], &[PIN])?)?;
    Ok(ledger.close(&server.attendance()?))
}

/// The evidence and the sending are part of it: both write.
const TAP: &[&str] = &["check-in", "--wait-location"];

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
        let said = strace::said(output);
        let saved = said
            .iter()
            .filter(|line| line.get("event").and_then(Value::as_str) == Some("saved"));
        self.said
            .extend(saved.filter_map(|line| line.get("id")?.as_str().map(ToOwned::to_owned)));
    }

    /// The taps among the records of an export.
    fn see_kept(&mut self, export: &str) -> Result<()> {
        let export: Value = serde_json::from_str(export).context("export")?;
        let records = export
            .get("records")
            .and_then(Value::as_array)
            .context("an export without records")?;
        let mut now = BTreeSet::new();
        for record in records {
            let text = |name: &str| record.get(name).and_then(Value::as_str);
            let bytes = text("bytes").context("an exported record without its bytes")?;
            let stated: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(bytes)?)?;
            if stated.get("kind").and_then(Value::as_str) == Some("check_in") {
                now.insert(text("id").context("a record without id")?.to_owned());
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
        let record = |id: &str, stated: &[u8]| serde_json::json!({ "id": id, "bytes": URL_SAFE_NO_PAD.encode(stated) });
        let export = serde_json::json!({ "records": [
            record("a", br#"{"kind":"check_in"}"#),
            record("b", br#"{"kind":"evidence"}"#),
        ] })
        .to_string();
        assert!(ledger(&["a"], &[]).see_kept(&export).is_ok());
        assert!(ledger(&["a", "b"], &[]).see_kept(&export).is_err());
        assert!(
            ledger(&[], &["b"]).see_kept(&export).is_err(),
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
}
