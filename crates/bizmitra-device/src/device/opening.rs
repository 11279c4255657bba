//! Opening: the device secret from the keystore, the store with the key derived from it, and what a killed process owed.

use std::path::Path;
use std::sync::Arc;

use bizmitra_core::attendance::{Evidence, NoPlace, Place};
use bizmitra_core::clock::make_random;
use bizmitra_core::enrolment::{Enrolment, Stage};
use bizmitra_core::ids::{ChainId, ItemId};
use bizmitra_core::keys::{DeviceSecret, KeyPair, KeystoreError, entry};
use bizmitra_core::lease::Lease;
use bizmitra_core::planted::{self, Bug};
use bizmitra_core::store::{Key, Store, StoreError};

use bizmitra_store::{SqlcipherStore, StoreKey};

use super::inner::{Inner, State};
use crate::config::{Config, Ports};
use crate::error::OpenError;

/// The store's file in the data folder.
pub(super) const STORE_FILE: &str = "bizmitra.db";

pub(super) fn join_failed(_: tokio::task::JoinError) -> OpenError {
    OpenError::Failed(StoreError::Failed("opening was interrupted".to_owned()))
}

/// Blocking: keystore and disk. Also says whether evidence of a killed process is still owed.
pub(super) fn open_inner(config: Config, ports: Ports) -> Result<(Inner, bool), OpenError> {
    let path = config.data.join(STORE_FILE);
    let secret = load_secret(&path, &ports)?;
    let (store, report) = SqlcipherStore::open(&path, &StoreKey::new(*secret.derive_store_key()))?;
    if let Some(damage) = &report.damage {
        tracing::warn!(
            records = damage.records,
            unsent = damage.unsent,
            "the store was damaged: moved aside, what it still gave was kept"
        );
    }
    let store = Arc::new(store);
    let state = load_state(&*store, &ports)?;
    let inner = Inner::new(config, ports, store, secret, report.damage.is_some(), state);
    inner.settle_chain()?;
    if let Err(error) = inner.settle_standing() {
        // The next round goes on with it; nothing opens meanwhile that should not.
        tracing::warn!(%error, "what a killed process had begun was not finished");
    }
    let owes = inner.settle_interrupted().is_err();
    Ok((inner, owes))
}

/// The device secret, made once. A store without its secret is somebody else's copy, or a keystore that was reset: neither is
/// a reason to make a new one, which would end the readable life of what is in the store.
fn load_secret(store: &Path, ports: &Ports) -> Result<DeviceSecret, OpenError> {
    if let Some(secret) = ports.keystore.load(entry::DEVICE_SECRET)? {
        return Ok(DeviceSecret::from_secret(&secret)?);
    }
    if store.exists() {
        return Err(OpenError::Keystore(KeystoreError::Damaged));
    }
    let secret = DeviceSecret::from_bytes(make_random(&*ports.entropy));
    ports.keystore.save(entry::DEVICE_SECRET, secret.expose())?;
    // A keystore that takes and does not give back must be found now, not after the first check-in.
    match ports.keystore.load(entry::DEVICE_SECRET)? {
        Some(kept) if kept.expose() == secret.expose() => Ok(secret),
        _ => Err(OpenError::Keystore(KeystoreError::Damaged)),
    }
}

fn load_state(store: &dyn Store, ports: &Ports) -> Result<State, OpenError> {
    let unreadable = || OpenError::Failed(StoreError::Damaged);
    let Some(json) = enrolment_json(store, ports)? else {
        return Ok(State::default());
    };
    let enrolment: Enrolment = serde_json::from_slice(&json).map_err(|_| unreadable())?;
    let identity = load_identity(ports, &enrolment)?;
    let destroyed = store.get(Key::Vault)?.is_none();
    let lease: Option<Lease> = store
        .get(Key::Lease)?
        .and_then(|json| serde_json::from_slice(&json).ok());
    Ok(State {
        enrolment: Some(enrolment),
        identity,
        destroyed,
        lease: lease.clone(),
        lease_on_disk: lease,
        ..State::default()
    })
}

/// The enrolment, from its twin when a damaged store lost it but not its records.
fn enrolment_json(store: &dyn Store, ports: &Ports) -> Result<Option<Vec<u8>>, OpenError> {
    if let Some(json) = store.get(Key::Enrolment)? {
        return Ok(Some(json));
    }
    if store.record_ids()?.is_empty() {
        return Ok(None);
    }
    let twin = ports
        .keystore
        .load(entry::ENROLMENT)?
        .map(|twin| twin.expose().to_vec());
    if let Some(json) = &twin {
        store.put(Key::Enrolment, json)?;
    }
    Ok(twin)
}

/// The identity key that this enrolment was made with; one that was wiped has none any more.
pub(super) fn load_identity(
    ports: &Ports,
    enrolment: &Enrolment,
) -> Result<Option<KeyPair>, KeystoreError> {
    let name = entry::device_identity(&enrolment.device_key);
    let seed = match (ports.keystore.load(&name)?, &enrolment.stage) {
        (Some(seed), _) => seed,
        (None, Stage::Wiped { .. }) => return Ok(None),
        (None, _) => return Err(KeystoreError::Damaged),
    };
    let identity = KeyPair::from_secret(&seed)?;
    if identity.public() == enrolment.device_key {
        Ok(Some(identity))
    } else {
        Err(KeystoreError::Damaged)
    }
}

impl Inner {
    /// A store without a chain was salvaged: it starts another one, because where the old one stood cannot be known for sure
    /// and a second record at the same place would be a fork.
    fn settle_chain(&self) -> Result<(), StoreError> {
        let Ok(enrolment) = self.enrolment() else {
            return Ok(());
        };
        if enrolment.device().is_some() && self.store.chain()?.is_none() {
            let fresh = ChainId(
                uuid::Builder::from_random_bytes(make_random(&*self.ports.entropy)).into_uuid(),
            );
            self.store.start_chain(fresh)?;
        }
        Ok(())
    }

    /// What a killed process had begun: a binding in place of another one, a wipe, the lease after a restart of the system.
    fn settle_standing(&self) -> Result<(), crate::error::DeviceError> {
        if let Ok(enrolment) = self.enrolment() {
            let has_vault = self.restore_before(&enrolment)?;
            self.state().destroyed = !has_vault;
        }
        self.settle_wipe()?;
        self.spend_lease()
    }

    /// Evidence that is owed: the device key alone signs it, since nobody unlocked anything.
    pub(super) fn settle_interrupted(&self) -> Result<(), crate::error::DeviceError> {
        self.settle_taps(|_| true)
    }

    /// The same for some of the taps that have none.
    pub(super) fn settle_taps(
        &self,
        is_due: impl Fn(ItemId) -> bool,
    ) -> Result<(), crate::error::DeviceError> {
        let enrolment = match self.enrolment() {
            Ok(enrolment)
                if matches!(
                    enrolment.stage,
                    Stage::Active { .. } | Stage::Suspended { .. }
                ) =>
            {
                enrolment
            }
            _ => return Ok(()),
        };
        if planted::is(Bug::ForgetsInterrupted) {
            return Ok(());
        }
        let author = self.author_of(&enrolment, None)?;
        for tap in self.store.taps_without_evidence()? {
            if !is_due(tap) {
                continue;
            }
            let evidence = Evidence {
                about: tap,
                place: Place::None(NoPlace::Interrupted),
                fix_age_ms: None,
                flags: Vec::new(),
            };
            self.append_evidence(&author, evidence)?;
        }
        Ok(())
    }
}
