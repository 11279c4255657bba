//! Times, dates and spans as a person reads them. Pure: the offset comes with each view, never from the browser.

use bizmitra_ipc::view::ShiftView;

use crate::words::{Words, group};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// `8:58`, 24 hours.
pub(crate) fn clock(at_ms: i64, offset_min: i32) -> String {
    let minute = (at_ms + i64::from(offset_min) * MINUTE_MS).rem_euclid(DAY_MS) / MINUTE_MS;
    format!("{}:{:02}", minute / 60, minute % 60)
}

/// Minutes after midnight as `9:00`.
pub(crate) fn minute_of_day(minute: u16) -> String {
    let minute = minute % 1440;
    format!("{}:{:02}", minute / 60, minute % 60)
}

/// `9:00 – 17:30`.
pub(crate) fn shift_span(shift: &ShiftView) -> String {
    format!(
        "{} – {}",
        minute_of_day(shift.start_min),
        minute_of_day(shift.end_min)
    )
}

/// When a shift ends; an end at or before its start is on the next day.
pub(crate) fn shift_end_ms(shift: &ShiftView, offset_min: i32) -> Option<i64> {
    let next_day = i64::from(shift.end_min <= shift.start_min);
    let minute = i64::from(shift.end_min) - i64::from(offset_min);
    Some((day_number(&shift.day)? + next_day) * DAY_MS + minute * MINUTE_MS)
}

/// A span as `7:42`.
pub(crate) fn span(minutes: u32) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

/// `1:05` to count down with, rounded up so that it never shows 0 too early.
pub(crate) fn countdown(ms: u64) -> String {
    let seconds = ms.div_ceil(1000);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A tolerance, rounded up in the largest unit of which there are at least two: `3 s`, `2 min`, `25 h`, `3,653 days`.
pub(crate) fn tolerance(w: Words, ms: u64) -> String {
    const MINUTE: u64 = 60_000;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    match ms {
        _ if ms < 2 * MINUTE => w.tolerance_s(&ms.div_ceil(1_000).max(1).to_string()),
        _ if ms < 2 * HOUR => w.tolerance_min(&ms.div_ceil(MINUTE).to_string()),
        _ if ms < 2 * DAY => w.tolerance_h(&ms.div_ceil(HOUR).to_string()),
        _ => w.tolerance_days(&group(ms.div_ceil(DAY))),
    }
}

/// The day on which an instant falls, `YYYY-MM-DD`.
pub(crate) fn day_at(at_ms: i64, offset_min: i32) -> String {
    let days = (at_ms + i64::from(offset_min) * MINUTE_MS).div_euclid(DAY_MS);
    day_from_number(days)
}

/// `Monday 23 November`; what cannot be read is shown as it is.
pub(crate) fn long_date(w: Words, day: &str) -> String {
    let Some(number) = day_number(day) else {
        return day.to_owned();
    };
    let (_, month, date) = civil(number);
    let weekday = usize::try_from((number + 3).rem_euclid(7)).unwrap_or_default();
    w.date_long(
        &date.to_string(),
        w.month_list()
            .get(usize::try_from(month - 1).unwrap_or_default())
            .copied()
            .unwrap_or_default(),
        w.weekday_list().get(weekday).copied().unwrap_or_default(),
    )
}

/// The day before (`-1`) or after (`1`).
pub(crate) fn shift_day(day: &str, by: i64) -> Option<String> {
    day_number(day).map(|number| day_from_number(number + by))
}

/// Part of the day, for the greeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Daypart {
    Morning,
    Afternoon,
    Evening,
}

/// 4 to 12, 12 to 17, else.
pub(crate) fn daypart(at_ms: i64, offset_min: i32) -> Daypart {
    match (at_ms + i64::from(offset_min) * MINUTE_MS).rem_euclid(DAY_MS) / (60 * MINUTE_MS) {
        4..12 => Daypart::Morning,
        12..17 => Daypart::Afternoon,
        _ => Daypart::Evening,
    }
}

