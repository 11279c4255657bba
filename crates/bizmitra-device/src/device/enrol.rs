//! Binding the device: code, PIN, keys, request; and the request again until it is answered.

use std::sync::Arc;
use std::time::Instant;

use bizmitra_core::api::{ApiError, Method, Refusal, Request};
use bizmitra_core::clock::make_random;
use bizmitra_core::enrolment::{Enrolment, Invitation, Stage, canonical_code};
use bizmitra_core::ids::{ChainId, DeviceId};
use bizmitra_core::keys::{KeyPair, VaultKey, entry};
use bizmitra_core::link::{self, KeyPrint};
use bizmitra_core::store::Key;
use bizmitra_core::vault::{Envelope, EnvelopeContext, KdfParams, Opened, Pin, Tries};
use bizmitra_core::wire::{self, Standing, WireError};
use zeroize::Zeroizing;

use super::Device;
use super::inner::Inner;
use crate::config::Kdf;
use crate::error::DeviceError;
use crate::views::{Status, Topic};

/// The server takes at most so many characters of a device's name.
const NAME_CHARS: usize = 60;

impl Device {
    /// Looks a code up at a server; the answer is kept in memory for [`Device::activate`]. A pasted or scanned link in place of
    /// the code names its server itself, and the key that server must have.
    ///
    /// # Errors
    /// The code's fate, or why the server was not reached. Nothing is bound or written.
    pub async fn check_code(&self, server: &str, code: &str) -> Result<Invitation, DeviceError> {
        let ended = self.inner.may_bind()?;
        let (server, code, key) = read_code(server, code)?;
        let (origin, invitation) = self.inner.ask_code(&server, &code).await?;
        // The link says whose key the server has; what is bound already knows it.
        // The server's key may have been replaced since the link was made, or since this device pinned it.
        let known = invitation.server_keys();
        let wrong_key =
            key.is_some_and(|key| !known.iter().any(|known| KeyPrint::of(known) == key));
        if wrong_key {
            return Err(DeviceError::WrongServer);
        }
        if let Some(ended) = ended.filter(holds_records) {
            if !known.contains(&ended.server_key) {
                return Err(DeviceError::WrongServer);
            }
            // What this device holds belongs to one person.
            if ended.company != invitation.company || ended.employee != invitation.employee {
                return Err(DeviceError::OtherPerson);
            }
        }
        self.inner.state().invitation = Some((origin, invitation.clone()));
        Ok(invitation)
    }

    /// Makes keys and vault, writes them with the enrolment, then sends it. When the answer is lost, the status says
    /// [`Phase::Activating`] and the same request is repeated, across restarts, until it is answered.
    ///
    /// # Errors
    /// The PIN or the code is refused, or keys could not be written; nothing is bound then.
    pub async fn activate(&self, pin: Pin) -> Result<Status, DeviceError> {
        let _one = self.inner.vault.lock().await;
        let ended = self.inner.may_bind()?;
        let (origin, invitation) = self
            .inner
            .state()
            .invitation
            .clone()
            .ok_or(DeviceError::NotActivated)?;
        if let Some(problem) = self.check_pin(&pin) {
            return Err(DeviceError::WeakPin(problem));
        }
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || inner.make_binding(&origin, &invitation, &pin, ended))
            .await
            .map_err(|_| DeviceError::Internal("the activation was interrupted"))??;
        let _round = self.inner.rounds.lock().await;
        self.inner.send_enrolment().await?;
        self.inner.wake.notify_one();
        self.inner.status()
    }
}

/// A code at the server given, or a link that says all of it.
fn read_code(server: &str, typed: &str) -> Result<(String, String, Option<KeyPrint>), DeviceError> {
    if link::is_link(typed) {
        let link = link::read(typed).map_err(|_| DeviceError::LinkUnreadable)?;
        return Ok((link.server, link.code, Some(link.key)));
    }
    let code = canonical_code(typed).ok_or(DeviceError::CodeUnknown)?;
    Ok((server.to_owned(), code, None))
}

/// Whether records of its person may still be on the device: after a completed wipe there are none.
fn holds_records(ended: &Enrolment) -> bool {
    !matches!(ended.stage, Stage::Wiped { .. })
}

impl Inner {
    async fn ask_code(
        &self,
        server: &str,
        code: &str,
    ) -> Result<(String, Invitation), DeviceError> {
        let api = self.connect(server, None)?;
        let body = wire::encode_invitation(code)
            .map_err(|_| DeviceError::Internal("the code could not be encoded"))?;
        let answer = api.send(post(wire::path::INVITATION, body)).await?;
        let invitation =
            wire::decode_invitation(&answer.body, code).map_err(|_| DeviceError::NotOurServer)?;
        Ok((api.origin().to_owned(), invitation))
    }

