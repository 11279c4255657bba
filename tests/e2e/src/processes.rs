//! Processes that end when we do, and the ones that others started for us.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// A child with its own process group; all of it is killed when this is dropped.
pub struct Group(Child);

impl Group {
    /// Starts `command` in a new group.
    pub fn start(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        Ok(Self(
            command
                .process_group(0)
                .spawn()
                .with_context(|| format!("cannot start {program}"))?,
        ))
    }

    /// The child itself.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Asks the child to stop and waits for it.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        signal(self.0.id(), Signal::TERM)?;
        wait_at_most(&mut self.0, Duration::from_secs(20))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = pid(self.0.id()) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// Waits for a child, but not for ever.
pub fn wait_at_most(child: &mut Child, limit: Duration) -> Result<ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(10));
    }
    bail!(
        "process {} did not end within {} s",
        child.id(),
        limit.as_secs()
    )
}

/// Sends a signal.
pub fn signal(id: u32, signal: Signal) -> Result<()> {
    let pid = pid(id).context("process id 0")?;
    Ok(kill_process(pid, signal)?)
}

/// Ends a process at once, as the system does when it needs memory; returns when it is gone.
pub fn kill_hard(id: u32) -> Result<()> {
    signal(id, Signal::KILL)?;
    let start = Instant::now();
    while is_alive(id) {
        if start.elapsed() > Duration::from_secs(10) {
            bail!("process {id} survived SIGKILL");
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Running and not a zombie.
pub fn is_alive(id: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) else {
        return false;
    };
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Ids of living processes that run under this home folder.
pub fn under_home(home: &Path) -> Vec<u32> {
    let wanted = format!("HOME={}", home.display());
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| {
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        is_alive(*id)
            && environment
                .split(|byte| *byte == 0)
                .any(|pair| pair == wanted.as_bytes())
    })
    .collect()
}

/// Of those, the ones that run this program.
pub fn running(program: &Path, home: &Path) -> Vec<u32> {
    let is_program =
        |id: &u32| fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe == program);
    under_home(home).into_iter().filter(is_program).collect()
}

/// Resident memory, bytes.
pub fn resident_bytes(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|kb| kb.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        .unwrap_or(0)
        * 1024
}

fn pid(id: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(id).ok()?)
}
