//! A device opened for one command.

use std::sync::Arc;

use anyhow::Result;
use bizmitra_core::clock::Clock;
use bizmitra_core::enrolment::Platform;
use bizmitra_core::location::PositionSource;
use bizmitra_core::vault::Unlock;
use bizmitra_device::platform::{NoBiometry, NoGps, OsEntropy, SystemClock, Unmetered};
use bizmitra_device::{Config, Device, Kdf, OpenError, Phase, Ports};

use crate::args::{Args, Command};
use crate::exit::Refused;
use crate::keystore;
use crate::pin::PinSource;

pub(crate) async fn open(args: &Args) -> Result<Device> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let device_name = match &args.command {
        Command::Activate {
            device_name: Some(name),
            ..
        } => name.clone(),
        _ => format!("Command line on {}", std::env::consts::OS),
    };
    let config = Config {
        data: args.data.clone(),
        app_version: concat!(env!("CARGO_PKG_VERSION"), "-cli").to_owned(),
        platform: Platform::Desktop,
        device_name,
        kdf: if args.cheap_pin {
            Kdf::Floor
        } else {
            Kdf::Calibrate
        },
        extra_roots: Vec::new(),
    };
    let keystore = keystore::open(args.keystore, &args.data).map_err(OpenError::Keystore)?;
    let position = position(args, &clock)?;
    let ports = Ports {
        clock,
        entropy: Arc::new(OsEntropy),
        keystore,
        position,
        biometry: Arc::new(NoBiometry),
        network: Arc::new(Unmetered),
    };
    Ok(Device::open(config, ports).await?)
}

#[cfg(feature = "simulate")]
fn position(args: &Args, clock: &Arc<dyn Clock>) -> Result<Arc<dyn PositionSource>> {
    use bizmitra_device::simulate::{GpxSource, Replay};
    let Some(path) = &args.simulate_gpx else {
        return Ok(Arc::new(NoGps));
    };
    let replay = Replay {
        start_s: args.simulate_start,
        speed: args.simulate_speed,
        ..Replay::default()
    };
    let source = GpxSource::open(path, replay, Arc::clone(clock))
        .map_err(|error| Refused::new("recording", error.to_string()))?;
    Ok(Arc::new(source))
}

#[cfg(not(feature = "simulate"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the build that simulates can fail here"
)]
fn position(_: &Args, _: &Arc<dyn Clock>) -> Result<Arc<dyn PositionSource>> {
    Ok(Arc::new(NoGps))
}

/// Asks for the PIN and opens the vault, or says exactly why not.
pub(crate) async fn unlock(device: &Device, pins: &mut dyn PinSource) -> Result<()> {
    match device.status()?.phase {
        Phase::Locked => {}
        Phase::Unlocked => return Ok(()),
        Phase::NotActivated => {
            return Err(Refused::new(
                "not_activated",
                "the device is not activated: bizmitra-cli activate",
            )
            .into());
        }
        Phase::Activating => {
            return Err(Refused::new(
                "activating",
                "the activation was not answered yet: bizmitra-cli sync",
            )
            .into());
        }
        Phase::AwaitingApproval => {
            return Err(Refused::new(
                "awaiting_approval",
                "a manager has to approve this device first",
            )
            .into());
        }
        Phase::Revoked => {
            return Err(Refused::new(
                "revoked",
                "a manager revoked this device; what was recorded before is still delivered",
            )
            .into());
        }
        Phase::Suspended => {
            return Err(Refused::new(
                "suspended",
                "a manager suspended this device; what was recorded is safe and sent afterwards",
            )
            .into());
        }
        Phase::LeaseEnded => {
            return Err(Refused::new(
                "lease_ended",
                "this device was without its server for too long: bizmitra-cli sync",
            )
            .into());
        }
        Phase::Wiped => {
            return Err(Refused::new(
                "wiped",
                "this device was ended and wiped; a new activation code makes a new one of it",
            )
            .into());
        }
        Phase::Destroyed => return Err(destroyed()),
    }
    let pin = pins.ask("PIN")?;
    refuse_unless_open(device.unlock(pin).await?)
}

pub(crate) fn refuse_unless_open(unlock: Unlock) -> Result<()> {
    Err(match unlock {
        Unlock::Open => return Ok(()),
        Unlock::Wrong {
            tries_left,
            wait_ms: 0,
        } => Refused::new("wrong_pin", format!("wrong PIN; {tries_left} tries left")).into(),
        Unlock::Wrong {
            tries_left,
            wait_ms,
        } => Refused::new(
            "wrong_pin",
            format!(
                "wrong PIN; {tries_left} tries left, the next in {} s",
                seconds(wait_ms)
            ),
        )
        .into(),
        Unlock::Wait { wait_ms } => Refused::new(
            "wait",
            format!(
                "not checked: the next try is possible in {} s",
                seconds(wait_ms)
            ),
        )
        .into(),
        Unlock::Destroyed => destroyed(),
    })
}

fn destroyed() -> anyhow::Error {
    Refused::new(
        "destroyed",
        "ten wrong PINs: ask for a new activation code; what was recorded is still sent",
    )
    .into()
}

fn seconds(wait_ms: u64) -> u64 {
    wait_ms.div_ceil(1_000)
}
