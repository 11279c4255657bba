//! Unlocking by fingerprint or face. What opens the vault are bytes of the system, the half in the keystore and the
//! envelope in the store together; whether a prompt may be shown at all is decided here and not on a screen.

use std::sync::Arc;

use bizmitra_core::clock::make_random;
use bizmitra_core::enrolment::Enrolment;
use bizmitra_core::keys::{Secret, VaultKey, entry};
use bizmitra_core::store::Key;
use bizmitra_core::vault::biometric::{
    BiometricEnvelope, BiometricError, Biometry, Kept, OffReason, Pass, Prompt,
};
use bizmitra_core::vault::{Envelope, EnvelopeContext, Pin};

use super::Device;
use super::inner::Inner;
use super::lock::Tried;
use crate::error::DeviceError;
use crate::views::{BiometricTurn, BiometricUnlock, Biometrics, Topic};

/// What store and keystore say, remembered: a status must not cost a conversation with the keystore.
#[derive(Clone)]
pub(super) enum Standing {
    /// Off, and why if the person did not turn it off.
    Off(Option<OffReason>),
    /// On.
    On(Box<BiometricEnvelope>, Pass),
}

/// What came before a prompt.
enum Begun {
    Show(Box<BiometricEnvelope>),
    Not(BiometricUnlock),
}

impl Device {
    /// Turns it on, after the PIN: it is tried and counted as at unlocking, and the device is unlocked afterwards. Then the
    /// system asks for a match, to seal what it will release.
    ///
    /// # Errors
    /// Locked; otherwise as [`Device::unlock`].
    pub async fn enable_biometrics(
        &self,
        pin: Pin,
        prompt: Prompt,
    ) -> Result<BiometricTurn, DeviceError> {
        self.inner.unlocked()?;
        if self.inner.ports.biometry.biometry() == Biometry::Missing {
            return Ok(BiometricTurn::No(BiometricError::Missing));
        }
        let tried = {
            let _one = self.inner.vault.lock().await;
            self.blocking(move |inner| inner.try_pin(&pin)).await?
        };
        let (key, vault) = match tried {
            Tried::Open(key, vault) => (key, vault),
            Tried::Not(unlock) => return Ok(BiometricTurn::Pin(unlock)),
        };
        let released = Secret::new(make_random::<32>(&*self.inner.ports.entropy).to_vec());
        // Not under the lock: somebody may leave the dialog standing and go on with the PIN.
        let wrap = self.inner.ports.biometry.wrap(&prompt, released.clone());
        let wrapped = match wrap.await {
            Ok(wrapped) => wrapped,
            Err(error) => {
                self.open_as_typed(&key);
                return Ok(BiometricTurn::No(error));
            }
        };
        let _one = self.inner.vault.lock().await;
        let kept = key.clone();
        self.blocking(move |inner| inner.begin_biometrics(&kept, &vault, &released, wrapped))
            .await?;
        self.open_as_typed(&key);
        Ok(BiometricTurn::On)
    }

    /// Turns it off at once and ends the second envelope.
    ///
    /// # Errors
    /// Locked, or of store and keystore.
    pub async fn disable_biometrics(&self) -> Result<(), DeviceError> {
        self.inner.unlocked()?;
        let _one = self.inner.vault.lock().await;
        self.blocking(|inner| inner.end_biometrics(None)).await
    }

    /// Opens the vault with what the system releases after a match. The prompt is counted before it is shown.
    ///
    /// # Errors
    /// As [`Device::unlock`].
    pub async fn unlock_by_biometrics(
        &self,
        prompt: Prompt,
    ) -> Result<BiometricUnlock, DeviceError> {
        let begun = {
            let _one = self.inner.vault.lock().await;
            self.blocking(|inner| inner.begin_prompt()).await?
        };
        let envelope = match begun {
            Begun::Show(envelope) => envelope,
            Begun::Not(answer) => return Ok(answer),
        };
        let unwrap = self
            .inner
            .ports
            .biometry
            .unwrap(&prompt, &envelope.wrapped)
            .await;
        let _one = self.inner.vault.lock().await;
        let answer = self
            .blocking(move |inner| inner.end_prompt(&envelope, unwrap))
            .await?;
        self.inner.tell(Topic::Status);
        Ok(answer)
    }

    /// The dialog of the system takes the front: what it hid is in front again.
    fn open_as_typed(&self, key: &VaultKey) {
        self.inner.state().background_since = None;
        self.inner.set_opened(key);
        self.inner.tell(Topic::Status);
    }

