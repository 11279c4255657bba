//! One journey through the window: its desktop, its server, its numbered screenshots, and the steps that many share.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::desktop::{Desktop, Display, Keyring};
use crate::processes;
use crate::say;
use crate::server::Server;
use crate::webdriver::{Driver, Element};

/// The programs and files that journeys run on.
pub struct Rig {
    /// The window.
    pub app: PathBuf,
    /// The server.
    pub server: PathBuf,
    /// The recording to replay; a release build cannot.
    pub gpx: Option<PathBuf>,
    /// Where screenshots and logs go.
    pub out: PathBuf,
    /// Where windows open.
    pub display: Display,
}

/// Size of the window's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 390 x 844.
    Phone,
    /// 1280 x 800.
    Desktop,
}

impl Size {
    /// Its word in names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Desktop => "desktop",
        }
    }

    fn pixels(self) -> (u32, u32) {
        match self {
            Self::Phone => (390, 844),
            Self::Desktop => (1280, 800),
        }
    }
}

/// The demo's employee who walks these journeys, and the PIN that the policy accepts.
pub const PERSON: &str = "Ravi";
/// A PIN that breaks no rule.
pub const PIN: &str = "482915";
/// Another one.
pub const NEW_PIN: &str = "730461";

/// A journey under way.
pub struct Journey<'a> {
    rig: &'a Rig,
    name: String,
    size: Size,
    step: u32,
    /// The person's session.
    pub desktop: Desktop,
    /// The company's server.
    pub server: Server,
}

impl<'a> Journey<'a> {
    /// Starts a desktop and a server for `name`.
    pub fn start(rig: &'a Rig, name: &str, size: Size, keyring: Keyring) -> Result<Self> {
        let name = format!("{name}-{}", size.name());
        forget_pictures(&rig.out, &name)?;
        let desktop = Desktop::start(&rig.display, keyring, &rig.out.join(format!("{name}.log")))?;
        let server = Server::start(
            &rig.server,
            desktop.home.join("server"),
            rig.out.join(format!("{name}-server.log")),
        )?;
        Ok(Self {
            rig,
            name,
            size,
            step: 0,
            desktop,
            server,
        })
    }

    /// The driver of the window.
    pub fn window(&self) -> &Driver {
        &self.desktop.driver
    }

    /// Opens the app, replaying the recording, and waits for its first screen.
    pub fn open_app(&mut self) -> Result<()> {
        self.open_app_with(&[])
    }

    /// The same with more arguments.
    pub fn open_app_with(&mut self, more: &[&str]) -> Result<()> {
        let mut arguments = self.arguments();
        arguments.extend(more.iter().copied().map(str::to_owned));
        self.desktop.driver.open(&self.rig.app, &arguments)?;
        let (width, height) = self.size.pixels();
        self.window().resize(width, height)?;
        self.window()
            .wait("[data-phase]:not([data-phase='opening'])")?;
        Ok(())
    }

