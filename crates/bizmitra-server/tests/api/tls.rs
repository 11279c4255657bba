//! TLS on a real socket.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bizmitra_server::{ServerConfig, TlsFiles};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion, crypto,
};

use crate::host::{HEALTH, Host, ask, is_served, until_closed, write_certificate};

fn files(folder: &Path) -> TlsFiles {
    TlsFiles {
        cert: folder.join("cert.pem"),
        key: folder.join("key.pem"),
    }
}

/// A host with a certificate that `write_certificate` made; the certificate.
async fn start(set_up: impl FnOnce(&mut ServerConfig)) -> (Host, Vec<u8>) {
    let mut root = Vec::new();
    let host = Host::start(|folder, config| {
        root = write_certificate(&files(folder));
        config.tls = Some(files(folder));
        set_up(config);
    })
    .await;
    (host, root)
}

async fn connect(
    host: &Host,
    root: &[u8],
    versions: &[&'static SupportedProtocolVersion],
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(root.to_vec())).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(client))
        .connect(name, host.connect().await)
        .await
}

const BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

#[tokio::test]
async fn it_speaks_tls_beside_a_silent_client_and_stops_when_asked() {
    let (host, root) = start(|_| ()).await;
    let _silent = host.connect().await;
    let mut stream = connect(&host, &root, BOTH).await.unwrap();
    let answer = ask(&mut stream, HEALTH).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.to_lowercase().contains("bizmitra-server: "));
    assert_eq!(answer.to_lowercase().matches("\r\ndate: ").count(), 1);
    timeout(Duration::from_secs(5), host.stop()).await.unwrap();
}

#[tokio::test]
async fn it_speaks_plain_http_on_the_loopback() {
    let host = Host::start(|_, _| ()).await;
    assert!(is_served(&mut host.connect().await).await);
    timeout(Duration::from_secs(5), host.stop()).await.unwrap();
}

#[tokio::test]
async fn it_prefers_tls_1_3_and_speaks_1_2() {
    let (host, root) = start(|_| ()).await;
    for (offered, expected) in [
        (BOTH, ProtocolVersion::TLSv1_3),
        (&[&TLS12], ProtocolVersion::TLSv1_2),
    ] {
        let mut stream = connect(&host, &root, offered).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(expected));
        assert!(is_served(&mut stream).await);
    }
    host.stop().await;
}

