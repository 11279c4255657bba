//! Clocks that are ahead: a week without a server takes no week.

use std::time::Duration;

use bizmitra_core::clock::{Clock, Reading};

/// A clock of which both hands stand later by the same time.
pub struct LaterClock<C> {
    clock: C,
    later_ms: u32,
}

impl<C> LaterClock<C> {
    /// `clock`, later by `later`, at most 49 days.
    pub fn new(clock: C, later: Duration) -> Self {
        let later_ms = u32::try_from(later.as_millis()).unwrap_or(u32::MAX);
        Self { clock, later_ms }
    }
}

impl<C: Clock> Clock for LaterClock<C> {
    fn now(&self) -> Reading {
        let now = self.clock.now();
        Reading {
            wall_ms: now.wall_ms.saturating_add(self.later_ms.into()),
            elapsed_ms: now.elapsed_ms.saturating_add(self.later_ms.into()),
            ..now
        }
    }
}