    /// Writes in this order: identity key, the vault that is replaced, counters, vault, and the enrolment last. Killed before
    /// that, nothing is bound; killed after it, the request goes out at the next start with these keys.
    fn make_binding(
        &self,
        origin: &str,
        invitation: &Invitation,
        pin: &Pin,
        ended: Option<Enrolment>,
    ) -> Result<(), DeviceError> {
        let entropy = &*self.ports.entropy;
        let seed = Zeroizing::new(make_random::<32>(entropy));
        let identity = KeyPair::from_seed(&seed);
        let vault_key = VaultKey::from_bytes(make_random(entropy));
        let opened = Opened::new(&vault_key, Arc::clone(&self.ports.entropy));
        let context = EnvelopeContext {
            company: invitation.company,
            employee: invitation.employee,
            device: None,
            epoch: 1,
        };
        let kdf = choose_kdf(self.config.kdf);
        let envelope = Envelope::seal(&vault_key, pin, &self.secret, context, kdf, entropy)
            .map_err(|_| DeviceError::Internal("the vault could not be sealed"))?;
        let body = self.encode_enrolment(invitation, &identity, &opened.presence)?;
        let enrolment = Enrolment {
            origin: origin.to_owned(),
            company: invitation.company,
            company_name: invitation.company_name.clone(),
            employee: invitation.employee,
            employee_name: invitation.employee_name.clone(),
            server_key: invitation.server_key,
            successions: Vec::new(),
            pin_digits: invitation.pin_digits,
            notice_version: invitation.notice_version.clone(),
            device_key: identity.public(),
            presence_key: opened.presence.public(),
            locked_key: opened.columns.locked_key(),
            sealing_key: None,
            chain: ChainId(uuid::Builder::from_random_bytes(make_random(entropy)).into_uuid()),
            stage: Stage::Sent {
                code: invitation.code.clone(),
                body,
            },
            replaces: ended.map(Box::new),
        };
        self.ports
            .keystore
            .save(&entry::device_identity(&enrolment.device_key), &*seed)?;
        if let Some(ended) = &enrolment.replaces {
            self.keep_before(ended)?;
        }
        self.end_biometrics(None)?;
        self.keep_tries(&Tries::default())?;
        self.keep(Key::Vault, &envelope)?;
        self.keep(Key::Enrolment, &enrolment)?;
        let mut state = self.state();
        state.enrolment = Some(enrolment);
        state.identity = Some(identity);
        state.opened = Some(opened);
        state.destroyed = false;
        state.lease = None;
        state.lease_on_disk = None;
        state.needs_signature = false;
        state.api = None;
        state.binding = bizmitra_core::sync::Gates::default();
        Ok(())
    }

    fn encode_enrolment(
        &self,
        invitation: &Invitation,
        identity: &KeyPair,
        presence: &KeyPair,
    ) -> Result<String, DeviceError> {
        let name: String = self.config.device_name.chars().take(NAME_CHARS).collect();
        let body = wire::encode_enrolment(
            invitation,
            identity,
            presence,
            self.config.platform,
            &name,
            &self.config.app_version,
        )
        .map_err(|_| DeviceError::Internal("the enrolment could not be encoded"))?;
        String::from_utf8(body).map_err(|_| DeviceError::Internal("the enrolment is not text"))
    }

    /// Sends the stored enrolment once. A refusal of the code undoes the binding; everything else waits and tries again.
    ///
    /// # Errors
    /// The code's fate, or store and keystore.
    pub(super) async fn send_enrolment(&self) -> Result<(), DeviceError> {
        let enrolment = self.enrolment()?;
        let Stage::Sent { body, code } = &enrolment.stage else {
            return Ok(());
        };
        let api = self.api()?;
        let before = self.now();
        let answer = match api
            .send(post(wire::path::ENROLMENT, body.clone().into_bytes()))
            .await
        {
            Ok(response) => {
                wire::decode_enrolment(&response.body, &enrolment, &*self.ports.entropy)
            }
            Err(ApiError::Refused {
                code: Refusal::NonceInvalid,
                ..
            }) => return self.sign_again(&enrolment, code).await,
            Err(error) => return self.note_unanswered(error),
        };
        match answer {
            Ok(bound) => {
                self.state().binding.open();
                tracing::info!(device = %bound.device, "the server named this device");
                self.store.start_chain(enrolment.chain)?;
                self.engine
                    .note_anchor(bound.anchor, &before, &self.now())?;
                if let Standing::Active(lease) = bound.standing {
                    // Before the stage: an active device has a lease.
                    self.note_lease(lease, &before)?;
                }
                let enrolment = bound.enrolment;
                let ended = enrolment.replaces.clone();
                if let Some(ended) = &ended {
                    // Followed to the key of now: whoever checks its records later knows that one.
                    self.remember_binding(&(**ended).clone().followed(&bound.successions))?;
                    // What was kept lies under a vault that is gone: the feed brings it again.
                    self.store.reset_feed()?;
                }
                let named = Enrolment {
                    stage: Stage::Pending {
                        device: bound.device,
                    },
                    sealing_key: Some(bound.sealing_key),
                    replaces: None,
                    ..enrolment
                };
                self.set_enrolment(named.clone())?;
                self.store.remove(Key::Before)?;
                self.forget_ended(ended.as_deref());
                self.state().invitation = None;
                self.note_standing(named, bound.device, bound.standing, &before)?;
                self.engine.hint();
                Ok(())
            }
            Err(
                WireError::Malformed
                | WireError::Signature
                | WireError::OtherKey
                | WireError::Mismatch
                | WireError::Encode,
            ) => self.note_unanswered(ApiError::NotOurServer),
        }
    }

