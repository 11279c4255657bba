//! Running other programs: their output passes through; when they fail, the message is the command line.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::say;

/// Runs to the end; output passes through.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs to the end; output is kept back and shown only when it failed.
pub fn run_quietly(command: &mut Command) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        say::line(&String::from_utf8_lossy(&output.stdout));
        say::line(&String::from_utf8_lossy(&output.stderr));
        bail!("{} ended with {}", shown(command), output.status);
    }
    Ok(())
}

/// Standard output of a program that ended well.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        bail!("{} ended with {}", shown(command), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Passes standard output through line by line and hands each line to `see`; says whether the program ended well.
pub fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result<bool> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            say::line(&line);
            see(&line);
        }
    }
    Ok(child.wait()?.success())
}

/// A program that runs beside others; what it says is kept in a file until somebody waits for it.
pub struct Beside {
    child: Child,
    shown: String,
    said: PathBuf,
}

impl Beside {
    /// Starts it.
    pub fn start(command: &mut Command, said: PathBuf) -> Result<Self> {
        let file =
            File::create(&said).with_context(|| format!("cannot write {}", said.display()))?;
        let child = command
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {}", shown(command)))?;
        let shown = shown(command);
        Ok(Self { child, shown, said })
    }

    /// Waits for its end and passes on what it said.
    pub fn end(mut self) -> Result<()> {
        let status = self.child.wait()?;
        say::line(String::from_utf8_lossy(&fs::read(&self.said)?).trim_end());
        if !status.success() {
            bail!("{} ended with {status}", self.shown);
        }
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Nobody waited for it, or it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned()),
    );
    words.join(" ")
}
