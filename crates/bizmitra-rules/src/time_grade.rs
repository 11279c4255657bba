//! Time grades: a claimed time is graded, never trusted and never the reason of a penalty by itself.

use serde::{Deserialize, Serialize};

/// Received within this long of the claim is grade A, milliseconds.
pub const LIVE_MS: u64 = 10_000;
/// A claim may contradict the server or its own chain by this much, milliseconds.
pub const SLACK_MS: i64 = 120_000;
/// A wall clock farther than this outside of the anchor's interval is off, milliseconds.
pub const CLOCK_OFF_MS: u64 = 60_000;
/// An anchor whose exchange took longer proves too little, milliseconds.
pub const MAX_RTT_MS: u64 = 60_000;
/// Drift of a phone's oscillator: one part in this many (100 ppm).
const DRIFT: u64 = 10_000;

/// How far a time can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Grade {
    /// Received within 10 s of the claim.
    A,
    /// Same boot as a server anchor.
    B,
    /// Bounded by its neighbours only: "unverified time".
    C,
    /// Contradictory.
    D,
}

/// What a record says about its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The device's wall clock at the tap, milliseconds since 1970-01-01T00:00:00Z.
    pub wall_ms: i64,
    /// When the server got it, milliseconds since 1970-01-01T00:00:00Z.
    pub received_ms: i64,
    /// The server's time statement that the device counted from.
    pub anchor: Option<AnchorClaim>,
}

/// A time statement of the server and what the device counted since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchorClaim {
    /// The server's clock when it answered, from the server's own books; milliseconds since 1970-01-01T00:00:00Z.
    pub server_time_ms: i64,
    /// Milliseconds from the arrival of that answer to the tap, on a clock that counts sleep.
    pub elapsed_ms: u64,
    /// Round trip of that exchange, milliseconds.
    pub rtt_ms: u64,
    /// Whether the device ran through since.
    pub same_boot: bool,
}

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graded {
    /// The grade.
    pub grade: Grade,
    /// Half width of the interval that holds the true time, milliseconds; `None` for C and D.
    pub tolerance_ms: Option<u64>,
    /// Best estimate of the true time, milliseconds since 1970-01-01T00:00:00Z; never after the receipt for C and D.
    pub true_ms: i64,
    /// The device's wall clock was off by more than a minute, as the anchor shows.
    pub clock_off: bool,
}

/// Grades a claim. `previous_true_ms` is the estimate for the record before it in the chain, when the server has it.
pub fn decide_grade(claim: &Claim, previous_true_ms: Option<i64>) -> Graded {
    let anchored = anchored(claim);
    // A receipt at the claimed moment proves nothing when the device's own count since the anchor says another one: a clock
    // that was set ahead, and a phone that sent when that time came.
    let live = live(claim).filter(|live| {
        anchored.is_none_or(|anchored| {
            let tolerance_ms = anchored.tolerance_ms.unwrap_or_default();
            anchored.true_ms.abs_diff(live.true_ms) <= tolerance_ms.saturating_add(LIVE_MS)
        })
    });
    let (graded, claimed_ms) = match (live, anchored) {
        (Some(graded), _) | (None, Some(graded)) => (graded, graded.true_ms),
        (None, None) => {
            let bounded_ms = bounded(claim.wall_ms, claim.received_ms, previous_true_ms);
            (
                Graded {
                    grade: Grade::C,
                    tolerance_ms: None,
                    true_ms: bounded_ms,
                    clock_off: false,
                },
                claim.wall_ms,
            )
        }
    };
    let after_receipt = claimed_ms.saturating_sub(claim.received_ms) > SLACK_MS;
    let before_previous = previous_true_ms
        .is_some_and(|previous_ms| previous_ms.saturating_sub(claimed_ms) > SLACK_MS);
    if after_receipt || before_previous {
        let true_ms = bounded(claimed_ms, claim.received_ms, previous_true_ms);
        return Graded {
            grade: Grade::D,
            tolerance_ms: None,
            true_ms,
            clock_off: graded.clock_off,
        };
    }
    graded
}

/// Grade A: the claim and the receipt are one moment.
fn live(claim: &Claim) -> Option<Graded> {
    let apart_ms = claim.received_ms.abs_diff(claim.wall_ms);
    (apart_ms <= LIVE_MS).then(|| Graded {
        grade: Grade::A,
        tolerance_ms: Some(apart_ms.max(1_000)),
        true_ms: claim.wall_ms,
        clock_off: false,
    })
}

/// Grade B: the server's own time plus what the device counted since. The answer left the server somewhere within the
/// round trip, so its middle is the best guess and half of it the uncertainty.
fn anchored(claim: &Claim) -> Option<Graded> {
    let anchor = claim
        .anchor
        .filter(|anchor| anchor.same_boot && anchor.rtt_ms <= MAX_RTT_MS)?;
    let half_rtt_ms = anchor.rtt_ms / 2;
    let true_ms = anchor
        .server_time_ms
        .checked_add_unsigned(anchor.elapsed_ms)?
        .checked_add_unsigned(half_rtt_ms)?;
    let tolerance_ms = half_rtt_ms.saturating_add(anchor.elapsed_ms / DRIFT).max(1);
    let clock_off = true_ms.abs_diff(claim.wall_ms) > tolerance_ms.saturating_add(CLOCK_OFF_MS);
    Some(Graded {
        grade: Grade::B,
        tolerance_ms: Some(tolerance_ms),
        true_ms,
        clock_off,
    })
}

/// The nearest time to the claim that its neighbours allow; the receipt is the server's own and wins.
fn bounded(claimed_ms: i64, received_ms: i64, previous_ms: Option<i64>) -> i64 {
    claimed_ms
        .max(previous_ms.unwrap_or(i64::MIN))
        .min(received_ms)
}
