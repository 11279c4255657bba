//! What screens show. Times are milliseconds since 1970-01-01T00:00:00Z with the UTC offset to show them in.

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
    /// The sync strip.
    pub sync: SyncView,
    /// Language.
    pub language: Language,
    /// Theme.
    pub theme: Theme,
    /// The store was damaged and moved aside at this start.
    pub store_was_damaged: bool,
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
    /// A manager revoked the device.
    Revoked,
    /// The operating system's keystore is missing or refuses.
    NoKeystore,
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

/// What an activation code opens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InvitationView {
    /// Company.
    pub company: String,
    /// Person.
    pub name: String,
    /// A manager has to approve.
    pub needs_approval: bool,
    /// Fewest digits of the PIN.
    pub min_digits: u8,
    /// Most digits of the PIN.
    pub max_digits: u8,
    /// Version of the notice to show.
    pub notice_version: String,
}

/// Why a PIN is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinProblem {
    /// Something other than digits.
    NotDigits,
    /// Too short.
    TooShort,
    /// Too long.
    TooLong,
    /// One digit or one group repeated.
    Repeats,
    /// Digits in a run, up or down.
    Run,
    /// Looks like a year or a date.
    Year,
    /// On the list of the commonest.
    Common,
}

/// What came of a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum UnlockView {
    /// Open.
    Open,
    /// Wrong; this many tries are left and the next may come after this long.
    Wrong {
        /// Tries left.
        tries_left: u8,
        /// Milliseconds.
        wait_ms: u64,
    },
    /// Not checked: wait first.
    Wait {
        /// Milliseconds.
        wait_ms: u64,
    },
    /// The vault was destroyed.
    Destroyed,
}

/// What the person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Start of work.
    CheckIn,
    /// End of work.
    CheckOut,
    /// Start of a break.
    BreakStart,
    /// End of a break.
    BreakEnd,
}

/// Home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HomeView {
    /// Id of the next tap: minted when this view is made.
    pub form_id: String,
    /// Now, to set the clock of the screen by.
    pub now_ms: i64,
    /// UTC offset to show times in.
    pub offset_min: i32,
    /// Display name.
    pub name: String,
    /// Today's shift.
    pub shift: Option<ShiftView>,
    /// The large button.
    pub next: Action,
    /// Further buttons.
    pub also: Vec<Action>,
    /// The latest tap of the current shift day.
    pub latest: Option<EntryView>,
    /// A check-in of an earlier day without its check-out.
    pub forgotten: Option<EntryView>,
    /// The person's nearest or only site, for the dial.
    pub site: Option<SiteView>,
    /// What the device can say about location before a tap.
    pub location: LocationState,
    /// Version of the privacy notice in force.
    pub notice_version: String,
}

/// A shift as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShiftView {
    /// Name.
    pub name: String,
    /// Minutes after midnight.
    pub start_min: u16,
    /// Minutes after midnight; at or before the start means the next day.
    pub end_min: u16,
    /// `YYYY-MM-DD` of its start.
    pub day: String,
}

/// A site as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SiteView {
    /// Name.
    pub name: String,
    /// Radius of a circle, whole metres; `None` for a polygon.
    pub radius_m: Option<u32>,
}

/// What the device can say about location before a tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationState {
    /// Will be asked for at the tap.
    Ready,
    /// The person has not consented.
    NoConsent,
    /// The system's permission can still be asked for.
    AskPermission,
    /// The system's permission is denied for good: settings.
    Denied,
    /// Location services are off.
    ServicesOff,
    /// The device has no receiver.
    NoGps,
}

