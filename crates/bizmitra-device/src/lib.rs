#![doc = include_str!("../README.md")]

mod allocator;
mod config;
mod device;
mod error;
pub mod keystores;
pub mod platform;
#[cfg(feature = "simulate")]
pub mod simulate;
pub mod views;

pub use config::{Config, Kdf, Ports};
pub use device::Device;
pub use error::{Code, DeviceError, FileError, OpenError};
pub use views::{
    Appearance, Attention, AttentionReason, BiometricTurn, BiometricUnlock, Biometrics, Day,
    EndReason, FileInput, FileProgress, FileReason, FileRole, FileView, FileWhat, Home,
    LocationState, LocationWish, Me, OwnDevice, OwnDeviceState, Phase, Status, SyncState,
    SyncStatus, Topic, Unsent,
};

/// What the views above are made of.
pub use bizmitra_rules::{
    fence::{Fence, Point, Site},
    shift::Shift,
};
