//! A phone and its person: what was promised to them, and what became of the phone.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bizmitra_contract::ids::EmployeeId;
use bizmitra_core::api::BoxFuture;
use bizmitra_core::attendance::Action;
use bizmitra_core::clock::make_random;
use bizmitra_core::enrolment::Platform;
use bizmitra_core::ids::ItemId;
use bizmitra_core::keys::{Keystore, KeystoreError, Secret};
use bizmitra_core::location::{Availability, Fix, PositionError, PositionSource};
use bizmitra_core::vault::Opened;
use bizmitra_device::keystores::MemoryKeystore;
use bizmitra_device::platform::{NoBiometry, Unmetered};
use bizmitra_device::{Config, Device, DeviceError, Kdf, LocationWish, Phase, Ports};

use crate::clock::PhoneClock;
use crate::disk::Disk;
use crate::network::network;
use crate::random::{PhoneEntropy, Random};
use crate::trace;

/// What stays of a phone that was prepared: its secrets.
#[derive(Clone)]
pub struct Prepared {
    /// Whose it is.
    pub person: EmployeeId,
    /// Its keystore.
    pub keystore: MemoryKeystore,
    /// Its open vault.
    pub opened: Opened,
}

/// What the person was told about a tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Saved.
    Saved,
    /// Not saved, and the reason.
    NotSaved,
    /// Nothing: the phone died.
    Nothing,
}

/// One form that was tapped.
#[derive(Debug, Clone)]
pub struct Promise {
    /// Its id.
    pub form: ItemId,
    /// What the person heard last; "saved" is never taken back.
    pub told: Told,
    /// Hash of the record, once it was saved.
    pub hash: Option<[u8; 32]>,
    /// The person took it back, and was told that this is saved.
    pub withdrawn: bool,
    /// The person tried to take it back.
    pub maybe_withdrawn: bool,
    action: Action,
}

/// A phone of a world.
pub struct Phone {
    number: usize,
    folder: PathBuf,
    /// Its disk.
    pub disk: Arc<Disk>,
    /// Its clocks.
    pub clock: PhoneClock,
    /// What its person was told.
    pub promises: Vec<Promise>,
    /// Its secrets.
    pub prepared: Prepared,
    /// The app, while it runs.
    pub device: Option<Device>,
    /// What its person met that must not be.
    pub problems: Vec<String>,
    version: u32,
}

/// How the app ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The process is killed.
    Kill,
    /// The power is cut.
    PowerCut,
}

impl Phone {
    /// A phone that is off.
    pub fn new(number: usize, folder: PathBuf, disk: Arc<Disk>, prepared: Prepared) -> Self {
        Self {
            number,
            folder,
            disk,
            clock: PhoneClock::default(),
            promises: Vec::new(),
            prepared,
            device: None,
            problems: Vec::new(),
            version: 0,
        }
    }

    /// Starts the app and opens its vault; `false` when the phone died over it or its disk failed.
    pub async fn start(&mut self) -> bool {
        let config = Config {
            data: self.folder.clone(),
            app_version: format!("0.1.{}", self.version),
            platform: Platform::Android,
            device_name: format!("Phone {}", self.number),
            kdf: Kdf::Floor,
            extra_roots: Vec::new(),
        };
        let ports = Ports {
            clock: Arc::new(self.clock.clone()),
            entropy: Arc::new(PhoneEntropy(self.number)),
            keystore: Arc::new(MortalKeystore(
                self.prepared.keystore.clone(),
                Arc::clone(&self.disk),
            )),
            position: Arc::new(SlowReceiver(self.number)),
            biometry: Arc::new(NoBiometry),
            network: Arc::new(Unmetered),
        };
        network().started(self.number);
        let opened = Device::open(config, ports).await;
        let said = opened
            .as_ref()
            .map(|_| ())
            .map_err(|error| format!("{error:?}"));
        trace::note(&format!("phone {}: start {said:?}", self.number));
        let Ok(device) = opened else { return false };
        device.open_with(self.prepared.opened.clone());
        if device.status().is_ok_and(|status| status.store_was_damaged) && !self.disk.is_dead() {
            self.problems.push(format!(
                "corrupt: the store of phone {} was damaged",
                self.number
            ));
        }
        self.device = Some(device);
        !self.disk.is_dead()
    }

    /// Ends the process where it stands and lets go of its files.
    pub async fn stop(&mut self, end: End) -> Result<()> {
        trace::note(&format!("phone {}: {end:?}", self.number));
        self.disk.kill();
        self.device = None;
        wait_for_files(&self.disk)
            .await
            .context("a dead phone's files")?;
        if end == End::PowerCut {
            self.disk.cut_power();
            self.clock.reboot();
        }
        self.disk.revive();
        Ok(())
    }

    /// Ends the app in order.
    pub async fn close(&mut self) -> Result<()> {
        trace::note(&format!("phone {}: close", self.number));
        if let Some(device) = self.device.take() {
            device.close().await;
        }
        wait_for_files(&self.disk)
            .await
            .context("a closed phone's files")
    }