    async fn blocking<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Inner) -> Result<T, DeviceError> + Send + 'static,
    ) -> Result<T, DeviceError> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || ask(&inner))
            .await
            .map_err(|_| DeviceError::Internal("the vault was interrupted"))?
    }
}

impl Inner {
    /// What may be shown of it, also while locked.
    pub(super) fn biometrics(&self) -> Result<Biometrics, DeviceError> {
        if self.ports.biometry.biometry() == Biometry::Missing {
            return Ok(Biometrics::Missing);
        }
        Ok(match self.biometric_standing() {
            Ok(Standing::Off(reason)) => Biometrics::Off(reason),
            Ok(Standing::On(_, pass)) => match pass.pin_again(&self.now()) {
                Some(again) => Biometrics::PinFirst(again),
                None => Biometrics::Ready,
            },
            // Nothing is decided while the keystore does not answer; the PIN needs it too.
            Err(DeviceError::Keystore(_)) => Biometrics::Missing,
            Err(error) => return Err(error),
        })
    }

    fn biometric_standing(&self) -> Result<Standing, DeviceError> {
        if let Some(standing) = &self.state().biometrics {
            return Ok(standing.clone());
        }
        let standing = match self.load::<Kept>(Key::Biometric)? {
            None => Standing::Off(None),
            Some(Kept::Off(reason)) => Standing::Off(Some(reason)),
            Some(Kept::On(envelope)) => match self.load_pass()? {
                Some(pass) => Standing::On(Box::new(envelope), pass),
                // Ended, and the process died before it was written down; or the keystore was reset.
                None => Standing::Off(Some(OffReason::KeyLost)),
            },
        };
        self.state().biometrics = Some(standing.clone());
        Ok(standing)
    }

    fn load_pass(&self) -> Result<Option<Pass>, DeviceError> {
        let kept = self.ports.keystore.load(entry::BIOMETRIC_PASS)?;
        // One that cannot be read opens nothing, as if it was not there.
        Ok(kept.and_then(|secret| Pass::from_secret(&secret).ok()))
    }

    /// Until it is written the keystore is asked again.
    fn keep_pass(&self, envelope: Box<BiometricEnvelope>, pass: Pass) -> Result<(), DeviceError> {
        self.state().biometrics = None;
        let secret = pass.to_secret()?;
        self.ports
            .keystore
            .save(entry::BIOMETRIC_PASS, secret.expose())?;
        self.state().biometrics = Some(Standing::On(envelope, pass));
        Ok(())
    }

    /// The half first, then the envelope: killed between the two there is a half that opens nothing.
    fn begin_biometrics(
        &self,
        key: &VaultKey,
        vault: &Envelope,
        released: &Secret,
        wrapped: Vec<u8>,
    ) -> Result<(), DeviceError> {
        let enrolment = self.may_open()?;
        // Another PIN, or no vault, since the PIN was tried.
        if self.load::<Envelope>(Key::Vault)?.as_ref() != Some(vault) {
            return Err(DeviceError::Locked);
        }
        let context = context_of(&enrolment, vault);
        let entropy = &*self.ports.entropy;
        let pass = Pass::begin(entropy, &self.now());
        let envelope = BiometricEnvelope::seal(key, released, wrapped, &pass, context, entropy)
            .map_err(|_| DeviceError::Internal("the second envelope could not be sealed"))?;
        let boxed = Box::new(envelope.clone());
        self.keep_pass(boxed, pass)?;
        if let Err(error) = self.keep(Key::Biometric, &Kept::On(envelope)) {
            self.end_biometrics(None)?;
            return Err(error);
        }
        self.tell(Topic::Settings);
        Ok(())
    }

    /// Ends the second envelope: the half goes first, so that nothing opens it whatever comes after. `reason` is what the
    /// person is told; `None` for what the person did.
    pub(super) fn end_biometrics(&self, reason: Option<OffReason>) -> Result<(), DeviceError> {
        self.state().biometrics = None;
        self.ports.keystore.remove(entry::BIOMETRIC_PASS)?;
        match reason {
            Some(reason) => self.keep(Key::Biometric, &Kept::Off(reason))?,
            None => self.store.remove(Key::Biometric)?,
        }
        self.ports.biometry.forget();
        self.state().biometrics = Some(Standing::Off(reason));
        self.tell(Topic::Settings);
        Ok(())
    }

    /// As [`Self::end_biometrics`], if there is anything to end.
    pub(super) fn end_biometrics_if_on(&self, reason: OffReason) -> Result<(), DeviceError> {
        match self.biometric_standing()? {
            Standing::On(..) => self.end_biometrics(Some(reason)),
            Standing::Off(_) => Ok(()),
        }
    }

