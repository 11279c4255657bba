//! The lock: PINs, and when what the vault gave is forgotten.

use std::sync::Arc;
use std::time::Duration;

use bizmitra_core::enrolment::{Enrolment, Stage};
use bizmitra_core::keys::{VaultKey, entry};
use bizmitra_core::store::Key;
use bizmitra_core::vault::{
    Admission, Envelope, EnvelopeError, Opened, OwnNumbers, Pin, PinProblem, Tries, Unlock,
    check_pin,
};

use super::Device;
use super::inner::Inner;
use crate::error::DeviceError;
use crate::views::Topic;

/// Minutes in the background before the lock, where no policy says otherwise.
pub(super) const LOCK_AFTER_MIN: u8 = 2;

/// What an admitted try of a PIN found.
pub(super) enum Tried {
    /// The PIN was right.
    Open(VaultKey, Envelope),
    /// It was not, or it was not admitted.
    Not(Unlock),
}

impl Device {
    /// What is wrong with a PIN under the rules of the code checked last or of the binding, for its person.
    #[must_use]
    pub fn check_pin(&self, pin: &Pin) -> Option<PinProblem> {
        let (min, max) = self.inner.pin_digits();
        check_pin(pin, min, max, &self.inner.own_numbers())
    }

    /// Opens the vault. The try is counted durably before it is checked.
    ///
    /// # Errors
    /// Not activated, or store or keystore failed before anything was checked.
    pub async fn unlock(&self, pin: Pin) -> Result<Unlock, DeviceError> {
        let _one = self.inner.vault.lock().await;
        // Somebody types a PIN, so the app is in front; what happens to it while the PIN is checked counts again.
        {
            let mut state = self.inner.state();
            state.background_since = None;
            state.screen_off = false;
        }
        let inner = Arc::clone(&self.inner);
        let tried = tokio::task::spawn_blocking(move || inner.try_pin(&pin))
            .await
            .map_err(|_| DeviceError::Internal("unlocking was interrupted"))??;
        let unlock = match tried {
            Tried::Open(key, _) => {
                self.inner.set_opened(&key);
                Unlock::Open
            }
            Tried::Not(unlock) => unlock,
        };
        self.inner.tell(Topic::Status);
        Ok(unlock)
    }

    /// What an open vault gave, to open the same vault again without its PIN.
    #[cfg(feature = "test-hooks")]
    #[must_use]
    pub fn opened(&self) -> Option<Opened> {
        self.inner.state().opened.clone()
    }

    /// Opens with what [`Device::opened`] gave.
    #[cfg(feature = "test-hooks")]
    pub fn open_with(&self, opened: Opened) {
        self.inner.state().opened = Some(opened);
        self.inner.hint();
    }

    /// Locks now.
    pub fn lock(&self) {
        self.inner.lock();
    }
}

impl Inner {
    /// What this device knows of numbers that others know of its person: neither a telephone nor a number of the employee is
    /// ever sent to it, but names carry such numbers, and the code came by mail or on paper.
    fn own_numbers(&self) -> OwnNumbers {
        let state = self.state();
        let mut texts = vec![self.config.device_name.as_str()];
        if let Some((_, invitation)) = &state.invitation {
            texts.extend([
                invitation.code.as_str(),
                &invitation.employee_name,
                &invitation.company_name,
            ]);
        }
        if let Some(enrolment) = &state.enrolment {
            texts.extend([enrolment.employee_name.as_str(), &enrolment.company_name]);
        }
        OwnNumbers::of(texts)
    }

    /// The larger of the two counters. Asked of store and keystore once: this process holds the store alone, and a status
    /// must not cost a conversation with the keystore.
    pub(super) fn tries(&self) -> Result<Tries, DeviceError> {
        if let Some(tries) = &self.state().tries {
            return Ok(tries.clone());
        }
        let store = self.load(Key::Tries)?;
        let twin = match self.ports.keystore.load(entry::PIN_TRIES)? {
            Some(json) => serde_json::from_slice(json.expose()).ok(),
            None => None,
        };
        let tries = Tries::join(store, twin);
        self.state().tries = Some(tries.clone());
        Ok(tries)
    }

    /// The twin in the keystore is written first: a copy of the data folder put back later does not reset it.
    pub(super) fn keep_tries(&self, tries: &Tries) -> Result<(), DeviceError> {
        let json = serde_json::to_vec(tries)
            .map_err(|_| DeviceError::Internal("the counter could not be encoded"))?;
        // Until both are written the larger is asked for again.
        self.state().tries = None;
        self.ports.keystore.save(entry::PIN_TRIES, &json)?;
        self.store.put(Key::Tries, &json)?;
        self.state().tries = Some(tries.clone());
        Ok(())
    }

    /// Whether the vault may be opened at all, by whatever means. Nothing is counted before: nobody's PIN is wrong because a
    /// server was not heard of.
    pub(super) fn may_open(&self) -> Result<Enrolment, DeviceError> {
        let enrolment = self.enrolment()?;
        let over = {
            let now = self.now();
            let state = self.state();
            !state.destroyed && state.is_lease_over(&now)
        };
        match enrolment.stage {
            Stage::Suspended { .. } => Err(DeviceError::Suspended),
            Stage::Revoked { .. } | Stage::Wiped { .. } => Err(DeviceError::Revoked),
            Stage::Active { .. } if over => Err(DeviceError::LeaseEnded),
            Stage::Active { .. } | Stage::Sent { .. } | Stage::Pending { .. } => Ok(enrolment),
        }
    }

