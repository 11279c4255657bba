//! SIGKILL at each write, fsync, rename, unlink and send of a wrong PIN, a right PIN, a PIN change and an activation;
//! and in the middle of the key derivation that checks a PIN; then the device is opened again. The counter of PINs must not have dropped, the old or the new PIN must work, and the
//! server must know one device. Ends with `kills=… violations=0`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Output};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bizmitra_e2e::journey::{PERSON, PIN};
use bizmitra_e2e::processes::resident_bytes;
use bizmitra_e2e::say;
use bizmitra_e2e::server::Server;
use bizmitra_e2e::strace::{self, Cli, event, said, spread};
use clap::Parser;
use serde_json::Value;

/// strace counts each call by itself and per thread.
const CALLS: &[&str] = &[
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "unlink",
    "writev",
    "sendto",
];
/// Two more that break no rule.
const WRONG: &str = "905142";
const NEW: &str = "729461";
/// Wrong PINs before each kill: what a counter that drops would forget. Three are free of waits.
const BEFORE: u64 = 2;
const MOST_TRIES: u64 = 10;
/// Kills in the middle of a key derivation.
const WHILE_CHECKING: u32 = 8;
/// A process that holds this much is deriving a key: without, it holds half of it, and the derivation takes 64 MiB.
const DERIVING_BYTES: u64 = 64 * 1024 * 1024;
/// Opens the vault and reads; nothing else.
const OPEN: &[&str] = &["day"];

/// Kills the cli at each system call of what touches the vault.
#[derive(Parser)]
struct Arguments {
    /// The cli's program.
    #[arg(long)]
    cli: PathBuf,
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// Stop after this long, the same share for each of the four; without it every call is visited.
    #[arg(long)]
    seconds: Option<u64>,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let folder = tempfile::Builder::new()
        .prefix("bizmitra-vault-kills-")
        .tempdir()?;
    let mut lab = Lab::new(&arguments, folder.path())?;
    let share = arguments
        .seconds
        .map(|seconds| Duration::from_secs(seconds) / 4);
    for attack in [
        Attack::WrongTry,
        Attack::RightTry,
        Attack::PinChange,
        Attack::Activation,
    ] {
        lab.kill_all(attack, share)?;
    }
    lab.kill_while_checking()?;
    say::line(&format!(
        "kills={} violations={}",
        lab.kills, lab.violations
    ));
    Ok(if lab.violations == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attack {
    WrongTry,
    RightTry,
    PinChange,
    Activation,
}

impl Attack {
    fn pins(self) -> &'static [&'static str] {
        match self {
            Self::WrongTry => &[WRONG],
            Self::RightTry | Self::Activation => &[PIN],
            Self::PinChange => &[PIN, NEW],
        }
    }
}

/// A server, a device as it was before each kill, and the count.
struct Lab {
    server: Server,
    program: PathBuf,
    folder: PathBuf,
    kills: u32,
    violations: u32,
}

impl Lab {
    fn new(arguments: &Arguments, folder: &Path) -> Result<Self> {
        let server = Server::start(
            &arguments.server,
            folder.join("server"),
            folder.join("server.log"),
        )?;
        let lab = Self {
            server,
            program: arguments.cli.canonicalize()?,
            folder: folder.to_path_buf(),
            kills: 0,
            violations: 0,
        };
        let device = lab.cli("fresh");
        let code = lab.server.code_of(PERSON)?;
        device.must(&activate(&lab.server.address(), &code), &[PIN])?;
        copy(&lab.folder.join("fresh"), &lab.folder.join("tried"))?;
        for _ in 0..BEFORE {
            lab.cli("tried").run(OPEN, &[WRONG])?;
        }
        ensure!(
            tries_left(&lab.cli("tried"))? == MOST_TRIES - BEFORE,
            "the wrong PINs before were not counted"
        );
        Ok(lab)
    }

    fn cli(&self, name: &str) -> Cli {
        Cli {
            program: self.program.clone(),
            data: self.folder.join(name),
            gpx: None,
        }
    }

    /// A device as it is before a kill.
    fn prepare(&self, attack: Attack) -> Result<(Cli, Vec<String>, Option<String>)> {
        let name = "victim";
        let data = self.folder.join(name);
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        let (words, person) = match attack {
            Attack::WrongTry | Attack::RightTry => {
                copy(&self.folder.join("tried"), &data)?;
                (OPEN.iter().map(ToString::to_string).collect(), None)
            }
            Attack::PinChange => {
                copy(&self.folder.join("fresh"), &data)?;
                (vec!["set-pin".to_owned()], None)
            }
            Attack::Activation => {
                let (person, code) = self.server.add_person("Kiran")?;
                (
                    activate(&self.server.address(), &code)
                        .map(str::to_owned)
                        .to_vec(),
                    Some(person),
                )
            }
        };
        Ok((self.cli(name), words, person))
    }

