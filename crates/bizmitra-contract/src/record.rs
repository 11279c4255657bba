//! Records: what a device states, as exact bytes that are signed at the moment of the tap and never changed.
//!
//! The bytes are the JSON of [`Record`] as the device wrote it; they are hashed as they are and travel sealed to the company
//! ([`crate::sealing`]). Fields that a reader does not know are ignored, never dropped.

use serde::{Deserialize, Serialize};

use crate::attendance::TapKind;
use crate::encoding::{Bytes, Bytes32};
use crate::ids::{AnchorId, ChainId, CompanyId, DeviceId, EmployeeId, ItemId, ShiftId, SiteId};

/// Version of [`Record`].
pub const VERSION: u32 = 1;

/// One link of a device's chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Record {
    /// [`VERSION`].
    pub v: u32,
    /// 32 random bytes: without them an erased record's hash cannot be guessed from likely contents.
    pub salt: Bytes32,
    /// The chain.
    pub chain_id: ChainId,
    /// Who employs.
    pub company: CompanyId,
    /// Who states.
    pub employee: EmployeeId,
    /// On which device.
    pub device: DeviceId,
    /// 1 for the first of the chain, then without gaps.
    pub seq: u64,
    /// Hash of the record before; 32 zero bytes for the first.
    pub prev_hash: Bytes32,
    /// The item.
    pub id: ItemId,
    /// Wall clock of the device, milliseconds since 1970-01-01T00:00:00Z.
    pub wall_ms: i64,
    /// IANA time zone of the device, e.g. `Asia/Kolkata`.
    pub zone: String,
    /// UTC offset of the device at that instant, minutes.
    pub offset_min: i32,
    /// The last time statement of the server that the device holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor_id: Option<AnchorId>,
    /// Milliseconds since that statement came, by a clock that counts sleep; absent without one, or after a reboot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_since_anchor_ms: Option<u64>,
    /// Round trip of the exchange that brought the anchor: half of it is the anchor's uncertainty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor_rtt_ms: Option<u64>,
    /// Whether the device ran through since the anchor.
    pub same_boot: bool,
    /// Version of the privacy notice under which location may be used; absent without consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// Version of the app.
    pub app_version: String,
    /// Only in the first record of a chain: what the device knew to be receipted last before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<ChainEnd>,
    /// What is stated.
    #[serde(flatten)]
    pub body: RecordBody,
}

/// A record of another chain of the same person that the server receipted. A device whose store was salvaged, or that bound again,
/// begins a new chain with it: the end of the old one cannot be dropped without anybody seeing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChainEnd {
    /// The chain.
    pub chain_id: ChainId,
    /// The record's place in it.
    pub seq: u64,
    /// The record's hash.
    pub hash: Bytes32,
}

/// What a record states. The tag is `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RecordBody {
    /// Start of work.
    CheckIn(Tap),
    /// End of work.
    CheckOut(Tap),
    /// Start of a break.
    BreakStart(Tap),
    /// End of a break.
    BreakEnd(Tap),
    /// What became of the location of a tap.
    Evidence(Evidence),
    /// The tap was undone within 90 s.
    Withdrawal(Withdrawal),
    /// A person gave or took back consent.
    Consent(Consent),
    /// A person asks for attendance to be put right.
    Correction(Correction),
    /// A file was captured; its bytes travel apart, see [`crate::blob`].
    File(File),
}

/// A tap on the attendance button.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tap {
    /// The shift the device believed to be in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<ShiftId>,
    /// First day of that shift, `YYYY-MM-DD` in the shift's zone: a night shift's check-out belongs to its check-in's day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
}

/// The location verdict of a tap. Positions are not in it: they do not leave the device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// The tap.
    pub about: ItemId,
    /// The verdict.
    pub place: PlaceVerdict,
    /// Why there is no verdict, when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<NoPlaceReason>,
    /// The nearest site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// Distance to that site's centre, whole metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<u32>,
    /// Radius of the error circle (68 %), whole metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<u32>,
    /// Age of the fix at the tap, milliseconds; negative when it came after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix_age_ms: Option<i64>,
    /// Points for a person's look, never an accusation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<PlaceFlag>,
}

