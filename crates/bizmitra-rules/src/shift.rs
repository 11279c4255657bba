//! Shifts: which day an instant belongs to, in the shift's own zone.
//!
//! A tap belongs to the shift day whose window holds it, not to the calendar day of the phone: a night shift's check-out
//! stays with its check-in, and a phone in another zone changes nothing. Windows follow each other without gap or overlap
//! over *every* calendar day, working or not, so work on a free day is a day of its own and never the end of Friday's.
//! Rejected: windows of working days only, which would add a Saturday to Friday's hours.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// How long before its start a shift begins to take taps, at most; milliseconds.
pub const MAX_LEAD_MS: i64 = 8 * 3_600_000;

const DAY_MIN: u16 = 1_440;

/// A working time pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift<Id> {
    /// Whose it is.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Start, minutes after midnight in `zone`, 0 to 1439.
    pub start_min: u16,
    /// End, minutes after midnight in `zone`, 0 to 1439; at or before the start means the next day.
    pub end_min: u16,
    /// Weekdays on which it starts, Monday = 1 to Sunday = 7.
    pub days: Vec<u8>,
    /// A check-in up to this long after the start is on time, minutes.
    pub grace_min: u16,
    /// IANA zone.
    pub zone: String,
}

/// One day of a shift as two instants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftDay {
    /// The day it starts on, `YYYY-MM-DD` in the shift's zone.
    pub day: String,
    /// Start, milliseconds since 1970-01-01T00:00:00Z.
    pub start_ms: i64,
    /// End, milliseconds since 1970-01-01T00:00:00Z; never before the start.
    pub end_ms: i64,
}

/// Why a shift gives no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShiftError {
    /// Not a date of the form `YYYY-MM-DD`.
    #[error("not a date")]
    BadDay,
    /// Not a zone of the IANA database.
    #[error("unknown time zone")]
    BadZone,
    /// A start or end after 23:59.
    #[error("a time of the shift is not within a day")]
    BadTime,
    /// An instant outside of the years that calendars cover.
    #[error("the instant is out of range")]
    OutOfRange,
}

impl<Id> Shift<Id> {
    /// The shift that starts on `day`, whether that is one of its weekdays or not. A start that the clocks jump over is
    /// moved by the jump; one that comes twice is the first.
    ///
    /// # Errors
    /// [`ShiftError`].
    pub fn on(&self, day: &str) -> Result<ShiftDay, ShiftError> {
        let date = day.parse::<Date>().map_err(|_| ShiftError::BadDay)?;
        // The parser takes longer forms than ours; only ours is a day.
        if date.to_string() != day {
            return Err(ShiftError::BadDay);
        }
        self.on_date(date, &zone(&self.zone)?)
    }

    /// The shift day that a tap at this instant belongs to. Its window opens 8 h before the start, or half of the pause
    /// since the end before when that is less, and closes where the next one opens.
    ///
    /// # Errors
    /// [`ShiftError`].
    pub fn nearest(&self, at_ms: i64) -> Result<ShiftDay, ShiftError> {
        let tz = zone(&self.zone)?;
        let mut date = tz
            .to_datetime(instant(at_ms)?)
            .date()
            .tomorrow()
            .map_err(|_| ShiftError::OutOfRange)?;
        let mut shift_day = self.on_date(date, &tz)?;
        // At most tomorrow's, today's, yesterday's and the day before: a window opens less than a day before its date
        // and at most two days before the next one closes it.
        for _ in 0..3 {
            let yesterday = date.yesterday().map_err(|_| ShiftError::OutOfRange)?;
            let before = self.on_date(yesterday, &tz)?;
            if at_ms >= shift_day.start_ms - lead_ms(before.end_ms, shift_day.start_ms) {
                return Ok(shift_day);
            }
            (date, shift_day) = (yesterday, before);
        }
        Ok(shift_day)
    }

    /// Whether the shift is worked on `day`.
    ///
    /// # Errors
    /// [`ShiftError::BadDay`].
    pub fn works_on(&self, day: &str) -> Result<bool, ShiftError> {
        let date = day.parse::<Date>().map_err(|_| ShiftError::BadDay)?;
        let weekday = date.weekday().to_monday_one_offset();
        Ok(self
            .days
            .iter()
            .any(|day| i8::try_from(*day) == Ok(weekday)))
    }

    /// Planned minutes by the clock on the wall; a night on which the clocks change is longer or shorter.
    pub fn planned_min(&self) -> u32 {
        let (start, end) = (u32::from(self.start_min), u32::from(self.end_min));
        if end > start {
            end - start
        } else {
            (end + u32::from(DAY_MIN)).saturating_sub(start)
        }
    }

    fn on_date(&self, date: Date, tz: &TimeZone) -> Result<ShiftDay, ShiftError> {
        let end_date = if self.end_min > self.start_min {
            date
        } else {
            date.tomorrow().map_err(|_| ShiftError::OutOfRange)?
        };
        let start_ms = local_ms(date, self.start_min, tz)?;
        // Only clocks that jump over the start can bring an end before it.
        let end_ms = local_ms(end_date, self.end_min, tz)?.max(start_ms);
        Ok(ShiftDay {
            day: date.to_string(),
            start_ms,
            end_ms,
        })
    }
}

/// The calendar day of an instant in a zone, `YYYY-MM-DD`.
///
/// # Errors
/// [`ShiftError::BadZone`], [`ShiftError::OutOfRange`].
pub fn day_of(at_ms: i64, zone_name: &str) -> Result<String, ShiftError> {
    Ok(zone(zone_name)?
        .to_datetime(instant(at_ms)?)
        .date()
        .to_string())
}

/// How long before `start_ms` the window opens.
fn lead_ms(end_before_ms: i64, start_ms: i64) -> i64 {
    (start_ms.saturating_sub(end_before_ms).max(0) / 2).min(MAX_LEAD_MS)
}

fn zone(name: &str) -> Result<TimeZone, ShiftError> {
    TimeZone::get(name).map_err(|_| ShiftError::BadZone)
}

fn instant(at_ms: i64) -> Result<Timestamp, ShiftError> {
    Timestamp::from_millisecond(at_ms).map_err(|_| ShiftError::OutOfRange)
}

fn local_ms(date: Date, minute: u16, tz: &TimeZone) -> Result<i64, ShiftError> {
    let hour = i8::try_from(minute / 60).map_err(|_| ShiftError::BadTime)?;
    let minute = i8::try_from(minute % 60).map_err(|_| ShiftError::BadTime)?;
    let time = Time::new(hour, minute, 0, 0).map_err(|_| ShiftError::BadTime)?;
    let zoned = tz
        .to_zoned_datetime(date.to_datetime(time))
        .map_err(|_| ShiftError::OutOfRange)?;
    Ok(zoned.timestamp().as_millisecond())
}
