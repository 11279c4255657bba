//! TLS: ring, 1.2 or newer, only the certificate authorities bundled here, and the device's own clock.

use std::sync::Arc;
use std::time::Duration;

use bizmitra_core::clock::Clock;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};

/// The certificate authorities that are trusted: those bundled, and further ones for tests.
#[derive(Clone)]
pub struct Roots {
    store: Arc<RootCertStore>,
}

/// A root certificate that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a root certificate cannot be read")]
pub struct RootsError;

impl Roots {
    /// The authorities of the bundle; the system's are not asked, so nobody can add one on the device.
    pub fn bundled() -> Self {
        Self {
            store: Arc::new(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()),
        }
    }

    /// The bundle and certificates in DER: tests only.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn with_extra(extra: &[Vec<u8>]) -> Result<Self, RootsError> {
        let mut store: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        for der in extra {
            store
                .add(CertificateDer::from(der.clone()))
                .map_err(|_| RootsError)?;
        }
        Ok(Self {
            store: Arc::new(store),
        })
    }

    pub(crate) fn config(&self, clock: Arc<dyn Clock>) -> Result<ClientConfig, rustls::Error> {
        let (provider, time) = (Arc::new(ring::default_provider()), Arc::new(Wall(clock)));
        let mut config = ClientConfig::builder_with_details(provider, time)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_root_certificates(self.store.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl std::fmt::Debug for Roots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Roots({})", self.store.len())
    }
}

/// Certificates are valid by the clock that records are made by: one clock for both, so that what is said about it is true.
struct Wall(Arc<dyn Clock>);

impl TimeProvider for Wall {
    fn current_time(&self) -> Option<UnixTime> {
        // A clock before 1970 is as good as one at its beginning: no certificate is that old.
        let millis = u64::try_from(self.0.now().wall_ms).unwrap_or(0);
        Some(UnixTime::since_unix_epoch(Duration::from_millis(millis)))
    }
}

impl std::fmt::Debug for Wall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wall(..)")
    }
}
