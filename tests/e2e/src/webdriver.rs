//! The few calls of W3C WebDriver that we need, over plain HTTP. A client library would bring a second async runtime
//! and still not know WebKitGTK's capabilities.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The key under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How long something on the screen may take in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(25);
/// How long the app may wait between two tries to reach its server.
const BACK_OFF: Duration = Duration::from_secs(120);

/// A driver with at most one session.
pub struct Driver {
    agent: ureq::Agent,
    base: String,
    session: Option<String>,
}

/// An element of the page that is shown now.
#[derive(Debug, Clone)]
pub struct Element(String);

impl Driver {
    /// A driver that listens on this port of the loopback; returns when it answers.
    pub fn connect(port: u16) -> Result<Self> {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        let driver = Self {
            agent,
            base: format!("http://127.0.0.1:{port}"),
            session: None,
        };
        let start = Instant::now();
        while driver
            .agent
            .get(format!("{}/status", driver.base))
            .call()
            .is_err()
        {
            if start.elapsed() > PATIENCE {
                bail!("WebKitWebDriver does not answer");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(driver)
    }

    /// Starts the program and takes over its window. Any browserName makes WebKitWebDriver refuse.
    pub fn open(&mut self, program: &Path, arguments: &[String]) -> Result<()> {
        let options = json!({ "binary": program, "args": arguments });
        let capabilities =
            json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } } });
        let answer = self.post(&format!("{}/session", self.base), &capabilities)?;
        let session = answer
            .get("sessionId")
            .and_then(Value::as_str)
            .context("no sessionId")?;
        self.session = Some(session.to_owned());
        Ok(())
    }

    /// Ends the session; its answer does not matter, after a SIGKILL of the app it is an error.
    pub fn close(&mut self) {
        if let Some(session) = self.session.take() {
            let _ = self
                .agent
                .delete(format!("{}/session/{session}", self.base))
                .call();
        }
    }

    /// Sets the size of the window's content.
    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.command("window/rect", &json!({ "width": width, "height": height }))
            .map(drop)
    }

    /// Elements that match now.
    pub fn all(&self, css: &str) -> Result<Vec<Element>> {
        let found = self.command(
            "elements",
            &json!({ "using": "css selector", "value": css }),
        )?;
        let ids = found
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|element| element.get(ELEMENT)?.as_str());
        Ok(ids.map(|id| Element(id.to_owned())).collect())
    }

    /// Waits for the first match.
    pub fn wait(&self, css: &str) -> Result<Element> {
        self.until(&format!("{css} on the screen"), || {
            Ok(self.all(css)?.into_iter().next())
        })
    }

    /// Waits until nothing matches.
    pub fn wait_gone(&self, css: &str) -> Result<()> {
        self.until(&format!("{css} gone"), || {
            Ok(self.all(css)?.is_empty().then_some(()))
        })
    }

    /// Waits for the first match, which comes by itself once the server is reached again.
    pub fn wait_for_server(&self, css: &str) -> Result<Element> {
        self.within(BACK_OFF, &format!("{css} on the screen"), || {
            Ok(self.all(css)?.into_iter().next())
        })
    }

    /// Asks again until there is an answer. Errors count as "not yet": an element may go between two calls.
    pub fn until<T>(&self, what: &str, ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
        self.within(PATIENCE, what, ask)
    }

    fn within<T>(
        &self,
        patience: Duration,
        what: &str,
        mut ask: impl FnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        let start = Instant::now();
        loop {
            let answer = ask();
            if let Ok(Some(answer)) = answer {
                return Ok(answer);
            }
            if start.elapsed() > patience {
                let why = answer
                    .err()
                    .map(|error| format!(" ({error:#})"))
                    .unwrap_or_default();
                bail!("waited {} s for {what}{why}", patience.as_secs());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Clicks the first match, once it is there and can be clicked. Scrolled to the middle first, as a person would:
    /// WebDriver itself stops at the edge, where a fixed bar may lie on it.
    pub fn click(&self, css: &str) -> Result<()> {
        self.until(&format!("a click on {css}"), || {
            let Some(element) = self.all(css)?.into_iter().next() else {
                return Ok(None);
            };
            let itself = json!({ ELEMENT: element.0 });
            let scroll = "arguments[0].scrollIntoView({ block: 'center' })";
            self.command(
                "execute/sync",
                &json!({ "script": scroll, "args": [itself] }),
            )?;
            self.command(&format!("element/{}/click", element.0), &json!({}))
                .map(Some)
        })
        .map(drop)
    }

    /// Types into the first match.
    pub fn type_into(&self, css: &str, text: &str) -> Result<()> {
        let element = self.wait(css)?;
        self.command(&format!("element/{}/clear", element.0), &json!({}))?;
        self.command(
            &format!("element/{}/value", element.0),
            &json!({ "text": text }),
        )
        .map(drop)
    }

    /// Puts a text into the first match in one go, as a paste does.
    pub fn paste_into(&self, css: &str, text: &str) -> Result<()> {
        self.wait(css)?;
        let script = "const field = document.querySelector(arguments[0]); field.value = arguments[1]; \
                      field.dispatchEvent(new Event('input', { bubbles: true }));";
        self.command(
            "execute/sync",
            &json!({ "script": script, "args": [css, text] }),
        )
        .map(drop)
    }

    /// What a person reads in the element.
    pub fn text(&self, element: &Element) -> Result<String> {
        let text = self.get(&format!("element/{}/text", element.0))?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// An attribute of the element.
    pub fn attribute(&self, element: &Element, name: &str) -> Result<Option<String>> {
        let value = self.get(&format!("element/{}/attribute/{name}", element.0))?;
        Ok(value.as_str().map(ToOwned::to_owned))
    }

    /// Runs the body of a function in the page.
    pub fn run(&self, script: &str) -> Result<Value> {
        self.command("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs the body of a function whose last argument is called with the answer.
    pub fn run_until_called(&self, script: &str) -> Result<Value> {
        self.command("execute/async", &json!({ "script": script, "args": [] }))
    }

    /// The window as PNG.
    pub fn screenshot(&self) -> Result<Vec<u8>> {
        let picture = self.get("screenshot")?;
        Ok(STANDARD.decode(picture.as_str().unwrap_or_default())?)
    }

    fn command(&self, path: &str, body: &Value) -> Result<Value> {
        self.post(&self.url(path)?, body)
    }

    fn get(&self, path: &str) -> Result<Value> {
        let mut answer = self.agent.get(self.url(path)?).call()?;
        value(&answer.body_mut().read_to_string()?)
    }

    fn post(&self, url: &str, body: &Value) -> Result<Value> {
        let request = self
            .agent
            .post(url)
            .header("content-type", "application/json");
        let mut answer = request.send(body.to_string())?;
        value(
            &answer
                .body_mut()
                .with_config()
                .limit(64 << 20)
                .read_to_string()?,
        )
    }

    fn url(&self, path: &str) -> Result<String> {
        let session = self.session.as_deref().context("no session")?;
        Ok(format!("{}/session/{session}/{path}", self.base))
    }
}

/// Every answer is `{"value": …}`; an error has its own `error` and `message` inside.
fn value(text: &str) -> Result<Value> {
    let mut answer: Value = serde_json::from_str(text).context("not an answer of WebDriver")?;
    let value = answer.get_mut("value").map(Value::take).unwrap_or_default();
    if let Some(error) = value.get("error").and_then(Value::as_str) {
        let message = value
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or_default();
        bail!("{error}: {message}");
    }
    Ok(value)
}
