//! State shared by the facade and its tasks.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bizmitra_core::api::Api;
use bizmitra_core::enrolment::{Enrolment, Invitation, Stage};
use bizmitra_core::file::FileStore;
use bizmitra_core::ids::ItemId;
use bizmitra_core::keys::{DeviceSecret, KeyPair, Keystore, KeystoreError, entry};
use bizmitra_core::lease::Lease;
use bizmitra_core::record::{Author, Consent, Moment};
use bizmitra_core::seal::SealingKey;
use bizmitra_core::store::{FeedKind, Key, Store};
use bizmitra_core::sync::{Engine, Gates};
use bizmitra_core::vault::{Columns, Opened, Tries};
use bizmitra_core::{clock::Reading, wire};
use bizmitra_store::SqlcipherStore;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, broadcast, watch};

use crate::config::{Config, Ports};
use crate::error::DeviceError;
use crate::views::{Appearance, Topic};

/// Listeners that fall further behind ask for everything again.
const TOPICS: usize = 64;

pub(super) struct Inner {
    pub(super) config: Config,
    pub(super) ports: Ports,
    pub(super) store: Arc<dyn Store>,
    /// The same, of files.
    pub(super) files: Arc<dyn FileStore>,
    /// The same, by its own name.
    #[cfg(feature = "test-hooks")]
    pub(super) sqlcipher: Arc<SqlcipherStore>,
    pub(super) engine: Engine,
    pub(super) secret: DeviceSecret,
    pub(super) damaged: bool,
    state: Mutex<State>,
    /// Counts hints that a try is worth it.
    pub(super) hints: AtomicU64,
    /// Wakes the drainer.
    pub(super) wake: Notify,
    pub(super) topics: broadcast::Sender<Topic>,
    pub(super) closing: watch::Sender<bool>,
    /// One round at a time.
    pub(super) rounds: tokio::sync::Mutex<()>,
    /// One PIN at a time, one activation at a time: counting and checking must not interleave.
    pub(super) vault: tokio::sync::Mutex<()>,
    /// One capture at a time: a form that is sent twice must not write one file twice.
    pub(super) capturing: Mutex<()>,
    /// Taps whose location is being looked for; notified to give up.
    pub(super) locating: Mutex<HashMap<ItemId, Arc<Notify>>>,
}

/// What is only in memory, or cached from store and keystore.
#[derive(Default)]
pub(super) struct State {
    pub(super) enrolment: Option<Enrolment>,
    /// Signs requests and records; from the keystore.
    pub(super) identity: Option<KeyPair>,
    /// What exists only while unlocked.
    pub(super) opened: Option<Opened>,
    /// What is captured is sealed to it; asked of the store again after each look at the feed.
    pub(super) sealing: Option<SealingKey>,
    /// The vault was destroyed.
    pub(super) destroyed: bool,
    /// How long the device may be used without its server.
    pub(super) lease: Option<Lease>,
    /// The same as it stands on disk.
    pub(super) lease_on_disk: Option<Lease>,
    /// When the server last said how the device stands, by the clock that counts sleep.
    pub(super) standing_asked_ms: Option<u64>,
    /// The counter of PINs as it stands on disk and in the keystore.
    pub(super) tries: Option<Tries>,
    /// Fingerprint or face, as store and keystore say.
    pub(super) biometrics: Option<super::biometrics::Standing>,
    pub(super) api: Option<Arc<dyn Api>>,
    /// The code that was checked last, with the address.
    pub(super) invitation: Option<(String, Invitation)>,
    /// Waits of the enrolment itself: the engine's are about records.
    pub(super) binding: Gates,
    /// The enrolment's nonce is too old: it needs the presence key to be signed again.
    pub(super) needs_signature: bool,
    /// When the app went to the background, by the clock that counts sleep.
    pub(super) background_since: Option<Reading>,
    /// The screen went off or was locked, and nobody came back since.
    pub(super) screen_off: bool,
    /// What was last said to listeners.
    pub(super) told: Option<super::runtime::Digest>,
}

