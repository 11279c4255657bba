//! What an operator may hand in. Refused before anything is written, by the name of what is wrong: the words reach only
//! the command line.

use bizmitra_contract::changes::{Fence, Shift};
use bizmitra_contract::ids::{CompanyId, DeviceId, EmployeeId, ShiftId, SiteId};
use bizmitra_rules::fence::FenceError;

const DAY_MIN: u16 = 24 * 60;

/// Why something handed in by the operator was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The company is not here.
    #[error("there is no company {0} in this data folder")]
    UnknownCompany(CompanyId),
    /// The person is not in the company.
    #[error("the company has no person {0}")]
    UnknownPerson(EmployeeId),
    /// The site is not in the company.
    #[error("the company has no site {0}")]
    UnknownSite(SiteId),
    /// The shift is not in the company.
    #[error("the company has no shift {0}")]
    UnknownShift(ShiftId),
    /// A name without a letter, or with control characters, which would break listings and screens.
    #[error("the name must not be empty or hold line breaks or control characters")]
    BadName,
    /// Not a zone of the IANA database.
    #[error("the zone is not one of the IANA database, e.g. Asia/Kolkata")]
    BadZone,
    /// North or south of the poles.
    #[error("the latitude must be between -90 and 90 degrees")]
    BadLatitude,
    /// More than half around the earth.
    #[error("the longitude must be between -180 and 180 degrees")]
    BadLongitude,
    /// The fence holds nothing.
    #[error(transparent)]
    BadFence(#[from] FenceError),
    /// A start or end after 23:59.
    #[error("start and end of the shift must be between 00:00 and 23:59")]
    BadTime,
    /// No days, a day twice, or not a day.
    #[error("the days must be 1 (Monday) to 7 (Sunday), at least one and each once")]
    BadDays,
    /// As long as the shift or longer.
    #[error("the grace must be shorter than the shift")]
    BadGrace,
    /// The device is not in the company.
    #[error("the company has no device {0}")]
    UnknownDevice(DeviceId),
    /// Its state does not allow what was decided.
    #[error("the state of device {0} does not allow this; see device list")]
    WrongState(DeviceId),
    /// Somebody else's screen.
    #[error("the fingerprint is not this device's")]
    OtherFingerprint,
    /// No devices, or a lease without end.
    #[error("phones and desktops must be 1 to 10, the lease 1 to 90 days")]
    BadDeviceRules,
    /// A role this server does not know.
    #[error("the role is unknown")]
    BadRole,
}

/// Whether a name can be listed and shown.
pub(crate) fn check_name(name: &str) -> Result<(), InputError> {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(InputError::BadName);
    }
    Ok(())
}

/// Whether a zone is known.
pub(crate) fn check_zone(zone: &str) -> Result<(), InputError> {
    jiff::tz::TimeZone::get(zone)
        .map(|_| ())
        .map_err(|_| InputError::BadZone)
}

/// Whether verdicts may rest on a fence.
pub(crate) fn check_fence(fence: &Fence) -> Result<(), InputError> {
    if let Fence::Circle {
        latitude_deg,
        longitude_deg,
        ..
    } = fence
    {
        // Ranges hold no NaN.
        if !(-90.0..=90.0).contains(latitude_deg) {
            return Err(InputError::BadLatitude);
        }
        if !(-180.0..=180.0).contains(longitude_deg) {
            return Err(InputError::BadLongitude);
        }
    }
    Ok(to_rules(fence).check()?)
}

/// Whether a shift can be worked.
pub(crate) fn check_shift(shift: &Shift) -> Result<(), InputError> {
    check_name(&shift.name)?;
    check_zone(&shift.zone)?;
    if shift.start_min >= DAY_MIN || shift.end_min >= DAY_MIN {
        return Err(InputError::BadTime);
    }
    let mut days = shift.days.clone();
    days.sort_unstable();
    days.dedup();
    let all_days = days.iter().all(|day| (1..=7).contains(day));
    if days.is_empty() || days.len() != shift.days.len() || !all_days {
        return Err(InputError::BadDays);
    }
    let length_min = if shift.end_min > shift.start_min {
        shift.end_min - shift.start_min
    } else {
        shift.end_min + DAY_MIN - shift.start_min
    };
    if shift.grace_min >= length_min {
        return Err(InputError::BadGrace);
    }
    Ok(())
}

fn to_rules(fence: &Fence) -> bizmitra_rules::fence::Fence {
    use bizmitra_rules::fence::{Fence as Rule, Point};
    match fence {
        Fence::Circle {
            latitude_deg,
            longitude_deg,
            radius_m,
        } => Rule::Circle {
            centre: Point {
                latitude_deg: *latitude_deg,
                longitude_deg: *longitude_deg,
            },
            radius_m: *radius_m,
        },
        Fence::Polygon { corners } => Rule::Polygon {
            corners: corners
                .iter()
                .map(|[latitude_deg, longitude_deg]| Point {
                    latitude_deg: *latitude_deg,
                    longitude_deg: *longitude_deg,
                })
                .collect(),
        },
    }
}
