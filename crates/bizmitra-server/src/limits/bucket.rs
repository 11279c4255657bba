//! One leaky bucket, in whole milliseconds.
//!
//! Own arithmetic instead of `governor`: its keyed stores are swept, not bounded, so a flood of addresses grows them; it
//! cannot look without spending; and its theoretical arrival time would lie in the future for as long as an operator's
//! clock is set back, which locks everybody out for that long.

/// How much may be done: `burst` at once, and one more each `interval_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    burst: i64,
    interval_ms: i64,
}

impl Budget {
    /// `burst` at once and `per_minute` from then on; both at least one.
    pub(crate) fn new(burst: u32, per_minute: u32) -> Self {
        Self {
            burst: i64::from(burst.max(1)),
            interval_ms: (60_000 / i64::from(per_minute.max(1))).max(1),
        }
    }

    fn capacity_ms(self) -> i64 {
        self.burst.saturating_mul(self.interval_ms)
    }
}

/// How long until the next unit is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait {
    ms: i64,
}

impl Wait {
    /// As `Retry-After` says it: whole seconds, at least one.
    pub(crate) fn retry_after_s(self) -> u64 {
        self.ms.unsigned_abs().div_ceil(1000).max(1)
    }

    #[cfg(test)]
    pub(super) fn ms(self) -> i64 {
        self.ms
    }
}

/// What one key has spent. Each unit adds the budget's interval to a debt that time pays off.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket {
    debt_ms: i64,
    at_ms: i64,
}

impl Bucket {
    /// Spends one unit, or says how long to wait. A refusal costs nothing, so asking again never lengthens the wait.
    pub(super) fn spend(&mut self, budget: Budget, now_ms: i64) -> Result<(), Wait> {
        self.check(budget, now_ms)?;
        self.debt_ms = self.debt_ms.saturating_add(budget.interval_ms);
        Ok(())
    }

    /// Whether one unit is there.
    pub(super) fn check(&mut self, budget: Budget, now_ms: i64) -> Result<(), Wait> {
        self.settle(now_ms);
        let after_ms = self.debt_ms.saturating_add(budget.interval_ms);
        let ms = after_ms.saturating_sub(budget.capacity_ms());
        if ms > 0 { Err(Wait { ms }) } else { Ok(()) }
    }

    /// Pays off what time brought. A clock that was set back pays nothing off, once; from then on its time counts.
    fn settle(&mut self, now_ms: i64) {
        let passed_ms = now_ms.saturating_sub(self.at_ms).max(0);
        self.debt_ms = self.debt_ms.saturating_sub(passed_ms).max(0);
        self.at_ms = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: i64 = 1_795_404_600_000;

    #[test]
    fn a_burst_passes_at_once_and_then_one_more_each_interval() {
        let budget = Budget::new(3, 6);
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            assert_eq!(bucket.spend(budget, NOON), Ok(()));
        }
        let wait = bucket.spend(budget, NOON).unwrap_err();
        assert_eq!((wait.ms(), wait.retry_after_s()), (10_000, 10));
        assert_eq!(bucket.spend(budget, NOON + 9_999).unwrap_err().ms(), 1);
        assert_eq!(bucket.spend(budget, NOON + 10_000), Ok(()));
        assert!(bucket.spend(budget, NOON + 10_000).is_err());
    }

    #[test]
    fn a_clock_that_is_set_back_an_hour_locks_nobody_out_for_an_hour() {
        let budget = Budget::new(3, 6);
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            bucket.spend(budget, NOON).unwrap();
        }
        let earlier = NOON - 3_600_000;
        assert_eq!(bucket.spend(budget, earlier).unwrap_err().ms(), 10_000);
        assert_eq!(bucket.spend(budget, earlier + 10_000), Ok(()));
    }

    proptest! {
        /// Over any run of any length, no more passes than the burst and what time brought.
        #[test]
        fn never_more_than_the_burst_and_what_time_brought(
            burst in 1_u32..50,
            per_minute in 1_u32..2_000,
            steps in proptest::collection::vec(0_i64..5_000, 1..400),
        ) {
            let budget = Budget::new(burst, per_minute);
            let mut bucket = Bucket::default();
            let (mut now_ms, mut passed) = (NOON, 0_i64);
            for step in steps {
                now_ms += step;
                if bucket.spend(budget, now_ms).is_ok() {
                    passed += 1;
                }
                let brought = (now_ms - NOON) / budget.interval_ms;
                prop_assert!(passed <= budget.burst + brought + 1);
            }
        }

        /// Whoever waits as long as told is served, and not a millisecond earlier.
        #[test]
        fn who_waits_as_long_as_told_is_served(
            burst in 1_u32..50,
            per_minute in 1_u32..2_000,
            tries in 1_usize..200,
        ) {
            let budget = Budget::new(burst, per_minute);
            let mut bucket = Bucket::default();
            for _ in 0..tries {
                if let Err(wait) = bucket.spend(budget, NOON) {
                    prop_assert!(bucket.check(budget, NOON + wait.ms() - 1).is_err());
                    prop_assert!(bucket.check(budget, NOON + wait.ms()).is_ok());
                    return Ok(());
                }
            }
        }
    }
}
