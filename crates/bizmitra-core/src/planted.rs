//! Bugs on purpose, one at a time: the lab must catch each of them, otherwise it could not catch a real one either.
//!
//! They exist with the feature `planted` only, which the lab alone asks for and which does not compile without debug
//! assertions; without it [`is`] is `false` and nothing of a hook is left.

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("planted bugs are for the lab: never in a release");

/// A mistake that queues of others made, or that is easily made in this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Bug {
    /// The store does not wait for the disk.
    NoFsync = 1,
    /// The log of a killed process is removed at the start.
    DropsLog,
    /// What a killed process left in the log counts as durable.
    TrustsLog,
    /// The record is committed before its row in the outbox.
    RowAfterCommit,
    /// A full disk is not said.
    SwallowsDiskFull,
    /// Sent counts as done.
    DoneWhenSent,
    /// Items go onto the wire without a mark.
    SendsUnmarked,
    /// Verdicts count by their place in the answer.
    VerdictByPlace,
    /// A receipt is not verified.
    TrustsReceipts,
    /// What an answer does not name counts as done.
    MissingIsDone,
    /// An answer that is not our server's counts as success.
    HtmlIsSuccess,
    /// Waits are counted by the wall clock.
    WaitsOnWallClock,
    /// After some failures nothing is tried any more.
    GivesUp,
    /// The server's wish for the next try is not heard.
    IgnoresRetryAfter,
    /// A restored server is not offered again what it lost.
    IgnoresEpoch,
    /// The drainer ends when the store fails once.
    DrainerDies,
    /// Each try of a tap has an id of its own.
    MintsPerTry,
    /// What a killed process owed is not written.
    ForgetsInterrupted,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::NoFsync,
        Self::DropsLog,
        Self::TrustsLog,
        Self::RowAfterCommit,
        Self::SwallowsDiskFull,
        Self::DoneWhenSent,
        Self::SendsUnmarked,
        Self::VerdictByPlace,
        Self::TrustsReceipts,
        Self::MissingIsDone,
        Self::HtmlIsSuccess,
        Self::WaitsOnWallClock,
        Self::GivesUp,
        Self::IgnoresRetryAfter,
        Self::IgnoresEpoch,
        Self::DrainerDies,
        Self::MintsPerTry,
        Self::ForgetsInterrupted,
    ];
}

#[cfg(feature = "planted")]
static PLANTED: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);

/// Plants one; it stays for the life of the process.
#[cfg(feature = "planted")]
pub fn plant(bug: Bug) {
    PLANTED.store(bug as u8, std::sync::atomic::Ordering::SeqCst);
}

/// Whether this one is planted.
#[cfg(feature = "planted")]
pub fn is(bug: Bug) -> bool {
    PLANTED.load(std::sync::atomic::Ordering::Relaxed) == bug as u8
}

/// Never.
#[cfg(not(feature = "planted"))]
#[inline]
pub const fn is(_: Bug) -> bool {
    false
}

/// A clock whose count of time can be set by anybody.
pub(crate) struct WallClock(pub(crate) std::sync::Arc<dyn crate::clock::Clock>);

impl crate::clock::Clock for WallClock {
    fn now(&self) -> crate::clock::Reading {
        let now = self.0.now();
        crate::clock::Reading {
            elapsed_ms: u64::try_from(now.wall_ms).unwrap_or(0),
            ..now
        }
    }
}
