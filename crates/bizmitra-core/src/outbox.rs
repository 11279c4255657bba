//! The outbox: states of an item and what a verdict makes of it.
//!
//! ```text
//! QUEUED --send mark--> IN_DOUBT --applied, duplicate--> ACKED
//!                          |  ^                           
//!                          |  +-- retry, blocked, answer lost (unchanged; resent freely)
//!                          +--rejected, conflict--> PARKED --retry by the person--> IN_DOUBT
//! ```
//! There is no stored "sending", no retry limit and no expiry. Records of the chain cannot be cancelled.

use crate::ids::{ChainId, ItemId};

/// State of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Never on a wire.
    Queued,
    /// May have reached the server; resend freely.
    InDoubt,
    /// Our server said so.
    Acked,
    /// Needs the person.
    Parked,
}

/// Order of sending; smaller goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Consent and other control records.
    Control,
    /// Taps.
    CheckIn,
    /// Evidence, withdrawals, corrections.
    Record,
    /// Pictures of people at a tap.
    Selfie,
    /// Other files.
    File,
}

impl Lane {
    /// Its number in the table.
    pub fn number(self) -> u8 {
        match self {
            Self::Control => 0,
            Self::CheckIn => 1,
            Self::Record => 2,
            Self::Selfie => 3,
            Self::File => 4,
        }
    }
}

/// An item as it is stored and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxItem {
    /// Unique for ever.
    pub id: ItemId,
    /// Chain.
    pub chain: ChainId,
    /// Place in it.
    pub seq: u64,
    /// Hash of the record before.
    pub prev_hash: [u8; 32],
    /// Hash of this record.
    pub hash: [u8; 32],
    /// Content type of the payload.
    pub content_type: String,
    /// Exact bytes captured, sealed to the company.
    pub payload: Vec<u8>,
    /// Signatures: key id and 64 bytes each (Ed25519).
    pub sigs: Vec<(String, [u8; 64])>,
}

/// Why an item needs the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParkReason {
    /// The server could not read or verify it.
    Validation,
    /// The server does not know this kind.
    UnknownKind,
    /// Not this device's to say.
    Forbidden,
    /// The id exists with other bytes.
    Conflict,
}

impl ParkReason {
    /// Its word in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::UnknownKind => "unknown_kind",
            Self::Forbidden => "forbidden",
            Self::Conflict => "conflict",
        }
    }

    /// From its word.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Validation,
            Self::UnknownKind,
            Self::Forbidden,
            Self::Conflict,
        ]
        .into_iter()
        .find(|reason| reason.name() == name)
    }
}

/// What a verdict makes of an item. Everything that is not here leaves it as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done; the receipt as JSON, as it came.
    Acked {
        /// JSON.
        receipt: Vec<u8>,
        /// When the server committed it.
        received_at_ms: i64,
    },
    /// Needs the person.
    Parked(ParkReason),
}

/// How many items are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// QUEUED.
    pub queued: u32,
    /// IN_DOUBT.
    pub in_doubt: u32,
    /// PARKED.
    pub parked: u32,
    /// ACKED.
    pub acked: u32,
}

impl Counts {
    /// Not confirmed and not parked.
    pub fn waiting(self) -> u32 {
        self.queued.saturating_add(self.in_doubt)
    }
}

/// The state after an outcome; `None` when the outcome changes nothing (late or repeated).
pub fn decide_state(state: State, outcome: &Outcome) -> Option<State> {
    match (state, outcome) {
        // An item that was never marked cannot have been judged: keep it, whatever was said.
        (State::Queued, Outcome::Acked { .. } | Outcome::Parked(_)) => None,
        (State::InDoubt, Outcome::Acked { .. }) => Some(State::Acked),
        (State::InDoubt, Outcome::Parked(_)) => Some(State::Parked),
        (State::Acked, Outcome::Acked { .. } | Outcome::Parked(_)) => None,
        // Another process may have delivered it meanwhile.
        (State::Parked, Outcome::Acked { .. }) => Some(State::Acked),
        (State::Parked, Outcome::Parked(_)) => None,
    }
}
