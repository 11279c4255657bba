//! What the facade answers: domain types, no words for people.

use bizmitra_core::attendance::{Action, Entry};
use bizmitra_core::clock::Reading;
pub use bizmitra_core::enrolment::EndReason;
use bizmitra_core::enrolment::{Platform, Role};
pub use bizmitra_core::file::{Reason as FileReason, Role as FileRole, Unsent};
use bizmitra_core::ids::{ItemId, ShiftId, SiteId};
use bizmitra_core::outbox::ParkReason;
pub use bizmitra_core::sync::SyncState;
use bizmitra_core::vault::Unlock;
use bizmitra_core::vault::biometric::{BiometricError, OffReason, PinAgain};
pub use bizmitra_core::wire::OwnDeviceState;
use bizmitra_rules::fence::Site;
use bizmitra_rules::shift::Shift;
use serde::{Deserialize, Serialize};

/// Where the device stands. All of it may be shown while locked.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Which screen is due.
    pub phase: Phase,
    /// Display name; empty before activation.
    pub name: String,
    /// Company; empty before activation.
    pub company: String,
    /// Six groups over both keys, once there are keys.
    pub fingerprint: Option<String>,
    /// Records that the server has not confirmed.
    pub waiting: u32,
    /// Files that the server does not have yet.
    pub files: Unsent,
    /// Records that need the person.
    pub attention: u32,
    /// PIN tries left.
    pub tries_left: u8,
    /// PIN entry opens after this long.
    pub wait_ms: u64,
    /// Fewest and most digits of a PIN.
    pub pin_digits: (u8, u8),
    /// Fingerprint or face.
    pub biometrics: Biometrics,
    /// The sync strip.
    pub sync: SyncStatus,
    /// The store was damaged and moved aside at this start.
    pub store_was_damaged: bool,
    /// Why the device is over, if it is.
    pub ended: Option<EndReason>,
    /// Address of the server, once bound.
    pub server: Option<String>,
}

/// Which screen is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No person is bound.
    NotActivated,
    /// The enrolment was sent and not answered; it is repeated by itself.
    Activating,
    /// A manager has to approve.
    AwaitingApproval,
    /// The PIN opens it.
    Locked,
    /// Open.
    Unlocked,
    /// The vault was destroyed after ten wrong PINs.
    Destroyed,
    /// A manager paused the device.
    Suspended,
    /// The lease is over: the server must be heard of before the PIN opens anything.
    LeaseEnded,
    /// The device is over; what could be read is destroyed, what was recorded is still delivered.
    Revoked,
    /// The device is over and holds nothing any more.
    Wiped,
}

/// Fingerprint or face, as far as it can be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Biometrics {
    /// Not offered on this device.
    Missing,
    /// Off; why, when the person did not turn it off.
    Off(Option<OffReason>),
    /// A prompt may be shown.
    Ready,
    /// On, but only the PIN opens now.
    PinFirst(PinAgain),
}

/// What came of turning it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BiometricTurn {
    /// On.
    On,
    /// The PIN did not open.
    Pin(Unlock),
    /// The system did not take it.
    No(BiometricError),
}

/// What came of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BiometricUnlock {
    /// Open.
    Open,
    /// The system gave no key.
    No(BiometricError),
    /// Only the PIN opens now.
    PinFirst(PinAgain),
    /// Off; why, when the person did not turn it off.
    Off(Option<OffReason>),
}

/// One of the person's devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDevice {
    /// What its owner calls it.
    pub name: String,
    /// Kind of device.
    pub platform: Platform,
    /// Its state.
    pub state: OwnDeviceState,
    /// Enrolled at, by the server's clock.
    pub enrolled_at_ms: i64,
    /// Last heard of, to the minute, by the server's clock.
    pub last_heard_ms: i64,
    /// The one that asks.
    pub is_this: bool,
}

/// The sync strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncStatus {
    /// State.
    pub state: SyncState,
    /// Of how many...
    pub total: u32,
    /// ...how many are confirmed in this round.
    pub done: u32,
    /// Last good exchange with the server, wall clock.
    pub last_good_ms: Option<i64>,
    /// Next try after this long, when waiting.
    pub next_try_ms: Option<u64>,
}

