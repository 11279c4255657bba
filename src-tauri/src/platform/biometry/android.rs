//! Android: `biometricCipher` of tauri-plugin-biometric, an AES-GCM key of the Android Keystore that takes a strong match for
//! each use and dies with a changed enrolment. `authenticate` of the same plugin is a bare yes and is not used.
//!
//! The plugin has one key and no way to delete it: what ends an envelope is the half in our keystore. It takes and gives
//! text, so the secret travels as hexadecimal through the process's own activity result.

use bizmitra_core::api::BoxFuture;
use bizmitra_core::keys::Secret;
use bizmitra_core::vault::biometric::{BiometricError, BiometricKey, Biometry, Prompt};
use tauri::plugin::mobile::PluginInvokeError;
use tauri::{AppHandle, Runtime};
use tauri_plugin_biometric::{AuthOptions, BiometricExt as _, Error};

use super::availability::Availability;
use super::rejection::{decode_secret, encode_secret, read_rejection};

/// The phone's cipher.
pub struct Cipher<R: Runtime> {
    app: AppHandle<R>,
    availability: Availability<R>,
}

impl<R: Runtime> Cipher<R> {
    /// Shows nothing yet.
    pub fn new(app: AppHandle<R>) -> Self {
        Self {
            availability: Availability::new(app.clone()),
            app,
        }
    }

    /// Blocks until the dialog is closed, on a thread of its own.
    fn ask(
        &self,
        prompt: &Prompt,
        encrypt: Option<String>,
        decrypt: Option<String>,
    ) -> BoxFuture<'static, Result<String, BiometricError>> {
        let (app, reason) = (self.app.clone(), prompt.reason.clone());
        let options = AuthOptions {
            title: Some(prompt.title.clone()),
            cancel_title: Some(prompt.cancel.clone()),
            // The phone's own PIN is not the person's: whoever knows it may not be who enrolled here.
            allow_device_credential: false,
            data_to_encrypt: encrypt,
            data_to_decrypt: decrypt,
            ..AuthOptions::default()
        };
        Box::pin(async move {
            tauri::async_runtime::spawn_blocking(move || {
                app.biometric().biometric_cipher(reason, options)
            })
            .await
            .map_err(|_| BiometricError::Failed)?
            .map(|answer| answer.data)
            .map_err(|error| classify_error(&error))
        })
    }
}

impl<R: Runtime> BiometricKey for Cipher<R> {
    fn biometry(&self) -> Biometry {
        self.availability.biometry()
    }

    fn wrap(
        &self,
        prompt: &Prompt,
        secret: Secret,
    ) -> BoxFuture<'_, Result<Vec<u8>, BiometricError>> {
        let asked = self.ask(prompt, Some(encode_secret(&secret)), None);
        Box::pin(async move { asked.await.map(String::into_bytes) })
    }

    fn unwrap(
        &self,
        prompt: &Prompt,
        wrapped: &[u8],
    ) -> BoxFuture<'_, Result<Secret, BiometricError>> {
        let Ok(wrapped) = String::from_utf8(wrapped.to_vec()) else {
            return Box::pin(std::future::ready(Err(BiometricError::KeyLost)));
        };
        let asked = self.ask(prompt, None, Some(wrapped));
        Box::pin(async move { asked.await.map(decode_secret) })
    }

    fn forget(&self) {}
}

fn classify_error(error: &Error) -> BiometricError {
    match error {
        Error::PluginInvoke(PluginInvokeError::InvokeRejected(rejected)) => read_rejection(
            rejected.code.as_deref().unwrap_or_default(),
            rejected.message.as_deref().unwrap_or_default(),
        ),
        _ => BiometricError::Failed,
    }
}
