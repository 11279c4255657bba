//! The operating system's keystore for a command line.

use std::path::Path;
use std::sync::Arc;

use bizmitra_core::keys::{Keystore, KeystoreError, Secret};
use bizmitra_device::keystores::FileKeystore;
use bizmitra_device::platform::OsKeystore;
use keyring_core::CredentialStore;

use crate::args::KeystoreKind;

/// The keystore of a data folder: each folder is a device of its own.
pub(crate) fn open(kind: KeystoreKind, data: &Path) -> Result<Arc<dyn Keystore>, KeystoreError> {
    match kind {
        KeystoreKind::File => Ok(Arc::new(FileKeystore::open(data.join("keys-unprotected")))),
        KeystoreKind::Os => {
            let store = on_own_thread(platform_store)?.map_err(|_| KeystoreError::Unavailable)?;
            keyring_core::set_default_store(store);
            let folder = std::path::absolute(data).map_err(|_| KeystoreError::Unavailable)?;
            Ok(Arc::new(OffRuntime(OsKeystore::new(format!(
                "io.bizmitra.cli:{}",
                folder.display()
            )))))
        }
    }
}

#[cfg(target_os = "linux")]
fn platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(keyring_core::Error::NotSupportedByStore(
        "no keystore on this system".to_owned(),
    ))
}

/// The Secret Service client blocks on a runtime inside, which panics on a thread that drives one already.
struct OffRuntime(OsKeystore);

fn on_own_thread<T: Send>(ask: impl FnOnce() -> T + Send) -> Result<T, KeystoreError> {
    std::thread::scope(|scope| scope.spawn(ask).join()).map_err(|_| KeystoreError::Unavailable)
}

impl Keystore for OffRuntime {
    fn load(&self, name: &str) -> Result<Option<Secret>, KeystoreError> {
        on_own_thread(|| self.0.load(name))?
    }

    fn save(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        on_own_thread(|| self.0.save(name, secret))?
    }

    fn remove(&self, name: &str) -> Result<(), KeystoreError> {
        on_own_thread(|| self.0.remove(name))?
    }
}
