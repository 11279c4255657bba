//! A desktop for one journey: display, home, session bus, keyring and WebKitWebDriver, seen by nobody else.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::processes::Group;
use crate::webdriver::Driver;

/// A bus that starts nothing by itself: a service that activates would hide that a keystore is missing.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// Runs inside the bus; the keyring's own password is of no importance in a home that is thrown away.
const SESSION: &str = r#"
printf '%s' "$DBUS_SESSION_BUS_ADDRESS" > "$HOME/bus"
if [ "$KEYRING" = yes ]; then
    printf journey | gnome-keyring-daemon --unlock --components=secrets >/dev/null
fi
exec WebKitWebDriver --port="$PORT"
"#;

/// A display without a screen.
pub struct Display {
    name: String,
    _server: Group,
}

impl Display {
    /// Starts Xvfb on the first free display. Without `-noreset` it starts over when its last window is killed, and the
    /// next one may come too early.
    pub fn open() -> Result<Self> {
        let mut server = Group::start(
            Command::new("Xvfb")
                .args([
                    "-displayfd",
                    "1",
                    "-noreset",
                    "-screen",
                    "0",
                    "1400x1000x24",
                    "-nolisten",
                    "tcp",
                ])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        )?;
        let mut number = String::new();
        let out = server
            .child()
            .stdout
            .take()
            .context("Xvfb without output")?;
        BufReader::new(out).read_line(&mut number)?;
        Ok(Self {
            name: format!(":{}", number.trim()),
            _server: server,
        })
    }
}

/// Whether the desktop has a Secret Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// gnome-keyring, unlocked as after a login.
    Unlocked,
    /// Nothing owns the name on the bus.
    Absent,
}

/// One person's session.
pub struct Desktop {
    /// The session's home folder.
    pub home: PathBuf,
    /// The driver of its windows.
    pub driver: Driver,
    display: String,
    _session: Group,
    _folder: TempDir,
}

impl Desktop {
    /// Starts a session; `log` takes what its programs print.
    pub fn start(display: &Display, keyring: Keyring, log: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("bizmitra-e2e-").tempdir()?;
        let home = folder.path().to_path_buf();
        let runtime = home.join("run");
        fs::create_dir_all(&runtime)?;
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700))?;
        fs::create_dir_all(home.join(".local/share/keyrings"))?;
        let bus = home.join("bus.conf");
        fs::write(&bus, BUS)?;
        let port = free_port()?;
        let log = File::create(log)?;
        let mut command = Command::new("dbus-run-session");
        command
            .arg(format!("--config-file={}", bus.display()))
            .args(["--", "sh", "-c", SESSION]);
        environment(&mut command, &home, &display.name);
        command
            .env("PORT", port.to_string())
            .env(
                "KEYRING",
                if keyring == Keyring::Unlocked {
                    "yes"
                } else {
                    "no"
                },
            )
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true");
        let session = Group::start(
            command
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log),
        )?;
        let driver = Driver::connect(port)?;
        Ok(Self {
            home,
            driver,
            display: display.name.clone(),
            _session: session,
            _folder: folder,
        })
    }

    /// A command in this session, outside the driver.
    pub fn command(&self, program: &Path) -> Result<Command> {
        let mut command = Command::new(program);
        environment(&mut command, &self.home, &self.display);
        command.env(
            "DBUS_SESSION_BUS_ADDRESS",
            fs::read_to_string(self.home.join("bus"))?,
        );
        Ok(command)
    }
}

/// Nothing of the surrounding session leaks in; software rendering, as there is no graphics card.
fn environment(command: &mut Command, home: &Path, display: &str) {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home.join("run"))
        .env("DISPLAY", display)
        .env("GDK_BACKEND", "x11")
        .env("LANG", "C.UTF-8")
        .env("TZ", "Asia/Kolkata")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env("NO_AT_BRIDGE", "1")
        .env("RUST_BACKTRACE", "1");
}

/// A port of the loopback that nobody listens on.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
