//! How long a match is enough: the PIN is asked again after a week, a restart, a clock that jumped, and three prompts
//! that opened nothing.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::clock::{Entropy, Reading, make_random};
use crate::keys::{KeystoreError, Secret};

/// Prompts in a row that may open nothing.
pub const MOST_PROMPTS: u8 = 3;
/// The PIN is asked again after this long, by the clock that counts sleep.
pub const WEEK_MS: u64 = 7 * 24 * 3_600_000;
/// The wall clock may drift from the other by so much before it counts as set by somebody: more than a week's drift
/// (60 s at 100 ppm), less than anything one would set it by.
pub const JUMP_MS: u64 = 120_000;

/// Why only the PIN opens now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinAgain {
    /// It was typed a week ago.
    Week,
    /// The device was restarted.
    Restart,
    /// The wall clock was set, or the other went back.
    Clock,
    /// Three prompts opened nothing.
    Prompts,
}

/// The half of the envelope's key that lies in the keystore, with what limits its use. Removed, it ends the envelope;
/// in the keystore it cannot be put back with a copy of the data folder.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Pass {
    #[serde(with = "hex::serde")]
    half: [u8; 32],
    /// Prompts since the PIN or the last match, counted before they are shown.
    prompts: u8,
    /// When the PIN was typed.
    #[zeroize(skip)]
    pin_at: At,
}

/// The part of a reading that waits are measured by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    wall_ms: i64,
    elapsed_ms: u64,
    boot_id: String,
}

impl At {
    fn of(now: &Reading) -> Self {
        Self {
            wall_ms: now.wall_ms,
            elapsed_ms: now.elapsed_ms,
            boot_id: now.boot_id.clone(),
        }
    }
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pass(..)")
    }
}

impl Pass {
    /// A new half, right after the PIN.
    pub fn begin(entropy: &dyn Entropy, now: &Reading) -> Self {
        Self {
            half: make_random(entropy),
            prompts: 0,
            pin_at: At::of(now),
        }
    }

    /// As the keystore holds it.
    ///
    /// # Errors
    /// [`KeystoreError::Damaged`].
    pub fn from_secret(secret: &Secret) -> Result<Self, KeystoreError> {
        serde_json::from_slice(secret.expose()).map_err(|_| KeystoreError::Damaged)
    }

    /// For the keystore.
    ///
    /// # Errors
    /// [`KeystoreError::Damaged`] when it cannot be encoded, which no value of this type does.
    pub fn to_secret(&self) -> Result<Secret, KeystoreError> {
        serde_json::to_vec(self)
            .map(Secret::new)
            .map_err(|_| KeystoreError::Damaged)
    }

    pub(super) fn half(&self) -> &[u8; 32] {
        &self.half
    }

    /// Why a prompt may not be shown at `now`.
    pub fn pin_again(&self, now: &Reading) -> Option<PinAgain> {
        if self.pin_at.boot_id != now.boot_id {
            return Some(PinAgain::Restart);
        }
        let Some(passed_ms) = now.elapsed_ms.checked_sub(self.pin_at.elapsed_ms) else {
            return Some(PinAgain::Clock);
        };
        if passed_ms >= WEEK_MS {
            return Some(PinAgain::Week);
        }
        let expected_ms = i128::from(self.pin_at.wall_ms) + i128::from(passed_ms);
        if (i128::from(now.wall_ms) - expected_ms).unsigned_abs() > u128::from(JUMP_MS) {
            return Some(PinAgain::Clock);
        }
        (self.prompts >= MOST_PROMPTS).then_some(PinAgain::Prompts)
    }

    /// To be kept before a prompt is shown: a prompt that is closed, killed or lied about has counted.
    #[must_use]
    pub fn begin_prompt(&self) -> Self {
        self.after(self.prompts.saturating_add(1))
    }

    /// To be kept when the system says that it refuses further tries itself.
    #[must_use]
    pub fn exhaust(&self) -> Self {
        self.after(MOST_PROMPTS)
    }