/// One tap with what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntryView {
    /// Opaque.
    pub id: String,
    /// What it was.
    pub action: Action,
    /// The time captured.
    pub wall_ms: i64,
    /// UTC offset to show it in.
    pub offset_min: i32,
    /// Its day, `YYYY-MM-DD`.
    pub day: String,
    /// How far it got.
    pub step: Step,
    /// How far the time can be trusted.
    pub time: TimeTrust,
    /// Number of the record in the device's chain.
    pub number: u64,
    /// First 8 hex digits of its hash, in two groups.
    pub short_hash: String,
    /// What is known about the place.
    pub place: PlaceView,
    /// When the server confirmed it.
    pub confirmed_ms: Option<i64>,
    /// Undone.
    pub withdrawn: bool,
    /// Undo is possible for this long.
    pub undo_ms: u64,
    /// The server's copy differs from what this device signed.
    pub alarm: bool,
}

/// How far a tap got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Committed on this device.
    Saved,
    /// May have reached the server.
    Sending,
    /// The server's receipt is here.
    Confirmed,
    /// The server refused it: needs the person.
    Parked,
}

/// How far a time can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "trust")]
pub enum TimeTrust {
    /// Within this of the true time.
    Within {
        /// Milliseconds.
        tolerance_ms: u64,
    },
    /// Cannot be bounded.
    Unverified,
    /// Contradicts other records.
    Contradictory,
}

/// What is known about the place of a tap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "place")]
pub enum PlaceView {
    /// Being looked for.
    Locating,
    /// The whole error circle is inside.
    Inside(Spot),
    /// The error circle crosses the fence.
    Uncertain(Spot),
    /// The whole error circle is outside.
    Outside(Spot),
    /// No location.
    None {
        /// Why.
        reason: NoPlace,
    },
}

/// A place measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// Name of the nearest site.
    pub site: String,
    /// Whole metres to its centre.
    pub distance_m: u32,
    /// Whole metres, 68 %.
    pub accuracy_m: u32,
    /// Radius of the site, when it is a circle.
    pub radius_m: Option<u32>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoPlace {
    /// No consent.
    NoConsent,
    /// The person went on without.
    Skipped,
    /// Permission denied.
    Denied,
    /// Services off.
    ServicesOff,
    /// No fix in time.
    Deadline,
    /// The fix was unusable.
    Unusable,
    /// No receiver.
    NoGps,
    /// The app was ended before the fix came.
    Interrupted,
    /// No sites known yet.
    NoSites,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DayView {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Today's date, `YYYY-MM-DD`.
    pub today: String,
    /// The shift of that day.
    pub shift: Option<ShiftView>,
    /// Oldest first.
    pub entries: Vec<EntryView>,
    /// Minutes worked; an open check-in counts up to now today.
    pub worked_min: u32,
    /// Minutes the shift asks for.
    pub planned_min: u32,
}

/// An item that needs the person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttentionView {
    /// Opaque.
    pub id: String,
    /// Why.
    pub reason: AttentionReason,
    /// The tap it is or belongs to.
    pub entry: Option<EntryView>,
}

/// Why an item needs the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttentionReason {
    /// The server could not read or verify it.
    Validation,
    /// The server is older than this app.
    UnknownKind,
    /// The server says it is not this device's to say.
    Forbidden,
    /// The server holds other bytes under this id.
    Conflict,
    /// The server's copy differs from what this device signed.
    Tampered,
}

/// Me.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeView {
    /// Display name.
    pub name: String,
    /// Company.
    pub company: String,
    /// Role.
    pub role: RoleView,
    /// Six groups.
    pub fingerprint: String,
    /// What the device is called.
    pub device_name: String,
    /// Whether location may be used at the tap.
    pub location_consent: bool,
    /// Version of the notice in force.
    pub notice_version: String,
    /// Lock after this many minutes in the background.
    pub lock_after_min: u8,
    /// Version of the app.
    pub app_version: String,
    /// Host of the server.
    pub server: String,
}

/// What the person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleView {
    /// Own attendance.
    Employee,
    /// People of one's sites.
    SiteManager,
    /// The company.
    Admin,
    /// Data requests.
    PrivacyOfficer,
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
