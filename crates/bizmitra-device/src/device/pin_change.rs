//! Changing the PIN: the current one opens the vault key, the new one seals it under a new epoch.

use std::sync::Arc;

use bizmitra_core::store::Key;
use bizmitra_core::vault::biometric::OffReason;
use bizmitra_core::vault::{Envelope, EnvelopeContext, Pin, Unlock};

use super::Device;
use super::inner::Inner;
use super::lock::Tried;
use crate::error::DeviceError;

impl Device {
    /// Seals the vault under a new PIN. The current one is tried and counted as at unlocking; the device is unlocked afterwards.
    /// The envelope is one value written in one commit: interrupted, the old or the new PIN works, never neither.
    ///
    /// # Errors
    /// [`DeviceError::WeakPin`]; otherwise as [`Device::unlock`].
    pub async fn change_pin(&self, current: Pin, new: Pin) -> Result<Unlock, DeviceError> {
        if let Some(problem) = self.check_pin(&new) {
            return Err(DeviceError::WeakPin(problem));
        }
        let _one = self.inner.vault.lock().await;
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || inner.change_pin(&current, &new))
            .await
            .map_err(|_| DeviceError::Internal("the PIN change was interrupted"))?
    }
}

impl Inner {
    fn change_pin(&self, current: &Pin, new: &Pin) -> Result<Unlock, DeviceError> {
        let (key, envelope) = match self.try_pin(current)? {
            Tried::Open(key, envelope) => (key, envelope),
            Tried::Not(unlock) => return Ok(unlock),
        };
        let context = EnvelopeContext {
            epoch: envelope.context.epoch.saturating_add(1),
            ..envelope.context
        };
        let sealed = Envelope::seal(
            &key,
            new,
            &self.secret,
            context,
            envelope.kdf,
            &*self.ports.entropy,
        )
        .map_err(|_| DeviceError::Internal("the vault could not be sealed"))?;
        // First: an envelope of the old PIN opens nothing from here on, also in a copy that is put back later.
        self.end_biometrics_if_on(OffReason::PinChanged)?;
        self.keep(Key::Vault, &sealed)?;
        self.set_opened(&key);
        Ok(Unlock::Open)
    }
}