    fn kill_all(&mut self, attack: Attack, share: Option<Duration>) -> Result<()> {
        let began = Instant::now();
        let (cli, words, _) = self.prepare(attack)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let traces = self.folder.join(format!("traces-{attack:?}"));
        let (calls, _) = cli.count(CALLS, &words, attack.pins(), &traces)?;
        let points = spread(calls);
        let (mut kills, all) = (0, points.len());
        for (call, number) in points {
            if share.is_some_and(|share| began.elapsed() > share) {
                break;
            }
            let (cli, words, person) = self.prepare(attack)?;
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let output = cli.killed_at(call, number, &words, attack.pins())?;
            kills += u32::from(output.status.code().is_none() || output.status.code() == Some(137));
            if let Err(error) = self.judge(attack, &cli, &words, person.as_deref(), &output) {
                self.violations += 1;
                say::line(&format!(
                    "{attack:?}, killed at {call} number {number}: {error:#}"
                ));
            }
        }
        ensure!(kills > 0, "{attack:?}: nothing was killed");
        say::line(&format!(
            "{attack:?}: {kills} kills at {all} points, {:.0} s",
            began.elapsed().as_secs_f64()
        ));
        self.kills += kills;
        Ok(())
    }

    /// A try is counted, durably, before it is checked: whoever dies while a PIN is being checked has paid for it. The costs
    /// are those of a phone here, so that there is time to die in.
    fn kill_while_checking(&mut self) -> Result<()> {
        let (_, code) = self.server.add_person("Kiran")?;
        let cli = self.cli("slow");
        let address = self.server.address();
        let activate = ["activate", "--server", &address, "--code", &code];
        cli.must(&activate, &[PIN])?;
        let mut kills = 0;
        for _ in 0..WHILE_CHECKING {
            cli.must(OPEN, &[PIN])?;
            let before = tries_left(&cli)?;
            let mut child = cli.start(OPEN, &[WRONG])?;
            while resident_bytes(child.id()) < DERIVING_BYTES && child.try_wait()?.is_none() {
                std::thread::yield_now();
            }
            if child.try_wait()?.is_some() {
                continue;
            }
            child.kill()?;
            child.wait()?;
            kills += 1;
            let left = tries_left(&cli)?;
            if left != before - 1 {
                self.violations += 1;
                say::line(&format!(
                    "killed while checking: {left} tries left of {before}"
                ));
            }
        }
        ensure!(kills > 0, "nothing was killed while a PIN was checked");
        say::line(&format!("while checking: {kills} kills"));
        self.kills += kills;
        Ok(())
    }

    fn judge(
        &self,
        attack: Attack,
        cli: &Cli,
        words: &[&str],
        person: Option<&str>,
        output: &Output,
    ) -> Result<()> {
        let said = said(output);
        match attack {
            Attack::WrongTry => {
                let left = tries_left(cli)?;
                let before = MOST_TRIES - BEFORE;
                ensure!(
                    left == before || left == before - 1,
                    "{left} tries left of {before}"
                );
                // Whoever learns that a PIN is wrong has paid for it.
                let learned = event(&said, "error").is_some();
                ensure!(
                    !learned || left == before - 1,
                    "a wrong PIN was found out and not counted"
                );
                cli.must(OPEN, &[PIN])
                    .context("the right PIN afterwards")
                    .map(drop)
            }
            Attack::RightTry => {
                let left = tries_left(cli)?;
                let before = MOST_TRIES - BEFORE;
                ensure!(
                    left == before || left == before - 1 || left == MOST_TRIES,
                    "{left} tries left of {before}"
                );
                ensure!(
                    event(&said, "day").is_none() || left == MOST_TRIES,
                    "it opened and was not forgiven"
                );
                cli.must(OPEN, &[PIN])
                    .context("the right PIN afterwards")
                    .map(drop)
            }
            Attack::PinChange => {
                let changed = event(&said, "pin_changed").is_some();
                let (by_new, by_old) = (cli.run(OPEN, &[NEW])?, cli.run(OPEN, &[PIN])?);
                let (new, old) = (by_new.status.success(), by_old.status.success());
                ensure!(
                    old != new,
                    "the old PIN opens: {old}, the new one: {new}; said: {:?}, {:?}",
                    strace::said(&by_old),
                    strace::said(&by_new)
                );
                ensure!(new || !changed, "the change was said and is not there");
                cli.must(OPEN, &[if new { NEW } else { PIN }]).map(drop)
            }
            Attack::Activation => self.judge_activation(cli, words, person.context("no person")?),
        }
    }

    /// The person goes on: looks, tries the code again when nothing was bound, waits when it was sent.
    fn judge_activation(&self, cli: &Cli, words: &[&str], person: &str) -> Result<()> {
        for _ in 0..3 {
            match phase(cli)?.as_str() {
                "not_activated" => drop(cli.must(words, &[PIN])?),
                "activating" | "awaiting_approval" => drop(cli.run(&["sync"], &[])?),
                "locked" => break,
                other => bail!("the device is {other}"),
            }
        }
        cli.must(OPEN, &[PIN]).context("the PIN afterwards")?;
        let devices = self.server.devices_of(person)?;
        ensure!(
            devices == ["active"],
            "the server knows these devices: {devices:?}"
        );
        Ok(())
    }
}

fn activate<'a>(server: &'a str, code: &'a str) -> [&'a str; 6] {
    [
        "activate",
        "--cheap-pin",
        "--server",
        server,
        "--code",
        code,
    ]
}

fn status(cli: &Cli) -> Result<Value> {
    let text = cli.must(&["status"], &[])?;
    serde_json::from_str(text.trim()).context("status")
}

fn tries_left(cli: &Cli) -> Result<u64> {
    status(cli)?
        .get("tries_left")
        .and_then(Value::as_u64)
        .context("no tries_left")
}

fn phase(cli: &Cli) -> Result<String> {
    let status = status(cli)?;
    Ok(status
        .get("phase")
        .and_then(Value::as_str)
        .context("no phase")?
        .to_owned())
}

/// A folder with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
