//! A server on a real socket of the loopback.
//!
//! Its tests run on paused time: waiting is free, and still every deadline is met to the second.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bizmitra_server::{Server, ServerConfig, SystemClock, TlsFiles, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";

pub struct Host {
    pub address: SocketAddr,
    pub folder: tempfile::TempDir,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Host {
    pub async fn start(set_up: impl FnOnce(&Path, &mut ServerConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = ServerConfig::loopback(folder.path().join("data"));
        set_up(folder.path(), &mut config);
        let server = Server::open(config, Arc::new(SystemClock)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, server, async { stopped.await.unwrap() }));
        // Until it listens.
        tokio::task::yield_now().await;
        Self {
            address,
            folder,
            stop,
            serving,
        }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.serving.await.unwrap().unwrap();
    }
}

/// Certificate and key for `localhost`, written to the files; the certificate (DER) to trust.
pub fn write_certificate(files: &TlsFiles) -> Vec<u8> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(&files.cert, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    made.cert.der().to_vec()
}

/// One request on a connection that stays open, and its whole answer.
pub async fn ask(
    stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin),
    request: &[u8],
) -> String {
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).await.unwrap();
        assert_ne!(length, 0, "cut off: {}", String::from_utf8_lossy(&answer));
        answer.extend(&piece[..length]);
        let text = String::from_utf8(answer.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap().parse().unwrap() {
                return text;
            }
        }
    }
}

/// Whether a connection serves a request.
pub async fn is_served(stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin)) -> bool {
    if stream.write_all(HEALTH).await.is_err() {
        return false;
    }
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.is_ok() && first == *b"HTTP/1.1 200"
}

/// Reads until the server closes; what it said.
pub async fn until_closed(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut said = Vec::new();
    // A reset closes too.
    stream.read_to_end(&mut said).await.ok();
    said
}
