//! The operating system's keystore, through whichever `keyring_core` store the application set as the default at start.

use bizmitra_core::keys::{Keystore, KeystoreError, Secret};
use keyring_core::{Entry, Error};

/// Entries under one service name. The default store must be set before the first use.
#[derive(Debug, Clone)]
pub struct OsKeystore {
    service: String,
}

impl OsKeystore {
    /// Entries of this service, e.g. the application's identifier; two data folders need two services.
    #[must_use]
    pub fn new(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
        }
    }

    fn entry(&self, name: &str) -> Result<Entry, KeystoreError> {
        Entry::new(&self.service, name).map_err(classify_error)
    }
}

impl Keystore for OsKeystore {
    fn load(&self, name: &str) -> Result<Option<Secret>, KeystoreError> {
        match self.entry(name)?.get_secret() {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            // The only answer that means "there is none"; all others must never lead to a new key.
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(classify_error(error)),
        }
    }

    fn save(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        self.entry(name)?.set_secret(secret).map_err(classify_error)
    }

    fn remove(&self, name: &str) -> Result<(), KeystoreError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(classify_error(error)),
        }
    }
}

/// The texts of these errors may hold what is stored, so they go no further.
fn classify_error(error: Error) -> KeystoreError {
    match error {
        Error::NoStorageAccess(_) | Error::NoDefaultStore | Error::NotSupportedByStore(_) => {
            KeystoreError::Unavailable
        }
        Error::BadEncoding(_)
        | Error::BadDataFormat(..)
        | Error::BadStoreFormat(_)
        | Error::Ambiguous(_) => KeystoreError::Damaged,
        _ => KeystoreError::Refused,
    }
}
