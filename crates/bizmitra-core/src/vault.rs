//! The vault: a key that only the PIN opens, and the policy of tries.

pub mod biometric;
pub mod columns;
pub mod envelope;
pub mod own_numbers;
pub mod pin;
pub mod tries;

pub use columns::{Column, ColumnError, Columns};
pub use envelope::{Envelope, EnvelopeContext, EnvelopeError, KdfParams};
pub use own_numbers::OwnNumbers;
pub use pin::{Pin, PinProblem, check_pin};
pub use tries::{Admission, Tries};

use std::sync::Arc;

use crate::clock::Entropy;
use crate::keys::{KeyPair, VaultKey};

/// What exists only while the vault is open.
#[derive(Clone)]
pub struct Opened {
    /// The user presence key.
    pub presence: KeyPair,
    /// What a locked phone must not show.
    pub columns: Arc<Columns>,
}

impl Opened {
    /// All that the vault key gives.
    pub fn new(vault: &VaultKey, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            presence: vault.derive_presence(),
            columns: Arc::new(Columns::open(vault, entropy)),
        }
    }
}

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
