//! One exchange: hyper's client and hyper's server at both ends of a pipe that ends where it is told to.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use bizmitra_core::api::ApiError;
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use reqwest::{Method, header::HeaderMap};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use crate::answers::Carried;

/// More than any message of a world.
const PIPE_BYTES: usize = 1 << 20;

/// A request, to be sent any number of times.
#[derive(Clone)]
pub struct Sent {
    /// Path.
    pub path: String,
    /// Items of a batch.
    pub items: u64,
    method: Method,
    target: String,
    host: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Sent {
    /// What the client would put on a socket.
    pub fn new(request: &reqwest::Request) -> Self {
        let url = request.url();
        let body = request
            .body()
            .and_then(|body| body.as_bytes())
            .unwrap_or_default()
            .to_vec();
        Self {
            path: url.path().to_owned(),
            items: super::items_of(&body),
            method: request.method().clone(),
            target: match url.query() {
                Some(query) => format!("{}?{query}", url.path()),
                None => url.path().to_owned(),
            },
            host: url.authority().to_owned(),
            headers: request.headers().clone(),
            body,
        }
    }

    fn bytes(&self) -> u64 {
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum();
        (self.target.len() + self.host.len() + headers + self.body.len() + 40) as u64
    }
}

/// Where the connection ends, in percent of what it would carry.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    /// It does not.
    Nowhere,
    /// In the request.
    Request(u64),
    /// In the answer.
    Answer(u64),
}

/// What answers of a world weigh at most, roughly: where in an answer it is cut is drawn from this.
const ANSWER_BYTES: u64 = 3_000;

/// Sends it and reads what comes.
pub async fn exchange(router: Router, sent: &Sent, cut: Cut) -> Result<Carried, ApiError> {
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    let service = TowerToHyperService::new(router);
    let serving = tokio::spawn(async move {
        // A connection that was cut is an error here and nothing else.
        drop(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(far), service)
                .await,
        );
    });
    let whole = |percent: u64, bytes: u64| usize::try_from(bytes * percent / 100).unwrap_or(0);
    let near = Pipe {
        end: near,
        may_write: match cut {
            Cut::Request(percent) => Some(whole(percent, sent.bytes())),
            Cut::Nowhere | Cut::Answer(_) => None,
        },
        may_read: match cut {
            Cut::Answer(percent) => Some(whole(percent * percent / 100, ANSWER_BYTES)),
            Cut::Nowhere | Cut::Request(_) => None,
        },
    };
    let answer = ask(near, sent).await;
    // The server comes to its end with this request, whether or not anybody waits for the answer.
    drop(serving.await);
    answer.map_err(|_| ApiError::AnswerLost)
}

async fn ask(pipe: Pipe, sent: &Sent) -> Result<Carried, hyper::Error> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(pipe)).await?;
    let mut request = axum::http::Request::new(Body::from(sent.body.clone()));
    *request.method_mut() = sent.method.clone();
    *request.uri_mut() = sent.target.parse().unwrap_or_default();
    *request.headers_mut() = sent.headers.clone();
    if let Ok(host) = sent.host.parse() {
        request.headers_mut().insert("host", host);
    }
    let talk = async {
        let answer = sender.send_request(request).await?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes().to_vec();
        drop(sender);
        Ok((parts.status, parts.headers, body))
    };
    // The connection is driven here and ends here: nothing of it is left to another task.
    let (answer, _) = tokio::join!(talk, connection);
    answer
}

/// One end of a pipe, with so many bytes left.
struct Pipe {
    end: DuplexStream,
    may_write: Option<usize>,
    may_read: Option<usize>,
}

fn reset() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = self.may_read.unwrap_or(usize::MAX);
        if most == 0 {
            return Poll::Ready(Err(reset()));
        }
        let mut bytes = vec![0; most.min(to.remaining())];
        let mut part = ReadBuf::new(&mut bytes);
        let polled = Pin::new(&mut self.end).poll_read(context, &mut part);
        let count = part.filled().len();
        to.put_slice(part.filled());
        self.may_read = self.may_read.map(|left| left - count);
        polled
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        let most = self.may_write.unwrap_or(usize::MAX);
        if most == 0 {
            return Poll::Ready(Err(reset()));
        }
        let part = &from[..from.len().min(most)];
        let polled = Pin::new(&mut self.end).poll_write(context, part);
        if let (Poll::Ready(Ok(count)), Some(left)) = (&polled, &mut self.may_write) {
            *left -= count;
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.end).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.end).poll_shutdown(context)
    }
}
