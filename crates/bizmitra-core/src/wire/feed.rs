//! The change feed.

use bizmitra_contract as contract;
use contract::attendance::{AttendanceEntry, TapKind, TimeGrade};
use contract::changes::{Change, ChangesPage, Fence, kind};
use contract::record::{NoPlaceReason, PlaceVerdict};
use contract::statement::SignedStatement;

use super::{WireError, decode, open_statement};
use crate::attendance::{Action, Grade, NoPlace, Place, ServerCopy, Spot};
use crate::enrolment::{Enrolment, Role};
use crate::ids::{DeviceId, ItemId, ShiftId, SiteId};
use crate::store::{FeedKind, FeedPage};

/// A verified page: what to store, whether there is more, and the server's epoch.
///
/// # Errors
/// When the statement is not our server's, or not for this device and place in the feed.
pub fn decode_changes(
    body: &[u8],
    enrolment: &Enrolment,
    device: DeviceId,
    since: &str,
) -> Result<(FeedPage, bool, u64), WireError> {
    let statement: SignedStatement = decode(body)?;
    let page: ChangesPage = decode(open_statement(
        &statement,
        "changes",
        enrolment.company,
        &enrolment.server_key,
    )?)?;
    if page.device.0 != device.0 || page.since != since {
        return Err(WireError::Mismatch);
    }
    let mut values = Vec::new();
    let mut attendance = Vec::new();
    for change in &page.changes {
        if change.kind == kind::ATTENDANCE {
            attendance.extend(server_copy(change, device));
        } else if let Some(value) = cached_value(change) {
            values.push(value);
        }
    }
    Ok((
        FeedPage {
            cursor: page.cursor,
            values,
            attendance,
        },
        page.more,
        page.server_epoch,
    ))
}

/// A value to keep as it came, if this version can read it; what it cannot read is skipped.
fn cached_value(change: &Change) -> Option<(FeedKind, String, Option<Vec<u8>>)> {
    let feed = match change.kind.as_str() {
        kind::PROFILE => FeedKind::Profile,
        kind::POLICY => FeedKind::Policy,
        kind::SITE => FeedKind::Site,
        kind::SHIFT => FeedKind::Shift,
        kind::SEALING_KEY => FeedKind::SealingKey,
        _ => return None,
    };
    if change.deleted {
        return Some((feed, change.id.clone(), None));
    }
    let json = serde_json::to_vec(&change.value).ok()?;
    let readable = match feed {
        FeedKind::Profile => profile(&json).is_some(),
        FeedKind::Policy => policy(&json).is_some(),
        FeedKind::Site => site(&json).is_some(),
        FeedKind::Shift => shift(&json).is_some(),
        // Tried when it is used: that takes randomness.
        FeedKind::SealingKey => decode::<contract::sealing::SealingKey>(&json).is_ok(),
    };
    readable.then_some((feed, change.id.clone(), Some(json)))
}

fn server_copy(change: &Change, device: DeviceId) -> Option<ServerCopy> {
    let entry: AttendanceEntry = serde_json::from_value(change.value.clone()).ok()?;
    Some(ServerCopy {
        id: ItemId(entry.item.0),
        hash: entry.hash.0,
        action: Some(match entry.kind {
            TapKind::CheckIn => Action::CheckIn,
            TapKind::CheckOut => Action::CheckOut,
            TapKind::BreakStart => Action::BreakStart,
            TapKind::BreakEnd => Action::BreakEnd,
        }),
        wall_ms: entry.wall_ms,
        withdrawn: entry.withdrawn,
        day: entry.day,
        grade: match entry.grade {
            TimeGrade::A => Grade::A,
            TimeGrade::B => Grade::B,
            TimeGrade::C => Grade::C,
            TimeGrade::D => Grade::D,
        },
        tolerance_ms: entry.tolerance_ms,
        received_at_ms: entry.received_at_ms,
        place: entry.place.as_ref().and_then(place),
        offset_min: entry.offset_min,
        own: entry.device.0 == device.0,
    })
}

fn place(place: &contract::attendance::Place) -> Option<Place> {
    let spot = || {
        Some(Spot {
            site: SiteId(place.site?.0),
            distance_m: place.distance_m?,
            accuracy_m: place.accuracy_m?,
        })
    };
    match place.verdict {
        PlaceVerdict::Inside => spot().map(Place::Inside),
        PlaceVerdict::Uncertain => spot().map(Place::Uncertain),
        PlaceVerdict::Outside => spot().map(Place::Outside),
        PlaceVerdict::None => place.reason.and_then(no_place).map(Place::None),
        PlaceVerdict::Unknown => None,
    }
}