    /// The next start is one of a newer app.
    pub fn upgrade(&mut self) {
        self.version += 1;
    }

    /// Taps: a form of before that was not saved, or a new one.
    pub fn tap(&mut self, random: &mut Random) {
        self.unlock();
        let Some(device) = self.device.clone() else {
            return;
        };
        let again = self
            .promises
            .iter()
            .rposition(|promise| promise.told != Told::Saved)
            .filter(|_| random.chance(60));
        let place = match again {
            Some(place) => place,
            None => {
                let Ok(home) = device.home() else { return };
                if self.disk.is_dead() {
                    return;
                }
                self.promises.push(Promise {
                    form: home.form_id,
                    told: Told::Nothing,
                    hash: None,
                    withdrawn: false,
                    maybe_withdrawn: false,
                    action: home.next,
                });
                self.promises.len() - 1
            }
        };
        let wish = random.pick(&[LocationWish::Use, LocationWish::Skip]);
        let taps = if random.chance(10) { 2 } else { 1 };
        for _ in 0..taps {
            let (form, action) = (self.promises[place].form, self.promises[place].action);
            let tapped = device.tap(form, action, wish);
            let promise = &mut self.promises[place];
            let said = tapped
                .as_ref()
                .map(|_| ())
                .map_err(|error| format!("{error:?}"));
            trace::note(&format!("phone {}: tap {} {said:?}", self.number, form.0));
            match tapped {
                _ if self.disk.is_dead() => return,
                Ok(entry) => {
                    promise.told = Told::Saved;
                    promise.hash.get_or_insert(entry.hash);
                }
                Err(error) if promise.told == Told::Saved => {
                    // The second tap of a saved form may fail to read; what was said stays.
                    drop(error);
                }
                Err(DeviceError::Locked | DeviceError::LeaseEnded) => promise.told = Told::NotSaved,
                Err(_) => promise.told = Told::NotSaved,
            }
        }
    }

    /// Opens the vault if it is locked.
    pub fn unlock(&self) {
        if let Some(device) = &self.device
            && device
                .status()
                .is_ok_and(|status| status.phase == Phase::Locked)
        {
            device.open_with(self.prepared.opened.clone());
        }
    }

    /// Takes the latest saved tap back.
    pub fn undo(&mut self) {
        let Some(device) = self.device.clone() else {
            return;
        };
        let Some(promise) = self
            .promises
            .last_mut()
            .filter(|promise| promise.told == Told::Saved)
        else {
            return;
        };
        let undone = device.undo(promise.form);
        let said = undone
            .as_ref()
            .map(|_| ())
            .map_err(|error| format!("{error:?}"));
        trace::note(&format!("phone {}: undo {said:?}", self.number));
        match undone {
            Ok(_) if !self.disk.is_dead() => promise.withdrawn = true,
            Err(DeviceError::TooLate) => {}
            Ok(_) | Err(_) => promise.maybe_withdrawn = true,
        }
    }

    /// Whether something waits to be sent, or cannot be asked.
    pub fn is_waiting(&self) -> bool {
        let status = self.device.as_ref().map(Device::status);
        !matches!(status, Some(Ok(status)) if status.waiting == 0)
    }

    /// What the strip and the counts say.
    pub fn said(&self) -> String {
        match self.device.as_ref().map(Device::status) {
            Some(Ok(status)) => format!(
                "{:?} {:?} waiting {} attention {}",
                status.phase, status.sync.state, status.waiting, status.attention
            ),
            Some(Err(error)) => format!("{error:?}"),
            None => "off".to_owned(),
        }
    }
}

/// Tasks of a process that was ended go at their next turn, and threads of it when their work is done.
pub async fn wait_for_files(disk: &Disk) -> Result<()> {
    for _ in 0..2_000 {
        if disk.open_files() == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    anyhow::bail!("{} files are held", disk.open_files())
}

/// The keystore of a process that can be dead.
struct MortalKeystore(MemoryKeystore, Arc<Disk>);

impl MortalKeystore {
    fn alive(&self) -> Result<&MemoryKeystore, KeystoreError> {
        if self.1.is_dead() {
            Err(KeystoreError::Unavailable)
        } else {
            Ok(&self.0)
        }
    }
}

impl Keystore for MortalKeystore {
    fn load(&self, name: &str) -> Result<Option<Secret>, KeystoreError> {
        self.alive()?.load(name)
    }

    fn save(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        self.alive()?.save(name, secret)
    }

    fn remove(&self, name: &str) -> Result<(), KeystoreError> {
        self.alive()?.remove(name)
    }
}

/// Takes its time, and does not always find.
struct SlowReceiver(usize);

impl PositionSource for SlowReceiver {
    fn availability(&self) -> Availability {
        Availability::Ready
    }

    fn locate(&self) -> BoxFuture<'_, Result<Fix, PositionError>> {
        Box::pin(async {
            let [wait, ..] = make_random::<8>(&PhoneEntropy(self.0));
            tokio::time::sleep(Duration::from_millis(u64::from(wait) * 50)).await;
            Err(PositionError::NoFix)
        })
    }
}
