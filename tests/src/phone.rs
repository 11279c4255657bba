//! A device of a world: its folder, its keystore and its clock outlive its process.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use bizmitra_core::api::BoxFuture;
use bizmitra_core::attendance::{Action, Entry};
use bizmitra_core::clock::Clock;
use bizmitra_core::enrolment::Platform;
use bizmitra_core::file::{Cost, Network};
use bizmitra_core::ids::ItemId;
use bizmitra_core::location::{Availability, Fix, PositionError, PositionSource};
use bizmitra_core::vault::{Pin, Unlock};
use bizmitra_device::keystores::MemoryKeystore;
use bizmitra_device::platform::{NoGps, OsEntropy};
use bizmitra_device::simulate::{GpxSource, Replay, ScriptedBiometry};
use bizmitra_device::{Config, Device, Kdf, LocationWish, OpenError, Phase, Ports, Status};

use crate::clock::TestClock;
use crate::world::{Person, World, recording};

/// A PIN that no rule refuses.
pub const PIN: &str = "729461";
/// Another.
pub const OTHER_PIN: &str = "482916";

/// Longest wait for something that happens by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// What stays when the process ends.
#[derive(Clone)]
pub struct Phone {
    /// Folder of its store.
    pub data: PathBuf,
    /// Its keys.
    pub keystore: MemoryKeystore,
    /// Its clock.
    pub clock: TestClock,
    /// Phone or desktop.
    pub platform: Platform,
    /// Its fingerprint reader.
    pub biometry: ScriptedBiometry,
    /// Further roots it trusts.
    pub extra_roots: Vec<Vec<u8>>,
    /// What it has to find its place with.
    pub receiver: Receiver,
    /// What sending costs.
    pub line: Line,
}

/// A network that costs something on order.
#[derive(Debug, Clone, Default)]
pub struct Line(Arc<AtomicBool>);

impl Line {
    /// From here on.
    pub fn set(&self, cost: Cost) {
        self.0.store(cost == Cost::Metered, Ordering::SeqCst);
    }
}

impl Network for Line {
    fn cost(&self) -> Cost {
        if self.0.load(Ordering::SeqCst) {
            Cost::Metered
        } else {
            Cost::Free
        }
    }
}

/// What a device has to find its place with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// Stands at the beginning of the recorded walk, at the plant.
    Walk,
    /// Searches and never finds.
    Searching,
    /// None.
    Missing,
}

impl Phone {
    /// A new phone at the beginning of the recorded walk.
    #[must_use]
    pub fn new(world: &World, name: &str) -> Self {
        Self {
            data: world.folder.path().join("devices").join(name),
            keystore: MemoryKeystore::new(),
            clock: world.clock.fork(),
            platform: Platform::Android,
            biometry: ScriptedBiometry::default(),
            extra_roots: Vec::new(),
            receiver: Receiver::Walk,
            line: Line::default(),
        }
    }

    /// A desktop: no receiver.
    #[must_use]
    pub fn desktop(world: &World, name: &str) -> Self {
        Self {
            platform: Platform::Desktop,
            receiver: Receiver::Missing,
            ..Self::new(world, name)
        }
        .without_biometry()
    }

    fn without_biometry(self) -> Self {
        self.biometry.set_missing(true);
        self
    }

    /// Starts the app's inside.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(&self) -> Result<Device> {
        let config = Config {
            data: self.data.clone(),
            app_version: "0.1.0-test".to_owned(),
            platform: self.platform,
            device_name: "Test phone".to_owned(),
            kdf: Kdf::Floor,
            extra_roots: self.extra_roots.clone(),
        };
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let position: Arc<dyn PositionSource> = match self.receiver {
            Receiver::Walk => {
                let replay = Replay {
                    start_s: 0.0,
                    speed: 1.0,
                    seed: 7,
                };
                Arc::new(
                    GpxSource::open(&recording(), replay, Arc::clone(&clock))
                        .context("the recording of the fixtures")?,
                )
            }
            Receiver::Searching => Arc::new(NeverFound),
            Receiver::Missing => Arc::new(NoGps),
        };
        let ports = Ports {
            clock,
            entropy: Arc::new(OsEntropy),
            keystore: Arc::new(self.keystore.clone()),
            position,
            biometry: Arc::new(self.biometry.clone()),
            network: Arc::new(self.line.clone()),
        };
        Ok(Device::open(config, ports).await?)
    }

    /// Starts it after a kill: the dead process's lock may take a moment to go.
    ///
    /// # Errors
    /// As [`Device::open`].
    pub async fn reopen(&self) -> Result<Device> {
        let began = std::time::Instant::now();
        loop {
            match self.open().await {
                Err(error)
                    if matches!(error.downcast_ref(), Some(OpenError::InUse))
                        && began.elapsed() < PATIENCE =>
                {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                other => return other,
            }
        }
    }

    /// Opens and activates it for a person.
    ///
    /// # Errors
    /// When any step fails.
    pub async fn activated(&self, origin: &str, person: &Person) -> Result<Device> {
        let device = self.open().await?;
        device.check_code(origin, &person.code).await?;
        let status = device.activate(pin(PIN)).await?;
        ensure!(status.phase == Phase::Unlocked, "phase {:?}", status.phase);
        device.sync_now().await?;
        Ok(device)
    }
}

/// A PIN.
#[must_use]
pub fn pin(digits: &str) -> Pin {
    Pin::new(digits.to_owned())
}

/// Unlocks with [`PIN`].
///
/// # Errors
/// When it does not open.
pub async fn unlock(device: &Device) -> Result<()> {
    match device.unlock(pin(PIN)).await? {
        Unlock::Open => Ok(()),
        other => bail!("the vault did not open: {other:?}"),
    }
}

/// Gives consent to location.
///
/// # Errors
/// As the device.
pub fn consent(device: &Device) -> Result<()> {
    let notice = device.me()?.notice_version;
    Ok(device.set_location_consent(true, &notice, "en")?)
}

/// Taps the large button.
///
/// # Errors
/// As the device.
pub fn tap(device: &Device, action: Action) -> Result<Entry> {
    let form = device.home()?.form_id;
    Ok(device.tap(form, action, LocationWish::Use)?)
}

/// Waits until something about the status holds, without touching the device.
///
/// # Errors
/// When it does not come.
pub async fn wait_status(device: &Device, what: impl Fn(&Status) -> bool) -> Result<Status> {
    wait(|| Ok(Some(device.status()?).filter(|status| what(status))))
        .await
        .with_context(|| format!("{:?}", device.status()))
}

/// Waits until a tap has become something, without touching the device.
///
/// # Errors
/// When it does not come.
pub async fn wait_entry(
    device: &Device,
    tap: ItemId,
    what: impl Fn(&Entry) -> bool,
) -> Result<Entry> {
    wait(|| Ok(Some(device.entry(tap)?).filter(|entry| what(entry))))
        .await
        .with_context(|| format!("{:?}", device.entry(tap)))
}

/// Polls until there is an answer.
///
/// # Errors
/// Of `ask`, or when time is up.
pub async fn wait<T>(ask: impl Fn() -> Result<Option<T>>) -> Result<T> {
    let began = std::time::Instant::now();
    loop {
        if let Some(found) = ask()? {
            return Ok(found);
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "it did not happen within {PATIENCE:?}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Searches and never finds.
struct NeverFound;

impl PositionSource for NeverFound {
    fn availability(&self) -> Availability {
        Availability::Ready
    }

    fn locate(&self) -> BoxFuture<'_, Result<Fix, PositionError>> {
        Box::pin(std::future::pending())
    }
}
