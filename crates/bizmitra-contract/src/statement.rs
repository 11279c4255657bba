//! Statements of the server: exact bytes with a signature of the server statement key (SSK).

use serde::{Deserialize, Serialize};

use crate::encoding::{Bytes, Bytes32, Bytes64};
use crate::ids::{AnchorId, ChainId, DeviceId, ItemId};

/// Bytes that the server stands for. The signature is over `STATEMENT | company | kind | payload`, see [`crate::signing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedStatement {
    /// What the payload is: `changes`, `anchor` or `sealing_key`.
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
