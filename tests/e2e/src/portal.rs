//! A captive portal: answers every request with a login page and status 200.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Result;

const PAGE: &str =
    "<!doctype html><title>Welcome</title><h1>Free Wi-Fi</h1><p>Accept the terms to go on.";

/// Listens until it is closed.
pub struct Portal {
    port: u16,
    closing: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Portal {
    /// Opens on this port of the loopback.
    pub fn open(port: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let (closing, asked) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let (seen, counted) = (Arc::clone(&closing), Arc::clone(&asked));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if seen.load(Ordering::SeqCst) {
                    return;
                }
                if answer(stream).is_ok() {
                    counted.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        Ok(Self {
            port,
            closing,
            asked,
            thread: Some(thread),
        })
    }

    /// Closes and says how often it was asked.
    pub fn close(mut self) -> usize {
        self.end();
        self.asked.load(Ordering::SeqCst)
    }

    fn end(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.end();
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_millis(300)))?;
    let mut request = [0_u8; 64 * 1024];
    if stream.read(&mut request)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{PAGE}",
        PAGE.len()
    )
}
