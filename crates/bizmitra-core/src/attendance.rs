//! Taps, what became of them, and which action is next.

mod correction;
pub mod day;
mod trust;

pub use correction::{Correction, CorrectionProblem, MAX_WHY_CHARS, RightTap};
pub use trust::TimeTrust;

use serde::{Deserialize, Serialize};

use crate::ids::{ItemId, ShiftId, SiteId};
use crate::outbox::State;

/// What a person states.
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

impl Action {
    /// Its word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::CheckIn => "check_in",
            Self::CheckOut => "check_out",
            Self::BreakStart => "break_start",
            Self::BreakEnd => "break_end",
        }
    }

    /// From its word.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::CheckIn,
            Self::CheckOut,
            Self::BreakStart,
            Self::BreakEnd,
        ]
        .into_iter()
        .find(|action| action.name() == name)
    }
}

/// A tap as the device keeps it beside the record, as a private cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapRow {
    /// The record.
    pub id: ItemId,
    /// What.
    pub action: Action,
    /// Captured wall time, milliseconds since 1970-01-01T00:00:00Z.
    pub wall_ms: i64,
    /// UTC offset then, minutes.
    pub offset_min: i32,
    /// Day it belongs to, `YYYY-MM-DD`.
    pub day: String,
    /// Shift.
    pub shift: Option<ShiftId>,
    /// `elapsed_ms` and boot of the capture: undo counts by them.
    pub elapsed_ms: u64,
    /// Boot of the capture.
    pub boot_id: String,
    /// Half width of the interval that holds the true time as far as the device can tell; `None` without an anchor of this boot.
    pub tolerance_ms: Option<u64>,
}

/// The location verdict of a tap. Positions are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The tap.
    pub about: ItemId,
    /// The verdict.
    pub place: Place,
    /// Age of the fix at the tap, milliseconds; negative when it came after.
    pub fix_age_ms: Option<i64>,
    /// Points for a person's look.
    pub flags: Vec<PlaceFlag>,
}

/// Where a tap happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The whole error circle is inside.
    Inside(Spot),
    /// The error circle crosses the fence.
    Uncertain(Spot),
    /// The whole error circle is outside.
    Outside(Spot),
    /// No usable location.
    None(NoPlace),
}

/// A place measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// Nearest site.
    pub site: SiteId,
    /// Whole metres to its centre.
    pub distance_m: u32,
    /// Whole metres, 68 %.
    pub accuracy_m: u32,
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

/// Points for a person's look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceFlag {
    /// The system calls the fix simulated.
    Mock,
    /// Older than 30 s.
    Stale,
    /// Latitude and longitude both zero.
    NullIsland,
    /// Accuracy of zero: unknown, not perfect.
    ZeroAccuracy,
    /// Error circle larger than 100 m.
    Inaccurate,
}

/// What the server says of a tap, from the change feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCopy {
    /// The tap.
    pub id: ItemId,
    /// Hash of the record the server holds.
    pub hash: [u8; 32],
    /// What it reads: compared with what was signed.
    pub action: Option<Action>,
    /// What it reads.
    pub wall_ms: i64,
    /// What it reads.
    pub withdrawn: bool,
    /// The day it counts for.
    pub day: String,
    /// How far the time can be trusted.
    pub grade: Grade,
    /// Half width of the true time's interval.
    pub tolerance_ms: Option<u64>,
    /// When the server committed it.
    pub received_at_ms: i64,
    /// The place as it reads it; `None` before the evidence came.
    pub place: Option<Place>,
    /// The whole entry as JSON: for taps of the person's other devices.
    pub offset_min: i32,
    /// This device made it.
    pub own: bool,
}

/// How far a time can be trusted; the server decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Grade {
    /// Received within 10 s of the claim.
    A,
    /// Same boot as a server anchor.
    B,
    /// Unverified.
    C,
    /// Contradictory.
    D,
}

impl Grade {
    /// Its letter in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }

    /// From its letter.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::A, Self::B, Self::C, Self::D]
            .into_iter()
            .find(|grade| grade.name() == name)
    }
}

/// One tap with what became of it. A tap of the person's other device has no local record: `seq` 0, state ACKED.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The tap.
    pub tap: TapRow,
    /// Place in the chain; 0 when another device made it.
    pub seq: u64,
    /// Hash of the record.
    pub hash: [u8; 32],
    /// State in the outbox.
    pub state: State,
    /// When the server committed it.
    pub confirmed_ms: Option<i64>,
    /// The location verdict, once it is there.
    pub evidence: Option<Evidence>,
    /// Undone.
    pub withdrawn: bool,
    /// The server's grade with its tolerance, once the feed brought it.
    pub grade: Option<(Grade, Option<u64>)>,
    /// The server's copy differs from what was signed.
    pub alarm: bool,
}
