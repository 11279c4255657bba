//! How the device stands with its server: the lease, the pause, and the order to wipe.

use bizmitra_core::api::{ApiError, Request};
use bizmitra_core::clock::{Reading, make_random};
use bizmitra_core::enrolment::{Enrolment, Stage};
use bizmitra_core::ids::DeviceId;
use bizmitra_core::keys::entry;
use bizmitra_core::lease::Lease;
use bizmitra_core::store::Key;
use bizmitra_core::sync::{SyncState, Told};
use bizmitra_core::wire::{self, LeaseRead, Standing, WipeRead};

use super::inner::Inner;
use crate::error::DeviceError;
use crate::views::Topic;

/// A device that says nothing else asks this often how it stands: a lost phone must hear of it while it is locked.
const ASK_EVERY_MS: u64 = 5 * 60_000;
/// While its lease is over, it asks this often.
const ASK_SOON_MS: u64 = 30_000;

impl Inner {
    /// Asks the server how this device stands and which key counts now, and does what follows.
    pub(super) async fn ask_state(&self) -> Result<(), DeviceError> {
        let enrolment = self.enrolment()?;
        let Some(device) = enrolment.device() else {
            return Ok(());
        };
        let challenge =
            uuid::Builder::from_random_bytes(make_random(&*self.ports.entropy)).into_uuid();
        let request = Request {
            query: Some(wire::challenge_query(challenge)),
            ..super::enrol::get(wire::path::THIS_DEVICE, device)
        };
        let asked = self.now();
        let answer = match self.api()?.send(request).await {
            Ok(response) => {
                let (followed, standing) =
                    wire::decode_device_state(&response.body, enrolment, device, challenge);
                self.note_server_key(&followed)?;
                standing
                    .map(|standing| (followed, standing))
                    .map_err(|_| ApiError::NotOurServer)
            }
            Err(error) => Err(error),
        };
        match answer {
            Ok((enrolment, standing)) => {
                {
                    let now = self.now().elapsed_ms;
                    let mut state = self.state();
                    state.binding.open();
                    state.standing_asked_ms = Some(now);
                }
                self.note_standing(enrolment, device, standing, &asked)
            }
            Err(error) => {
                self.close_binding(&error);
                Ok(())
            }
        }
    }

    /// The server's key was replaced, and the one known here says so: from here on only the new one counts. What was refused for
    /// its sake is asked again at once.
    fn note_server_key(&self, followed: &Enrolment) -> Result<(), DeviceError> {
        if self.enrolment()?.server_key == followed.server_key {
            return Ok(());
        }
        tracing::info!(key = %followed.server_key.key_id(), "the server's key was replaced");
        self.set_enrolment(followed.clone())?;
        self.engine.hint();
        self.wake.notify_one();
        Ok(())
    }

    /// The engine is silent: asks when that is due, unless the server cannot be reached anyway.
    pub(super) async fn ask_state_if_due(&self) -> Result<(), DeviceError> {
        let now = self.now();
        let due = {
            let state = self.state();
            let every = if state.is_lease_over(&now) {
                ASK_SOON_MS
            } else {
                ASK_EVERY_MS
            };
            let asked = state.standing_asked_ms;
            state.binding.wait_ms(now.elapsed_ms) == 0
                && asked.is_none_or(|asked| now.elapsed_ms.saturating_sub(asked) >= every)
        };
        let reachable = !matches!(
            self.engine.strip()?.0,
            SyncState::Offline
                | SyncState::CaptivePortal
                | SyncState::Certificate
                | SyncState::Clock
                | SyncState::ServerUnreachable
        );
        if due && reachable {
            self.ask_state().await?;
        }
        Ok(())
    }

    /// What the server said of this device, signed where it must be.
    pub(super) fn note_standing(
        &self,
        enrolment: Enrolment,
        device: DeviceId,
        standing: Standing,
        asked: &Reading,
    ) -> Result<(), DeviceError> {
        let stage = match standing {
            Standing::Over(wipe) => return self.obey_wipe(enrolment, device, wipe),
            Standing::Active(lease) => {
                self.note_lease(lease, asked)?;
                Stage::Active { device }
            }
            Standing::Suspended => Stage::Suspended { device },
            // Never of a device that was active: an approval is not taken back.
            Standing::Pending => match &enrolment.stage {
                Stage::Sent { .. } | Stage::Pending { .. } => Stage::Pending { device },
                stage => stage.clone(),
            },
        };
        if enrolment.stage == stage {
            return Ok(());
        }
        let paused = matches!(stage, Stage::Suspended { .. });
        self.set_enrolment(Enrolment { stage, ..enrolment })?;
        if paused {
            self.lock();
        }
        self.engine.hint();
        Ok(())
    }