    /// The nonce was too old by the time the server could be reached: asks for a fresh one and signs with the same keys.
    async fn sign_again(&self, enrolment: &Enrolment, code: &str) -> Result<(), DeviceError> {
        let keys = {
            let mut state = self.state();
            state.needs_signature = state.opened.is_none();
            state.opened.clone().zip(state.identity.clone())
        };
        let Some((opened, identity)) = keys else {
            self.tell(Topic::Status);
            return Ok(());
        };
        let (_, invitation) = match self.ask_code(&enrolment.origin, code).await {
            Ok(answer) => answer,
            Err(DeviceError::Api(error)) => return self.note_unanswered(error),
            Err(
                error @ (DeviceError::CodeUnknown
                | DeviceError::CodeUsed
                | DeviceError::CodeExpired
                | DeviceError::CodeBurned),
            ) => return self.undo_binding(error),
            // Says nothing of the code: the binding waits.
            Err(_) => return self.note_unanswered(ApiError::NotOurServer),
        };
        if invitation.company != enrolment.company
            || invitation.employee != enrolment.employee
            || !invitation.server_keys().contains(&enrolment.server_key)
        {
            return self.note_unanswered(ApiError::NotOurServer);
        }
        let body = self.encode_enrolment(&invitation, &identity, &opened.presence)?;
        self.set_enrolment(Enrolment {
            stage: Stage::Sent {
                code: code.to_owned(),
                body,
            },
            ..enrolment.clone().followed(&invitation.successions)
        })?;
        // The next round sends it; a server that never accepts its own nonces must not keep us in a loop.
        self.close_binding(&ApiError::Failing {
            status: 503,
            retry_after_ms: None,
        });
        Ok(())
    }

    fn note_unanswered(&self, error: ApiError) -> Result<(), DeviceError> {
        let refused = matches!(
            error,
            ApiError::Refused {
                code: Refusal::CodeUnknown
                    | Refusal::CodeUsed
                    | Refusal::CodeExpired
                    | Refusal::CodeBurned
                    | Refusal::Invalid,
                ..
            }
        );
        if refused {
            return self.undo_binding(error.into());
        }
        self.close_binding(&error);
        Ok(())
    }

    pub(super) fn close_binding(&self, error: &ApiError) {
        let now = self.now().elapsed_ms;
        let random = u64::from_be_bytes(make_random(&*self.ports.entropy));
        self.state().binding.close(error, now, random);
        self.tell(Topic::Status);
    }
}

/// A request signed by the device key alone.
pub(super) fn get(path: &str, device: DeviceId) -> Request {
    Request {
        method: Method::Get,
        path: path.to_owned(),
        query: None,
        body: None,
        bearer: None,
        sign_as: Some(device),
    }
}

fn post(path: &str, body: Vec<u8>) -> Request {
    Request {
        method: Method::Post,
        path: path.to_owned(),
        query: None,
        body: Some(body),
        bearer: None,
        sign_as: None,
    }
}

/// Argon2id parameters that take 350 to 700 ms here, beginning at 64 MiB and 3 passes.
fn choose_kdf(kdf: Kdf) -> KdfParams {
    if kdf == Kdf::Floor {
        return KdfParams::FLOOR;
    }
    let mut params = KdfParams::START;
    // Each step moves one way toward the window; the bound is for a machine whose load jumps about.
    for _ in 0..4 {
        let began = Instant::now();
        let took_ms = match Envelope::probe(params) {
            Ok(()) => u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            // No memory for it: as if it had taken for ever.
            Err(_) => u64::MAX,
        };
        match params.plan_calibration(took_ms) {
            Some(next) => params = next,
            None => break,
        }
    }
    params
}