    /// One try: admitted, counted, checked. Blocking: the key derivation takes up to a second on purpose.
    pub(super) fn try_pin(&self, pin: &Pin) -> Result<Tried, DeviceError> {
        let enrolment = self.may_open()?;
        let Some(envelope) = self.load::<Envelope>(Key::Vault)? else {
            // The binding without its vault: destroyed.
            self.note_destroyed();
            return Ok(Tried::Not(Unlock::Destroyed));
        };
        let now = self.now();
        let mut tries = self.tries()?;
        if let Some(rebased) = tries.rebase(&now) {
            self.keep_tries(&rebased)?;
            tries = rebased;
        }
        match tries.admit(&now) {
            Admission::Open => {}
            Admission::Wait { wait_ms } => return Ok(Tried::Not(Unlock::Wait { wait_ms })),
            Admission::Destroyed => return self.destroy_vault().map(Tried::Not),
        }
        let counted = tries.begin(&now);
        self.keep_tries(&counted)?;
        match envelope.open(pin, &self.secret) {
            // An envelope of a binding that was never written: the process died between the two.
            Ok(key) if key.derive_presence().public() != enrolment.presence_key => {
                self.destroy_vault().map(Tried::Not)
            }
            Ok(key) => {
                self.keep_tries(&Tries::default())?;
                self.note_pin_typed();
                Ok(Tried::Open(key, envelope))
            }
            Err(EnvelopeError::Wrong) if counted.left() == 0 => {
                self.destroy_vault().map(Tried::Not)
            }
            Err(EnvelopeError::Wrong) => Ok(Tried::Not(Unlock::Wrong {
                tries_left: counted.left(),
                wait_ms: counted.wait_ms(&self.now()),
            })),
            Err(error) => {
                // Not the person's mistake: the try is given back.
                self.keep_tries(&tries)?;
                Err(match error {
                    EnvelopeError::Memory => {
                        DeviceError::Internal("not enough memory to open the vault")
                    }
                    EnvelopeError::Damaged | EnvelopeError::Wrong => {
                        DeviceError::Internal("the vault's envelope is damaged")
                    }
                })
            }
        }
    }

    /// The tenth failure: the vault key cannot be had any more; what was recorded is still delivered by the device key.
    pub(super) fn destroy_vault(&self) -> Result<Unlock, DeviceError> {
        let ended = self.end_biometrics(None);
        self.store.remove(Key::Vault)?;
        self.note_destroyed();
        ended?;
        Ok(Unlock::Destroyed)
    }

    fn note_destroyed(&self) {
        let mut state = self.state();
        state.destroyed = true;
        state.opened = None;
    }

    pub(super) fn set_opened(&self, vault: &VaultKey) {
        let opened = Opened::new(vault, Arc::clone(&self.ports.entropy));
        self.state().opened = Some(opened);
        // The app may have gone to the background while the PIN was checked.
        self.lock_if_due();
        self.hint();
    }

    pub(super) fn lock(&self) {
        let was_open = {
            let mut state = self.state();
            let was_open = state.opened.take().is_some();
            if was_open {
                // With the connection go its buffers, which hold the session's token; another is made when it is needed.
                state.api = None;
            }
            was_open
        };
        if was_open {
            self.engine.end_session();
            self.tell(Topic::Status);
        }
    }

    /// Milliseconds in the background that lock.
    fn lock_after_ms(&self) -> u64 {
        let minutes = self
            .policy()
            .ok()
            .flatten()
            .map_or(LOCK_AFTER_MIN, |policy| policy.lock_after_min);
        u64::from(minutes) * 60_000
    }

    /// Begins to count; returns how long until the lock, if it is not now.
    pub(super) fn on_background(&self) -> Option<Duration> {
        let now = self.now();
        self.state().background_since = Some(now);
        let wait_ms = self.lock_after_ms();
        if wait_ms == 0 {
            self.lock();
            return None;
        }
        Some(Duration::from_millis(wait_ms))
    }

    /// Locks now, and what is being opened at this moment locks as soon as it is open.
    pub(super) fn on_screen_off(&self) {
        self.state().screen_off = true;
        self.lock();
    }

    pub(super) fn on_foreground(&self) {
        self.lock_if_due();
        {
            let mut state = self.state();
            state.background_since = None;
            state.screen_off = false;
        }
        self.hint();
    }

    /// Locks when the app was in the background for too long. Asked by every method too: a timer does not run while the
    /// system sleeps, and the clock that counts sleep knows better.
    pub(super) fn lock_if_due(&self) {
        let now = self.now();
        let (since, open, at_once) = {
            let state = self.state();
            let active = matches!(
                state.enrolment.as_ref().map(|enrolment| &enrolment.stage),
                Some(Stage::Active { .. })
            );
            (
                state.background_since.clone(),
                state.opened.is_some(),
                state.screen_off || (active && state.is_lease_over(&now)),
            )
        };
        if open && at_once {
            return self.lock();
        }
        let Some(since) = since.filter(|_| open) else {
            return;
        };
        let passed = if since.boot_id == now.boot_id {
            now.elapsed_ms.checked_sub(since.elapsed_ms)
        } else {
            None
        };
        // A clock that went back is not believed.
        if passed.is_none_or(|passed| passed >= self.lock_after_ms()) {
            self.lock();
        }
    }
}

/// The timer behind [`Inner::lock_if_due`]: so that the key is gone although nobody asks.
pub(super) async fn lock_after(inner: Arc<Inner>, wait: Duration) {
    let mut closing = inner.closing.subscribe();
    tokio::select! {
        () = tokio::time::sleep(wait) => inner.lock_if_due(),
        _ = closing.wait_for(|closing| *closing) => {}
    }
}
