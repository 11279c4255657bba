//! The batch: how items leave the outbox, and the per-item verdicts that alone may change them.

use serde::{Deserialize, Serialize};

use crate::encoding::{Bytes, Bytes32, Bytes64};
use crate::ids::{BlobId, ChainId, ItemId, RequestId};
use crate::statement::{Receipt, SignedStatement};

/// Most items in a batch.
pub const MAX_ITEMS: usize = 200;
/// Most bytes of a batch's body.
pub const MAX_BYTES: usize = 256 * 1024;

/// Items to apply, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchRequest {
    /// Echoed in the answer.
    pub req_id: RequestId,
    /// Highest `seq` of the device's chain whose receipt the device holds without a gap; 0 for none.
    pub acked_through: u64,
    /// At most [`MAX_ITEMS`].
    pub items: Vec<BatchItem>,
}

/// One item. The time of capture is only inside the payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchItem {
    /// Unique for ever.
    pub id: ItemId,
    /// `record` in this version.
    pub kind: String,
    /// Version of the kind's envelope.
    pub v: u32,
    /// What the payload is, see [`crate::sealing::CONTENT_TYPE`].
    pub content_type: String,
    /// The chain.
    pub chain_id: ChainId,
    /// Place in the chain.
    pub seq: u64,
    /// Hash of the record before.
    pub prev_hash: Bytes32,
    /// Hash of this record: of the bytes that are sealed in the payload.
    pub hash: Bytes32,
    /// By the device key, and by the presence key where there was presence.
    pub sigs: Vec<RecordSig>,
    /// Sealed bytes.
    pub payload: Bytes,
    /// Files that belong to the record, at most [`crate::blob::MAX_PER_ITEM`]. They travel apart, see [`crate::blob`]; the
    /// item does not wait for them.
    #[serde(default)]
    pub blobs: Vec<BlobId>,
}

/// A signature over a record hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordSig {
    /// Which key, see [`crate::signing`].
    pub key_id: String,
    /// `ed25519`.
    pub alg: String,
    /// See [`crate::signing::RECORD_SIGNATURE`].
    pub sig: Bytes64,
}

/// Verdicts. Ids are a subset of those sent; one that is missing counts as an answer lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchResponse {
    /// The request's.
    pub req_id: RequestId,
    /// Changes after a restore from backup.
    pub server_epoch: u64,
    /// Milliseconds since 1970-01-01T00:00:00Z by the server's clock.
    pub server_time_ms: i64,
    /// One per item at most.
    pub results: Vec<ItemResult>,
    /// A statement of kind `anchor`.
    pub anchor: SignedStatement,
    /// A statement of kind `lease`, for an active device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<SignedStatement>,
    /// A statement of kind `wipe`, for a device that is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wipe: Option<SignedStatement>,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemResult {
    /// The item.
    pub id: ItemId,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, for `retry`, `blocked`, `rejected` and `conflict`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<VerdictCode>,
    /// Not before this long, for `retry`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// For `applied` and `duplicate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
}

/// The only words that change an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It took effect now.
    Applied,
    /// It had taken effect before.
    Duplicate,
    /// Not now; later.
    Retry,
    /// Waits for something else; unchanged.
    Blocked,
    /// Never, as it is.
    Rejected,
    /// Same id, other bytes.
    Conflict,
    /// A word of a newer server: unchanged, as if the answer was lost.
    #[serde(other)]
    Unknown,
}

/// Why an item was not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VerdictCode {
    /// The server is busy.
    Busy,
    /// Something it depends on is not here yet.
    DepMissing,
    /// Payload, hash or signatures do not hold.
    Validation,
    /// A kind or version this server does not know.
    UnknownKind,
    /// Not this device's to say.
    Forbidden,
    /// The id exists with other bytes.
    OtherBytes,
    /// A code of a newer server.
    #[serde(other)]
    Unknown,
}
