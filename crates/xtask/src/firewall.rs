//! fail2ban's filter and jail of `deploy/`, read by the real fail2ban: on a log that the real server wrote a moment ago, so
//! that format and filter cannot drift apart, and on lines that are none of ours.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::workspace::Workspace;
use crate::{process, setup};

/// The test that writes the log.
const WRITER: &str = "a_day_of_strangers_and_colleagues_is_there_for_the_real_firewall";
/// Longest wait for the daemon to read a log.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the checks work with.
struct Firewall<'a> {
    workspace: &'a Workspace,
    /// fail2ban's unpacked package.
    package: PathBuf,
    /// Log and expectation.
    log: PathBuf,
    expected: BTreeMap<String, usize>,
}

/// Every check; how many there were.
pub fn check(workspace: &Workspace) -> Result<u64> {
    let firewall = Firewall::open(workspace)?;
    firewall.the_filter_finds_each_stranger_as_often_as_the_server_wrote_it()?;
    firewall.the_filter_finds_nothing_in_lines_that_are_not_ours()?;
    firewall.the_jail_bans_strangers_and_no_office()?;
    Ok(3)
}

impl<'a> Firewall<'a> {
    fn open(workspace: &'a Workspace) -> Result<Self> {
        let package = setup::fail2ban(workspace)?;
        let folder = workspace.target.join("tmp/fail2ban");
        // What an older server wrote proves nothing.
        fs::remove_dir_all(&folder).ok();
        process::run_quietly(workspace.cargo().args([
            "test",
            "--quiet",
            "-p",
            "bizmitra-server",
            "--test",
            "api",
            WRITER,
        ]))?;
        let expected = fs::read_to_string(folder.join("expected.txt"))
            .context("the server's test left no expectation")?;
        Ok(Self {
            workspace,
            package,
            log: folder.join("auth.txt"),
            expected: read_expected(&expected)?,
        })
    }

    fn deploy(&self, file: &str) -> PathBuf {
        self.workspace.root.join("deploy/fail2ban").join(file)
    }

