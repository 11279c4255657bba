//! Time that passes only when everybody waits: tokio's paused clock, read by phones that were set wrong and by a server that
//! was not.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bizmitra_core::clock::{Clock, Reading};
use tokio::time::Instant;

/// Monday 23 November 2026, 09:01 in Pune.
const MORNING_MS: i64 = 1_795_404_660_000;
const OFFSET_MIN: i32 = 330;
/// Up for an hour when a world begins.
const UP_MS: u64 = 3_600_000;

static BEGAN: Mutex<Option<(Instant, u64)>> = Mutex::new(None);

/// Time begins at so many milliseconds, on the current runtime.
pub fn begin_at(ms: u64) {
    *BEGAN.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), ms));
}

/// Milliseconds since the morning.
pub fn now_ms() -> u64 {
    let began = *BEGAN.lock().unwrap_or_else(PoisonError::into_inner);
    began.map_or(0, |(began, ms)| {
        ms + u64::try_from(began.elapsed().as_millis()).unwrap_or(0)
    })
}

/// The wall clock of everything else in this process, once time has begun.
pub fn wall_ms() -> Option<i64> {
    let began = BEGAN.try_lock().is_ok_and(|began| began.is_some());
    began.then(|| MORNING_MS + i64::try_from(now_ms()).unwrap_or(0))
}

/// A phone's clocks.
#[derive(Clone, Default)]
pub struct PhoneClock(Arc<Inner>);

#[derive(Default)]
struct Inner {
    wall_off_ms: AtomicI64,
    boots: AtomicU64,
    /// Added to the time since the last start of the system.
    up_off_ms: AtomicI64,
}

impl PhoneClock {
    /// Somebody sets the wall clock.
    pub fn set_wall_off_by_ms(&self, off_ms: i64) {
        self.0.wall_off_ms.store(off_ms, Ordering::SeqCst);
    }

    /// The system starts again; its count begins at 20 s.
    pub fn reboot(&self) {
        self.0.boots.fetch_add(1, Ordering::SeqCst);
        let off = 20_000 - i64::try_from(now_ms() + UP_MS).unwrap_or(0);
        self.0.up_off_ms.store(off, Ordering::SeqCst);
    }
}

impl Clock for PhoneClock {
    fn now(&self) -> Reading {
        let now = now_ms();
        let passed = i64::try_from(now).unwrap_or(0);
        Reading {
            wall_ms: MORNING_MS + passed + self.0.wall_off_ms.load(Ordering::SeqCst),
            elapsed_ms: (now + UP_MS)
                .saturating_add_signed(self.0.up_off_ms.load(Ordering::SeqCst)),
            boot_id: format!("boot-{}", self.0.boots.load(Ordering::SeqCst)),
            zone: "Asia/Kolkata".to_owned(),
            offset_min: OFFSET_MIN,
        }
    }
}

/// The server's clock.
pub struct ServerClock;

impl bizmitra_server::Clock for ServerClock {
    fn now_ms(&self) -> i64 {
        MORNING_MS + i64::try_from(now_ms()).unwrap_or(0)
    }
}