/// Where a tap happened, as the device decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlaceVerdict {
    /// The whole error circle is inside.
    Inside,
    /// The error circle crosses the fence.
    Uncertain,
    /// The whole error circle is outside.
    Outside,
    /// No usable fix.
    None,
    /// A verdict of a newer device.
    #[serde(other)]
    Unknown,
}

/// Why there is no location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoPlaceReason {
    /// The person has not consented.
    NoConsent,
    /// The person chose to go on without.
    Skipped,
    /// The system's permission is denied.
    Denied,
    /// Location services are off.
    ServicesOff,
    /// No fix within 10 s.
    Deadline,
    /// The fix was unusable (0/0, too old, too inaccurate).
    Unusable,
    /// The device has no receiver.
    NoGps,
    /// The app was ended before the fix came.
    Interrupted,
    /// The device knows no sites yet.
    NoSites,
    /// A reason of a newer device.
    #[serde(other)]
    Unknown,
}

/// Points for a person's look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlaceFlag {
    /// The system calls the fix simulated.
    Mock,
    /// The fix was older than 30 s.
    Stale,
    /// Latitude and longitude were both zero.
    NullIsland,
    /// The receiver stated an accuracy of zero.
    ZeroAccuracy,
    /// The error circle is larger than 100 m.
    Inaccurate,
    /// A flag of a newer device.
    #[serde(other)]
    Unknown,
}

/// Takes a tap or a file back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Withdrawal {
    /// The tap or the file.
    pub about: ItemId,
}

/// Most characters of [`Correction::why`].
pub const MAX_WHY_CHARS: usize = 500;

/// A request to put attendance right. It changes nothing by itself: a manager decides, and the decision is a record of its own.
/// Names a tap, or says what should be there, or both; with neither it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Correction {
    /// The tap that is wrong, from any device of the person; absent when one is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<ItemId>,
    /// The day that it concerns, `YYYY-MM-DD`: a night shift's check-out belongs to its check-in's day.
    pub day: String,
    /// What should be there; absent when the tap should not be there at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub should_be: Option<RightTap>,
    /// Why, in the person's words: at most [`MAX_WHY_CHARS`] characters, and not only spaces.
    pub why: String,
}

/// What a tap should have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RightTap {
    /// What it should be.
    pub kind: TapKind,
    /// When it should have been, milliseconds since 1970-01-01T00:00:00Z.
    pub wall_ms: i64,
    /// IANA time zone in which the person named that time.
    pub zone: String,
    /// UTC offset of that zone at that time, minutes.
    pub offset_min: i32,
}

/// A decision about one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consent {
    /// The purpose.
    pub purpose: Purpose,
    /// Given or taken back.
    pub given: bool,
    /// The notice that was on the screen.
    pub notice_version: String,
    /// Its language, as a BCP 47 tag.
    pub language: String,
}

/// What data is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// One position at a tap, to validate attendance.
    Location,
    /// A purpose of a newer device.
    #[serde(other)]
    Unknown,
}

/// A file that a person captured. The blob's id is the record's own. What is stored and sent is the file encrypted on the
/// device, see [`crate::file`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct File {
    /// What it is for.
    pub role: FileRole,
    /// The tap that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<ItemId>,
    /// Name that its person gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Media type of the plain bytes.
    pub media_type: String,
    /// Plain bytes.
    pub plain_length: u64,
    /// Encrypted bytes.
    pub length: u64,
    /// SHA-256 of the encrypted bytes.
    pub sha256: Bytes32,
    /// The file's key, sealed to the company, see [`crate::file`].
    pub key: Bytes,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FileRole {
    /// A person at a tap.
    Selfie,
    /// A picture.
    Image,
    /// A workbook.
    Workbook,
    /// A purpose of a newer device.
    #[serde(other)]
    Unknown,
}
