//! Fingerprint or face: the phone's own, and on a desktop an honest "not offered".

#[cfg(target_os = "android")]
mod android;
#[cfg(mobile)]
mod availability;
#[cfg(target_os = "ios")]
mod ios;
#[cfg(any(target_os = "android", test))]
mod rejection;

use std::sync::Arc;

use bizmitra_core::vault::biometric::BiometricKey;
use tauri::{AppHandle, Runtime};

/// The platform's.
#[cfg(target_os = "android")]
pub fn key<R: Runtime>(app: &AppHandle<R>) -> Arc<dyn BiometricKey> {
    Arc::new(android::Cipher::new(app.clone()))
}

/// The platform's.
#[cfg(target_os = "ios")]
pub fn key<R: Runtime>(app: &AppHandle<R>) -> Arc<dyn BiometricKey> {
    Arc::new(ios::Keychain::new(app.clone()))
}

/// On a desktop the login is the system's own affair.
#[cfg(desktop)]
pub fn key<R: Runtime>(_app: &AppHandle<R>) -> Arc<dyn BiometricKey> {
    Arc::new(bizmitra_device::platform::NoBiometry)
}
