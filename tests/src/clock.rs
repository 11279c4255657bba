//! Clocks that run like the real ones from a fixed morning, and can be moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use bizmitra_core::clock::{Clock, Reading};

/// Monday 23 November 2026, 09:01 in Pune.
pub const MORNING_MS: i64 = 1_795_404_660_000;
/// UTC+05:30.
const OFFSET_MIN: i32 = 330;
/// Up for an hour when a test begins.
const UP_MS: u64 = 3_600_000;

/// One clock for a server or a device; clones are the same clock.
#[derive(Debug, Clone)]
pub struct TestClock {
    began: Instant,
    wall_shift_ms: Arc<AtomicI64>,
    elapsed_shift_ms: Arc<AtomicU64>,
    boots: Arc<AtomicU64>,
}

impl Default for TestClock {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            wall_shift_ms: Arc::default(),
            elapsed_shift_ms: Arc::default(),
            boots: Arc::default(),
        }
    }
}

impl TestClock {
    /// A clock of its own that shows the same time now.
    #[must_use]
    pub fn fork(&self) -> Self {
        let copy = |value: &AtomicI64| Arc::new(AtomicI64::new(value.load(Ordering::SeqCst)));
        Self {
            began: self.began,
            wall_shift_ms: copy(&self.wall_shift_ms),
            elapsed_shift_ms: Arc::new(AtomicU64::new(
                self.elapsed_shift_ms.load(Ordering::SeqCst),
            )),
            boots: Arc::default(),
        }
    }

    /// Time passes.
    pub fn advance_ms(&self, span_ms: u64) {
        self.elapsed_shift_ms.fetch_add(span_ms, Ordering::SeqCst);
    }

    /// Somebody sets the wall clock; time does not pass.
    pub fn set_wall_off_by_ms(&self, shift_ms: i64) {
        self.wall_shift_ms.store(shift_ms, Ordering::SeqCst);
    }

    /// The device is switched off and on.
    pub fn reboot(&self) {
        self.boots.fetch_add(1, Ordering::SeqCst);
    }

    fn passed_ms(&self) -> u64 {
        let real = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        real.saturating_add(self.elapsed_shift_ms.load(Ordering::SeqCst))
    }

    /// Wall clock.
    #[must_use]
    pub fn wall_ms(&self) -> i64 {
        let passed = i64::try_from(self.passed_ms()).unwrap_or(i64::MAX);
        MORNING_MS
            .saturating_add(passed)
            .saturating_add(self.wall_shift_ms.load(Ordering::SeqCst))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Reading {
        Reading {
            wall_ms: self.wall_ms(),
            elapsed_ms: UP_MS.saturating_add(self.passed_ms()),
            boot_id: format!("boot-{}", self.boots.load(Ordering::SeqCst)),
            zone: "Asia/Kolkata".to_owned(),
            offset_min: OFFSET_MIN,
        }
    }
}

impl bizmitra_server::Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.wall_ms()
    }
}
