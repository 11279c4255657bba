//! Time grades.

use bizmitra_rules::time_grade::{AnchorClaim, Claim, Grade, Graded, decide_grade};
use proptest::prelude::*;

/// The tap of every test by the true time.
const TAP: i64 = 1_790_000_000_000;
const MINUTE: i64 = 60_000;

fn anchor(elapsed_ms: u64, rtt_ms: u64) -> AnchorClaim {
    // The answer left half a round trip before it came.
    let arrived = TAP - i64::try_from(elapsed_ms).unwrap();
    AnchorClaim {
        server_time_ms: arrived - i64::try_from(rtt_ms / 2).unwrap(),
        elapsed_ms,
        rtt_ms,
        same_boot: true,
    }
}

fn claim(wall_ms: i64, received_ms: i64, anchor: Option<AnchorClaim>) -> Claim {
    Claim {
        wall_ms,
        received_ms,
        anchor,
    }
}

fn grade(claim: &Claim, previous: Option<i64>) -> Grade {
    decide_grade(claim, previous).grade
}

#[test]
fn a_record_received_within_ten_seconds_is_grade_a() {
    let graded = decide_grade(&claim(TAP, TAP + 10_000, None), None);
    assert_eq!(
        graded,
        Graded {
            grade: Grade::A,
            tolerance_ms: Some(10_000),
            true_ms: TAP,
            clock_off: false
        }
    );
    assert_eq!(
        decide_grade(&claim(TAP, TAP + 40, None), None).tolerance_ms,
        Some(1_000)
    );
    assert_eq!(grade(&claim(TAP, TAP + 10_001, None), None), Grade::C);
}

#[test]
fn an_anchor_of_the_same_boot_gives_grade_b_with_half_the_round_trip_and_the_drift() {
    let graded = decide_grade(
        &claim(TAP, TAP + 4 * 3_600_000, Some(anchor(3_600_000, 400))),
        None,
    );
    assert_eq!(
        graded,
        Graded {
            grade: Grade::B,
            tolerance_ms: Some(200 + 360),
            true_ms: TAP,
            clock_off: false
        }
    );
}

#[test]
fn a_clock_a_day_ahead_costs_nothing_with_an_anchor_and_is_noted() {
    let graded = decide_grade(
        &claim(TAP + 86_400_000, TAP + MINUTE, Some(anchor(60_000, 200))),
        Some(TAP - MINUTE),
    );
    assert_eq!(
        (graded.grade, graded.true_ms, graded.clock_off),
        (Grade::B, TAP, true)
    );
}

#[test]
fn a_clock_set_ahead_is_not_live_when_its_time_really_comes() {
    // Tapped two hours before the time that the wall clock showed, sent when that time came.
    let two_hours = 2 * 3_600_000_i64;
    let early = anchor(60_000, 200);
    let tapped = early.server_time_ms + 60_000;
    let graded = decide_grade(
        &claim(tapped + two_hours, tapped + two_hours + 3_000, Some(early)),
        None,
    );
    assert_eq!((graded.grade, graded.clock_off), (Grade::B, true));
    assert!(graded.true_ms.abs_diff(tapped) < 1_000);
}

#[test]
fn after_a_reboot_the_time_is_unverified() {
    let rebooted = AnchorClaim {
        same_boot: false,
        ..anchor(60_000, 200)
    };
    let graded = decide_grade(
        &claim(TAP, TAP + 3_600_000, Some(rebooted)),
        Some(TAP - MINUTE),
    );
    assert_eq!(
        graded,
        Graded {
            grade: Grade::C,
            tolerance_ms: None,
            true_ms: TAP,
            clock_off: false
        }
    );
}

#[test]
fn an_anchor_that_took_more_than_a_minute_to_come_proves_too_little() {
    assert_eq!(
        grade(
            &claim(TAP, TAP + 3_600_000, Some(anchor(1_000, 60_001))),
            None
        ),
        Grade::C
    );
    assert_eq!(
        grade(
            &claim(TAP, TAP + 3_600_000, Some(anchor(1_000, 60_000))),
            None
        ),
        Grade::B
    );
}

