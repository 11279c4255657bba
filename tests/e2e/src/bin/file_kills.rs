//! SIGKILL at each write, fsync, rename, unlink and send while a file is captured and sent; then the device is opened again
//! and compared with what it said and with the server. Ends with `kills=… lost=… duplicated=…`.
//!
//! This shows the death of a process, not of the power: what the kernel took is not lost here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Output};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bizmitra_e2e::journey::{PERSON, PIN};
use bizmitra_e2e::say;
use bizmitra_e2e::server::Server;
use bizmitra_e2e::strace::{self, Cli, spread};
use clap::Parser;
use serde_json::Value;

/// strace counts each call by itself and per thread.
const CALLS: &[&str] = &[
    "rename",
    "fsync",
    "fdatasync",
    "pwrite64",
    "ftruncate",
    "unlink",
    "write",
    "writev",
    "sendto",
];
/// Three pieces on a quick line.
const BYTES: usize = 300_000;

/// Kills the cli at each system call of a file.
#[derive(Parser)]
struct Arguments {
    /// The cli's program.
    #[arg(long)]
    cli: PathBuf,
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// Stop after this long; without it every call is visited.
    #[arg(long)]
    seconds: Option<u64>,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let folder = tempfile::Builder::new()
        .prefix("bizmitra-file-kills-")
        .tempdir()?;
    let server = Server::start(
        &arguments.server,
        folder.path().join("server"),
        folder.path().join("server.log"),
    )?;
    let device = Cli {
        program: arguments.cli.canonicalize()?,
        data: folder.path().join("device"),
        gpx: None,
    };
    let code = server.code_of(PERSON)?;
    let address = server.address();
    let activate = [
        "activate",
        "--cheap-pin",
        "--server",
        &address,
        "--code",
        &code,
    ];
    device.must(&activate, &[PIN])?;
    let file = folder.path().join("overtime.xlsx");
    let plain: Vec<u8> = (0..BYTES).map(|at| (at % 251) as u8).collect();
    fs::write(&file, &plain)?;
    let file = file.to_string_lossy().into_owned();
    let upload = ["upload", file.as_str(), "--wait"];

    let mut ledger = Ledger::default();
    let (calls, whole) = device.count(CALLS, &upload, &[PIN], &folder.path().join("traces"))?;
    ensure!(
        whole.status.success(),
        "an upload under strace ended with {}",
        whole.status
    );
    ledger.see_killed(&whole);
    let points = spread(calls);
    say::line(&format!(
        "a file makes {} calls at which it can be killed",
        points.len()
    ));
    let deadline = arguments
        .seconds
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    for (call, number) in &points {
        if deadline.is_some_and(|deadline| Instant::now() > deadline) {
            break;
        }
        ledger.see_killed(&device.killed_at(call, *number, &upload, &[PIN])?);
        ledger.see_kept(&device.must(&["files"], &[PIN])?)?;
    }
    device.must(&["watch", "--until-sent"], &[])?;
    ledger.see_kept(&device.must(&["files"], &[PIN])?)?;
    let arrived = arrived(&server.files()?);
    let unreadable = ledger.unreadable(&device, folder.path(), &plain)?;
    let strays = strays(&device.data, &ledger.kept)?;
    Ok(ledger.close(&arrived, unreadable, strays))
}

/// Ids of the whole files on the server, once for each.
fn arrived(files: &[Value]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.get("complete").and_then(Value::as_bool) == Some(true))
        .filter_map(id_of)
        .collect()
}

