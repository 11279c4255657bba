//! Counting wrong PINs. A try is counted, and the count is durable, *before* it is checked: pulling the plug gains nothing.

use serde::{Deserialize, Serialize};

use crate::clock::Reading;

/// Wrong PINs after which the vault is destroyed.
pub const MOST_TRIES: u8 = 10;
/// Waits after the 4th, 5th, ... wrong PIN, milliseconds.
const WAITS_MS: [u64; 6] = [30_000, 60_000, 300_000, 900_000, 3_600_000, 3_600_000];

/// The counter, kept in the store and in the keystore; the larger of the two counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tries {
    /// Tries begun and not proved right.
    pub count: u8,
    /// When the last of them began, by the clock that counts sleep.
    pub at_elapsed_ms: u64,
    /// In which boot.
    pub boot_id: String,
}

/// Whether a try may be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Yes; count it first.
    Open,
    /// Not yet.
    Wait {
        /// Milliseconds.
        wait_ms: u64,
    },
    /// Never again.
    Destroyed,
}

impl Tries {
    /// What the store and the keystore together say. Only a store with a vault asks; a twin that is missing there counts as 9.
    pub fn join(store: Option<Self>, twin: Option<Self>) -> Self {
        match (store, twin) {
            (Some(one), Some(other)) => {
                if one.count >= other.count {
                    one
                } else {
                    other
                }
            }
            (one, other) => {
                let known = one.or(other).unwrap_or_default();
                Self {
                    count: known.count.max(MOST_TRIES - 1),
                    ..known
                }
            }
        }
    }

    /// Tries left before destruction.
    pub fn left(&self) -> u8 {
        MOST_TRIES.saturating_sub(self.count)
    }

    /// Whether a try may be made at `now`. Only the clock that counts sleep is asked; after a reboot the wait starts again.
    pub fn admit(&self, now: &Reading) -> Admission {
        if self.count >= MOST_TRIES {
            return Admission::Destroyed;
        }
        let wait_ms = self.wait_ms(now);
        if wait_ms == 0 {
            Admission::Open
        } else {
            Admission::Wait { wait_ms }
        }
    }

    /// Remaining wait at `now`.
    pub fn wait_ms(&self, now: &Reading) -> u64 {
        let Some(index) = usize::from(self.count).checked_sub(4) else {
            return 0;
        };
        let whole = WAITS_MS.get(index).copied().unwrap_or(3_600_000);
        if self.boot_id != now.boot_id {
            return whole;
        }
        match now.elapsed_ms.checked_sub(self.at_elapsed_ms) {
            Some(passed) => whole.saturating_sub(passed),
            // A clock of the same boot that went back is not believed.
            None => whole,
        }
    }

    /// The counter to write before a try at `now` is checked.
    #[must_use]
    pub fn begin(&self, now: &Reading) -> Self {
        Self {
            count: self.count.saturating_add(1),
            at_elapsed_ms: now.elapsed_ms,
            boot_id: now.boot_id.clone(),
        }
    }

    /// After a reboot the wait restarts: the counter to write when one is seen, if any.
    #[must_use]
    pub fn rebase(&self, now: &Reading) -> Option<Self> {
        (self.count >= 4 && self.boot_id != now.boot_id).then(|| Self {
            at_elapsed_ms: now.elapsed_ms,
            boot_id: now.boot_id.clone(),
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(elapsed_ms: u64, boot: &str) -> Reading {
        Reading {
            wall_ms: 0,
            elapsed_ms,
            boot_id: boot.into(),
            zone: "Asia/Kolkata".into(),
            offset_min: 330,
        }
    }

    fn after(wrong: u8) -> Tries {
        (0..wrong).fold(Tries::default(), |tries, _| tries.begin(&at(1_000, "one")))
    }

    #[test]
    fn three_tries_are_free_and_the_waits_grow_from_the_fourth_failure() {
        let waits: Vec<_> = (0..=9)
            .map(|wrong| after(wrong).wait_ms(&at(1_000, "one")))
            .collect();
        assert_eq!(
            waits,
            [
                0, 0, 0, 0, 30_000, 60_000, 300_000, 900_000, 3_600_000, 3_600_000
            ]
        );
        assert_eq!(after(10).admit(&at(u64::MAX, "one")), Admission::Destroyed);
    }

    #[test]
    fn changing_the_wall_clock_changes_nothing() {
        let now = Reading {
            wall_ms: i64::MAX,
            ..at(2_000, "one")
        };
        assert_eq!(after(4).admit(&now), Admission::Wait { wait_ms: 29_000 });
    }

    #[test]
    fn a_reboot_restarts_the_wait() {
        let tries = after(5);
        assert_eq!(tries.wait_ms(&at(900_000, "two")), 60_000);
        let rebased = tries.rebase(&at(5_000, "two")).unwrap();
        assert_eq!(rebased.wait_ms(&at(15_000, "two")), 50_000);
        assert_eq!(rebased.count, 5);
    }

    #[test]
    fn the_larger_counter_counts_and_a_missing_one_counts_as_nine() {
        assert_eq!(Tries::join(Some(after(2)), Some(after(3))).count, 3);
        assert_eq!(Tries::join(Some(after(1)), None).count, 9);
        assert_eq!(Tries::join(None, None).count, 9);
    }
}