#[test]
fn a_claim_from_the_future_contradicts_its_receipt() {
    let graded = decide_grade(&claim(TAP + 121_000, TAP, None), None);
    assert_eq!(
        graded,
        Graded {
            grade: Grade::D,
            tolerance_ms: None,
            true_ms: TAP,
            clock_off: false
        }
    );
    assert_eq!(
        grade(&claim(TAP + 120_000, TAP, None), None),
        Grade::C,
        "two minutes are slack"
    );
    let too_far = AnchorClaim {
        elapsed_ms: 10_000_000,
        ..anchor(60_000, 200)
    };
    assert_eq!(
        grade(&claim(TAP, TAP + MINUTE, Some(too_far)), None),
        Grade::D,
        "a counter run ahead"
    );
}

#[test]
fn a_claim_before_its_predecessor_contradicts_the_chain() {
    let back = claim(TAP, TAP + 3_600_000, None);
    assert_eq!(grade(&back, Some(TAP + 120_000)), Grade::C);
    let graded = decide_grade(&back, Some(TAP + 120_001));
    assert_eq!((graded.grade, graded.true_ms), (Grade::D, TAP + 120_001));
    assert_eq!(
        grade(&claim(TAP, TAP + 100, None), Some(TAP + 3_600_000)),
        Grade::D,
        "even when it is live"
    );
}

#[test]
fn an_unverified_time_is_bounded_by_its_neighbours() {
    assert_eq!(
        decide_grade(&claim(TAP, TAP + 3_600_000, None), Some(TAP + MINUTE)).true_ms,
        TAP + MINUTE
    );
    assert_eq!(
        decide_grade(&claim(TAP + MINUTE, TAP, None), None).true_ms,
        TAP
    );
}

proptest! {
    #[test]
    fn no_numbers_at_all_overflow_or_break_the_bounds(
        wall in any::<i64>(), received in any::<i64>(), server in any::<i64>(), elapsed in any::<u64>(), rtt in any::<u64>(),
        same_boot in any::<bool>(), with_anchor in any::<bool>(), previous in any::<Option<i64>>(),
    ) {
        let anchor = with_anchor.then_some(AnchorClaim { server_time_ms: server, elapsed_ms: elapsed, rtt_ms: rtt, same_boot });
        let graded = decide_grade(&claim(wall, received, anchor), previous);
        let trusted = matches!(graded.grade, Grade::A | Grade::B);
        prop_assert_eq!(trusted, graded.tolerance_ms.is_some());
        prop_assert!(trusted || graded.true_ms <= received);
    }

    #[test]
    fn an_honest_phone_is_always_within_its_tolerance(
        elapsed in 0..7 * 86_400_000_u64, up in 0..5_000_u64, down in 0..5_000_u64, ppm in -100..=100_i64, waited in 10_001..86_400_000_i64,
    ) {
        // The answer leaves the server, travels for `down`, and the phone counts on with a crystal off by `ppm`.
        let left = TAP - i64::try_from(elapsed + down).unwrap();
        let counted = i64::try_from(elapsed).unwrap() + i64::try_from(elapsed).unwrap() * ppm / 1_000_000;
        let anchor = AnchorClaim { server_time_ms: left, elapsed_ms: u64::try_from(counted).unwrap(), rtt_ms: up + down, same_boot: true };
        let graded = decide_grade(&claim(TAP, TAP + waited, Some(anchor)), None);
        prop_assert_eq!(graded.grade, Grade::B);
        // Rounding down of three divisions, and the drift of the drift.
        prop_assert!(graded.true_ms.abs_diff(TAP) <= graded.tolerance_ms.unwrap() + 10);
        prop_assert!(!graded.clock_off);
    }

    #[test]
    fn the_later_it_arrives_the_less_it_is_trusted(early in 0..100_000_i64, more in 0..100_000_i64) {
        prop_assert!(grade(&claim(TAP, TAP + early, None), None) <= grade(&claim(TAP, TAP + early + more, None), None));
    }
}