/// Files in the device's folder that no row names.
fn strays(data: &Path, kept: &BTreeSet<String>) -> Result<usize> {
    let mut strays = 0;
    for entry in fs::read_dir(data.join("files"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        strays += usize::from(!kept.contains(&name));
    }
    Ok(strays)
}

/// What was said and what was kept, by ids without hyphens.
#[derive(Default)]
struct Ledger {
    kills: u32,
    said: BTreeSet<String>,
    kept: BTreeSet<String>,
    sent: BTreeSet<String>,
}

fn id_of(object: &Value) -> Option<String> {
    Some(object.get("id")?.as_str()?.replace('-', ""))
}

impl Ledger {
    fn see_killed(&mut self, output: &Output) {
        self.kills += u32::from(!output.status.success());
        for object in strace::said(output) {
            let event = object.get("event").and_then(Value::as_str);
            if let (Some("saved" | "file"), Some(id)) = (event, id_of(&object)) {
                if object.get("state").and_then(Value::as_str) == Some("sent") {
                    self.sent.insert(id.clone());
                }
                self.said.insert(id);
            }
        }
    }

    fn see_kept(&mut self, listed: &str) -> Result<()> {
        let (mut now, mut sent) = (BTreeSet::new(), BTreeSet::new());
        for line in listed.lines() {
            let object: Value = serde_json::from_str(line).context("a line of the list")?;
            let id = id_of(&object).context("a file without id")?;
            if object.get("state").and_then(Value::as_str) == Some("sent") {
                sent.insert(id.clone());
            }
            now.insert(id);
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
        ensure!(
            self.sent.is_subset(&sent),
            "what was said to be sent is not any more, after {} kills",
            self.kills
        );
        (self.kept, self.sent) = (now, sent);
        Ok(())
    }

    /// Files that the device does not give back as they were.
    fn unreadable(&self, device: &Cli, folder: &Path, plain: &[u8]) -> Result<usize> {
        let out = folder.join("out");
        let path = out.to_string_lossy().into_owned();
        let mut unreadable = 0;
        for id in &self.kept {
            device.must(&["download", id, "--out", &path], &[PIN])?;
            unreadable += usize::from(fs::read(&out)? != plain);
            fs::remove_file(&out)?;
        }
        Ok(unreadable)
    }

    /// Files that did not arrive, and rows on the server that are one too many.
    fn compare(&self, arrived: &[String]) -> (usize, usize) {
        let once: BTreeSet<_> = arrived.iter().collect();
        let lost = self.kept.iter().filter(|id| !once.contains(id)).count();
        let strangers = once.iter().filter(|id| !self.kept.contains(**id)).count();
        (lost, arrived.len() - once.len() + strangers)
    }

    fn close(&self, arrived: &[String], unreadable: usize, strays: usize) -> ExitCode {
        let (lost, duplicated) = self.compare(arrived);
        say::line(&format!(
            "{} files on the device, {} of them said to be saved, {} on the server; {unreadable} unreadable, {strays} left over",
            self.kept.len(),
            self.said.len(),
            arrived.len()
        ));
        let lost = lost + unreadable;
        say::line(&format!(
            "kills={} lost={lost} duplicated={duplicated}",
            self.kills
        ));
        let is_good = lost == 0 && duplicated == 0 && strays == 0 && self.kills > 0;
        if is_good && !self.said.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_was_said_and_is_gone_or_is_unsent_again_stops_the_run() {
        let listed = r#"{"event":"file","id":"a-1","state":"sent"}
{"event":"file","id":"b-2","state":"sending"}"#;
        let ledger = |said: &[&str], sent: &[&str]| Ledger {
            said: set(said),
            sent: set(sent),
            ..Ledger::default()
        };
        assert!(ledger(&["a1", "b2"], &["a1"]).see_kept(listed).is_ok());
        assert!(ledger(&["c3"], &[]).see_kept(listed).is_err());
        assert!(ledger(&[], &["b2"]).see_kept(listed).is_err());
    }

    #[test]
    fn what_did_not_arrive_is_lost_and_what_nobody_captured_is_doubled() {
        let ledger = Ledger {
            kept: set(&["a", "b"]),
            ..Ledger::default()
        };
        let rows = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(ledger.compare(&rows(&["a", "a", "x"])), (1, 2));
        assert_eq!(ledger.compare(&rows(&["a", "b"])), (0, 0));
    }
}
