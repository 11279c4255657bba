//! A device that was used for a day and then locked, standing still so that its memory can be read from outside:
//! `locked-process DATA POSITION_FILE`, the PIN on the standard input. Says `locked`, then waits for the input to end.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use bizmitra_cli::{PinSource as _, Terminal};
use bizmitra_core::api::BoxFuture;
use bizmitra_core::attendance::Action;
use bizmitra_core::clock::Clock as _;
use bizmitra_core::enrolment::Platform;
use bizmitra_core::location::{Availability, Fix, PositionError, PositionSource};
use bizmitra_core::vault::Unlock;
use bizmitra_device::keystores::FileKeystore;
use bizmitra_device::platform::{NoBiometry, OsEntropy, SystemClock, Unmetered};
use bizmitra_device::{Config, Device, Kdf, Phase, Ports};
use bizmitra_tests::phone::{consent, tap, wait_entry, wait_status};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let data = arguments.next().context("no data folder")?;
    let position = arguments.next().context("no file with a position")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(use_and_lock(data, position))
}

async fn use_and_lock(data: PathBuf, position: PathBuf) -> Result<()> {
    let config = Config {
        data: data.clone(),
        app_version: "0.1.0-test".to_owned(),
        platform: Platform::Desktop,
        device_name: "Desk".to_owned(),
        kdf: Kdf::Floor,
        extra_roots: Vec::new(),
    };
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        entropy: Arc::new(OsEntropy),
        keystore: Arc::new(FileKeystore::open(data.join("keys-unprotected"))),
        position: Arc::new(FromFile(position)),
        biometry: Arc::new(NoBiometry),
        network: Arc::new(Unmetered),
    };
    let device = Device::open(config, ports).await?;
    let pin = Terminal.ask("PIN")?;
    ensure!(
        device.unlock(pin).await? == Unlock::Open,
        "the PIN does not open"
    );
    consent(&device)?;
    device.sync_now().await?;
    let saved = tap(&device, Action::CheckIn)?;
    wait_entry(&device, saved.tap.id, |entry| entry.evidence.is_some()).await?;
    wait_status(&device, |status| status.waiting == 0).await?;
    device.sync_now().await?;
    device.lock();
    ensure!(device.status()?.phase == Phase::Locked, "not locked");
    let mut out = std::io::stdout();
    writeln!(out, "locked")?;
    out.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// `latitude longitude`, degrees.
fn read_fix(file: &Path) -> Result<Fix> {
    let text = std::fs::read_to_string(file)?;
    let (latitude, longitude) = text.trim().split_once(' ').context("not a position")?;
    Ok(Fix {
        latitude_deg: latitude.parse()?,
        longitude_deg: longitude.parse()?,
        accuracy_m: 12.0,
        taken_ms: SystemClock::new().now().wall_ms,
        mock: None,
    })
}

/// Reads its fix when it is asked for one, as from a receiver, and keeps nothing of it.
struct FromFile(PathBuf);

impl PositionSource for FromFile {
    fn availability(&self) -> Availability {
        Availability::Ready
    }

    fn locate(&self) -> BoxFuture<'_, Result<Fix, PositionError>> {
        Box::pin(async { read_fix(&self.0).map_err(|_| PositionError::NoFix) })
    }
}
