//! The vault of an enrolment that is being replaced: it comes back when the server refuses the new one.
//!
//! A person with a forgotten PIN enters a new code while the old vault still stands. Until the server has taken the new
//! binding, the old vault and its counter are kept: a code that turns out to be used must not cost them, and must not give
//! anybody ten more tries either.

use bizmitra_core::enrolment::Enrolment;
use bizmitra_core::keys::PublicKey;
use bizmitra_core::store::Key;
use bizmitra_core::vault::{Envelope, Tries};
use serde::{Deserialize, Serialize};

use super::inner::Inner;
use crate::error::DeviceError;

/// As it is stored.
#[derive(Serialize, Deserialize)]
struct Before {
    /// The enrolment it belongs to.
    device_key: PublicKey,
    vault: Envelope,
    tries: Tries,
}

impl Inner {
    /// Keeps the vault of the enrolment that is about to be replaced, if it has one.
    pub(super) fn keep_before(&self, ended: &Enrolment) -> Result<(), DeviceError> {
        let Some(vault) = self.load::<Envelope>(Key::Vault)? else {
            return Ok(());
        };
        let before = Before {
            device_key: ended.device_key,
            vault,
            tries: self.tries()?,
        };
        self.keep(Key::Before, &before)
    }

    /// Puts it back into its place, with its counter; removes one that belongs to another enrolment. Says whether there is a
    /// vault now. May be called again after a kill anywhere in it.
    pub(super) fn restore_before(&self, enrolment: &Enrolment) -> Result<bool, DeviceError> {
        let Some(before) = self.load::<Before>(Key::Before)? else {
            return Ok(self.store.get(Key::Vault)?.is_some());
        };
        if before.device_key == enrolment.device_key {
            self.keep_tries(&before.tries)?;
            self.keep(Key::Vault, &before.vault)?;
            self.store.remove(Key::Before)?;
        } else if enrolment.replaces.is_none() {
            // The new binding was taken.
            self.store.remove(Key::Before)?;
        }
        Ok(self.store.get(Key::Vault)?.is_some())
    }
}
