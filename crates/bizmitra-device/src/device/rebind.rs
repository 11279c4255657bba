//! A device binds again with a new code, for the same person: after ten wrong PINs, a forgotten one, or a revocation.

use bizmitra_core::enrolment::{Enrolment, Stage};
use bizmitra_core::keys::entry;
use bizmitra_core::store::Key;

use super::inner::Inner;
use super::opening::load_identity;
use crate::error::DeviceError;
use crate::views::{Phase, Topic};

impl Inner {
    /// Whether a code may be used now, and which enrolment it would replace: one that ended, or a locked one whose PIN was
    /// forgotten. Only once everything was delivered: what waits is signed by the keys of the old one.
    pub(super) fn may_bind(&self) -> Result<Option<Enrolment>, DeviceError> {
        let counts = self.store.counts()?;
        match self.phase() {
            Phase::NotActivated => {
                // Records whose enrolment is unknown: another person's device must not send them.
                if counts.waiting() > 0 || counts.parked > 0 {
                    return Err(DeviceError::StillSending);
                }
                Ok(None)
            }
            Phase::Destroyed | Phase::Revoked | Phase::Wiped | Phase::Locked => {
                let ended = self.enrolment()?;
                if matches!(ended.stage, Stage::Sent { .. }) {
                    // It waits for its PIN to be signed again; its own code is under way.
                    return Err(DeviceError::AlreadyActivated);
                }
                if counts.waiting() > 0 {
                    return Err(DeviceError::StillSending);
                }
                Ok(Some(ended))
            }
            Phase::Activating
            | Phase::AwaitingApproval
            | Phase::Unlocked
            | Phase::Suspended
            | Phase::LeaseEnded => Err(DeviceError::AlreadyActivated),
        }
    }

    /// The server says that nothing was bound. The enrolment goes first, or the ended one comes back, so that no half of a
    /// binding is ever found.
    pub(super) fn undo_binding(&self, error: DeviceError) -> Result<(), DeviceError> {
        let refused = self.enrolment()?;
        let ended = refused.replaces.map(|ended| *ended);
        let identity = match &ended {
            Some(ended) => load_identity(&self.ports, ended)?,
            None => None,
        };
        match &ended {
            Some(ended) => self.keep(Key::Enrolment, ended)?,
            None => self.store.remove(Key::Enrolment)?,
        }
        self.store.remove(Key::Vault)?;
        let has_vault = match &ended {
            Some(ended) => self.restore_before(ended)?,
            None => false,
        };
        let lease = self.load(Key::Lease)?;
        {
            let mut state = self.state();
            state.destroyed = !has_vault;
            state.lease.clone_from(&lease);
            state.lease_on_disk = lease;
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
