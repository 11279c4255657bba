//! Taps with what became of them, one by one, by day, and those that need the person.

use serde::{Deserialize, Serialize};

use super::home::{Action, ShiftView};

/// One tap with what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
