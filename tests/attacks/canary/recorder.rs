//! A relay that writes down what the server says: the only place where a test can learn a token.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone)]
pub struct Recorder {
    origin: String,
    said: Arc<Mutex<Vec<u8>>>,
}

impl Recorder {
    pub async fn before(server: &str) -> Self {
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let recorder = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            said: Arc::default(),
        };
        let said = Arc::clone(&recorder.said);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, server.clone(), Arc::clone(&said)));
            }
        });
        recorder
    }

    pub fn origin(&self) -> String {
        self.origin.clone()
    }

    /// Every token of an answer, oldest first.
    fn all(&self) -> Vec<String> {
        let said = self.said.lock().unwrap();
        let text = String::from_utf8_lossy(&said);
        text.split("\"token\":\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    }

    pub fn tokens(&self) -> usize {
        self.all().len()
    }

    /// The newest.
    pub fn token(&self) -> String {
        let token = self.all().pop().unwrap();
        assert_eq!(token.len(), 43);
        token
    }

    /// The newest, once there is one more than `before`.
    pub async fn token_after(&self, before: usize) -> String {
        for _ in 0..1_000 {
            if self.tokens() > before {
                return self.token();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nobody signed in");
    }
}

async fn relay(
    client: TcpStream,
    server: String,
    said: Arc<Mutex<Vec<u8>>>,
) -> std::io::Result<()> {
    let upstream = TcpStream::connect(server).await?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = upstream.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut part = vec![0; 16 * 1024];
    loop {
        let length = from_server.read(&mut part).await?;
        if length == 0 {
            return to_client.shutdown().await;
        }
        said.lock().unwrap().extend(&part[..length]);
        to_client.write_all(&part[..length]).await?;
    }
}
