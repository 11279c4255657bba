//! Attendance as the server holds and returns it.

use serde::{Deserialize, Serialize};

use crate::blob::ItemBlob;
use crate::encoding::Bytes32;
use crate::ids::{DeviceId, ItemId, SiteId};
use crate::record::{Correction, NoPlaceReason, PlaceFlag, PlaceVerdict};

/// One tap with what came later, as the boards read it. The device compares all of it with what it signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttendanceEntry {
    /// The tap.
    pub item: ItemId,
    /// The device it came from.
    pub device: DeviceId,
    /// What it was.
    pub kind: TapKind,
    /// The wall clock of the device at the tap, as signed, milliseconds since 1970-01-01T00:00:00Z.
    pub wall_ms: i64,
    /// UTC offset of the device at that instant, minutes.
    pub offset_min: i32,
    /// The day it belongs to, `YYYY-MM-DD`.
    pub day: String,
    /// Hash of the tap's record.
    pub hash: Bytes32,
    /// When the server committed it.
    pub received_at_ms: i64,
    /// How far the time can be trusted.
    pub grade: TimeGrade,
    /// Half width of the interval around `wall_ms` that holds the true time, milliseconds: a device clock that is off by a
    /// minute shows here. Absent for grades C and D.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance_ms: Option<u64>,
    /// The location verdict, once it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Undone by its person.
    #[serde(default)]
    pub withdrawn: bool,
    /// Points for a person's look.
    #[serde(default)]
    pub flags: Vec<EntryFlag>,
    /// Files that the tap named, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blobs: Vec<ItemBlob>,
}

/// A request to put attendance right, as the server holds it: the signed words, with the hash of their record beside them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CorrectionEntry {
    /// The request.
    pub item: ItemId,
    /// The device it came from.
    pub device: DeviceId,
    /// The wall clock of the device when it was made, as signed, milliseconds since 1970-01-01T00:00:00Z.
    pub wall_ms: i64,
    /// UTC offset of the device at that instant, minutes.
    pub offset_min: i32,
    /// Hash of its record.
    pub hash: Bytes32,
    /// When the server committed it.
    pub received_at_ms: i64,
    /// What is asked for.
    pub correction: Correction,
    /// Where it stands.
    pub state: CorrectionState,
    /// Points for a person's look.
    #[serde(default)]
    pub flags: Vec<EntryFlag>,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CorrectionState {
    /// Nobody decided yet.
    Open,
    /// A state of a newer server.
    #[serde(other)]
    Unknown,
}

/// A location verdict as managers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Place {
    /// The verdict.
    pub verdict: PlaceVerdict,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<NoPlaceReason>,
    /// The nearest site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// Whole metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<u32>,
    /// Whole metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<u32>,
    /// Points for a person's look.
    #[serde(default)]
    pub flags: Vec<PlaceFlag>,
}

/// Kind of tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TapKind {
    /// Start of work.
    CheckIn,
    /// End of work.
    CheckOut,
    /// Start of a break.
    BreakStart,
    /// End of a break.
    BreakEnd,
}

/// Time is graded, not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TimeGrade {
    /// Received within 10 s of the claim.
    A,
    /// Same boot as a server anchor.
    B,
    /// Bounded by neighbours only: "unverified time".
    C,
    /// Contradictory.
    D,
}

/// Points of an entry for a person's look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EntryFlag {
    /// Another record claims the same place in the chain.
    Fork,
    /// Less than 2 minutes after the tap before.
    ShortGap,
    /// Arrived after the device was revoked.
    AfterRevocation,
    /// Undone after more than 90 s.
    LateWithdrawal,
    /// The first tap of a chain that does not go on from the last record that was receipted before: records may be missing.
    ChainBreak,
    /// A flag of a newer server.
    #[serde(other)]
    Unknown,
}
