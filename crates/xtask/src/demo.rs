//! `x run`: a demo server and the app, for a person; or the main journey told step by step where there is no display.

use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use anyhow::{Context, Result, bail};

use crate::products::{self, Profile};
use crate::workspace::Workspace;
use crate::{process, say, setup, window};

/// Where the demo server listens.
const ADDRESS: &str = "127.0.0.1:7787";

/// Runs the demo.
pub fn run(workspace: &Workspace, headless: bool) -> Result<()> {
    setup::to_open_a_window()?;
    let products = products::build(workspace, Profile::Dev)?;
    if headless {
        say::step("a day of Ravi at Sahyadri Foods; a picture of each step goes to target/demo");
        let journeys = window::drive(workspace, &products, "demo", Some("main-phone"))?;
        if journeys.failed > 0 || journeys.passed == 0 {
            bail!("the journey failed; screenshots and logs are in target/demo");
        }
        return Ok(());
    }
    if ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .all(|name| env::var_os(name).is_none_or(|value| value.is_empty()))
    {
        bail!("there is no display here; `./x run --headless` shows the journey without one");
    }
    let data = workspace.output("demo-data");
    fs::create_dir_all(&data)?;
    say::step(&format!(
        "starting the demo server on http://{ADDRESS} (data in target/demo-data)"
    ));
    let server = Command::new(&products.server)
        .args([
            "serve",
            "--demo",
            "--print-codes",
            "--listen",
            ADDRESS,
            "--data",
        ])
        .arg(data.join("server"))
        .stdin(Stdio::null())
        .spawn()
        .context("the server did not start")?;
    let _server = Stopped(server);
    // The codes are printed by the server; give them a moment before the window covers the terminal.
    thread::sleep(Duration::from_secs(1));
    say::step("opening the app; close its window to stop");
    process::run(
        Command::new(&products.app)
            .args(["--server", &format!("http://{ADDRESS}"), "--simulate-gpx"])
            .arg(workspace.root.join("tests/fixtures/korita-zbevnica.gpx")),
    )
}

/// A child that is asked to stop, then waited for, whatever happens here.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        // `kill` as a program is not on every machine; as a word of the shell it is.
        let _ = Command::new("sh")
            .arg("-c")
            .arg(format!("kill {}", self.0.id()))
            .status();
        let _ = self.0.wait();
    }
}