/// Home of an employee.
#[derive(Debug, Clone, PartialEq)]
pub struct Home {
    /// Id of the next tap; asked for twice without a tap between, it may differ.
    pub form_id: ItemId,
    /// Both clocks.
    pub now: Reading,
    /// Display name.
    pub name: String,
    /// The shift with the day of its start, `YYYY-MM-DD`.
    pub shift: Option<(Shift<ShiftId>, String)>,
    /// The large button.
    pub next: Action,
    /// Further buttons.
    pub also: Vec<Action>,
    /// Latest tap of the current shift day.
    pub latest: Option<Entry>,
    /// A check-in of an earlier day without its check-out.
    pub forgotten: Option<Entry>,
    /// The person's only site, or the one of the latest tap.
    pub site: Option<Site<SiteId>>,
    /// What can be said about location before a tap.
    pub location: LocationState,
    /// Privacy notice in force.
    pub notice_version: String,
}

/// What can be said about location before a tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocationState {
    /// Will be asked for at the tap.
    Ready,
    /// The person has not consented.
    NoConsent,
    /// Permission can still be asked for.
    AskPermission,
    /// Permission is denied for good.
    Denied,
    /// Location services are off.
    ServicesOff,
    /// No receiver.
    NoGps,
}

/// Whether a tap looks for its location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocationWish {
    /// Look for it, with consent.
    Use,
    /// The person goes on without.
    Skip,
}

/// One day.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Today, `YYYY-MM-DD`.
    pub today: String,
    /// The shift with the day of its start.
    pub shift: Option<(Shift<ShiftId>, String)>,
    /// Oldest first.
    pub entries: Vec<Entry>,
    /// Minutes worked; an open check-in counts up to now today.
    pub worked_min: u32,
    /// Minutes the shift asks for.
    pub planned_min: u32,
}

/// An item that needs the person.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention {
    /// The item.
    pub id: ItemId,
    /// Why.
    pub reason: AttentionReason,
    /// The tap it is or belongs to.
    pub entry: Option<Entry>,
}

/// Why an item needs the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttentionReason {
    /// The server refused it.
    Parked(ParkReason),
    /// The server's copy differs from what this device signed.
    Tampered,
}

/// A file to capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInput {
    /// Minted when its form opened: the same again is the same file.
    pub id: ItemId,
    /// What for.
    pub role: FileRole,
    /// The tap that it belongs to.
    pub about: Option<ItemId>,
    /// As its person calls it; shortened to 120 characters.
    pub name: Option<String>,
    /// Of its bytes.
    pub media_type: String,
}

/// A captured file and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileView {
    /// Its id, and its record's.
    pub id: ItemId,
    /// What it is; `None` when it was captured under a vault that is gone.
    pub what: Option<FileWhat>,
    /// How far it is.
    pub progress: FileProgress,
    /// Encrypted bytes.
    pub length: u64,
    /// Bytes that the server acknowledged.
    pub acknowledged: u64,
    /// Whether it can be opened without the server.
    pub kept: bool,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileWhat {
    /// What for.
    pub role: FileRole,
    /// The tap that it belongs to.
    pub about: Option<ItemId>,
    /// As its person calls it.
    pub name: Option<String>,
    /// Of its bytes.
    pub media_type: String,
    /// Plain bytes.
    pub plain_length: u64,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileProgress {
    /// Saved on this device; its record goes first.
    Saved,
    /// Goes, or goes as soon as it can.
    Sending,
    /// Waits for a network that costs nothing.
    WaitingForFreeNetwork,
    /// Its person wants it to wait.
    Paused,
    /// The server has all of it.
    Sent,
    /// Needs the person.
    Parked(FileReason),
    /// Taken back.
    Cancelled,
}

/// Profile, device and settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Me {
    /// Display name.
    pub name: String,
    /// Company.
    pub company: String,
    /// What the person may do.
    pub role: Role,
    /// Six groups.
    pub fingerprint: String,
    /// What the device is called.
    pub device_name: String,
    /// Whether location may be used at the tap.
    pub location_consent: bool,
    /// Privacy notice in force.
    pub notice_version: String,
    /// Lock after this many minutes in the background.
    pub lock_after_min: u8,
    /// Version of the app.
    pub app_version: String,
    /// Address of the server.
    pub server: String,
}

/// Language and theme, opaque here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Appearance {
    /// Empty until chosen.
    #[serde(default)]
    pub language: String,
    /// Empty until chosen.
    #[serde(default)]
    pub theme: String,
}

/// What changed; the listener asks again for what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Phase, lock, counts, sync strip.
    Status,
    /// Taps, evidence, confirmations.
    Attendance,
    /// Language or theme, consent.
    Settings,
}
