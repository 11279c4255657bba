//! A person's day: which shift a moment belongs to, which action is next, what was forgotten, how long was worked.

use bizmitra_rules::hours::{self, Punch};
use bizmitra_rules::shift::{Shift, day_of};

use super::{Action, Entry};
use crate::clock::Reading;
use crate::ids::ShiftId;

/// The shift day that a tap at `now` belongs to: (day `YYYY-MM-DD`, shift if the person has one that can be read).
/// A night shift's morning belongs to the evening before. Without a shift it is the calendar day of the device's zone.
pub fn shift_day<'a>(
    now: &Reading,
    shift: Option<&'a Shift<ShiftId>>,
) -> (String, Option<&'a Shift<ShiftId>>) {
    if let Some(shift) = shift
        && let Ok(occurrence) = shift.nearest(now.wall_ms)
    {
        return (occurrence.day, Some(shift));
    }
    (calendar_day(now), None)
}

/// The calendar day of a reading in its own zone.
pub fn calendar_day(now: &Reading) -> String {
    day_of(now.wall_ms, &now.zone).unwrap_or_else(|_| {
        // A zone this build does not know: the offset that the device stated says the same.
        let shifted = now
            .wall_ms
            .saturating_add(i64::from(now.offset_min) * 60_000);
        day_of(shifted, "UTC").unwrap_or_default()
    })
}

/// The next action and the further ones, from the taps of the current shift day only: what was forgotten yesterday does not
/// turn today's check-in into a check-out.
pub fn decide_next(today: &[Entry]) -> (Action, Vec<Action>) {
    let next = hours::decide_next(&punches(today));
    (
        from_rules(next.next),
        next.also.into_iter().map(from_rules).collect(),
    )
}

/// Milliseconds worked; an open check-in counts up to `open_until_ms`.
pub fn worked_ms(entries: &[Entry], open_until_ms: Option<i64>) -> i64 {
    hours::worked_ms(&punches(entries), open_until_ms)
}

/// A check-in of an earlier day that has no check-out. `latest` is newest first.
pub fn find_forgotten<'a>(latest: &'a [Entry], today: &str) -> Option<&'a Entry> {
    let last = latest
        .iter()
        .find(|entry| !entry.withdrawn && entry.tap.day.as_str() < today)?;
    if last.tap.action == Action::CheckOut {
        return None;
    }
    latest.iter().find(|entry| {
        !entry.withdrawn && entry.tap.day == last.tap.day && entry.tap.action == Action::CheckIn
    })
}

fn punches(entries: &[Entry]) -> Vec<Punch> {
    let mut punches: Vec<Punch> = entries
        .iter()
        .filter(|entry| !entry.withdrawn)
        .map(|entry| Punch {
            tap: to_rules(entry.tap.action),
            at_ms: entry.tap.wall_ms,
        })
        .collect();
    punches.sort_by_key(|punch| punch.at_ms);
    punches
}

fn to_rules(action: Action) -> hours::Tap {
    match action {
        Action::CheckIn => hours::Tap::CheckIn,
        Action::CheckOut => hours::Tap::CheckOut,
        Action::BreakStart => hours::Tap::BreakStart,
        Action::BreakEnd => hours::Tap::BreakEnd,
    }
}

fn from_rules(tap: hours::Tap) -> Action {
    match tap {
        hours::Tap::CheckIn => Action::CheckIn,
        hours::Tap::CheckOut => Action::CheckOut,
        hours::Tap::BreakStart => Action::BreakStart,
        hours::Tap::BreakEnd => Action::BreakEnd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attendance::TapRow;
    use crate::ids::ItemId;
    use crate::outbox::State;

    fn entry(action: Action, wall_ms: i64, day: &str) -> Entry {
        Entry {
            tap: TapRow {
                id: ItemId(uuid::Uuid::from_u128(u128::try_from(wall_ms).unwrap())),
                action,
                wall_ms,
                offset_min: 330,
                day: day.into(),
                shift: None,
                elapsed_ms: 0,
                boot_id: "one".into(),
                tolerance_ms: None,
            },
            seq: 1,
            hash: [0; 32],
            state: State::Queued,
            confirmed_ms: None,
            evidence: None,
            withdrawn: false,
            grade: None,
            alarm: false,
        }
    }

    #[test]
    fn after_a_check_in_comes_the_check_out_and_breaks_are_offered() {
        assert_eq!(decide_next(&[]).0, Action::CheckIn);
        let (next, also) = decide_next(&[entry(Action::CheckIn, 1, "2026-11-23")]);
        assert_eq!(next, Action::CheckOut);
        assert!(also.contains(&Action::BreakStart));
    }

    #[test]
    fn a_withdrawn_check_in_does_not_count() {
        let mut undone = entry(Action::CheckIn, 1, "2026-11-23");
        undone.withdrawn = true;
        assert_eq!(decide_next(&[undone]).0, Action::CheckIn);
    }

    #[test]
    fn a_check_out_forgotten_yesterday_is_found_and_one_that_was_made_is_not() {
        let forgotten = [
            entry(Action::BreakEnd, 2, "2026-11-22"),
            entry(Action::CheckIn, 1, "2026-11-22"),
        ];
        assert_eq!(
            find_forgotten(&forgotten, "2026-11-23").map(|entry| entry.tap.wall_ms),
            Some(1)
        );
        let made = [
            entry(Action::CheckOut, 3, "2026-11-22"),
            entry(Action::CheckIn, 1, "2026-11-22"),
        ];
        assert_eq!(find_forgotten(&made, "2026-11-23"), None);
        assert_eq!(find_forgotten(&forgotten, "2026-11-22"), None);
    }
}