    /// One of fail2ban's programs.
    fn program(&self, name: &str) -> Command {
        // Debian's, whose version the package was made for.
        let mut command = Command::new("/usr/bin/python3");
        command
            .arg(self.package.join("usr/bin").join(name))
            .env(
                "PYTHONPATH",
                self.package.join("usr/lib/python3/dist-packages"),
            )
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// The addresses that the filter finds in a file, with how often.
    fn find(&self, log: &Path) -> Result<BTreeMap<String, usize>> {
        let found = process::capture(
            self.program("fail2ban-regex")
                .arg("--config")
                .arg(self.package.join("etc/fail2ban"))
                .args(["--out", "id"])
                .arg(log)
                .arg(self.deploy("filter.d/bizmitra.conf")),
        )?;
        Ok(count(found.lines()))
    }

    fn the_filter_finds_each_stranger_as_often_as_the_server_wrote_it(&self) -> Result<()> {
        let found = self.find(&self.log)?;
        ensure!(
            found == self.expected,
            "the filter found {found:?}, the server wrote {:?}",
            self.expected
        );
        Ok(())
    }

    fn the_filter_finds_nothing_in_lines_that_are_not_ours(&self) -> Result<()> {
        let found = self.find(&self.deploy("not-ours.txt"))?;
        ensure!(
            found.is_empty(),
            "the filter found {found:?} in not-ours.txt"
        );
        Ok(())
    }

    /// The daemon with our jail as it is; only where the log lies and what a ban does are ours.
    fn the_jail_bans_strangers_and_no_office(&self) -> Result<()> {
        let run = self.workspace.output("firewall");
        fs::remove_dir_all(&run).ok();
        let config = run.join("config");
        copy(&self.package.join("etc/fail2ban"), &config)?;
        // Debian's own choice of jails: the machine's SSH.
        fs::remove_file(config.join("jail.d/defaults-debian.conf")).ok();
        for file in ["filter.d/bizmitra.conf", "jail.d/bizmitra.conf"] {
            fs::copy(self.deploy(file), config.join(file))?;
        }
        let here = |name: &str| run.join(name).display().to_string();
        fs::write(
            config.join("fail2ban.local"),
            format!(
                "[Definition]\ndbfile = None\nsocket = {}\npidfile = {}\nlogtarget = {}\n",
                here("socket"),
                here("pid"),
                here("fail2ban.txt")
            ),
        )?;
        fs::write(
            config.join("jail.d/zz-here.local"),
            format!(
                "[bizmitra]\nlogpath = {}\nbackend = polling\naction =\n",
                self.log.display()
            ),
        )?;
        let banned = Daemon::start(self, config)?.banned(self)?;
        let strangers: Vec<String> = self
            .expected
            .iter()
            .filter(|(_, lines)| **lines >= 100)
            .map(|(address, _)| address.clone())
            .collect();
        ensure!(strangers.len() == 2, "the log holds no two strangers");
        ensure!(
            banned == strangers,
            "banned {banned:?} instead of {strangers:?}"
        );
        Ok(())
    }
}

/// A running fail2ban; ends with this.
struct Daemon {
    process: Child,
    config: PathBuf,
}

impl Daemon {
    fn start(firewall: &Firewall<'_>, config: PathBuf) -> Result<Self> {
        let process = firewall
            .program("fail2ban-server")
            .arg("-c")
            .arg(&config)
            .args(["-f", "start"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("fail2ban-server")?;
        Ok(Self { process, config })
    }

    fn status(&self, firewall: &Firewall<'_>) -> Option<String> {
        let output = firewall
            .program("fail2ban-client")
            .arg("-c")
            .arg(&self.config)
            .args(["status", "bizmitra"])
            .output()
            .ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Who is banned once the whole log was read.
    fn banned(self, firewall: &Firewall<'_>) -> Result<Vec<String>> {
        let lines: usize = firewall.expected.values().sum();
        let is_read = |status: &str| {
            field(status, "Total failed:").and_then(|text| text.parse().ok()) == Some(lines)
        };
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.status(firewall).is_some_and(|status| is_read(&status)) {
                // It decides about bans once a second.
                thread::sleep(Duration::from_secs(3));
                let status = self.status(firewall).unwrap_or_default();
                let banned = field(&status, "Banned IP list:").unwrap_or_default();
                let mut banned: Vec<String> =
                    banned.split_whitespace().map(str::to_owned).collect();
                banned.sort();
                return Ok(banned);
            }
            thread::sleep(Duration::from_millis(100));
        }
        bail!("fail2ban did not read the log; see target/firewall/fail2ban.txt")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// `address number` a line.
fn read_expected(text: &str) -> Result<BTreeMap<String, usize>> {
    text.lines()
        .map(|line| {
            let (address, number) = line.split_once(' ').context("expected.txt")?;
            Ok((address.to_owned(), number.parse()?))
        })
        .collect()
}

fn count<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        *counted.entry(line.to_owned()).or_default() += 1;
    }
    counted
}

/// What follows a label of fail2ban's status.
fn field<'a>(status: &'a str, label: &str) -> Option<&'a str> {
    status
        .lines()
        .find_map(|line| line.split_once(label))
        .map(|(_, value)| value.trim())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fail2bans_status_is_read_by_its_labels() {
        let status = "Status for the jail: bizmitra\n|- Filter\n|  |- Total failed:\t422\n`- Actions\n   `- Banned IP list:\t2001:db8:1:2::/64 203.0.113.9\n";
        assert_eq!(field(status, "Total failed:"), Some("422"));
        assert_eq!(
            field(status, "Banned IP list:"),
            Some("2001:db8:1:2::/64 203.0.113.9")
        );
        assert_eq!(field(status, "Currently sleeping:"), None);
    }

    #[test]
    fn what_was_found_is_counted_by_address() {
        let counted = count("a\nb\na\n\n".lines());
        assert_eq!(
            counted,
            BTreeMap::from([("a".to_owned(), 2), ("b".to_owned(), 1)])
        );
    }
}
