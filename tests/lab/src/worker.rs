//! A process for each world: what one world leaves in memory cannot touch the next, and one that hangs can be ended.
#![expect(
    unsafe_code,
    reason = "fork: a copy of what was prepared once, in a millisecond"
)]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// A process that runs one world.
pub struct Worker {
    pid: libc::pid_t,
    answer: File,
    said: Vec<u8>,
    began: Instant,
}

/// Longest real time of a world.
const PATIENCE: Duration = Duration::from_secs(60);

impl Worker {
    /// Starts a copy of this process that does `work` and says what it returns. This process must have one thread.
    ///
    /// # Errors
    /// Of the system.
    pub fn start(work: impl FnOnce() -> Vec<u8>) -> Result<Self> {
        let mut ends = [0; 2];
        // SAFETY: two descriptors are written to an array of two.
        if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
            bail!("no pipe");
        }
        // SAFETY: both were just made and belong to nobody else.
        let (answer, mut to) = unsafe { (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1])) };
        // SAFETY: this process has one thread, so the copy may go on with all of its memory.
        match unsafe { libc::fork() } {
            -1 => bail!("no process"),
            0 => {
                let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
                    .unwrap_or_default();
                drop(to.write_all(&said));
                // SAFETY: ends the copy without the destructors of what belongs to the original.
                unsafe { libc::_exit(0) }
            }
            pid => {
                // SAFETY: the descriptor is open; a read must not wait.
                unsafe { libc::fcntl(answer.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
                Ok(Self {
                    pid,
                    answer,
                    said: Vec::new(),
                    began: Instant::now(),
                })
            }
        }
    }

    /// What it said, once it has ended; empty when it said nothing in time.
    pub fn poll(&mut self) -> Option<Vec<u8>> {
        let mut part = [0; 4096];
        loop {
            match self.answer.read(&mut part) {
                Ok(0) => break,
                Ok(count) => self.said.extend_from_slice(&part[..count]),
                Err(_) if self.began.elapsed() < PATIENCE => return None,
                Err(_) => {
                    self.said.clear();
                    break;
                }
            }
        }
        let mut status = 0;
        // SAFETY: the process is a child that nobody else waits for.
        unsafe {
            libc::kill(self.pid, libc::SIGKILL);
            libc::waitpid(self.pid, &raw mut status, 0);
        }
        Some(std::mem::take(&mut self.said))
    }
}
