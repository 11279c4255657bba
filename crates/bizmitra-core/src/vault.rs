//! The vault: a key that only the PIN opens, and the policy of tries.

pub mod envelope;
pub mod pin;
pub mod tries;

pub use envelope::{Envelope, EnvelopeContext, EnvelopeError, KdfParams};
pub use pin::{Pin, PinProblem, check_pin};
pub use tries::{Admission, Tries};

/// What came of a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlock {
    /// Open.
    Open,
    /// Wrong.
    Wrong {
        /// Tries left before the vault is destroyed.
        tries_left: u8,
        /// The next try may come after this long.
        wait_ms: u64,
    },
    /// Not checked: wait first.
    Wait {
        /// Milliseconds.
        wait_ms: u64,
    },
    /// The vault was destroyed; a new activation code is needed.
    Destroyed,
}
