//! What the exact bytes of a record state, read on our own.

use serde::Deserialize;

use super::bytes::Fixed;
use crate::ids::{ChainId, CompanyId, DeviceId, EmployeeId, ItemId};

/// The version of a record that is read here.
const RECORD_VERSION: u32 = 1;

/// What a record states. Fields that are not shown are covered by the hash all the same.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Stated {
    v: u32,
    /// Its chain.
    pub chain_id: ChainId,
    /// Company.
    pub company: CompanyId,
    /// Person.
    pub employee: EmployeeId,
    /// Device.
    pub device: DeviceId,
    /// Place in the chain.
    pub seq: u64,
    /// Hash of the record before.
    pub prev_hash: Fixed<32>,
    /// The record.
    pub id: ItemId,
    /// In the first record of a chain: what the device knew to be receipted last before it.
    pub follows: Option<ChainEnd>,
    /// What it is.
    pub kind: Kind,
    /// Wall clock of the device: a claim.
    pub wall_ms: i64,
    /// UTC offset of the device at that instant, minutes.
    pub offset_min: i32,
    /// The tap that evidence, a withdrawal or a correction belongs to.
    pub about: Option<ItemId>,
    /// Location verdict of evidence.
    pub place: Option<String>,
    /// Why there is none.
    pub reason: Option<String>,
    /// Whether consent was given or taken back.
    pub given: Option<bool>,
    /// The day of a tap or a correction.
    pub day: Option<String>,
    /// What a correction asks for.
    pub should_be: Option<ShouldBe>,
    /// Why, in the person's words.
    pub why: Option<String>,
}

/// What a tap should have been, as a correction states it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ShouldBe {
    /// What.
    pub kind: Kind,
    /// When.
    pub wall_ms: i64,
    /// UTC offset then, minutes.
    pub offset_min: i32,
}

/// A record of another chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct ChainEnd {
    /// The chain.
    pub chain_id: ChainId,
    /// The record's place in it.
    pub seq: u64,
    /// The record's hash.
    pub hash: Fixed<32>,
}

/// Kinds of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Start of work.
    CheckIn,
    /// End of work.
    CheckOut,
    /// Start of a break.
    BreakStart,
    /// End of a break.
    BreakEnd,
    /// What became of a tap's location.
    Evidence,
    /// A tap taken back.
    Withdrawal,
    /// Consent given or taken back.
    Consent,
    /// A request to put attendance right.
    Correction,
    /// A kind of a newer app.
    #[serde(other)]
    Unknown,
}

impl Kind {
    /// Its word in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::CheckIn => "check_in",
            Self::CheckOut => "check_out",
            Self::BreakStart => "break_start",
            Self::BreakEnd => "break_end",
            Self::Evidence => "evidence",
            Self::Withdrawal => "withdrawal",
            Self::Consent => "consent",
            Self::Correction => "correction",
            Self::Unknown => "unknown",
        }
    }

    /// A tap of the attendance button.
    pub fn is_tap(self) -> bool {
        match self {
            Self::CheckIn | Self::CheckOut | Self::BreakStart | Self::BreakEnd => true,
            Self::Evidence
            | Self::Withdrawal
            | Self::Consent
            | Self::Correction
            | Self::Unknown => false,
        }
    }

    /// A person's own words need the person's key; what became of a location the locked device may state alone.
    pub(super) fn needs_presence(self) -> bool {
        self != Self::Evidence
    }
}

impl Stated {
    /// `None` when the bytes are no record of a version that is read here.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let stated: Self = serde_json::from_slice(bytes).ok()?;
        (stated.v == RECORD_VERSION).then_some(stated)
    }
}