impl State {
    /// Whether the lease is over; without one nothing may be used either.
    pub(super) fn is_lease_over(&self, now: &Reading) -> bool {
        self.lease
            .as_ref()
            .is_none_or(|lease| lease.left_ms(now) == 0)
    }
}

impl Inner {
    pub(super) fn new(
        config: Config,
        ports: Ports,
        sqlcipher: Arc<SqlcipherStore>,
        secret: DeviceSecret,
        damaged: bool,
        state: State,
    ) -> Self {
        let store: Arc<dyn Store> = Arc::<SqlcipherStore>::clone(&sqlcipher);
        let files: Arc<dyn FileStore> = Arc::<SqlcipherStore>::clone(&sqlcipher);
        let engine = Engine::new(bizmitra_core::sync::Parts {
            store: Arc::clone(&store),
            files: Arc::clone(&files),
            network: Arc::clone(&ports.network),
            clock: Arc::clone(&ports.clock),
            entropy: Arc::clone(&ports.entropy),
        });
        Self {
            config,
            ports,
            store,
            files,
            #[cfg(feature = "test-hooks")]
            sqlcipher,
            engine,
            secret,
            damaged,
            state: Mutex::new(state),
            hints: AtomicU64::new(0),
            wake: Notify::new(),
            topics: broadcast::Sender::new(TOPICS),
            closing: watch::Sender::new(false),
            rounds: tokio::sync::Mutex::default(),
            vault: tokio::sync::Mutex::default(),
            capturing: Mutex::default(),
            locating: Mutex::default(),
        }
    }

