//! How far the time of a tap can be trusted, for those who show it.

use super::{Entry, Grade};

/// What is said beside a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeTrust {
    /// The true time is within this of the shown one.
    Within {
        /// Milliseconds to either side.
        tolerance_ms: u64,
    },
    /// Nothing but the device's clock and its neighbours speaks for it.
    Unverified,
    /// The claims contradict each other.
    Contradictory,
}

impl TimeTrust {
    /// Of the server's grade where it is there, until then of what the device itself could bound.
    pub fn decide(graded: Option<(Grade, Option<u64>)>, own_tolerance_ms: Option<u64>) -> Self {
        let tolerance_ms = match graded {
            Some((Grade::D, _)) => return Self::Contradictory,
            Some((Grade::C, _)) => return Self::Unverified,
            Some((Grade::A | Grade::B, tolerance_ms)) => tolerance_ms.or(own_tolerance_ms),
            None => own_tolerance_ms,
        };
        tolerance_ms.map_or(Self::Unverified, |tolerance_ms| Self::Within {
            tolerance_ms,
        })
    }
}

impl Entry {
    /// How far its time can be trusted.
    pub fn time_trust(&self) -> TimeTrust {
        TimeTrust::decide(self.grade, self.tap.tolerance_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_grade_comes_before_what_the_device_could_bound() {
        let within = |tolerance_ms| TimeTrust::Within { tolerance_ms };
        for (graded, own, trust) in [
            (None, None, TimeTrust::Unverified),
            (None, Some(40), within(40)),
            (Some((Grade::A, Some(1_000))), Some(40), within(1_000)),
            (Some((Grade::B, None)), Some(40), within(40)),
            (Some((Grade::B, None)), None, TimeTrust::Unverified),
            (Some((Grade::C, Some(40))), Some(40), TimeTrust::Unverified),
            (
                Some((Grade::D, Some(40))),
                Some(40),
                TimeTrust::Contradictory,
            ),
        ] {
            assert_eq!(TimeTrust::decide(graded, own), trust, "{graded:?} {own:?}");
        }
    }
}
