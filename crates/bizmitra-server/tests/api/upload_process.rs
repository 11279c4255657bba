//! The server's program as a process, and a device that talks to it over a socket.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::Request;

use crate::device::TestDevice;
use crate::upload_files::{File, Uploader, download};
use crate::world::World;

/// The server's program on a data folder.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
    _output: BufReader<ChildStdout>,
}

impl Process {
    pub fn start(data: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bizmitra-server"));
        Self::spawn(&mut command, data).unwrap()
    }

    /// Under strace, as `x setup` installs it. Nothing when it dies before it listens.
    pub fn traced(options: &[&str], log: &Path, data: &Path) -> Option<Self> {
        let mut command = Command::new("strace");
        command.args(["-f", "-y", "-s", "12", "-o"]).arg(log);
        command.args(options);
        command.arg("--").arg(env!("CARGO_BIN_EXE_bizmitra-server"));
        Self::spawn(&mut command, data)
    }

    fn spawn(command: &mut Command, data: &Path) -> Option<Self> {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("TOKIO_WORKER_THREADS", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line
            .trim()
            .rsplit("//")
            .next()
            .and_then(|text| text.parse().ok());
        let Some(address) = address else {
            child.kill().ok();
            child.wait().unwrap();
            return None;
        };
        Some(Self {
            child,
            address,
            _output: output,
        })
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM to the program itself, and waits; strace ends with it.
    pub fn stop(mut self) {
        self.signal("TERM");
        self.child.wait().unwrap();
    }

    /// strace blocks signals of its own; its only child is the program.
    fn signal(&self, name: &str) {
        let own = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
        let traced = children
            .ok()
            .and_then(|ids| ids.split(' ').next()?.parse().ok());
        let id: u32 = traced.unwrap_or(own);
        let kill = format!("kill -{name} {id}");
        Command::new("sh").args(["-c", &kill]).status().unwrap();
    }

    /// Whether it is over.
    pub fn is_over(&mut self) -> bool {
        // The end of the connection is seen before the end of the process.
        for _ in 0..200 {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.signal("KILL");
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

/// The bytes of a request on the wire; its connection ends with it.
pub fn render(request: Request<Body>) -> Vec<u8> {
    let (parts, body) = request.into_parts();
    let body = futures_now(axum::body::to_bytes(body, usize::MAX)).unwrap();
    let mut head = format!(
        "{} {} HTTP/1.1\r\nconnection: close\r\n",
        parts.method, parts.uri
    );
    for (name, value) in &parts.headers {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    [head.as_bytes(), &body].concat()
}

/// The result of a future that waits for nothing.
fn futures_now<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// What an upload's answer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub offset: usize,
    pub complete: bool,
}

fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    Ok(stream)
}

/// Sends a request; nothing when no whole answer came.
pub fn talk(address: SocketAddr, request: &[u8]) -> Option<Answer> {
    let mut stream = connect(address).ok()?;
    stream.write_all(request).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8_lossy(&answer).to_lowercase();
    let (head, _) = text.split_once("\r\n\r\n")?;
    let field = |name: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")))
            .map(str::to_owned)
    };
    Some(Answer {
        status: head.split(' ').nth(1)?.parse().ok()?,
        offset: field("upload-offset").map_or(0, |text| text.parse().unwrap()),
        complete: field("upload-complete").as_deref() == Some("?1"),
    })
}

/// Sends only the beginning of a request and hangs up.
pub fn cut(address: SocketAddr, request: &[u8], at: usize) {
    let mut stream = connect(address).unwrap();
    stream.write_all(&request[..at]).unwrap();
    stream.shutdown(Shutdown::Both).ok();
}

/// The device at the time of the program's clock.
pub fn now(device: &TestDevice) -> Uploader<'_> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Uploader {
        device,
        created_s: i64::try_from(since.as_secs()).unwrap(),
    }
}

pub fn begin(address: SocketAddr, device: &TestDevice, file: &File) -> Answer {
    talk(address, &render(now(device).begin(file))).unwrap()
}

pub fn ask(address: SocketAddr, device: &TestDevice, file: &File) -> Answer {
    let answer = talk(address, &render(now(device).offset(file))).unwrap();
    assert_eq!(answer.status, 204);
    answer
}

pub fn append(
    address: SocketAddr,
    device: &TestDevice,
    file: &File,
    from: usize,
    length: usize,
) -> Option<Answer> {
    talk(address, &render(now(device).piece_of(file, from, length)))
}

/// The whole file comes down as it was, by a server that opens the folder anew.
pub async fn assert_equal(world: &World, device: &TestDevice, file: &File) {
    let world = world.restarted();
    let mut device = device.clone();
    device.sign_in(&world).await;
    assert!(download(&world, &device, file).await.body == file.bytes);
}
