//! Time anchors: what the server said the time was, tied to the clock that counts sleep.

use bizmitra_rules::time_grade::CLOCK_OFF_MS;
use serde::{Deserialize, Serialize};

use crate::clock::Reading;
use crate::ids::AnchorId;
use crate::wire::AnchorRead;

/// The last time statement of the server, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Records name it.
    pub id: AnchorId,
    /// Server's clock at its answer.
    pub server_time_ms: i64,
    /// This device's clock that counts sleep, when the answer came.
    pub at_elapsed_ms: u64,
    /// In which boot.
    pub boot_id: String,
    /// Round trip of that exchange.
    pub rtt_ms: u64,
}

impl Anchor {
    /// From an exchange that began at `before` and ended at `after`; `None` when the device was restarted between.
    pub fn from_exchange(read: AnchorRead, before: &Reading, after: &Reading) -> Option<Self> {
        let rtt_ms = (before.boot_id == after.boot_id)
            .then(|| after.elapsed_ms.checked_sub(before.elapsed_ms))??;
        Some(Self {
            id: read.id,
            server_time_ms: read.server_time_ms,
            at_elapsed_ms: after.elapsed_ms,
            boot_id: after.boot_id.clone(),
            rtt_ms,
        })
    }

    /// Milliseconds since the anchor came; `None` after a reboot.
    pub fn elapsed_ms(&self, now: &Reading) -> Option<u64> {
        if self.boot_id == now.boot_id {
            now.elapsed_ms.checked_sub(self.at_elapsed_ms)
        } else {
            None
        }
    }

    /// Half width of the interval around the wall clock of `now` that holds the true time: half the round trip, 100 parts per
    /// million of drift, and what the wall clock is off by the server's count.
    pub fn tolerance_ms(&self, now: &Reading) -> Option<u64> {
        let (uncertain_ms, apart_ms) = self.compare(now)?;
        Some(uncertain_ms.saturating_add(apart_ms).max(1))
    }

    /// Whether the wall clock of `now` is wrong by more than a minute, by the server's time and this device's count since;
    /// `None` after a reboot, when nothing was counted.
    pub fn is_clock_off(&self, now: &Reading) -> Option<bool> {
        let (uncertain_ms, apart_ms) = self.compare(now)?;
        Some(apart_ms > uncertain_ms.saturating_add(CLOCK_OFF_MS))
    }

    /// What is uncertain about the count since the anchor, and how far the wall clock is from it.
    fn compare(&self, now: &Reading) -> Option<(u64, u64)> {
        let elapsed = self.elapsed_ms(now)?;
        let counted_ms = self
            .server_time_ms
            .checked_add_unsigned(elapsed)?
            .checked_add_unsigned(self.rtt_ms / 2)?;
        let uncertain_ms = (self.rtt_ms / 2).saturating_add(elapsed / 10_000);
        Some((uncertain_ms, counted_ms.abs_diff(now.wall_ms)))
    }

    /// Whether `newer` is worth a write: another boot, a better round trip, or this one is older than 15 minutes.
    pub fn should_replace(&self, newer: &Self) -> bool {
        self.boot_id != newer.boot_id
            || newer.rtt_ms < self.rtt_ms
            || newer.at_elapsed_ms.saturating_sub(self.at_elapsed_ms) > 15 * 60_000
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

    fn anchor() -> Anchor {
        let read = AnchorRead {
            id: AnchorId(uuid::Uuid::from_u128(1)),
            server_time_ms: 1_000_000,
        };
        Anchor::from_exchange(read, &at(1_000, "one"), &at(1_200, "one")).unwrap()
    }

    /// A wall clock that agrees with the anchor's count, but for `off_ms`.
    fn showing(elapsed_ms: u64, off_ms: i64) -> Reading {
        let since = i64::try_from(elapsed_ms - 1_200).unwrap();
        Reading {
            wall_ms: 1_000_000 + since + 100 + off_ms,
            ..at(elapsed_ms, "one")
        }
    }

    #[test]
    fn tolerance_grows_with_half_the_round_trip_and_drift() {
        assert_eq!(anchor().tolerance_ms(&showing(1_200, 0)), Some(100));
        assert_eq!(anchor().tolerance_ms(&showing(10_001_200, 0)), Some(1_100));
    }

    #[test]
    fn a_wall_clock_that_is_off_widens_the_tolerance_by_as_much() {
        assert_eq!(anchor().tolerance_ms(&showing(1_200, 90_000)), Some(90_100));
        assert_eq!(
            anchor().tolerance_ms(&showing(1_200, -90_000)),
            Some(90_100)
        );
    }

    #[test]
    fn a_wall_clock_that_is_off_by_more_than_a_minute_is_called_wrong() {
        let is_off = |off_ms| anchor().is_clock_off(&showing(1_200, off_ms));
        const TEN_YEARS_MS: i64 = 315_576_000_000;
        for (off_ms, wrong) in [
            (0, false),
            (60_100, false),
            (-60_100, false),
            (60_101, true),
            (-60_101, true),
            (TEN_YEARS_MS, true),
            (-TEN_YEARS_MS, true),
            (i64::MAX - 2_000_000, true),
        ] {
            assert_eq!(is_off(off_ms), Some(wrong), "{off_ms}");
        }
        assert_eq!(anchor().is_clock_off(&at(5_000, "two")), None);
    }

    #[test]
    fn after_a_reboot_nothing_is_known() {
        assert_eq!(anchor().elapsed_ms(&at(5_000, "two")), None);
        let read = AnchorRead {
            id: AnchorId(uuid::Uuid::from_u128(1)),
            server_time_ms: 0,
        };
        assert_eq!(
            Anchor::from_exchange(read, &at(5, "one"), &at(9, "two")),
            None
        );
    }
}
