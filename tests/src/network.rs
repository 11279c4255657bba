//! What lies between a device and the server: a relay that fails on order. It moves bytes and understands none of them,
//! except that it can answer in the server's place.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The network's mood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Everything passes.
    Fine,
    /// Connections are cut at once.
    Cut,
    /// Requests reach the server, answers do not come back.
    LoseAnswers,
    /// Each connection carries this many bytes of requests, then it is cut.
    CutAfter(u64),
    /// Each connection carries this many bytes of answers, then it is cut.
    CutAnswersAfter(u64),
    /// A sign-in page with status 200 answers everything.
    CaptivePortal,
    /// Everything is answered with this status and no body of ours.
    Status(u16),
}

/// The relay, on a port of its own.
pub struct Network {
    address: SocketAddr,
    mood: watch::Sender<Mood>,
    lost: Arc<AtomicU32>,
    carried: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl Network {
    /// In front of a server.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn before(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let mood = watch::Sender::new(Mood::Fine);
        let (lost, carried) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU64::new(0)));
        let accepting = tokio::spawn(accept(
            listener,
            server,
            mood.subscribe(),
            (Arc::clone(&lost), Arc::clone(&carried)),
        ));
        Ok(Self {
            address,
            mood,
            lost,
            carried,
            accepting,
        })
    }

    /// As a device addresses the server through it.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From here on; open connections end.
    pub fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// Bytes of requests that connections with a cut carried.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.carried.load(Ordering::SeqCst)
    }

    /// How many answers were lost on order.
    #[must_use]
    pub fn answers_lost(&self) -> u32 {
        self.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    server: SocketAddr,
    mood: watch::Receiver<Mood>,
    (lost, carried): (Arc<AtomicU32>, Arc<AtomicU64>),
) {
    while let Ok((client, _)) = listener.accept().await {
        let mut mood = mood.clone();
        let (lost, carried) = (Arc::clone(&lost), Arc::clone(&carried));
        tokio::spawn(async move {
            let now = *mood.borrow_and_update();
            tokio::select! {
                // An error of either side ends the connection, which is all there is to do about it.
                _ = serve(client, server, now, (&lost, &carried)) => {}
                // A new mood is for new connections.
                _ = mood.changed() => {}
            }
        });
    }
}

async fn serve(
    mut client: TcpStream,
    server: SocketAddr,
    mood: Mood,
    (lost, carried): (&AtomicU32, &AtomicU64),
) -> Result<()> {
    match mood {
        Mood::Fine => {
            let mut upstream = TcpStream::connect(server).await?;
            tokio::io::copy_bidirectional(&mut client, &mut upstream).await?;
        }
        Mood::Cut => {}
        Mood::LoseAnswers => {
            let mut upstream = TcpStream::connect(server).await?;
            let (mut from_client, mut to_client) = client.split();
            let (mut from_server, mut to_server) = upstream.split();
            let mut first = [0; 1];
            tokio::select! {
                sent = tokio::io::copy(&mut from_client, &mut to_server) => { sent?; }
                // The first byte of an answer: the server has decided. Nobody will hear of it.
                read = from_server.read(&mut first) => {
                    read?;
                    lost.fetch_add(1, Ordering::SeqCst);
                }
            }
            to_client.shutdown().await?;
        }
        Mood::CutAfter(bytes) => {
            let mut upstream = TcpStream::connect(server).await?;
            let (from_client, mut to_client) = client.split();
            let (mut from_server, mut to_server) = upstream.split();
            let mut some = from_client.take(bytes);
            let sending = async {
                let mut buffer = vec![0; 16 * 1024];
                loop {
                    let read = some.read(&mut buffer).await?;
                    if read == 0 {
                        return Ok::<_, anyhow::Error>(());
                    }
                    carried.fetch_add(read as u64, Ordering::SeqCst);
                    to_server
                        .write_all(buffer.get(..read).unwrap_or_default())
                        .await?;
                }
            };
            tokio::select! {
                sent = sending => { sent?; }
                answered = tokio::io::copy(&mut from_server, &mut to_client) => { answered?; }
            }
        }
        Mood::CutAnswersAfter(bytes) => {
            let mut upstream = TcpStream::connect(server).await?;
            let (mut from_client, mut to_client) = client.split();
            let (from_server, mut to_server) = upstream.split();
            let mut some = from_server.take(bytes);
            tokio::select! {
                sent = tokio::io::copy(&mut from_client, &mut to_server) => { sent?; }
                answered = tokio::io::copy(&mut some, &mut to_client) => { answered?; }
            }
            to_client.flush().await?;
        }
        Mood::CaptivePortal => {
            let page = "<html><body>Sign in to the station's Wi-Fi</body></html>";
            answer(&mut client, "200 OK", "text/html", page).await?;
        }
        Mood::Status(status) => {
            answer(
                &mut client,
                &format!("{status} Sorry"),
                "text/plain",
                "sorry",
            )
            .await?
        }
    }
    Ok(())
}

async fn answer(
    client: &mut TcpStream,
    status: &str,
    content_type: &str,
    body: &str,
) -> Result<()> {
    // Bodies here are small: what was read is what there is.
    let mut request = vec![0; 64 * 1024];
    if client.read(&mut request).await? == 0 {
        return Ok(());
    }
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await?;
    client.write_all(body.as_bytes()).await?;
    client.shutdown().await?;
    Ok(())
}
