//! What a device is opened with.

use std::path::PathBuf;
use std::sync::Arc;

use bizmitra_core::clock::{Clock, Entropy};
use bizmitra_core::enrolment::Platform;
use bizmitra_core::file::Network;
use bizmitra_core::keys::Keystore;
use bizmitra_core::location::PositionSource;
use bizmitra_core::vault::biometric::BiometricKey;

/// How to open a device.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of the store.
    pub data: PathBuf,
    /// Version of the app, into every record.
    pub app_version: String,
    /// Kind of device.
    pub platform: Platform,
    /// What its owner will recognise it by; at most 60 characters are sent.
    pub device_name: String,
    /// Cost of the PIN.
    pub kdf: Kdf,
    /// Additional root certificates (DER): tests only; empty in the app.
    pub extra_roots: Vec<Vec<u8>>,
}

/// Cost of trying a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kdf {
    /// Measured at activation: 350 to 700 ms on this device.
    Calibrate,
    /// The least that is accepted (19 MiB, 2 passes): tests and load simulation.
    Floor,
}

/// What the platform provides.
#[derive(Clone)]
pub struct Ports {
    /// Clocks.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Secrets of this device.
    pub keystore: Arc<dyn Keystore>,
    /// Positions.
    pub position: Arc<dyn PositionSource>,
    /// Fingerprint or face.
    pub biometry: Arc<dyn BiometricKey>,
    /// What sending costs.
    pub network: Arc<dyn Network>,
}
