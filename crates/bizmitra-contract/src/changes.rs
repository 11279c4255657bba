//! The change feed: what a device may know, in pages.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{CompanyId, DeviceId, EmployeeId, ShiftId, SiteId};
use crate::login::Role;

/// A page of the feed; travels as a [`crate::statement::SignedStatement`] of kind `changes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangesPage {
    /// The device it was made for.
    pub device: DeviceId,
    /// The request's `since`, empty for a fresh start: a page cannot be replayed at another place.
    pub since: String,
    /// Pass it as `since` next time.
    pub cursor: String,
    /// Ask again at once.
    pub more: bool,
    /// Changes after a restore from backup.
    pub server_epoch: u64,
    /// Oldest first; a later change of the same thing replaces an earlier one.
    pub changes: Vec<Change>,
}

/// One change. Kinds that a reader does not know are skipped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// `profile`, `policy`, `site`, `shift`, `sealing_key`, `attendance` or `correction`.
    pub kind: String,
    /// Which one of its kind.
    pub id: String,
    /// It is gone.
    #[serde(default)]
    pub deleted: bool,
    /// [`Profile`], [`Policy`], [`Site`], [`Shift`], [`crate::sealing::SealingKey`],
    /// [`crate::attendance::AttendanceEntry`] or [`crate::attendance::CorrectionEntry`]; null when deleted.
    #[serde(default)]
    pub value: Value,
}

/// Kinds of [`Change`].
pub mod kind {
    /// [`super::Profile`].
    pub const PROFILE: &str = "profile";
    /// [`super::Policy`].
    pub const POLICY: &str = "policy";
    /// [`super::Site`].
    pub const SITE: &str = "site";
    /// [`super::Shift`].
    pub const SHIFT: &str = "shift";
    /// [`crate::sealing::SealingKey`]: what is captured from now on is sealed to it.
    pub const SEALING_KEY: &str = "sealing_key";
    /// [`crate::attendance::AttendanceEntry`].
    pub const ATTENDANCE: &str = "attendance";
    /// [`crate::attendance::CorrectionEntry`].
    pub const CORRECTION: &str = "correction";
}

/// The person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    /// The company.
    pub company: CompanyId,
    /// Its name.
    pub company_name: String,
    /// The person.
    pub employee: EmployeeId,
    /// Display name.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// The person's shift.
    pub shift: Option<ShiftId>,
    /// The person's sites.
    pub sites: Vec<SiteId>,
}

/// Rules of the company.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Policy {
    /// The company's working zone (IANA).
    pub zone: String,
    /// Lock after this many minutes in the background, 0 to 15.
    pub lock_after_min: u8,
    /// Shortest time between two taps, seconds.
    pub min_gap_s: u32,
    /// The privacy notice in force.
    pub notice_version: String,
}

/// A place with a geofence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Site {
    /// The site.
    pub id: SiteId,
    /// Its name.
    pub name: String,
    /// Its fence.
    pub fence: Fence,
}

/// The border of a site, WGS 84 degrees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "shape", rename_all = "snake_case")]
pub enum Fence {
    /// Within a distance of a point.
    Circle {
        /// Degrees north.
        latitude_deg: f64,
        /// Degrees east.
        longitude_deg: f64,
        /// Metres, 75 to 1524.
        radius_m: f64,
    },
    /// Within a simple polygon of at least three corners.
    Polygon {
        /// `[latitude, longitude]` each, not closed.
        corners: Vec<[f64; 2]>,
    },
}

/// A working time pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Shift {
    /// The shift.
    pub id: ShiftId,
    /// Its name.
    pub name: String,
    /// Start, minutes after midnight in `zone`.
    pub start_min: u16,
    /// End, minutes after midnight in `zone`; at or before the start means the next day.
    pub end_min: u16,
    /// Weekdays on which it starts, Monday = 1 to Sunday = 7.
    pub days: Vec<u8>,
    /// A check-in up to this long after the start is on time.
    pub grace_min: u16,
    /// IANA zone.
    pub zone: String,
}
