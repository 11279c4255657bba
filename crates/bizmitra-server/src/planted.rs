//! The server's bugs on purpose, for the lab alone: see the module of the same name in `bizmitra-core`, which the server
//! does not import.

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("planted bugs are for the lab: never in a release");

/// A mistake that is easily made in a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Bug {
    /// The database does not wait for the disk.
    NoFsync = 1,
    /// A commit that failed is answered like one that did not.
    AnswersWithoutCommit,
    /// What is here already is not found.
    ForgetsDuplicates,
    /// A restored database keeps its epoch.
    KeepsEpoch,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::NoFsync,
        Self::AnswersWithoutCommit,
        Self::ForgetsDuplicates,
        Self::KeepsEpoch,
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
pub(crate) fn is(bug: Bug) -> bool {
    PLANTED.load(std::sync::atomic::Ordering::Relaxed) == bug as u8
}

/// Never.
#[cfg(not(feature = "planted"))]
#[inline]
pub(crate) const fn is(_: Bug) -> bool {
    false
}
