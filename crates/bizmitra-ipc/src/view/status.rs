//! Where the device stands, and what may be shown while it is locked.

use serde::{Deserialize, Serialize};

/// Where the device stands. All of it may be shown while locked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusView {
    /// Which screen is due.
    pub phase: Phase,
    /// Display name of the person; empty before activation.
    pub name: String,
    /// Name of the company; empty before activation.
    pub company: String,
    /// First two groups of the device's fingerprint, e.g. `K7QM-3F9D`.
    pub device_short: String,
    /// All six groups; only while waiting for approval.
    pub fingerprint: Option<String>,
    /// Records that are not confirmed by the server yet.
    pub waiting: u32,
    /// Records that need the person.
    pub attention: u32,
    /// PIN tries left before the vault is destroyed.
    pub tries_left: u8,
    /// PIN entry opens again after this long, 0 when open.
    pub wait_ms: u64,
    /// Fewest and most digits of a PIN.
    pub pin_digits: (u8, u8),
    /// Fingerprint or face.
    pub biometrics: super::BiometricsView,
    /// The sync strip.
    pub sync: SyncView,
    /// Language.
    pub language: Language,
    /// Theme.
    pub theme: Theme,
    /// The store was damaged and moved aside at this start.
    pub store_was_damaged: bool,
    /// Why the device is over, if it is.
    pub ended: Option<EndReason>,
    /// The server that the activation form offers; set by an administrator or by the demo.
    pub default_server: String,
}

/// Which screen is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// No person is bound.
    NotActivated,
    /// The enrolment was sent and not answered yet; it is sent again by itself.
    Activating,
    /// A manager has to approve.
    AwaitingApproval,
    /// The PIN opens it.
    Locked,
    /// Open.
    Unlocked,
    /// The vault was destroyed after 10 wrong PINs; a new code is needed, unsent records are still delivered.
    Destroyed,
    /// A manager paused the device.
    Suspended,
    /// The device was without its server for too long.
    LeaseEnded,
    /// The device is over; what could be read is destroyed, what was recorded is still delivered.
    Revoked,
    /// The device is over and holds nothing any more.
    Wiped,
    /// The operating system's keystore is missing or refuses.
    NoKeystore,
}

/// Why a device is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Switched off by a manager or by its own person.
    Revoked,
    /// Reported lost.
    Lost,
    /// Another device took its place.
    Replaced,
}

/// The sync strip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncView {
    /// State.
    pub state: SyncState,
    /// Of how many...
    pub total: u32,
    /// ...how many are confirmed in this round.
    pub done: u32,
    /// Last good exchange with our server.
    pub last_good_ms: Option<i64>,
    /// UTC offset to show it in, minutes.
    pub offset_min: i32,
    /// Next try after this long, when waiting.
    pub next_try_ms: Option<u64>,
}

/// State of the sync strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Nothing waits.
    AllSent,
    /// A batch is under way.
    Sending,
    /// No network.
    Offline,
    /// Something answered in our server's place.
    CaptivePortal,
    /// The certificate is not one we accept.
    Certificate,
    /// The phone's clock disagrees with the certificate.
    Clock,
    /// The server does not answer or is failing.
    ServerUnreachable,
    /// Sign in again.
    SignIn,
    /// This app is too old.
    UpdateNeeded,
    /// The device was revoked.
    Revoked,
}

/// Languages that are complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Hindi.
    #[serde(rename = "hi")]
    Hindi,
}

/// Theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}
