//! Time and randomness as core needs them: read by the platform, never by core itself.

use serde::{Deserialize, Serialize};

/// One reading of both clocks of the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Wall clock, milliseconds since 1970-01-01T00:00:00Z. The user can change it: shown and recorded, never waited on.
    pub wall_ms: i64,
    /// Milliseconds by a clock that counts sleep and never goes back (`CLOCK_BOOTTIME`, `mach_continuous_time`, `GetTickCount64`).
    pub elapsed_ms: u64,
    /// Changes with every start of the operating system: readings of `elapsed_ms` compare only within one.
    pub boot_id: String,
    /// IANA time zone.
    pub zone: String,
    /// UTC offset at `wall_ms`, minutes.
    pub offset_min: i32,
}

/// The device's clocks.
pub trait Clock: Send + Sync {
    /// Reads them now.
    fn now(&self) -> Reading;
}

/// The device's random number generator, fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` random bytes.
pub fn make_random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

#[cfg(test)]
pub(crate) mod testing {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Entropy;

    /// Other bytes each time, the same from run to run.
    #[derive(Default)]
    pub(crate) struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, Ordering::Relaxed).wrapping_add(1));
        }
    }
}
