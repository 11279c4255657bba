//! One connection, from the handshake to its end, and how long each step may take.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig as TlsConfig;
use tower::ServiceExt as _;

/// Longest TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// Longest wait for the whole head of a request, from the last answer on: also how long a connection may be idle.
const HEAD_LIMIT: Duration = Duration::from_secs(20);
/// Longest wait for a client to take the next bytes of an answer.
const WRITE_LIMIT: Duration = Duration::from_secs(20);
/// Most bytes of a request's head, and about as many are read ahead of a handler.
const HEAD_BYTES: usize = 32 * 1024;
/// Most headers of a request.
const HEADERS: usize = 64;

/// Serves one connection until it ends, a limit cuts it, or `stopping` tells it to finish what it is doing.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<Arc<TlsConfig>>,
    router: Router,
    mut stopping: watch::Receiver<()>,
) {
    // Answers are small and whole: nothing is gained by holding their last packet back.
    stream.set_nodelay(true).ok();
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_LIMIT));
    let stream = Box::pin(stream);
    let Some(tls) = tls else {
        return speak(stream, peer, router, stopping).await;
    };
    let handshake = tokio::time::timeout(HANDSHAKE_LIMIT, TlsAcceptor::from(tls).accept(stream));
    tokio::select! {
        shaken = handshake => {
            if let Ok(Ok(stream)) = shaken {
                speak(stream, peer, router, stopping).await;
            }
        }
        // Nothing was asked yet.
        _ = stopping.changed() => {}
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: SocketAddr,
    router: Router,
    mut stopping: watch::Receiver<()>,
) {
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        async move {
            Ok::<_, Infallible>(
                router
                    .oneshot(request)
                    .await
                    .unwrap_or_else(|never| match never {}),
            )
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_header_size(HEAD_BYTES)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), answer));
    tokio::select! {
        // How a connection ended is the client's business.
        _ = connection.as_mut() => return,
        _ = stopping.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await.ok();
}
