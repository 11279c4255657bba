//! The real server program with its demo company, and what its administrator can ask it.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::desktop::free_port;
use crate::processes::Group;

/// A server with a folder and an address of its own. It can be stopped and started again.
pub struct Server {
    program: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    port: u16,
    running: Option<Group>,
}

impl Server {
    /// Starts the demo company in `folder`.
    pub fn start(program: &Path, folder: PathBuf, log: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder)?;
        let mut server = Self {
            program: program.to_path_buf(),
            folder,
            log,
            port: free_port()?,
            running: None,
        };
        server.again()?;
        Ok(server)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://host:port`.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts it again on the same address, and waits until it is healthy.
    pub fn again(&mut self) -> Result<()> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)?;
        let mut command = Command::new(&self.program);
        command
            .args([
                "serve",
                "--demo",
                "--print-codes",
                "--listen",
                &format!("127.0.0.1:{}", self.port),
                "--data",
            ])
            .arg(&self.folder);
        self.running = Some(Group::start(
            command
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log),
        )?);
        let start = Instant::now();
        while ureq::get(format!("{}/health", self.address()))
            .call()
            .is_err()
        {
            if start.elapsed() > Duration::from_secs(30) {
                bail!(
                    "the server did not become healthy; see {}",
                    self.log.display()
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Stops it gracefully, as a service manager does.
    pub fn stop(&mut self) -> Result<()> {
        let mut running = self.running.take().context("the server is not running")?;
        let status = running.stop()?;
        if !status.success() {
            bail!("the server ended with {status} on SIGTERM");
        }
        Ok(())
    }

    /// The phone code of the demo's employee whose name begins so.
    pub fn code_of(&self, name: &str) -> Result<String> {
        let demo = self.demo()?;
        let people = demo
            .get("people")
            .and_then(Value::as_array)
            .context("demo.json has no people")?;
        let is_meant = |person: &&Value| {
            person
                .get("name")
                .and_then(Value::as_str)
                .is_some_and(|known| known.starts_with(name))
        };
        let code = people
            .iter()
            .find(is_meant)
            .and_then(|person| person.get("code"))
            .and_then(Value::as_str);
        Ok(code
            .with_context(|| format!("no activation code of {name} in demo.json"))?
            .to_owned())
    }

    /// All attendance of the demo company that the server holds.
    pub fn attendance(&self) -> Result<Vec<Value>> {
        list(&self.operate(&["attendance", "list", "--json"])?)
    }

    /// All files of the demo company that the server holds.
    pub fn files(&self) -> Result<Vec<Value>> {
        list(&self.operate(&["file", "list", "--json"])?)
    }

    /// A new employee of the demo company: the person's id and activation code.
    pub fn add_person(&self, name: &str) -> Result<(String, String)> {
        let text = self.operate(&["person", "add", "--name", name])?;
        let value = |label: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(label));
            Ok::<_, anyhow::Error>(
                line.with_context(|| format!("no {label}"))?
                    .trim()
                    .to_owned(),
            )
        };
        Ok((value("employee ")?, value("code ")?))
    }

    /// The states of a person's devices, as the server knows them.
    pub fn devices_of(&self, person: &str) -> Result<Vec<String>> {
        let devices = list(&self.operate(&["device", "list", "--json"])?)?;
        devices
            .iter()
            .filter(|device| device.get("employee").and_then(Value::as_str) == Some(person))
            .map(|device| {
                let state = device.get("state").and_then(Value::as_str);
                Ok(state.context("a device without a state")?.to_owned())
            })
            .collect()
    }

    /// Runs a command of the operator on the demo company, beside the server or without it.
    pub fn operate(&self, words: &[&str]) -> Result<String> {
        let demo = self.demo()?;
        let company = demo
            .get("company")
            .and_then(Value::as_str)
            .context("demo.json has no company")?;
        let output = Command::new(&self.program)
            .args(words)
            .args(["--company", company, "--data"])
            .arg(&self.folder)
            .output()?;
        if !output.status.success() {
            bail!("{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The device of the employee whose name begins so that is used now.
    pub fn device_of(&self, name: &str) -> Result<String> {
        let devices: Vec<Value> =
            serde_json::from_str(&self.operate(&["device", "list", "--json"])?)?;
        let text = |device: &Value, field: &str| {
            device
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        // Those in use come first.
        devices
            .iter()
            .find(|device| text(device, "employee_name").starts_with(name))
            .map(|device| text(device, "device"))
            .with_context(|| format!("{name} has no device"))
    }

    /// The id of the demo's employee whose name begins so.
    pub fn employee(&self, name: &str) -> Result<String> {
        let demo = self.demo()?;
        demo.get("people")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .find(|person| {
                person
                    .get("name")
                    .and_then(Value::as_str)
                    .is_some_and(|known| known.starts_with(name))
            })
            .and_then(|person| person.get("employee")?.as_str())
            .map(str::to_owned)
            .with_context(|| format!("no {name} in demo.json"))
    }

    fn demo(&self) -> Result<Value> {
        let text = fs::read_to_string(self.folder.join("demo.json")).context("demo.json")?;
        serde_json::from_str(&text).context("demo.json")
    }
}

fn list(json: &str) -> Result<Vec<Value>> {
    serde_json::from_str(json).context("not a list of JSON")
}
