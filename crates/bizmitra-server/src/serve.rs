//! Listening, TLS and the graceful stop.
//!
//! Own loop over hyper instead of `axum::serve`, which sets no limits: each connection has a seat before anything is read
//! from it, does its handshake beside the others, and is cut when it is slow.

mod certificate;
mod connection;
mod seats;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admin;
use crate::auth_log::Event;
use crate::client_address::{self, ClientAddress};
use crate::guard;
use crate::routes::router;
use crate::server::Server;
use certificate::Certificate;
use seats::{NoSeat, Seats};

/// How often abandoned uploads are looked for.
const TIDY_EVERY: Duration = Duration::from_secs(60 * 60);
/// Longest time open requests get after a stop was asked for.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// Wait after the system refused to accept: it is out of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
/// Files that are no connections: database, keys, logs.
const OTHER_FILES: usize = 64;

/// Serves until `stop` is over, then lets open requests end.
///
/// # Errors
/// When the certificate or key cannot be used.
pub async fn serve(
    listener: TcpListener,
    server: Server,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let tls = server
        .config()
        .tls
        .as_ref()
        .map(Certificate::open)
        .transpose()
        .map_err(io::Error::other)?;
    let (certificate, tls) = tls.unzip();
    let mut keeping_fresh = pin!(async {
        match &certificate {
            Some(certificate) => certificate.keep_fresh().await,
            None => std::future::pending().await,
        }
    });
    let mut stop = pin!(stop);
    // Ends with this future, however that ends.
    let mut tidying = JoinSet::new();
    tidying.spawn(tidy(server.clone()));
    let router = router(server.clone());
    let mut door = Door::new(server);
    let (stopping, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            (stream, peer) = accept(&listener) => {
                if let Some(seat) = door.let_in(peer) {
                    let serving =
                        connection::serve(stream, peer, tls.clone(), router.clone(), stopped.clone());
                    connections.spawn(async move {
                        serving.await;
                        drop(seat);
                    });
                }
            }
            Some(_) = connections.join_next() => {}
            () = &mut keeping_fresh => {}
            () = &mut stop => break,
        }
    }
    drop((listener, stopping));
    // A client that never ends its request must not keep the server from stopping; what is left is cut.
    tokio::time::timeout(STOP_LIMIT, async {
        while connections.join_next().await.is_some() {}
    })
    .await
    .ok();
    Ok(())
}

/// Who is let in.
struct Door {
    server: Server,
    seats: std::sync::Arc<Seats>,
    said_full: Option<Instant>,
}

impl Door {
    fn new(server: Server) -> Self {
        let (per_address, all) = server.limits().connections();
        let possible =
            allow_open_files(all.saturating_add(OTHER_FILES)).saturating_sub(OTHER_FILES);
        if possible < all {
            tracing::warn!(
                possible,
                wanted = all,
                "the limit of open files is too low for all connections"
            );
        }
        Self {
            server,
            seats: Seats::new(per_address, all.min(possible).max(1)),
            said_full: None,
        }
    }

    /// A seat, or nothing: then the connection is closed unread.
    fn let_in(&mut self, peer: SocketAddr) -> Option<seats::Seat> {
        let is_proxy = client_address::is_proxy(peer.ip(), &self.server.config().trusted_proxies);
        let address = (!is_proxy).then(|| ClientAddress::from(peer.ip()));
        match self.seats.take(address) {
            Ok(seat) => return Some(seat),
            Err(NoSeat::Share(address)) => {
                let server = self.server.clone();
                tokio::spawn(async move { guard::note(&server, Event::Limited, address).await });
            }
            Err(NoSeat::Full) => {
                let is_news = |said: Instant| said.elapsed() > Duration::from_secs(60);
                if self.said_full.is_none_or(is_news) {
                    self.said_full = Some(Instant::now());
                    tracing::warn!("every connection is taken; new ones are turned away");
                }
            }
        }
        None
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The client went away between connecting and being accepted.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                tracing::error!(error = %error, "cannot accept connections");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// How many files may be open, after asking for `wanted`: the default of most systems is below what this needs.
#[cfg(unix)]
fn allow_open_files(wanted: usize) -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let wanted_files = u64::try_from(wanted).unwrap_or(u64::MAX);
    if limit.current.is_some_and(|current| current < wanted_files) {
        let most = limit.maximum.unwrap_or(u64::MAX);
        limit.current = Some(wanted_files.min(most));
        setrlimit(Resource::Nofile, limit).ok();
    }
    match getrlimit(Resource::Nofile).current {
        Some(files) => usize::try_from(files).unwrap_or(usize::MAX).min(wanted),
        None => wanted,
    }
}

#[cfg(not(unix))]
fn allow_open_files(wanted: usize) -> usize {
    wanted
}

/// Forgets abandoned uploads, now and then.
async fn tidy(server: Server) {
    loop {
        if let Err(error) = server.run(admin::forget_abandoned_uploads).await {
            tracing::error!(error = %error, "abandoned uploads could not be removed");
        }
        tokio::time::sleep(TIDY_EVERY).await;
    }
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
