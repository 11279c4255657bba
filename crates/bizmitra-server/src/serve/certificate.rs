//! The certificate: read at the start, read again when its files change, without a restart and without cutting anyone off.
//!
//! The files are looked at every half minute instead of being watched: that also sees a link that was pointed elsewhere and
//! a file on another machine's disk. A new pair that cannot be used keeps the old one, and the log says so once; between the
//! two writes of a renewal certificate and key do not fit, which is such a pair for a moment.

use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, ServerConfig as TlsConfig};
use zeroize::Zeroizing;

use crate::server::TlsFiles;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Why a pair of files cannot serve.
#[derive(Debug, thiserror::Error)]
pub(super) enum CertificateError {
    /// A file cannot be read.
    #[error("the {0} file cannot be read")]
    Unreadable(&'static str, #[source] io::Error),
    /// A file is not PEM of what it should hold.
    #[error("the {0} file holds none")]
    NotPem(&'static str, #[source] pem::Error),
    /// The key is none, or not the certificate's.
    #[error("certificate and key cannot be used together")]
    Unusable(#[source] rustls::Error),
}

/// The files, what they held when they were last looked at, and the pair in use.
#[derive(Debug)]
pub(super) struct Certificate {
    files: TlsFiles,
    current: RwLock<Arc<CertifiedKey>>,
}

/// The bytes of both files.
struct Pair {
    cert: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl Certificate {
    /// Reads the files and says how TLS is spoken with them.
    pub(super) fn open(files: &TlsFiles) -> Result<(Arc<Self>, Arc<TlsConfig>), CertificateError> {
        let current = Pair::read(files)?.certify()?;
        let certificate = Arc::new(Self {
            files: files.clone(),
            current: RwLock::new(Arc::new(current)),
        });
        let mut config = TlsConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(CertificateError::Unusable)?
            .with_no_client_auth()
            .with_cert_resolver(certificate.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok((certificate, Arc::new(config)))
    }

    /// Looks at the files from time to time, for as long as it is polled.
    pub(super) async fn keep_fresh(&self) {
        let mut seen = None;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let files = self.files.clone();
            let look = tokio::task::spawn_blocking(move || {
                let pair = Pair::read(&files);
                (fingerprint(&pair), pair.and_then(|pair| pair.certify()))
            });
            let Ok((found, certified)) = look.await else {
                continue;
            };
            if seen.replace(found) != Some(found) {
                self.take(certified);
            }
        }
    }

    fn take(&self, certified: Result<CertifiedKey, CertificateError>) {
        match certified {
            Ok(certified) => {
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                if current.cert != certified.cert {
                    tracing::info!("a new certificate is in use");
                }
                *current = Arc::new(certified);
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(
                    error = %error,
                    cause,
                    "the new certificate cannot be used; the old one stays in use"
                );
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(
            self.current
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        )
    }
}

impl Pair {
    fn read(files: &TlsFiles) -> Result<Self, CertificateError> {
        let read = |what, file: &Path| {
            std::fs::read(file).map_err(|error| CertificateError::Unreadable(what, error))
        };
        Ok(Self {
            cert: read("certificate", &files.cert)?,
            key: Zeroizing::new(read("key", &files.key)?),
        })
    }

    fn certify(&self) -> Result<CertifiedKey, CertificateError> {
        let chain = CertificateDer::pem_slice_iter(&self.cert)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| CertificateError::NotPem("certificate", error))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|error| CertificateError::NotPem("key", error))?;
        CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map_err(CertificateError::Unusable)
    }
}

/// Tells one state of the files from another.
fn fingerprint(pair: &Result<Pair, CertificateError>) -> [u8; 32] {
    let digest = match pair {
        Ok(pair) => Sha256::new()
            .chain_update(Sha256::digest(&pair.cert))
            .chain_update(Sha256::digest(&pair.key)),
        Err(error) => Sha256::new().chain_update(error.to_string()),
    };
    digest.finalize().into()
}
