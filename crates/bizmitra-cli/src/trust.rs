//! Trust in a time, in words: "± 3 s" or "unverified time" beside each time that is shown.

use bizmitra_core::attendance::TimeTrust;

/// What stands behind a time.
pub(crate) fn beside(trust: TimeTrust) -> String {
    match trust {
        TimeTrust::Within { tolerance_ms } => format!("± {}", span(tolerance_ms)),
        TimeTrust::Unverified => "(unverified time)".to_owned(),
        TimeTrust::Contradictory => "(contradictory time)".to_owned(),
    }
}

/// The stable word for scripts.
pub(crate) fn word(trust: TimeTrust) -> &'static str {
    match trust {
        TimeTrust::Within { .. } => "within",
        TimeTrust::Unverified => "unverified",
        TimeTrust::Contradictory => "contradictory",
    }
}

/// Milliseconds to either side, where there are any.
pub(crate) fn tolerance_ms(trust: TimeTrust) -> Option<u64> {
    match trust {
        TimeTrust::Within { tolerance_ms } => Some(tolerance_ms),
        TimeTrust::Unverified | TimeTrust::Contradictory => None,
    }
}

/// Rounded up, in the largest unit of which there are at least two: never more exact than it is.
fn span(ms: u64) -> String {
    const MINUTE: u64 = 60_000;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    match ms {
        _ if ms < 2 * MINUTE => format!("{} s", ms.div_ceil(1_000).max(1)),
        _ if ms < 2 * HOUR => format!("{} min", ms.div_ceil(MINUTE)),
        _ if ms < 2 * DAY => format!("{} h", ms.div_ceil(HOUR)),
        _ => format!("{} days", ms.div_ceil(DAY)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tolerance_is_rounded_up_and_has_a_unit_that_can_be_read() {
        for (ms, text) in [
            (0, "± 1 s"),
            (2_001, "± 3 s"),
            (119_999, "± 120 s"),
            (120_000, "± 2 min"),
            (7_199_999, "± 120 min"),
            (7_200_000, "± 2 h"),
            (86_400_001, "± 25 h"),
            (172_800_001, "± 3 days"),
            (u64::MAX, "± 213503982335 days"),
        ] {
            assert_eq!(beside(TimeTrust::Within { tolerance_ms: ms }), text);
        }
    }

    #[test]
    fn what_cannot_be_bounded_says_so_instead_of_a_number() {
        assert_eq!(beside(TimeTrust::Unverified), "(unverified time)");
        assert_eq!(beside(TimeTrust::Contradictory), "(contradictory time)");
        assert_eq!(tolerance_ms(TimeTrust::Unverified), None);
    }
}
