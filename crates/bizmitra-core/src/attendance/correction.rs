//! Requests to put attendance right: they change nothing here, a manager decides.

use super::Action;
use crate::ids::ItemId;

/// Most characters of the reason.
pub const MAX_WHY_CHARS: usize = 500;

/// A request that can be stated. Which tap, or which missing one, and what should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    about: Option<ItemId>,
    day: String,
    should_be: Option<RightTap>,
    why: String,
}

/// What a tap should have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightTap {
    /// What.
    pub action: Action,
    /// When, milliseconds since 1970-01-01T00:00:00Z.
    pub wall_ms: i64,
    /// IANA time zone in which that time was named.
    pub zone: String,
    /// UTC offset there and then, minutes.
    pub offset_min: i32,
}

/// Why a request says nothing that somebody could decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionProblem {
    /// Neither a tap nor what should be there.
    #[error("a correction names a tap, or what is missing, or both")]
    Nothing,
    /// Not `YYYY-MM-DD`.
    #[error("the day is not YYYY-MM-DD")]
    Day,
    /// Empty.
    #[error("a correction needs a reason")]
    NoReason,
    /// Too long.
    #[error("the reason has more than {MAX_WHY_CHARS} characters")]
    LongReason,
}

impl Correction {
    /// A request about a tap, or about what is missing on a day; without `should_be` the tap should not be there.
    ///
    /// # Errors
    /// [`CorrectionProblem`].
    pub fn new(
        about: Option<ItemId>,
        day: &str,
        should_be: Option<RightTap>,
        why: &str,
    ) -> Result<Self, CorrectionProblem> {
        let why = why.trim();
        if about.is_none() && should_be.is_none() {
            return Err(CorrectionProblem::Nothing);
        }
        if !is_day(day) {
            return Err(CorrectionProblem::Day);
        }
        if why.is_empty() {
            return Err(CorrectionProblem::NoReason);
        }
        if why.chars().count() > MAX_WHY_CHARS {
            return Err(CorrectionProblem::LongReason);
        }
        Ok(Self {
            about,
            day: day.to_owned(),
            should_be,
            why: why.to_owned(),
        })
    }

    /// The tap that is wrong.
    pub fn about(&self) -> Option<ItemId> {
        self.about
    }

    /// The day that it concerns.
    pub fn day(&self) -> &str {
        &self.day
    }

    /// What should be there.
    pub fn should_be(&self) -> Option<&RightTap> {
        self.should_be.as_ref()
    }

    /// Why.
    pub fn why(&self) -> &str {
        &self.why
    }
}

/// The form; whether there is such a day the server knows.
fn is_day(day: &str) -> bool {
    day.len() == 10
        && day.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_correction_says_what_and_why_or_is_none() {
        let tap = Some(ItemId(Uuid::from_u128(1)));
        let right = Some(RightTap {
            action: Action::CheckOut,
            wall_ms: 1,
            zone: "Asia/Kolkata".to_owned(),
            offset_min: 330,
        });
        let new = |about, day: &str, right: &Option<RightTap>, why: &str| {
            Correction::new(about, day, right.clone(), why).map(|correction| correction.why)
        };
        let day = "2026-11-23";
        let ok = Ok("forgot".to_owned());
        assert_eq!(new(tap, day, &right, " forgot "), ok);
        assert_eq!(new(None, day, &right, "forgot"), ok);
        assert_eq!(new(tap, day, &None, "forgot"), ok);
        let nothing = Err(CorrectionProblem::Nothing);
        assert_eq!(new(None, day, &None, "forgot"), nothing);
        for bad in ["", "23.11.2026", "2026-11-2", "2026-11-23 ", "2026/11/23"] {
            assert_eq!(new(tap, bad, &None, "x"), Err(CorrectionProblem::Day));
        }
        assert_eq!(
            new(tap, day, &None, " \n "),
            Err(CorrectionProblem::NoReason)
        );
        let long = "अ".repeat(MAX_WHY_CHARS);
        assert_eq!(new(tap, day, &None, &long), Ok(long.clone()));
        let longer = long + "अ";
        assert_eq!(
            new(tap, day, &None, &longer),
            Err(CorrectionProblem::LongReason)
        );
    }
}