    /// After the PIN the week and the prompts begin anew. A keystore that fails here costs a prompt, not the unlocking.
    pub(super) fn note_pin_typed(&self) {
        let kept = match self.biometric_standing() {
            Ok(Standing::On(envelope, pass)) => self.keep_pass(envelope, pass.typed(&self.now())),
            Ok(Standing::Off(_)) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::warn!(%error, "that the PIN was typed was not written down");
        }
    }

    /// Whether a prompt may be shown; if so it is counted, durably.
    fn begin_prompt(&self) -> Result<Begun, DeviceError> {
        let enrolment = self.may_open()?;
        // Somebody presses the button, so the screen is on.
        self.state().screen_off = false;
        if self.tries()?.left() == 0 {
            self.destroy_vault()?;
            return Ok(Begun::Not(BiometricUnlock::Off(None)));
        }
        if self.ports.biometry.biometry() == Biometry::Missing {
            return Ok(Begun::Not(BiometricUnlock::No(BiometricError::Missing)));
        }
        let (envelope, pass) = match self.biometric_standing()? {
            Standing::On(envelope, pass) => (envelope, pass),
            Standing::Off(reason) => return Ok(Begun::Not(BiometricUnlock::Off(reason))),
        };
        if let Some(again) = pass.pin_again(&self.now()) {
            return Ok(Begun::Not(BiometricUnlock::PinFirst(again)));
        }
        if self.expected(&enrolment, &envelope)?.is_none() {
            return self.lost().map(Begun::Not);
        }
        self.keep_pass(envelope.clone(), pass.begin_prompt())?;
        Ok(Begun::Show(envelope))
    }

    /// What a prompt for `asked` brought. Everything is looked at again: the PIN may have been changed, the device ended,
    /// while the dialog stood.
    fn end_prompt(
        &self,
        asked: &BiometricEnvelope,
        unwrapped: Result<Secret, BiometricError>,
    ) -> Result<BiometricUnlock, DeviceError> {
        let enrolment = self.may_open()?;
        let (envelope, pass) = match self.biometric_standing()? {
            Standing::On(envelope, pass) if *envelope == *asked => (envelope, pass),
            Standing::On(..) => return Ok(BiometricUnlock::No(BiometricError::Failed)),
            Standing::Off(reason) => return Ok(BiometricUnlock::Off(reason)),
        };
        let released = match unwrapped {
            Ok(released) => released,
            Err(error) => {
                if let Some(reason) = error.ends() {
                    self.end_biometrics(Some(reason))?;
                    return Ok(BiometricUnlock::Off(Some(reason)));
                }
                let pass = if error == BiometricError::LockedOut {
                    self.keep_pass(envelope, pass.exhaust())?;
                    pass.exhaust()
                } else {
                    pass
                };
                return Ok(match pass.pin_again(&self.now()) {
                    Some(again) => BiometricUnlock::PinFirst(again),
                    None => BiometricUnlock::No(error),
                });
            }
        };
        let Some(expected) = self.expected(&enrolment, &envelope)? else {
            return self.lost();
        };
        match envelope.open(&released, &pass, &expected) {
            Ok(key) if key.derive_presence().public() == enrolment.presence_key => {
                self.keep_pass(envelope, pass.matched())?;
                // Somebody matched, so the app is in front, behind the dialog of the system.
                self.state().background_since = None;
                self.set_opened(&key);
                Ok(BiometricUnlock::Open)
            }
            // A success without the key is none.
            Ok(_) | Err(_) => self.lost(),
        }
    }

    /// The place of an envelope that is sound: the one of the vault that the PIN opens.
    fn expected(
        &self,
        enrolment: &Enrolment,
        envelope: &BiometricEnvelope,
    ) -> Result<Option<EnvelopeContext>, DeviceError> {
        Ok(self
            .load::<Envelope>(Key::Vault)?
            .map(|vault| context_of(enrolment, &vault))
            .filter(|expected| envelope.check(expected).is_ok()))
    }

    fn lost(&self) -> Result<BiometricUnlock, DeviceError> {
        self.end_biometrics(Some(OffReason::KeyLost))?;
        Ok(BiometricUnlock::Off(Some(OffReason::KeyLost)))
    }
}

/// Where the second envelope belongs: person, device, and the epoch of the PIN.
fn context_of(enrolment: &Enrolment, vault: &Envelope) -> EnvelopeContext {
    EnvelopeContext {
        company: enrolment.company,
        employee: enrolment.employee,
        device: enrolment.device(),
        epoch: vault.context.epoch,
    }
}
