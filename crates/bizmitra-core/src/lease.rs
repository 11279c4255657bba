//! The lease: for so long a device may be used without hearing from its server. Then it locks; what waits is still sent.
//!
//! Only the clock that counts sleep spends a lease, so that nobody extends or cuts it by setting the time. What was spent is
//! written down now and then, and after a restart of the system the time since that start is added. Time during which the
//! device was switched off is not counted: it could not be used then either.

use serde::{Deserialize, Serialize};

use crate::clock::Reading;
use crate::wire::LeaseRead;

/// Longest lease that is believed.
pub const MOST_MS: u64 = 90 * 24 * 3_600_000;
/// A newer lease is worth a write when it holds so much longer than the one on disk.
const RENEW_WRITE_MS: u64 = 15 * 60_000;
/// What was spent is worth a write when it is so much more than on disk.
const SPENT_WRITE_MS: u64 = 5 * 60_000;

/// Two threads may use their readings of the clock in the other order: so far a reading may be behind what was spent.
const OUT_OF_ORDER_MS: u64 = 60_000;

/// A lease as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// How long it holds.
    pub valid_for_ms: u64,
    /// Spent before `at_elapsed_ms`.
    pub spent_ms: u64,
    /// The clock that counts sleep, when `spent_ms` was right.
    pub at_elapsed_ms: u64,
    /// In which boot.
    pub boot_id: String,
}

impl Lease {
    /// A lease that the server has just given, in answer to what this device asked at `asked`: nothing but that answers it, so
    /// it counts from the question on, whatever clock the server has.
    pub fn begin(read: LeaseRead, asked: &Reading) -> Self {
        Self {
            valid_for_ms: read.valid_for_ms.min(MOST_MS),
            spent_ms: 0,
            at_elapsed_ms: asked.elapsed_ms,
            boot_id: asked.boot_id.clone(),
        }
    }

    /// What is spent at `now`.
    fn spent_at_ms(&self, now: &Reading) -> u64 {
        if self.boot_id != now.boot_id {
            return self.spent_ms.saturating_add(now.elapsed_ms);
        }
        match now.elapsed_ms.checked_sub(self.at_elapsed_ms) {
            Some(passed) => self.spent_ms.saturating_add(passed),
            None if self.at_elapsed_ms.saturating_sub(now.elapsed_ms) <= OUT_OF_ORDER_MS => {
                self.spent_ms
            }
            // A clock of the same boot that went back is not believed.
            None => u64::MAX,
        }
    }

    /// What is left at `now`; 0 when it is over.
    pub fn left_ms(&self, now: &Reading) -> u64 {
        self.valid_for_ms.saturating_sub(self.spent_at_ms(now))
    }

    /// The same lease with what is spent until `now`.
    #[must_use]
    pub fn spend(&self, now: &Reading) -> Self {
        Self {
            spent_ms: self.spent_at_ms(now),
            at_elapsed_ms: if self.boot_id == now.boot_id {
                now.elapsed_ms.max(self.at_elapsed_ms)
            } else {
                now.elapsed_ms
            },
            boot_id: now.boot_id.clone(),
            ..self.clone()
        }
    }

    /// Whether this state of the lease is worth a write over the one on disk.
    pub fn is_worth_a_write(&self, on_disk: Option<&Self>, now: &Reading) -> bool {
        on_disk.is_none_or(|disk| {
            disk.boot_id != now.boot_id
                || self.valid_for_ms != disk.valid_for_ms
                || self.left_ms(now) >= disk.left_ms(now).saturating_add(RENEW_WRITE_MS)
                || self.spent_ms >= disk.spent_ms.saturating_add(SPENT_WRITE_MS)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 24 * 3_600_000;

    fn at(elapsed_ms: u64, boot: &str) -> Reading {
        Reading {
            wall_ms: 0,
            elapsed_ms,
            boot_id: boot.into(),
            zone: "Asia/Kolkata".into(),
            offset_min: 330,
        }
    }

    fn given(asked_ms: u64) -> Lease {
        let read = LeaseRead {
            valid_for_ms: 7 * DAY_MS,
        };
        Lease::begin(read, &at(asked_ms, "one"))
    }

    fn fresh() -> Lease {
        given(1_000)
    }

    #[test]
    fn a_lease_ends_after_its_time_by_the_clock_that_counts_sleep() {
        assert_eq!(fresh().left_ms(&at(1_000 + DAY_MS, "one")), 6 * DAY_MS);
        assert_eq!(fresh().left_ms(&at(1_000 + 7 * DAY_MS, "one")), 0);
        assert_eq!(fresh().left_ms(&at(u64::MAX, "one")), 0);
    }

    #[test]
    fn setting_the_wall_clock_neither_extends_nor_cuts_it() {
        for wall_ms in [i64::MIN, 0, i64::MAX] {
            let now = Reading {
                wall_ms,
                ..at(1_000 + DAY_MS, "one")
            };
            assert_eq!(fresh().left_ms(&now), 6 * DAY_MS);
        }
    }

    #[test]
    fn a_restart_of_the_system_gives_nothing_back_and_the_time_since_it_counts() {
        let written = fresh().spend(&at(1_000 + 3 * DAY_MS, "one"));
        assert_eq!(written.left_ms(&at(60_000, "two")), 4 * DAY_MS - 60_000);
        let again = written.spend(&at(DAY_MS, "two"));
        assert_eq!(again.left_ms(&at(0, "three")), 3 * DAY_MS);
    }

    #[test]
    fn a_clock_of_the_same_boot_that_went_back_ends_it() {
        let later = fresh().spend(&at(1_000 + DAY_MS, "one"));
        assert_eq!(later.left_ms(&at(999, "one")), 0);
    }

    #[test]
    fn a_lease_without_a_sensible_end_is_cut() {
        let endless = LeaseRead {
            valid_for_ms: u64::MAX,
        };
        let now = at(0, "one");
        assert_eq!(Lease::begin(endless, &now).left_ms(&now), MOST_MS);
    }

    #[test]
    fn the_disk_is_written_when_it_would_know_too_little() {
        let (disk, now) = (fresh(), at(1_000 + 60_000, "one"));
        assert!(!disk.spend(&now).is_worth_a_write(Some(&disk), &now));
        let later = at(1_000 + SPENT_WRITE_MS, "one");
        assert!(disk.spend(&later).is_worth_a_write(Some(&disk), &later));
        assert!(disk.is_worth_a_write(None, &now));
        let rebooted = at(1, "two");
        assert!(
            disk.spend(&rebooted)
                .is_worth_a_write(Some(&disk), &rebooted)
        );
        let much_later = at(1_000 + RENEW_WRITE_MS, "one");
        assert!(!given(61_000).is_worth_a_write(Some(&disk), &now));
        assert!(given(1_000 + RENEW_WRITE_MS).is_worth_a_write(Some(&disk), &much_later));
    }

    #[test]
    fn a_reading_that_another_thread_overtook_ends_nothing() {
        let later = fresh().spend(&at(1_000 + DAY_MS, "one"));
        let overtaken = at(999 + DAY_MS, "one");
        assert_eq!(later.left_ms(&overtaken), 6 * DAY_MS);
        assert_eq!(later.spend(&overtaken), later);
    }
}
