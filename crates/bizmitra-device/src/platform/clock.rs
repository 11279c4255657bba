//! Clocks of the operating system. `std::time::Instant` does not promise to count sleep, so it is the last resort.

use std::time::{SystemTime, UNIX_EPOCH};

use bizmitra_core::clock::{Clock, Reading};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The clocks of this computer or phone.
#[derive(Debug, Clone)]
pub struct SystemClock {
    boot_id: String,
    #[cfg(not(unix))]
    started: std::time::Instant,
}

impl SystemClock {
    /// Reads the identity of this boot once; the clocks are read at every call.
    #[must_use]
    pub fn new() -> Self {
        Self {
            boot_id: read_boot_id(),
            #[cfg(not(unix))]
            started: std::time::Instant::now(),
        }
    }

    /// `CLOCK_BOOTTIME` counts sleep.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn elapsed_ms(&self) -> u64 {
        read(rustix::time::ClockId::Boottime)
    }

    /// On Apple's systems `CLOCK_MONOTONIC` counts sleep.
    #[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
    fn elapsed_ms(&self) -> u64 {
        read(rustix::time::ClockId::Monotonic)
    }

    /// On Windows `Instant` is the performance counter, which runs on through sleep. It counts from the start of this
    /// process, which is why the boot id there is one of the process.
    #[cfg(not(unix))]
    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Reading {
        let wall_ms = wall_ms();
        // Asked at every reading: people cross zones and systems change theirs while we run.
        let zone = TimeZone::system();
        let offset_min =
            Timestamp::from_millisecond(wall_ms).map_or(0, |at| zone.to_offset(at).seconds() / 60);
        let name = zone.iana_name().unwrap_or("Etc/UTC").to_owned();
        Reading {
            wall_ms,
            elapsed_ms: self.elapsed_ms(),
            boot_id: self.boot_id.clone(),
            zone: name,
            offset_min,
        }
    }
}

/// Milliseconds since 1970, also before it.
fn wall_ms() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    }
}

#[cfg(unix)]
fn read(clock: rustix::time::ClockId) -> u64 {
    let time = rustix::time::clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds
        .saturating_mul(1_000)
        .saturating_add(nanos / 1_000_000)
}

/// The kernel's own id of this boot; where there is none an id of this process, so that readings of two processes
/// never compare: a time is then called unverified rather than trusted wrongly.
fn read_boot_id() -> String {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Ok(text) = std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        let id = text.trim();
        if !id.is_empty() {
            return id.to_owned();
        }
    }
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string(),
        // Unequal to every other reading's id is all that is asked of it.
        Err(_) => format!("process-{}-{}", std::process::id(), wall_ms()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_clocks_of_one_boot_agree_and_time_does_not_go_back() {
        let first = SystemClock::new().now();
        let second = SystemClock::new().now();
        assert!(second.elapsed_ms >= first.elapsed_ms);
        assert!(second.elapsed_ms > 0);
        if cfg!(target_os = "linux") {
            assert_eq!(first.boot_id, second.boot_id);
        }
        assert!(first.wall_ms > 1_700_000_000_000);
        assert!((-14 * 60..=14 * 60).contains(&first.offset_min));
    }
}
