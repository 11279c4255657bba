//! Codes and PINs.

use serde::{Deserialize, Serialize};

/// What an activation code opens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InvitationView {
    /// Company.
    pub company: String,
    /// Person.
    pub name: String,
    /// A manager has to approve.
    pub needs_approval: bool,
    /// Fewest digits of the PIN.
    pub min_digits: u8,
    /// Most digits of the PIN.
    pub max_digits: u8,
    /// Version of the notice to show.
    pub notice_version: String,
}

/// Why a PIN is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinProblem {
    /// Something other than digits.
    NotDigits,
    /// Too short.
    TooShort,
    /// Too long.
    TooLong,
    /// One digit or one group repeated.
    Repeats,
    /// Digits in a run, up or down.
    Run,
    /// Looks like a year or a date.
    Year,
    /// On the list of the commonest.
    Common,
    /// In a number of the person's that others know.
    Own,
}

/// What came of a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum UnlockView {
    /// Open.
    Open,
    /// Wrong; this many tries are left and the next may come after this long.
    Wrong {
        /// Tries left.
        tries_left: u8,
        /// Milliseconds.
        wait_ms: u64,
    },
    /// Not checked: wait first.
    Wait {
        /// Milliseconds.
        wait_ms: u64,
    },
    /// The vault was destroyed.
    Destroyed,
}