    /// To be kept after a match: the prompts are forgiven, the week goes on.
    #[must_use]
    pub fn matched(&self) -> Self {
        self.after(0)
    }

    /// To be kept after the PIN: everything begins anew.
    #[must_use]
    pub fn typed(&self, now: &Reading) -> Self {
        let mut next = self.after(0);
        next.pin_at = At::of(now);
        next
    }

    fn after(&self, prompts: u8) -> Self {
        let mut next = self.clone();
        next.prompts = prompts;
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::testing::Counting;

    fn at(elapsed_ms: u64, wall_ms: i64, boot: &str) -> Reading {
        Reading {
            wall_ms,
            elapsed_ms,
            boot_id: boot.into(),
            zone: "Asia/Kolkata".into(),
            offset_min: 330,
        }
    }

    fn pass() -> Pass {
        Pass::begin(&Counting::default(), &at(1_000, 50_000, "one"))
    }

    #[test]
    fn a_match_is_enough_for_a_week_of_one_boot() {
        let week = WEEK_MS.cast_signed();
        assert_eq!(pass().pin_again(&at(1_000, 50_000, "one")), None);
        assert_eq!(
            pass().pin_again(&at(WEEK_MS + 999, 49_999 + week, "one")),
            None
        );
        assert_eq!(
            pass().pin_again(&at(WEEK_MS + 1_000, 50_000 + week, "one")),
            Some(PinAgain::Week)
        );
        assert_eq!(
            pass().pin_again(&at(1_000, 50_000, "two")),
            Some(PinAgain::Restart)
        );
    }

    #[test]
    fn a_clock_that_was_set_or_went_back_asks_for_the_pin() {
        for (now, answer) in [
            (at(2_000, 171_000, "one"), None),
            (at(2_000, 171_001, "one"), Some(PinAgain::Clock)),
            (at(2_000, -69_000, "one"), None),
            (at(2_000, -69_001, "one"), Some(PinAgain::Clock)),
            (at(2_000, i64::MIN, "one"), Some(PinAgain::Clock)),
            (at(2_000, i64::MAX, "one"), Some(PinAgain::Clock)),
            (at(999, 50_000, "one"), Some(PinAgain::Clock)),
            (at(u64::MAX, i64::MAX, "one"), Some(PinAgain::Week)),
        ] {
            assert_eq!(pass().pin_again(&now), answer, "{now:?}");
        }
    }

    #[test]
    fn three_prompts_that_open_nothing_ask_for_the_pin_and_a_match_forgives_two() {
        let now = at(2_000, 51_000, "one");
        let two = pass().begin_prompt().begin_prompt();
        assert_eq!(two.pin_again(&now), None);
        assert_eq!(two.begin_prompt().pin_again(&now), Some(PinAgain::Prompts));
        assert_eq!(two.matched(), pass());
        assert_eq!(pass().exhaust().pin_again(&now), Some(PinAgain::Prompts));
        assert_eq!(two.exhaust().typed(&now).pin_again(&now), None);
    }

    #[test]
    fn a_match_does_not_make_the_week_longer_and_the_pin_does() {
        let late = at(WEEK_MS, 50_000 + WEEK_MS.cast_signed(), "one");
        let over = at(WEEK_MS + 2_000, 52_000 + WEEK_MS.cast_signed(), "one");
        assert_eq!(
            pass().begin_prompt().matched().pin_again(&over),
            Some(PinAgain::Week)
        );
        assert_eq!(pass().typed(&late).pin_again(&over), None);
    }

    #[test]
    fn a_pass_is_read_back_as_it_was_kept_and_does_not_print() {
        let kept = pass().to_secret().unwrap();
        assert_eq!(Pass::from_secret(&kept).unwrap(), pass());
        assert_eq!(
            Pass::from_secret(&Secret::new(b"{}".to_vec())).err(),
            Some(KeystoreError::Damaged)
        );
        assert_eq!(format!("{:?}", pass()), "Pass(..)");
    }
}
