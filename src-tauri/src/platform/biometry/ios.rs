//! iPhone: an item of the keychain under "biometry, current set": the system releases it after a match only, and a changed
//! enrolment removes it. Written here against `security-framework`, because the keyring's store knows "user presence" alone,
//! which the phone's passcode satisfies too.
//!
//! Type-checked only: it waits for a Mac to be run.

use bizmitra_core::api::BoxFuture;
use bizmitra_core::keys::Secret;
use bizmitra_core::vault::biometric::{BiometricError, BiometricKey, Biometry, Prompt};
use security_framework::access_control::{ProtectionMode, SecAccessControl};
use security_framework::base::Error;
use security_framework::passwords::{
    AccessControlOptions, PasswordOptions, delete_generic_password_options, generic_password,
    set_generic_password_options,
};
use tauri::{AppHandle, Runtime};

use super::availability::Availability;

const SERVICE: &str = "io.bizmitra.client";
const ACCOUNT: &str = "biometric-key";

/// `errSecUserCanceled`.
const CANCELLED: i32 = -128;
/// `errSecItemNotFound`: also the answer for an item that a changed enrolment removed.
const NOT_FOUND: i32 = -25_300;
/// `errSecAuthFailed`.
const NO_MATCH: i32 = -25_293;
/// `errSecInteractionNotAllowed`.
const NOT_NOW: i32 = -25_308;
/// `errSecNotAvailable`.
const NOT_AVAILABLE: i32 = -25_291;

/// The phone's keychain.
pub struct Keychain<R: Runtime>(Availability<R>);

impl<R: Runtime> Keychain<R> {
    /// Shows nothing yet.
    pub fn new(app: AppHandle<R>) -> Self {
        Self(Availability::new(app))
    }
}

impl<R: Runtime> BiometricKey for Keychain<R> {
    fn biometry(&self) -> Biometry {
        self.0.biometry()
    }

    fn wrap(&self, _: &Prompt, secret: Secret) -> BoxFuture<'_, Result<Vec<u8>, BiometricError>> {
        Box::pin(off_runtime(move || {
            save(&secret)?;
            // Reading it back asks for the match that saving does not.
            match read() {
                Ok(kept) if kept.expose() == secret.expose() => Ok(ACCOUNT.as_bytes().to_vec()),
                Ok(_) => Err(BiometricError::Failed),
                Err(error) => Err(error),
            }
        }))
    }

    fn unwrap(&self, _: &Prompt, _: &[u8]) -> BoxFuture<'_, Result<Secret, BiometricError>> {
        Box::pin(off_runtime(read))
    }

    fn forget(&self) {
        remove();
    }
}

/// The dialog blocks.
async fn off_runtime<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, BiometricError> + Send + 'static,
) -> Result<T, BiometricError> {
    tauri::async_runtime::spawn_blocking(ask)
        .await
        .unwrap_or(Err(BiometricError::Failed))
}

fn options() -> PasswordOptions {
    let mut options = PasswordOptions::new_generic_password(SERVICE, ACCOUNT);
    options.use_protected_keychain();
    options
}

/// The old item goes first: replacing it would ask for a match.
fn save(secret: &Secret) -> Result<(), BiometricError> {
    remove();
    let control = SecAccessControl::create_with_protection(
        Some(ProtectionMode::AccessibleWhenPasscodeSetThisDeviceOnly),
        AccessControlOptions::BIOMETRY_CURRENT_SET.bits(),
    )
    .map_err(|error| classify_error(&error))?;
    let mut options = options();
    options.set_access_control(control);
    set_generic_password_options(secret.expose(), options).map_err(|error| classify_error(&error))
}

fn read() -> Result<Secret, BiometricError> {
    generic_password(options())
        .map(Secret::new)
        .map_err(|error| classify_error(&error))
}

fn remove() {
    if let Err(error) = delete_generic_password_options(options())
        && error.code() != NOT_FOUND
    {
        tracing::warn!(
            code = error.code(),
            "the biometric item stays in the keychain"
        );
    }
}

fn classify_error(error: &Error) -> BiometricError {
    match error.code() {
        CANCELLED => BiometricError::Cancelled,
        NO_MATCH => BiometricError::NoMatch,
        NOT_FOUND => BiometricError::EnrolmentChanged,
        NOT_AVAILABLE => BiometricError::Missing,
        NOT_NOW => BiometricError::Failed,
        _ => BiometricError::Failed,
    }
}
