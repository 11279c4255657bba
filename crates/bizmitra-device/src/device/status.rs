//! Where the device stands.

use bizmitra_core::enrolment::Stage;
use bizmitra_core::store::Key;
use bizmitra_core::sync::SyncState;
use bizmitra_core::vault::pin::DEFAULT_DIGITS;

use super::inner::Inner;
use crate::error::DeviceError;
use crate::views::{Biometrics, Phase, Status, SyncStatus};

impl Inner {
    pub(super) fn status(&self) -> Result<Status, DeviceError> {
        self.lock_if_due();
        let counts = self.store.counts()?;
        let alarms = self.store.count_alarms()?;
        let enrolment = self.state().enrolment.clone();
        let phase = self.phase();
        let tries = match phase {
            Phase::Locked | Phase::Unlocked => Some(self.tries()?),
            Phase::NotActivated
            | Phase::Activating
            | Phase::AwaitingApproval
            | Phase::Suspended
            | Phase::LeaseEnded
            | Phase::Destroyed
            | Phase::Revoked
            | Phase::Wiped => None,
        };
        Ok(Status {
            phase,
            name: enrolment
                .as_ref()
                .map(|enrolment| enrolment.employee_name.clone())
                .unwrap_or_default(),
            company: enrolment
                .as_ref()
                .map(|enrolment| enrolment.company_name.clone())
                .unwrap_or_default(),
            fingerprint: enrolment
                .as_ref()
                .map(bizmitra_core::enrolment::Enrolment::fingerprint),
            waiting: counts.waiting(),
            files: self.files.unsent()?,
            attention: counts.parked.saturating_add(alarms),
            tries_left: tries.as_ref().map_or(
                if phase == Phase::Destroyed {
                    0
                } else {
                    bizmitra_core::vault::tries::MOST_TRIES
                },
                |tries| tries.left(),
            ),
            wait_ms: tries.as_ref().map_or(0, |tries| tries.wait_ms(&self.now())),
            pin_digits: self.pin_digits(),
            biometrics: match phase {
                Phase::Locked | Phase::Unlocked => self.biometrics()?,
                Phase::NotActivated
                | Phase::Activating
                | Phase::AwaitingApproval
                | Phase::Suspended
                | Phase::LeaseEnded
                | Phase::Destroyed
                | Phase::Revoked
                | Phase::Wiped => Biometrics::Missing,
            },
            sync: self.sync_status()?,
            store_was_damaged: self.damaged,
            ended: enrolment
                .as_ref()
                .and_then(|enrolment| match enrolment.stage {
                    Stage::Revoked { reason, .. } | Stage::Wiped { reason } => Some(reason),
                    Stage::Sent { .. }
                    | Stage::Pending { .. }
                    | Stage::Active { .. }
                    | Stage::Suspended { .. } => None,
                }),
            server: enrolment.map(|enrolment| enrolment.origin),
        })
    }

    /// Digits of a PIN: of the binding, else of the code checked last, else the default policy.
    pub(super) fn pin_digits(&self) -> (u8, u8) {
        let state = self.state();
        let bound = state
            .enrolment
            .as_ref()
            .map(|enrolment| enrolment.pin_digits);
        let invited = state
            .invitation
            .as_ref()
            .map(|(_, invitation)| invitation.pin_digits);
        // A code is only checked for a new binding, whose rules then count.
        invited
            .or(bound)
            .unwrap_or((DEFAULT_DIGITS, DEFAULT_DIGITS))
    }

    pub(super) fn phase(&self) -> Phase {
        let now = self.now();
        let state = self.state();
        let Some(enrolment) = &state.enrolment else {
            return Phase::NotActivated;
        };
        match enrolment.stage {
            // To be signed again, which takes the PIN.
            Stage::Sent { .. } if state.needs_signature && state.opened.is_none() => Phase::Locked,
            Stage::Sent { .. } => Phase::Activating,
            Stage::Pending { .. } => Phase::AwaitingApproval,
            Stage::Suspended { .. } => Phase::Suspended,
            Stage::Revoked { .. } => Phase::Revoked,
            Stage::Wiped { .. } => Phase::Wiped,
            Stage::Active { .. } if state.destroyed => Phase::Destroyed,
            Stage::Active { .. } if state.is_lease_over(&now) => Phase::LeaseEnded,
            Stage::Active { .. } if state.opened.is_some() => Phase::Unlocked,
            Stage::Active { .. } => Phase::Locked,
        }
    }

    fn sync_status(&self) -> Result<SyncStatus, DeviceError> {
        let waiting = self.store.counts()?.waiting();
        let last_good_ms = self
            .store
            .get(Key::LastGood)?
            .and_then(|text| String::from_utf8(text).ok()?.parse().ok());
        let stage = self
            .state()
            .enrolment
            .as_ref()
            .map(|enrolment| enrolment.stage.clone());
        let (state, done, next_try_ms) = match stage {
            // Before the device is active its own exchange is what the strip is about.
            Some(
                stage @ (Stage::Sent { .. } | Stage::Pending { .. } | Stage::Suspended { .. }),
            ) => {
                let now = self.now();
                let state = self.state();
                let wait_ms = state.binding.wait_ms(now.elapsed_ms);
                // What waits for a manager is not on its way.
                let sending = u32::from(matches!(stage, Stage::Sent { .. }));
                let strip = state.binding.state(sending);
                (strip, 0, (wait_ms > 0).then_some(wait_ms))
            }
            Some(Stage::Wiped { .. }) => (SyncState::AllSent, 0, None),
            // Delivery goes on, and what stands in its way is worth a word.
            Some(Stage::Revoked { .. }) => match self.engine.strip()? {
                (SyncState::AllSent | SyncState::Sending, done, next) => {
                    (SyncState::Revoked, done, next)
                }
                other => other,
            },
            // The engine is silent while it is locked: what stands in the way of the question is worth a word.
            Some(Stage::Active { .. }) if self.phase() == Phase::LeaseEnded => {
                let (strip, now) = (self.engine.strip()?, self.now());
                let state = self.state();
                let wait_ms = state.binding.wait_ms(now.elapsed_ms);
                match state.binding.closed() {
                    Some(_) => (
                        state.binding.state(waiting),
                        strip.1,
                        (wait_ms > 0).then_some(wait_ms),
                    ),
                    None => strip,
                }
            }
            Some(Stage::Active { .. }) | None => self.engine.strip()?,
        };
        Ok(SyncStatus {
            state,
            total: done.saturating_add(waiting),
            done,
            last_good_ms,
            next_try_ms,
        })
    }
}
