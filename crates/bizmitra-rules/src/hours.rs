//! Hours of one shift day: what was worked, what comes next, how late.
//!
//! All three read the same little machine over the taps of one shift day, so the button and the register cannot
//! disagree. A tap that does not fit the state changes nothing: it stays in the record for a person to look at.

use serde::{Deserialize, Serialize};

use crate::shift::ShiftDay;

/// Kind of tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tap {
    /// Start of work.
    CheckIn,
    /// End of work.
    CheckOut,
    /// Start of a break.
    BreakStart,
    /// End of a break.
    BreakEnd,
}

/// A tap and its instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Punch {
    /// What it was.
    pub tap: Tap,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
}

/// What the large button does, and what else makes sense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextAction {
    /// The main action.
    pub next: Tap,
    /// Others, most useful first.
    pub also: Vec<Tap>,
}

/// Where a person is within the day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Away,
    Working,
    OnBreak,
}

impl State {
    /// A check-in during a break ends the break; a check-out during a break ends the day. What does not fit is ignored.
    fn after(self, tap: Tap) -> Self {
        match (self, tap) {
            (Self::Away, Tap::CheckIn) | (Self::OnBreak, Tap::CheckIn | Tap::BreakEnd) => {
                Self::Working
            }
            (Self::Away, Tap::CheckOut | Tap::BreakStart | Tap::BreakEnd) => Self::Away,
            (Self::Working, Tap::CheckIn | Tap::BreakEnd) => Self::Working,
            (Self::Working, Tap::BreakStart) | (Self::OnBreak, Tap::BreakStart) => Self::OnBreak,
            (Self::Working | Self::OnBreak, Tap::CheckOut) => Self::Away,
        }
    }
}

/// Milliseconds worked, breaks left out. `punches` are sorted and not withdrawn; `open_until_ms` (usually now) counts
/// work that has not ended yet, `None` leaves it out.
pub fn worked_ms(punches: &[Punch], open_until_ms: Option<i64>) -> i64 {
    let (mut state, mut since_ms, mut total_ms) = (State::Away, 0_i64, 0_i64);
    for punch in punches {
        let next = state.after(punch.tap);
        match (state, next) {
            (State::Working, State::Away | State::OnBreak) => {
                total_ms = total_ms.saturating_add(punch.at_ms.saturating_sub(since_ms).max(0));
            }
            (State::Away | State::OnBreak, State::Working) => since_ms = punch.at_ms,
            (State::Working, State::Working)
            | (State::Away | State::OnBreak, State::Away | State::OnBreak) => {}
        }
        state = next;
    }
    match (state, open_until_ms) {
        (State::Working, Some(until_ms)) => {
            total_ms.saturating_add(until_ms.saturating_sub(since_ms).max(0))
        }
        (State::Working, None) | (State::Away | State::OnBreak, _) => total_ms,
    }
}

/// The next action from the taps of the current shift day only: a check-out forgotten yesterday never flips today.
pub fn decide_next(punches: &[Punch]) -> NextAction {
    match punches
        .iter()
        .fold(State::Away, |state, punch| state.after(punch.tap))
    {
        State::Away => NextAction {
            next: Tap::CheckIn,
            also: Vec::new(),
        },
        State::Working => NextAction {
            next: Tap::CheckOut,
            also: vec![Tap::BreakStart],
        },
        State::OnBreak => NextAction {
            next: Tap::BreakEnd,
            also: vec![Tap::CheckOut],
        },
    }
}

/// Whole minutes since the start of the shift, or `None` when the first check-in is on time. Within the grace is on time;
/// after it the lateness counts from the start, not from the end of the grace.
pub fn minutes_late(shift_day: &ShiftDay, grace_min: u16, first_in_ms: i64) -> Option<u32> {
    let after_ms = first_in_ms.saturating_sub(shift_day.start_ms);
    // The minute that has begun is still the minute of the clock on the wall: 9:10:59 is 9:10.
    let minutes = after_ms.div_euclid(60_000);
    (minutes > i64::from(grace_min)).then(|| u32::try_from(minutes).unwrap_or(u32::MAX))
}