    /// Held for a few reads and writes of memory only, never across I/O.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Reading {
        self.ports.clock.now()
    }

    pub(super) fn tell(&self, topic: Topic) {
        // Nobody may be listening.
        let _ = self.topics.send(topic);
    }

    /// A JSON value of the store; what cannot be read counts as absent.
    pub(super) fn load<T: DeserializeOwned>(&self, key: Key) -> Result<Option<T>, DeviceError> {
        Ok(self
            .store
            .get(key)?
            .and_then(|json| serde_json::from_slice(&json).ok()))
    }

    pub(super) fn keep<T: Serialize>(&self, key: Key, value: &T) -> Result<(), DeviceError> {
        let json = serde_json::to_vec(value)
            .map_err(|_| DeviceError::Internal("a value could not be encoded"))?;
        Ok(self.store.put(key, &json)?)
    }

    /// The binding, once there is one.
    pub(super) fn enrolment(&self) -> Result<Enrolment, DeviceError> {
        self.state()
            .enrolment
            .clone()
            .ok_or(DeviceError::NotActivated)
    }

    /// Stores a new stage, then works with it.
    pub(super) fn set_enrolment(&self, enrolment: Enrolment) -> Result<(), DeviceError> {
        self.keep(Key::Enrolment, &enrolment)?;
        if let Err(error) = keep_twin(&*self.ports.keystore, &enrolment) {
            tracing::warn!(%error, "the twin of the enrolment was not written");
        }
        {
            let mut state = self.state();
            state.enrolment = Some(enrolment);
            state.sealing = None;
        }
        self.tell(Topic::Status);
        Ok(())
    }

    /// Checks the lock: every method that reads or writes a person's data begins here.
    pub(super) fn unlocked(&self) -> Result<(Enrolment, Opened), DeviceError> {
        self.lock_if_due();
        let now = self.now();
        let state = self.state();
        let enrolment = state.enrolment.clone().ok_or(DeviceError::NotActivated)?;
        match enrolment.stage {
            Stage::Sent { .. } | Stage::Pending { .. } => Err(DeviceError::NotActivated),
            Stage::Suspended { .. } => Err(DeviceError::Suspended),
            Stage::Revoked { .. } | Stage::Wiped { .. } => Err(DeviceError::Revoked),
            Stage::Active { .. } if state.destroyed => Err(DeviceError::Locked),
            Stage::Active { .. } if state.is_lease_over(&now) => Err(DeviceError::LeaseEnded),
            Stage::Active { .. } => {
                let opened = state.opened.clone().ok_or(DeviceError::Locked)?;
                Ok((enrolment, opened))
            }
        }
    }

    /// As [`Self::unlocked`], for those who state something new.
    pub(super) fn author(&self) -> Result<Author, DeviceError> {
        let (enrolment, opened) = self.unlocked()?;
        self.author_of(&enrolment, Some(opened))
    }

    /// Signs with the device key, and with the presence key when the vault is open.
    pub(super) fn author_of(
        &self,
        enrolment: &Enrolment,
        opened: Option<Opened>,
    ) -> Result<Author, DeviceError> {
        let device = enrolment.device().ok_or(DeviceError::NotActivated)?;
        let identity = self.state().identity.clone().ok_or(DeviceError::Internal(
            "an active device has no identity key",
        ))?;
        let sealing = self.sealing_key(enrolment)?;
        let (presence, columns) = match opened {
            Some(opened) => (Some(opened.presence), opened.columns),
            None => {
                let entropy = Arc::clone(&self.ports.entropy);
                let columns = Columns::locked(enrolment.locked_key, entropy);
                (None, Arc::new(columns))
            }
        };
        Ok(Author {
            company: enrolment.company,
            employee: enrolment.employee,
            device,
            app_version: self.config.app_version.clone(),
            identity,
            presence,
            columns,
            sealing,
        })
    }

    /// The key that the feed named last, else the one of the binding: a key that cannot be used must not stand in the way of
    /// a tap.
    fn sealing_key(&self, enrolment: &Enrolment) -> Result<SealingKey, DeviceError> {
        if let Some(key) = self.state().sealing {
            return Ok(key);
        }
        let named = self
            .store
            .feed_values(FeedKind::SealingKey)?
            .iter()
            .find_map(|json| wire::sealing_key(json, &*self.ports.entropy));
        let key = named
            .or(enrolment.sealing_key)
            .ok_or(DeviceError::Internal("an active device has no sealing key"))?;
        self.state().sealing = Some(key);
        Ok(key)
    }

    /// The circumstances of a record at a reading of the clocks.
    pub(super) fn moment(&self, reading: Reading) -> Result<Moment, DeviceError> {
        let consent = self
            .consent()?
            .filter(|consent| consent.given)
            .map(|consent| consent.notice_version);
        Ok(Moment {
            reading,
            anchor: self.engine.anchor()?,
            consent,
        })
    }

    pub(super) fn consent(&self) -> Result<Option<Consent>, DeviceError> {
        self.load(Key::Consent)
    }

    pub(super) fn profile(&self) -> Result<Option<wire::Profile>, DeviceError> {
        Ok(self
            .store
            .feed_values(FeedKind::Profile)?
            .iter()
            .find_map(|json| wire::profile(json)))
    }

    pub(super) fn policy(&self) -> Result<Option<wire::Policy>, DeviceError> {
        Ok(self
            .store
            .feed_values(FeedKind::Policy)?
            .iter()
            .find_map(|json| wire::policy(json)))
    }

    /// The notice in force: the policy's, or the one shown at activation.
    pub(super) fn notice_version(&self, enrolment: &Enrolment) -> Result<String, DeviceError> {
        Ok(self.policy()?.map_or_else(
            || enrolment.notice_version.clone(),
            |policy| policy.notice_version,
        ))
    }

    pub(super) fn appearance(&self) -> Appearance {
        self.load(Key::Appearance)
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    pub(super) fn set_appearance(&self, appearance: &Appearance) -> Result<(), DeviceError> {
        self.keep(Key::Appearance, appearance)?;
        self.tell(Topic::Settings);
        Ok(())
    }
}

/// The twin in the keystore of an enrolment that the server has named.
fn keep_twin(keystore: &dyn Keystore, enrolment: &Enrolment) -> Result<(), KeystoreError> {
    match serde_json::to_vec(enrolment) {
        Ok(json) if enrolment.device().is_some() => keystore.save(entry::ENROLMENT, &json),
        _ => Ok(()),
    }
}