    /// What the app is started with.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--server".to_owned(), self.server.address()];
        if let Some(gpx) = &self.rig.gpx {
            arguments.extend(["--simulate-gpx".to_owned(), gpx.display().to_string()]);
        }
        arguments
    }

    /// SIGKILL, as the system does it.
    pub fn kill_app(&mut self) -> Result<()> {
        let ids = processes::running(&self.rig.app, &self.desktop.home);
        ensure!(
            ids.len() == 1,
            "expected one running app, found {}",
            ids.len()
        );
        for id in ids {
            processes::kill_hard(id)?;
        }
        self.desktop.driver.close();
        Ok(())
    }

    /// Starts a second copy beside the driver's.
    pub fn second_copy(&self) -> Result<Child> {
        Ok(self.desktop.command(&self.rig.app)?.spawn()?)
    }

    /// How many copies of the app run in this session.
    pub fn copies(&self) -> usize {
        processes::running(&self.rig.app, &self.desktop.home).len()
    }

    /// Tells the step and keeps its picture. Waits for the page to stand still first.
    pub fn shot(&mut self, step: &str) -> Result<()> {
        self.step += 1;
        // Two frames and the fonts: a picture in the middle of a transition shows nothing that can be criticised.
        thread::sleep(Duration::from_millis(350));
        let file = format!("{}-{:02}-{step}.png", self.name, self.step);
        fs::write(self.rig.out.join(&file), self.window().screenshot()?)?;
        say::line(&format!("   {:02} {}", self.step, step.replace('-', " ")));
        Ok(())
    }

    /// A picture of where it went wrong, if there is still a window.
    pub fn shot_of_failure(&self) {
        if let Ok(picture) = self.window().screenshot() {
            let _ = fs::write(
                self.rig.out.join(format!("{}-failed.png", self.name)),
                picture,
            );
        }
        if let Ok(page) = self.window().run("return document.body.outerHTML") {
            let _ = fs::write(
                self.rig.out.join(format!("{}-failed.html", self.name)),
                page.as_str().unwrap_or_default(),
            );
        }
    }

    /// Where its logs are.
    pub fn out(&self) -> &Path {
        &self.rig.out
    }

    /// Waits for a phase, e.g. `locked`.
    pub fn phase(&self, phase: &str) -> Result<()> {
        self.window()
            .wait(&format!("[data-phase='{phase}']"))
            .map(drop)
    }

    /// From the code to home: code, notice, PIN twice, consent.
    pub fn activate(&mut self, person: &str, pin: &str, consent: bool) -> Result<()> {
        self.phase("not_activated")?;
        let code = self.server.code_of(person)?;
        self.enter_code(&code, pin)?;
        self.phase("unlocked")?;
        self.answer_location(consent)
    }

    /// A code or a link, the notice, the PIN twice.
    pub fn enter_code(&mut self, code: &str, pin: &str) -> Result<()> {
        if code.starts_with("bizmitra:") {
            self.window().paste_into(&id("code-input"), code)?;
        } else {
            self.window().type_into(&id("code-input"), code)?;
        }
        self.shot("code")?;
        self.window().click(&id("code-submit"))?;
        self.window().wait(&id("accept-notice"))?;
        self.shot("notice")?;
        self.window().click(&id("accept-notice"))?;
        self.choose_pin(pin)
    }

    /// A new PIN, twice.
    pub fn choose_pin(&mut self, pin: &str) -> Result<()> {
        self.window()
            .wait("[data-testid='pin-title'][data-state='choose']")?;
        self.press(pin)?;
        self.shot("pin")?;
        self.window()
            .click("[data-testid='pin-continue']:enabled")?;
        self.window()
            .wait("[data-testid='pin-title'][data-state='repeat']")?;
        self.press(pin)?;
        self.window().click("[data-testid='pin-continue']:enabled")
    }

    /// The question about location, then home.
    pub fn answer_location(&mut self, consent: bool) -> Result<()> {
        self.window().wait(&id("consent-yes"))?;
        self.shot("consent")?;
        self.window()
            .click(&id(if consent { "consent-yes" } else { "consent-no" }))?;
        self.window().wait(&id("tap-check_in")).map(drop)
    }

    /// Presses the digits on the app's own keypad.
    pub fn press(&self, pin: &str) -> Result<()> {
        for digit in pin.chars() {
            self.window().click(&id(&format!("key-{digit}")))?;
        }
        Ok(())
    }

    /// Waits until the latest tap is saved here: without an answer it is "saved", or "sending" while a try is under way.
    pub fn saved(&self) -> Result<Element> {
        self.window().wait("[data-testid='entry-step'][data-state='saved'], [data-testid='entry-step'][data-state='sending']")
    }

    /// Waits until the server has confirmed the latest tap, without touching anything.
    pub fn confirmed(&self) -> Result<Element> {
        self.window()
            .wait_for_server("[data-testid='entry-step'][data-state='confirmed']")
    }

    /// Waits until the keypad says that the PIN was wrong, and returns its words.
    pub fn wrong_pin(&self) -> Result<String> {
        self.window()
            .wait("[data-testid='unlock-message'][data-state='wrong']")?;
        self.words("unlock-message")
    }

    /// Waits until the element shows something, and returns it.
    pub fn words(&self, test_id: &str) -> Result<String> {
        let window = self.window();
        window.until(&format!("words in {test_id}"), || {
            let Some(element) = window.all(&id(test_id))?.into_iter().next() else {
                return Ok(None);
            };
            let text = window.text(&element)?;
            Ok((!text.trim().is_empty()).then_some(text))
        })
    }

    /// Asks until `is_so`, for what no element shows.
    pub fn eventually(&self, what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
        let start = Instant::now();
        while !is_so().with_context(|| what.to_owned())? {
            ensure!(
                start.elapsed() < Duration::from_secs(25),
                "did not happen: {what}"
            );
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

/// Pictures of an earlier run would pass for this one's.
fn forget_pictures(out: &Path, name: &str) -> Result<()> {
    for entry in fs::read_dir(out)? {
        let path = entry?.path();
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if file
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('-'))
        {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The selector of a test id.
pub fn id(test_id: &str) -> String {
    format!("[data-testid='{test_id}']")
}