/// A ClientHello (RFC 5246, section 7.4.1.2) that offers one version and suites of all versions from 1.0 on.
fn client_hello(minor: u8) -> Vec<u8> {
    let extensions: &[u8] = &[
        0, 10, 0, 6, 0, 4, 0, 23, 0, 29, // groups: P-256, X25519
        0, 11, 0, 2, 1, 0, // points: uncompressed
        0, 13, 0, 8, 0, 6, 4, 3, 5, 3, 2, 3, // ECDSA with SHA-256, SHA-384, SHA-1
    ];
    // ECDHE-ECDSA with AES-128-GCM-SHA256 and AES-128-CBC-SHA.
    let mut body = vec![3, minor];
    body.extend([7; 32]);
    body.extend([0, 0, 4, 0xc0, 0x2b, 0xc0, 0x09, 1, 0]);
    body.extend((extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    let mut handshake = vec![1, 0];
    handshake.extend((body.len() as u16).to_be_bytes());
    handshake.extend(body);
    let mut record = vec![22, 3, 1];
    record.extend((handshake.len() as u16).to_be_bytes());
    record.extend(handshake);
    record
}

#[tokio::test]
async fn tls_1_1_and_older_are_refused_by_name() {
    let (host, _) = start(|_| ()).await;
    for (minor, expected) in [
        // Alert, fatal, protocol_version (RFC 5246, section 7.2.2).
        (1, Err([2, 70])),
        (2, Err([2, 70])),
        // The same hello with 1.2 gets a ServerHello: it is the version that is refused.
        (3, Ok(())),
    ] {
        let mut stream = host.connect().await;
        stream.write_all(&client_hello(minor)).await.unwrap();
        let mut answer = [0; 7];
        stream.read_exact(&mut answer).await.unwrap();
        match expected {
            Ok(()) => assert_eq!((answer[0], answer[5]), (22, 2), "{answer:?}"),
            Err(alert) => assert_eq!((answer[0], &answer[5..]), (21, &alert[..]), "{answer:?}"),
        }
    }
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stalled_handshake_is_cut_and_nobody_waits_behind_it() {
    let (host, root) = start(|_| ()).await;
    let mut stalled = Vec::new();
    for number in 0..200 {
        let mut stream = host.connect().await;
        let hello = client_hello(3);
        // Some say nothing, some half of a hello, some all of it and then nothing.
        let length = [0, hello.len() / 2, hello.len()][number % 3];
        stream.write_all(&hello[..length]).await.unwrap();
        stalled.push(stream);
    }
    let start = Instant::now();
    let mut stream = connect(&host, &root, BOTH).await.unwrap();
    assert!(is_served(&mut stream).await);
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    for stream in &mut stalled {
        timeout(Duration::from_secs(300), until_closed(stream))
            .await
            .unwrap();
    }
    assert_eq!(start.elapsed().as_secs(), 10);
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn stalled_handshakes_of_one_address_take_its_share_and_give_it_back() {
    let (host, root) = start(|config| config.devices_per_address = 4).await;
    let mut stalled = Vec::new();
    for _ in 0..8 {
        stalled.push(host.connect().await);
    }
    sleep(Duration::from_millis(10)).await;
    assert!(connect(&host, &root, BOTH).await.is_err());
    sleep(Duration::from_secs(11)).await;
    assert!(is_served(&mut connect(&host, &root, BOTH).await.unwrap()).await);
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_new_certificate_serves_new_connections_and_open_ones_stay() {
    let (host, old) = start(|_| ()).await;
    let mut open = connect(&host, &old, BOTH).await.unwrap();
    assert!(ask(&mut open, HEALTH).await.starts_with("HTTP/1.1 200"));
    let new = write_certificate(&files(host.folder.path()));
    // Asks in between, because an idle connection is cut.
    for _ in 0..4 {
        sleep(Duration::from_secs(10)).await;
        assert!(ask(&mut open, HEALTH).await.starts_with("HTTP/1.1 200"));
    }
    assert!(connect(&host, &old, BOTH).await.is_err());
    assert!(is_served(&mut connect(&host, &new, BOTH).await.unwrap()).await);
    assert!(ask(&mut open, HEALTH).await.starts_with("HTTP/1.1 200"));
    host.stop().await;
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut *self.0.lock().unwrap(), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn count(&self, text: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap())
            .matches(text)
            .count()
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_new_pair_keeps_the_old_one_and_the_log_says_so_once() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (host, old) = start(|_| ()).await;
    let files = files(host.folder.path());
    let (good_cert, good_key) = (
        std::fs::read(&files.cert).unwrap(),
        std::fs::read(&files.key).unwrap(),
    );
    let elsewhere = tempfile::tempdir().unwrap();
    write_certificate(&self::files(elsewhere.path()));
    let other_cert = std::fs::read(elsewhere.path().join("cert.pem")).unwrap();
    let half = good_cert[..good_cert.len() / 2].to_vec();
    let broken = [
        ("not PEM", Some(b"hello".to_vec()), good_key.clone()),
        ("cut off", Some(half), good_key.clone()),
        ("another key's", Some(other_cert), good_key.clone()),
        ("no key", Some(good_cert), Vec::new()),
        ("gone", None, good_key),
    ];
    for (number, (what, cert, key)) in broken.into_iter().enumerate() {
        match cert {
            Some(cert) => std::fs::write(&files.cert, cert).unwrap(),
            None => std::fs::remove_file(&files.cert).unwrap(),
        }
        std::fs::write(&files.key, key).unwrap();
        // Several looks, one line.
        sleep(Duration::from_secs(100)).await;
        let mut stream = connect(&host, &old, BOTH).await.unwrap();
        assert!(is_served(&mut stream).await, "{what}");
        assert_eq!(log.count("the old one stays in use"), number + 1, "{what}");
    }
    let new = write_certificate(&files);
    sleep(Duration::from_secs(31)).await;
    assert!(is_served(&mut connect(&host, &new, BOTH).await.unwrap()).await);
    assert_eq!(log.count("a new certificate is in use"), 1);
    assert_eq!(log.count("PRIVATE"), 0);
    host.stop().await;
}

#[tokio::test]
async fn a_pair_that_cannot_be_used_at_the_start_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    write_certificate(&files);
    std::fs::write(&files.key, "no key").unwrap();
    let config = ServerConfig {
        tls: Some(files),
        ..ServerConfig::loopback(folder.path().join("data"))
    };
    let server =
        bizmitra_server::Server::open(config, Arc::new(bizmitra_server::SystemClock)).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let served = bizmitra_server::serve(listener, server, std::future::pending()).await;
    assert!(served.unwrap_err().to_string().contains("key"));
}
