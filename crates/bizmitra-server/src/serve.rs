//! Listening, TLS and the graceful stop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig as TlsConfig};
use tokio_rustls::server::TlsStream;

use crate::routes::router;
use crate::server::{Server, TlsFiles};

/// Longest TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// Longest time open requests get after a stop was asked for.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Serves until `stop` is over, then lets open requests end.
///
/// # Errors
/// When the certificate or key cannot be used, or the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    server: Server,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let tls = server.config().tls.as_ref().map(open_tls).transpose()?;
    let router = router(server);
    let (stopping, mut stopped) = mpsc::channel::<()>(1);
    let stop = async move {
        stop.await;
        drop(stopping);
    };
    let serving = async move {
        match tls {
            Some(tls) => listen(TlsListener::start(listener, tls)?, router, stop).await,
            None => listen(listener, router, stop).await,
        }
    };
    tokio::select! {
        served = serving => served,
        // A client that never ends its request must not keep the server from stopping.
        () = async { stopped.recv().await; tokio::time::sleep(STOP_LIMIT).await } => Ok(()),
    }
}

async fn listen<L>(
    listener: L,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()>
where
    L: axum::serve::Listener,
    L::Addr: std::fmt::Debug,
{
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
}

/// SIGTERM or ctrl-c.
pub async fn stop_signal() {
    let interrupt = async {
        // Without a handler the process ends by the signal itself: that stops too.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => {}, () = terminate => {} }
}

fn open_tls(files: &TlsFiles) -> io::Result<Arc<TlsConfig>> {
    let chain = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(io::Error::other)?;
    // The defaults are TLS 1.2 and 1.3, preferring 1.3.
    let mut config =
        TlsConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Hands out connections whose handshake is done; slow handshakes wait beside each other, not behind.
struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
    accepting: tokio::task::JoinHandle<()>,
}

impl TlsListener {
    fn start(mut listener: TcpListener, config: Arc<TlsConfig>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let acceptor = TlsAcceptor::from(config);
        let (done, ready) = mpsc::channel(64);
        let accepting = tokio::spawn(async move {
            while !done.is_closed() {
                let (stream, peer) = axum::serve::Listener::accept(&mut listener).await;
                let (acceptor, done) = (acceptor.clone(), done.clone());
                tokio::spawn(async move {
                    if let Ok(Ok(stream)) =
                        tokio::time::timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await
                    {
                        // The receiver is gone only when the server stops.
                        done.send((stream, peer)).await.ok();
                    }
                });
            }
        });
        Ok(Self {
            ready,
            address,
            accepting,
        })
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(ready) => ready,
            // The accepting task lives as long as this listener.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
