//! What the benchmarks share: a device of the demo company, and times.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use bizmitra_core::enrolment::Platform;
use bizmitra_core::vault::Pin;
use bizmitra_device::keystores::MemoryKeystore;
use bizmitra_device::platform::{NoBiometry, NoGps, OsEntropy, SystemClock, Unmetered};
use bizmitra_device::{Config, Device, Kdf, Phase, Ports};
use bizmitra_e2e::journey::{PERSON, PIN};
use bizmitra_e2e::server::Server;

/// A device without a window, activated at a demo server; its PIN is the journeys'.
///
/// # Errors
/// When any step fails.
pub async fn activate(data: &Path, server: &Server) -> Result<Device> {
    let config = Config {
        data: data.to_path_buf(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: Platform::Desktop,
        device_name: "Bench".to_owned(),
        kdf: Kdf::Floor,
        extra_roots: Vec::new(),
    };
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        entropy: Arc::new(OsEntropy),
        keystore: Arc::new(MemoryKeystore::new()),
        position: Arc::new(NoGps),
        biometry: Arc::new(NoBiometry),
        network: Arc::new(Unmetered),
    };
    let device = Device::open(config, ports).await?;
    device
        .check_code(&server.address(), &server.code_of(PERSON)?)
        .await?;
    device.activate(Pin::new(PIN.to_owned())).await?;
    let status = device.sync_now().await?;
    ensure!(
        status.phase == Phase::Unlocked,
        "the device is {:?} after its activation",
        status.phase
    );
    Ok(device)
}

/// Milliseconds since.
#[must_use]
pub fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

/// A quantile; sorts.
///
/// # Errors
/// When nothing was measured.
pub fn quantile(times: &mut [f64], percent: usize) -> Result<f64> {
    times.sort_by(f64::total_cmp);
    times
        .get((times.len() * percent / 100).min(times.len().saturating_sub(1)))
        .copied()
        .context("nothing was measured")
}
