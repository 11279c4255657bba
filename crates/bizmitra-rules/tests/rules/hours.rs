//! Hours worked, the next action, lateness.

use bizmitra_rules::hours::{NextAction, Punch, Tap, decide_next, minutes_late, worked_ms};
use bizmitra_rules::shift::ShiftDay;
use proptest::prelude::*;

const MINUTE: i64 = 60_000;

fn punches(taps: &[(Tap, i64)]) -> Vec<Punch> {
    taps.iter()
        .map(|(tap, minute)| Punch {
            tap: *tap,
            at_ms: minute * MINUTE,
        })
        .collect()
}

fn next(taps: &[(Tap, i64)]) -> NextAction {
    decide_next(&punches(taps))
}

#[test]
fn breaks_are_left_out_of_the_hours() {
    let day = punches(&[
        (Tap::CheckIn, 0),
        (Tap::BreakStart, 240),
        (Tap::BreakEnd, 270),
        (Tap::CheckOut, 540),
    ]);
    assert_eq!(worked_ms(&day, None), 510 * MINUTE);
}

#[test]
fn open_work_counts_until_now_and_not_without_a_now() {
    let day = punches(&[(Tap::CheckIn, 10)]);
    assert_eq!(worked_ms(&day, Some(70 * MINUTE)), 60 * MINUTE);
    assert_eq!(worked_ms(&day, None), 0);
    assert_eq!(
        worked_ms(&day, Some(5 * MINUTE)),
        0,
        "a clock set back gives no negative hours"
    );
}

#[test]
fn an_open_break_counts_nothing() {
    let day = punches(&[(Tap::CheckIn, 0), (Tap::BreakStart, 60)]);
    assert_eq!(worked_ms(&day, Some(500 * MINUTE)), 60 * MINUTE);
}

#[test]
fn leaving_from_a_break_ends_the_day_at_the_start_of_the_break() {
    let day = punches(&[
        (Tap::CheckIn, 0),
        (Tap::BreakStart, 60),
        (Tap::CheckOut, 90),
    ]);
    assert_eq!(worked_ms(&day, Some(500 * MINUTE)), 60 * MINUTE);
}

#[test]
fn two_stretches_of_one_day_add_up() {
    let day = punches(&[
        (Tap::CheckIn, 0),
        (Tap::CheckOut, 100),
        (Tap::CheckIn, 200),
        (Tap::CheckOut, 250),
    ]);
    assert_eq!(worked_ms(&day, None), 150 * MINUTE);
}

#[test]
fn taps_that_do_not_fit_change_nothing() {
    let stray = punches(&[
        (Tap::CheckOut, 0),
        (Tap::BreakEnd, 5),
        (Tap::BreakStart, 10),
        (Tap::CheckIn, 20),
        (Tap::CheckIn, 30),
        (Tap::BreakEnd, 40),
        (Tap::CheckOut, 80),
        (Tap::CheckOut, 95),
    ]);
    assert_eq!(worked_ms(&stray, None), 60 * MINUTE);
}

#[test]
fn the_next_action_follows_the_day() {
    let only = |next, also: &[Tap]| NextAction {
        next,
        also: also.to_vec(),
    };
    assert_eq!(next(&[]), only(Tap::CheckIn, &[]));
    assert_eq!(
        next(&[(Tap::CheckIn, 0)]),
        only(Tap::CheckOut, &[Tap::BreakStart])
    );
    assert_eq!(
        next(&[(Tap::CheckIn, 0), (Tap::BreakStart, 9)]),
        only(Tap::BreakEnd, &[Tap::CheckOut])
    );
    assert_eq!(
        next(&[(Tap::CheckIn, 0), (Tap::BreakStart, 9), (Tap::BreakEnd, 12)]),
        only(Tap::CheckOut, &[Tap::BreakStart])
    );
    assert_eq!(
        next(&[(Tap::CheckIn, 0), (Tap::CheckOut, 9)]),
        only(Tap::CheckIn, &[])
    );
    assert_eq!(
        next(&[(Tap::CheckOut, 0)]),
        only(Tap::CheckIn, &[]),
        "a stray check-out opens no day"
    );
}

#[test]
fn within_the_grace_is_on_time_and_after_it_counts_from_the_start() {
    let shift_day = ShiftDay {
        day: "2026-11-23".to_owned(),
        start_ms: 540 * MINUTE,
        end_ms: 1_080 * MINUTE,
    };
    let late = |at_ms| minutes_late(&shift_day, 10, at_ms);
    assert_eq!(late(500 * MINUTE), None);
    assert_eq!(late(540 * MINUTE), None);
    assert_eq!(late(550 * MINUTE), None);
    assert_eq!(
        late(550 * MINUTE + 59_999),
        None,
        "the clock on the wall still says 9:10"
    );
    assert_eq!(late(551 * MINUTE), Some(11));
    assert_eq!(minutes_late(&shift_day, 0, 540 * MINUTE + 30_000), None);
    assert_eq!(minutes_late(&shift_day, 0, 541 * MINUTE), Some(1));
    assert_eq!(minutes_late(&shift_day, 0, i64::MAX), Some(u32::MAX));
    assert_eq!(minutes_late(&shift_day, 0, i64::MIN), None);
}

fn any_tap() -> impl Strategy<Value = Tap> {
    prop::sample::select(vec![
        Tap::CheckIn,
        Tap::CheckOut,
        Tap::BreakStart,
        Tap::BreakEnd,
    ])
}

fn any_day() -> impl Strategy<Value = Vec<Punch>> {
    prop::collection::vec((any_tap(), 0..1_440_i64), 0..12).prop_map(|mut taps| {
        taps.sort_by_key(|(_, minute)| *minute);
        punches(&taps)
    })
}

proptest! {
    #[test]
    fn hours_are_never_negative_and_never_more_than_the_span(day in any_day(), until in 0..2_000_i64) {
        let first = day.first().map_or(0, |punch| punch.at_ms);
        let last = day.last().map_or(0, |punch| punch.at_ms);
        prop_assert!((0..=last - first).contains(&worked_ms(&day, None)));
        let open = worked_ms(&day, Some(until * MINUTE));
        prop_assert!((0..=(until * MINUTE).max(last) - first.min(until * MINUTE)).contains(&open));
    }

    #[test]
    fn the_proposed_action_always_changes_the_state(day in any_day()) {
        let before = decide_next(&day);
        let mut after = day;
        let at_ms = after.last().map_or(0, |punch| punch.at_ms) + MINUTE;
        after.push(Punch { tap: before.next, at_ms });
        prop_assert_ne!(decide_next(&after).next, before.next);
    }

    #[test]
    fn hours_of_a_day_are_the_sum_of_its_parts_when_cut_at_a_check_out(day in any_day(), rest in any_day()) {
        let mut first = day;
        first.push(Punch { tap: Tap::CheckOut, at_ms: 1_440 * MINUTE });
        let rest: Vec<_> = rest.into_iter().map(|punch| Punch { at_ms: punch.at_ms + 1_440 * MINUTE, ..punch }).collect();
        let whole: Vec<_> = first.iter().chain(&rest).copied().collect();
        prop_assert_eq!(worked_ms(&whole, None), worked_ms(&first, None) + worked_ms(&rest, None));
    }

    #[test]
    fn any_numbers_at_all_are_taken_without_overflow(taps in prop::collection::vec((any_tap(), any::<i64>()), 0..12), until in any::<i64>()) {
        let punches: Vec<_> = taps.into_iter().map(|(tap, at_ms)| Punch { tap, at_ms }).collect();
        prop_assert!(worked_ms(&punches, Some(until)) >= 0);
    }
}
