//! The operating system's keystore: Secret Service, Keychain, Credential Manager or Android Keystore.
//!
//! There is no fallback to a file: without a keystore the app opens and says what is missing.

mod off_runtime;
#[cfg(any(target_os = "ios", test))]
mod this_device_only;

use std::path::Path;
use std::sync::Arc;

use bizmitra_core::keys::KeystoreError;
use bizmitra_device::platform::OsKeystore;
use keyring_core::CredentialStore;

pub use off_runtime::OffRuntime;

/// The service under which the entries of the usual data folder lie: the identifier of the app.
const SERVICE: &str = "io.bizmitra.client";

/// The keystore for a data folder. `data` is `None` for the usual one; another folder is another device with its own keys.
pub fn open(data: Option<&Path>) -> OffRuntime<OsKeystore> {
    let service = data.map_or_else(
        || SERVICE.to_owned(),
        |folder| format!("{SERVICE}:{}", folder.display()),
    );
    OffRuntime::new(OsKeystore::new(service))
}

/// Connects to the platform's store and makes it the default of `keyring_core`, once it answers.
///
/// # Errors
/// [`KeystoreError::Unavailable`] when the system has none; asking again later is fine.
pub fn connect() -> Result<(), KeystoreError> {
    if keyring_core::get_default_store().is_some() {
        return Ok(());
    }
    let store = off_runtime::run(platform_store)?.map_err(|error| {
        // The text of a keyring error may hold stored bytes; its kind does not.
        tracing::warn!(
            kind = kind(&error),
            "the keystore of the operating system does not answer"
        );
        KeystoreError::Unavailable
    })?;
    keyring_core::set_default_store(store);
    Ok(())
}

#[cfg(target_os = "linux")]
fn platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

/// Tauri hands the Android context to `ndk-context` itself; a second time would abort the process.
#[cfg(target_os = "android")]
fn platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(android_native_keyring_store::Store::new()?)
}

#[cfg(target_os = "ios")]
fn platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(Arc::new(this_device_only::ThisDeviceOnly::new(
        apple_native_keyring_store::protected::Store::new()?,
    )))
}

#[cfg(target_os = "macos")]
fn platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

fn kind(error: &keyring_core::Error) -> &'static str {
    use keyring_core::Error;
    match error {
        Error::PlatformFailure(_) => "platform failure",
        Error::NoStorageAccess(_) => "no access",
        Error::NotSupportedByStore(_) => "not supported",
        _ => "other",
    }
}
