//! Certificates: ours, a stranger's, one that is not valid now.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get as on_get;
use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, crypto::ring};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::server::{JSON, OURS};
use super::support::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

struct TlsListener {
    tcp: TcpListener,
    tls: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.tcp.accept().await.unwrap();
            if let Ok(stream) = self.tls.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server on the loopback with a certificate for `name` that is valid from and to these years.
async fn serve_tls(
    authority: &Authority,
    name: &str,
    years: (i32, i32),
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> String {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.not_before, params.not_after) =
        (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
    let certificate = params.signed_by(&key, authority).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://127.0.0.1:{}", tcp.local_addr().unwrap().port());
    let router = Router::new().route("/ok", on_get(|| async { ([OURS, JSON], "{}") }));
    let listener = TlsListener {
        tcp,
        tls: TlsAcceptor::from(Arc::new(config)),
    };
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    origin
}

async fn try_with(authority: &Authority, origin: &str) -> Result<Response, ApiError> {
    let roots = Roots::with_extra(&[authority.der().to_vec()]).unwrap();
    let call = async {
        api_with(origin, &roots, Arc::default())
            .send(get("/ok"))
            .await
    };
    tokio::time::timeout(Duration::from_secs(20), call)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_is_accepted_by_tls_1_2_and_1_3() {
    let ours = authority();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let origin = serve_tls(&ours, "127.0.0.1", (2020, 2090), &[version]).await;
        assert_eq!(
            try_with(&ours, &origin).await,
            Ok(Response {
                body: b"{}".to_vec()
            })
        );
    }
}

#[tokio::test]
async fn a_strangers_certificate_is_refused() {
    let origin = serve_tls(
        &authority(),
        "127.0.0.1",
        (2020, 2090),
        rustls::ALL_VERSIONS,
    )
    .await;
    assert_eq!(
        try_with(&authority(), &origin).await,
        Err(ApiError::Certificate)
    );
    assert_eq!(send(&origin, get("/ok")).await, Err(ApiError::Certificate));
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let ours = authority();
    let origin = serve_tls(
        &ours,
        "other.example.com",
        (2020, 2090),
        rustls::ALL_VERSIONS,
    )
    .await;
    assert_eq!(try_with(&ours, &origin).await, Err(ApiError::Certificate));
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_now_points_at_the_clock() {
    let ours = authority();
    for years in [(2000, 2001), (2080, 2090)] {
        let origin = serve_tls(&ours, "127.0.0.1", years, rustls::ALL_VERSIONS).await;
        assert_eq!(
            try_with(&ours, &origin).await,
            Err(ApiError::CertificateTime),
            "{years:?}"
        );
    }
}

#[tokio::test]
async fn certificates_are_valid_by_the_devices_own_clock_however_wrong_it_is() {
    const YEAR_MS: i64 = 31_557_600_000;
    let ours = authority();
    let origin = serve_tls(&ours, "127.0.0.1", (2020, 2030), rustls::ALL_VERSIONS).await;
    let roots = Roots::with_extra(&[ours.der().to_vec()]).unwrap();
    let now_ms = TestClock::default().now().wall_ms;
    for (off_ms, fits) in [
        (0, true),
        (-10 * YEAR_MS, false),
        (10 * YEAR_MS, false),
        (100 * YEAR_MS, false),
        // The battery was empty: it begins at 1970, or before.
        (-now_ms, false),
        (-now_ms - 1_000, false),
        (i64::MIN / 2, false),
    ] {
        let clock = Arc::new(TestClock::default());
        clock.off_ms.store(off_ms, Ordering::Relaxed);
        let answer = api_with(&origin, &roots, clock).send(get("/ok")).await;
        if fits {
            assert!(answer.is_ok(), "{answer:?}");
        } else {
            assert_eq!(answer, Err(ApiError::CertificateTime), "{off_ms}");
        }
    }
}

#[test]
fn a_root_that_is_no_certificate_is_refused() {
    assert!(Roots::with_extra(&[b"no certificate".to_vec()]).is_err());
}
