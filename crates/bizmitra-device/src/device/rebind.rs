//! A device that ended binds again: after ten wrong PINs or a revocation, with a new code, for the same person.

use bizmitra_core::enrolment::Enrolment;
use bizmitra_core::keys::entry;
use bizmitra_core::store::Key;

use super::inner::Inner;
use super::opening::load_identity;
use crate::error::DeviceError;
use crate::views::{Phase, Topic};

impl Inner {
    /// Whether a code may be used now, and which ended enrolment it would replace. Only once everything was delivered:
    /// what waits is signed by the keys of the old one.
    pub(super) fn may_bind(&self) -> Result<Option<Enrolment>, DeviceError> {
        match self.phase() {
            Phase::NotActivated => {
                let counts = self.store.counts()?;
                // Records whose enrolment is unknown: another person's device must not send them.
                if counts.waiting() > 0 || counts.parked > 0 {
                    return Err(DeviceError::StillSending);
                }
                Ok(None)
            }
            Phase::Destroyed | Phase::Revoked if self.store.counts()?.waiting() > 0 => {
                Err(DeviceError::StillSending)
            }
            Phase::Destroyed | Phase::Revoked => self.enrolment().map(Some),
            Phase::Activating | Phase::AwaitingApproval | Phase::Locked | Phase::Unlocked => {
                Err(DeviceError::AlreadyActivated)
            }
        }
    }

    /// The server says that nothing was bound. The enrolment goes first, or the ended one comes back, so that no half of a
    /// binding is ever found.
    pub(super) fn undo_binding(&self, error: DeviceError) -> Result<(), DeviceError> {
        let refused = self.enrolment()?;
        let ended = refused.replaces.map(|ended| *ended);
        let identity = ended
            .as_ref()
            .map(|ended| load_identity(&self.ports, ended))
            .transpose()?;
        match &ended {
            Some(ended) => self.keep(Key::Enrolment, ended)?,
            None => self.store.remove(Key::Enrolment)?,
        }
        self.store.remove(Key::Vault)?;
        {
            let mut state = self.state();
            state.destroyed = ended.is_some();
            state.enrolment = ended;
            state.opened = None;
            state.sealing = None;
            state.identity = identity;
            state.invitation = None;
            state.api = None;
            state.needs_signature = false;
        }
        self.ports
            .keystore
            .remove(&entry::device_identity(&refused.device_key))?;
        self.tell(Topic::Status);
        Err(error)
    }

    /// The key of an enrolment that was replaced is of no use any more.
    pub(super) fn forget_ended(&self, ended: Option<&Enrolment>) {
        if let Some(ended) = ended
            && let Err(error) = self
                .ports
                .keystore
                .remove(&entry::device_identity(&ended.device_key))
        {
            tracing::warn!(%error, "the key of the replaced enrolment stays in the keystore");
        }
    }
}