fn no_place(reason: NoPlaceReason) -> Option<NoPlace> {
    Some(match reason {
        NoPlaceReason::NoConsent => NoPlace::NoConsent,
        NoPlaceReason::Skipped => NoPlace::Skipped,
        NoPlaceReason::Denied => NoPlace::Denied,
        NoPlaceReason::ServicesOff => NoPlace::ServicesOff,
        NoPlaceReason::Deadline => NoPlace::Deadline,
        NoPlaceReason::Unusable => NoPlace::Unusable,
        NoPlaceReason::NoGps => NoPlace::NoGps,
        NoPlaceReason::Interrupted => NoPlace::Interrupted,
        NoPlaceReason::NoSites => NoPlace::NoSites,
        NoPlaceReason::Unknown => return None,
    })
}

/// The person, from a cached value.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Display name.
    pub name: String,
    /// Name of the company.
    pub company_name: String,
    /// What the person may do.
    pub role: Role,
    /// The person's shift.
    pub shift: Option<ShiftId>,
    /// The person's sites.
    pub sites: Vec<SiteId>,
}

/// Reads a cached profile.
pub fn profile(json: &[u8]) -> Option<Profile> {
    let profile: contract::changes::Profile = serde_json::from_slice(json).ok()?;
    Some(Profile {
        name: profile.name,
        company_name: profile.company_name,
        role: match profile.role {
            contract::login::Role::Employee | contract::login::Role::Unknown => Role::Employee,
            contract::login::Role::SiteManager => Role::SiteManager,
            contract::login::Role::Admin => Role::Admin,
            contract::login::Role::PrivacyOfficer => Role::PrivacyOfficer,
        },
        shift: profile.shift.map(|shift| ShiftId(shift.0)),
        sites: profile
            .sites
            .into_iter()
            .map(|site| SiteId(site.0))
            .collect(),
    })
}

/// Rules of the company, from a cached value.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The company's working zone.
    pub zone: String,
    /// Lock after this many minutes in the background.
    pub lock_after_min: u8,
    /// Shortest time between two taps, seconds.
    pub min_gap_s: u32,
    /// The privacy notice in force.
    pub notice_version: String,
}

/// Reads a cached policy.
pub fn policy(json: &[u8]) -> Option<Policy> {
    let policy: contract::changes::Policy = serde_json::from_slice(json).ok()?;
    Some(Policy {
        zone: policy.zone,
        lock_after_min: policy.lock_after_min.min(15),
        min_gap_s: policy.min_gap_s,
        notice_version: policy.notice_version,
    })
}

/// Reads a cached site; `None` also for a fence that holds nothing.
pub fn site(json: &[u8]) -> Option<bizmitra_rules::fence::Site<SiteId>> {
    use bizmitra_rules::fence;
    let site: contract::changes::Site = serde_json::from_slice(json).ok()?;
    let fence = match site.fence {
        Fence::Circle {
            latitude_deg,
            longitude_deg,
            radius_m,
        } => fence::Fence::Circle {
            centre: fence::Point {
                latitude_deg,
                longitude_deg,
            },
            radius_m,
        },
        Fence::Polygon { corners } => fence::Fence::Polygon {
            corners: corners
                .into_iter()
                .map(|[latitude_deg, longitude_deg]| fence::Point {
                    latitude_deg,
                    longitude_deg,
                })
                .collect(),
        },
    };
    fence.check().ok()?;
    Some(fence::Site {
        id: SiteId(site.id.0),
        name: site.name,
        fence,
    })
}

/// Reads a cached shift.
pub fn shift(json: &[u8]) -> Option<bizmitra_rules::shift::Shift<ShiftId>> {
    let shift: contract::changes::Shift = serde_json::from_slice(json).ok()?;
    Some(bizmitra_rules::shift::Shift {
        id: ShiftId(shift.id.0),
        name: shift.name,
        start_min: shift.start_min,
        end_min: shift.end_min,
        days: shift.days,
        grace_min: shift.grace_min,
        zone: shift.zone,
    })
}