    /// What batches brought about the device itself.
    pub(super) async fn settle_told(&self) -> Result<(), DeviceError> {
        let Told {
            lease,
            wipe,
            other_key,
        } = self.engine.take_told();
        if lease.is_some() || wipe.is_some() {
            let now = self.now().elapsed_ms;
            self.state().standing_asked_ms = Some(now);
        }
        if let Some((lease, asked)) = lease {
            self.note_lease(lease, &asked)?;
        }
        if let Some(wipe) = wipe {
            let enrolment = self.enrolment()?;
            if let Some(device) = enrolment.device() {
                self.obey_wipe(enrolment, device, wipe)?;
            }
        }
        if other_key {
            self.ask_state().await?;
        }
        self.spend_lease()
    }

    /// Takes a lease that the server gave in answer to a question of this device.
    pub(super) fn note_lease(&self, read: LeaseRead, asked: &Reading) -> Result<(), DeviceError> {
        let was_over = self.state().is_lease_over(asked);
        self.keep_lease(Lease::begin(read, asked))?;
        if was_over {
            self.tell(Topic::Status);
        }
        Ok(())
    }

    /// Writes down what was spent, when that is worth a write: a restart of the system must not give it back.
    pub(super) fn spend_lease(&self) -> Result<(), DeviceError> {
        let now = self.now();
        let spent = self.state().lease.as_ref().map(|lease| lease.spend(&now));
        match spent {
            Some(lease) => self.keep_lease(lease),
            None => Ok(()),
        }
    }

    fn keep_lease(&self, lease: Lease) -> Result<(), DeviceError> {
        let now = self.now();
        let worth = {
            let mut state = self.state();
            let worth = lease.is_worth_a_write(state.lease_on_disk.as_ref(), &now);
            state.lease = Some(lease.clone());
            worth
        };
        if worth {
            self.keep(Key::Lease, &lease)?;
            self.state().lease_on_disk = Some(lease);
        }
        Ok(())
    }

    /// Over. The stage is written first: killed after that, the next start goes on. What is owed to the chain is written before
    /// the taps it is about are gone from here; then everything readable goes, and only delivery is left.
    pub(super) fn obey_wipe(
        &self,
        enrolment: Enrolment,
        device: DeviceId,
        wipe: WipeRead,
    ) -> Result<(), DeviceError> {
        if matches!(enrolment.stage, Stage::Revoked { .. } | Stage::Wiped { .. }) {
            return Ok(());
        }
        self.lock();
        if let Err(error) = self.settle_interrupted() {
            tracing::warn!(%error, "evidence was not written before the wipe");
        }
        self.set_enrolment(Enrolment {
            stage: Stage::Revoked {
                device,
                reason: wipe.reason,
            },
            // All that a locked device shows of a person; this one shows nobody's any more.
            employee_name: String::new(),
            ..enrolment
        })?;
        tracing::warn!(reason = ?wipe.reason, "the server ended this device: what can be read is destroyed");
        self.wipe_store()?;
        self.engine.hint();
        self.tell(Topic::Attendance);
        Ok(())
    }

    fn wipe_store(&self) -> Result<(), DeviceError> {
        if let Err(error) = self.end_biometrics(None) {
            // Its envelope goes with the rest of the store, and the half is asked to go again with the keys.
            tracing::warn!(%error, "the half of the biometric envelope stays in the keystore");
        }
        self.store.wipe()?;
        let mut state = self.state();
        state.opened = None;
        state.destroyed = true;
        state.tries = None;
        state.biometrics = None;
        state.lease = None;
        state.lease_on_disk = None;
        state.invitation = None;
        Ok(())
    }

    /// Goes on with a wipe: what was delivered meanwhile is removed, and with the last of it the keys of this enrolment.
    pub(super) fn settle_wipe(&self) -> Result<(), DeviceError> {
        let enrolment = match self.enrolment() {
            Ok(enrolment) => enrolment,
            Err(DeviceError::NotActivated) => return Ok(()),
            Err(error) => return Err(error),
        };
        match enrolment.stage {
            Stage::Revoked { reason, .. } => {
                let before = self.store.counts()?;
                if before.acked > 0 || !self.state().destroyed {
                    self.wipe_store()?;
                }
                let files = self.files.unsent()?;
                let is_delivered = before.waiting() == 0 && before.parked == 0;
                if !is_delivered || files.waiting > 0 || files.parked > 0 {
                    return Ok(());
                }
                self.set_enrolment(Enrolment {
                    stage: Stage::Wiped { reason },
                    ..enrolment.clone()
                })?;
                self.forget_keys(&enrolment)
            }
            Stage::Wiped { .. } if self.state().identity.is_some() => self.forget_keys(&enrolment),
            _ => Ok(()),
        }
    }

    /// The identity key and the twins: there is nothing left to sign.
    fn forget_keys(&self, enrolment: &Enrolment) -> Result<(), DeviceError> {
        {
            let mut state = self.state();
            state.identity = None;
            state.api = None;
        }
        for name in [
            entry::ENROLMENT.to_owned(),
            entry::PIN_TRIES.to_owned(),
            entry::BIOMETRIC_PASS.to_owned(),
            entry::device_identity(&enrolment.device_key),
        ] {
            self.ports.keystore.remove(&name)?;
        }
        self.tell(Topic::Status);
        Ok(())
    }
}