/// Initials for the round badge: of the first and the last name.
pub(crate) fn initials(name: &str) -> String {
    let mut names = name.split_whitespace();
    let first = names.next().and_then(|n| n.chars().next());
    let last = names.next_back().and_then(|n| n.chars().next());
    first
        .into_iter()
        .chain(last)
        .flat_map(char::to_uppercase)
        .collect()
}

/// Days since 1970-01-01, by Howard Hinnant's `days_from_civil`.
fn day_number(day: &str) -> Option<i64> {
    let mut parts = day.split('-');
    let year: i64 = parts.next()?.parse().ok()?;
    let month: i64 = parts.next()?.parse().ok()?;
    let date: i64 = parts.next()?.parse().ok()?;
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&date) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + date - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Year, month and date of a day number, by Howard Hinnant's `civil_from_days`.
fn civil(number: i64) -> (i64, i64, i64) {
    let shifted = number + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, date)
}

fn day_from_number(number: i64) -> String {
    let (year, month, date) = civil(number);
    format!("{year:04}-{month:02}-{date:02}")
}

#[cfg(test)]
mod tests {
    use bizmitra_ipc::view::Language;

    use super::*;

    /// 2026-11-23 08:58 in India.
    const AT: i64 = 1_795_404_480_000;

    #[test]
    fn a_time_is_shown_in_the_offset_of_its_record() {
        assert_eq!(clock(AT, 330), "8:58");
        assert_eq!(clock(AT, 0), "3:28");
        assert_eq!(day_at(AT, 330), "2026-11-23");
    }

    #[test]
    fn a_date_is_written_in_the_language_of_the_screen() {
        assert_eq!(
            long_date(Words(Language::English), "2026-11-23"),
            "Monday 23 November"
        );
        assert_eq!(
            long_date(Words(Language::Hindi), "2026-11-23"),
            "सोमवार, 23 नवंबर"
        );
        assert_eq!(long_date(Words(Language::English), "soon"), "soon");
    }

    #[test]
    fn a_tolerance_is_rounded_up_and_readable_in_each_language() {
        let shown = |language| {
            [
                1,
                2_001,
                119_999,
                120_000,
                7_200_000,
                86_400_001,
                315_576_000_000,
            ]
            .map(|ms| tolerance(Words(language), ms))
        };
        assert_eq!(
            shown(Language::English),
            ["1 s", "3 s", "120 s", "2 min", "2 h", "25 h", "3,653 days"]
        );
        assert_eq!(
            shown(Language::Hindi),
            ["1 से", "3 से", "120 से", "2 मि", "2 घं", "25 घं", "3,653 दिन"]
        );
    }

    #[test]
    fn days_follow_each_other_over_months_years_and_leap_days() {
        assert_eq!(shift_day("2026-12-31", 1).as_deref(), Some("2027-01-01"));
        assert_eq!(shift_day("2028-03-01", -1).as_deref(), Some("2028-02-29"));
        assert_eq!(shift_day("2026-13-01", 1), None);
        for number in -1000..40_000 {
            assert_eq!(day_number(&day_from_number(number)), Some(number));
        }
    }

    #[test]
    fn a_countdown_ends_at_zero_and_not_before() {
        assert_eq!(countdown(74_001), "1:15");
        assert_eq!(countdown(1), "0:01");
        assert_eq!(countdown(0), "0:00");
    }

    #[test]
    fn a_badge_has_the_first_and_the_last_initial() {
        assert_eq!(initials("Ravi Patil"), "RP");
        assert_eq!(initials("asha"), "A");
        assert_eq!(initials(""), "");
    }

    #[test]
    fn a_night_shift_ends_on_the_next_day() {
        let shift = |start_min, end_min| ShiftView {
            name: String::new(),
            start_min,
            end_min,
            day: "2026-11-23".into(),
        };
        assert_eq!(shift_end_ms(&shift(540, 538), 330), Some(AT + DAY_MS));
        assert_eq!(shift_end_ms(&shift(480, 538), 330), Some(AT));
    }

    #[test]
    fn the_night_is_greeted_as_an_evening() {
        assert_eq!(daypart(AT, 330), Daypart::Morning);
        assert_eq!(daypart(AT, 0), Daypart::Evening);
    }
}
