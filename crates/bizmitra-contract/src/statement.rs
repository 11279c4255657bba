//! Statements of the server: exact bytes with a signature of the server statement key (SSK).

use serde::{Deserialize, Serialize};

use crate::encoding::{Bytes, Bytes32, Bytes64};
use crate::ids::{AnchorId, ChainId, CompanyId, DeviceId, ItemId};

/// Bytes that the server stands for. The signature is over `STATEMENT | company | kind | payload`, see [`crate::signing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedStatement {
    /// What the payload is: `changes`, `anchor`, `lease`, `sealing_key` or `wipe`.
    pub kind: String,
    /// Key id of the server statement key.
    pub key_id: String,
    /// JSON of the statement's type, as exact bytes.
    pub payload: Bytes,
    /// Ed25519 signature.
    pub sig: Bytes64,
}

/// Payload of a statement of kind `anchor`: what time it was here when we answered you.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimeAnchor {
    /// Records name it.
    pub anchor_id: AnchorId,
    /// The device it was made for.
    pub device: DeviceId,
    /// Milliseconds since 1970-01-01T00:00:00Z by the server's clock.
    pub server_time_ms: i64,
}

/// Payload of a statement of kind `lease`: for so long this device may be used without hearing from its server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lease {
    /// The device it was made for.
    pub device: DeviceId,
    /// What that device sent along to be answered: the batch's `req_id`, the `challenge` of [`crate::paths::THIS_DEVICE`], or the
    /// enrolment's nonce. An answer of before, played again, answers another challenge.
    pub challenge: String,
    /// Milliseconds since 1970-01-01T00:00:00Z by the server's clock.
    pub issued_at_ms: i64,
    /// How long it holds from then on.
    pub valid_for_ms: u64,
}

/// Payload of a statement of kind `wipe`: this device is over and destroys what can be read on it. The company is named
/// here too, beside the signed message: the order says by itself whom it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WipeOrder {
    /// The company.
    pub company: CompanyId,
    /// The device that is meant.
    pub device: DeviceId,
    /// Why.
    pub reason: EndReason,
    /// When the device was ended, milliseconds since 1970-01-01T00:00:00Z by the server's clock.
    pub ended_at_ms: i64,
}

/// Why a device is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Switched off by a manager or by its own person.
    Revoked,
    /// Reported lost.
    Lost,
    /// Another device took its place.
    Replaced,
    /// A reason of a newer server.
    #[serde(other)]
    Unknown,
}

/// A server statement key took the place of another one. Both keys signed it: who trusts the former one learns the new one, and
/// who trusts the new one learns whose receipts of before are its company's. An answer lists a company's successions, oldest
/// first; each names as its former key the key of the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Succession {
    /// The key that signed until then. Nothing new counts under it once a device knows its successor.
    pub former: Bytes32,
    /// The key that signs from then on; never one that signed before.
    pub key: Bytes32,
    /// Since when, milliseconds since 1970-01-01T00:00:00Z by the server's clock.
    pub since_ms: i64,
    /// Ed25519 signature of the former key, see [`crate::signing::SUCCESSION`].
    pub former_sig: Bytes64,
    /// The same of the new key.
    pub key_sig: Bytes64,
}

/// The server's promise that a record arrived: keep it, it verifies without the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// The record.
    pub item: ItemId,
    /// Its hash, as the server computed it from the bytes.
    pub record_hash: Bytes32,
    /// When the server committed it, in its own clock.
    pub received_at_ms: i64,
    /// The record's chain.
    pub chain_id: ChainId,
    /// Highest sequence number up to which the server holds the chain without a gap, after this record.
    pub head_seq: u64,
    /// Hash of that record.
    pub head_hash: Bytes32,
    /// Key id of the server statement key.
    pub key_id: String,
    /// Ed25519 signature, see [`crate::signing::RECEIPT`].
    pub sig: Bytes64,
}
