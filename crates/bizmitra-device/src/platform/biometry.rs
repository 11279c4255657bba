//! A computer that recognises nobody says so.

use bizmitra_core::api::BoxFuture;
use bizmitra_core::keys::Secret;
use bizmitra_core::vault::biometric::{BiometricError, BiometricKey, Biometry, Prompt};

/// Not offered: a desktop's login is its operating system's own affair.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoBiometry;

impl BiometricKey for NoBiometry {
    fn biometry(&self) -> Biometry {
        Biometry::Missing
    }

    fn wrap(&self, _: &Prompt, _: Secret) -> BoxFuture<'_, Result<Vec<u8>, BiometricError>> {
        Box::pin(std::future::ready(Err(BiometricError::Missing)))
    }

    fn unwrap(&self, _: &Prompt, _: &[u8]) -> BoxFuture<'_, Result<Secret, BiometricError>> {
        Box::pin(std::future::ready(Err(BiometricError::Missing)))
    }

    fn forget(&self) {}
}
