//! The wire contract as the device reads and writes it: the only module that knows `bizmitra-contract`.
//!
//! Everything that comes in is checked here before it means anything: statements and receipts by the pinned server key,
//! answers by the request they belong to.

mod batch;
mod binding;
mod export;
mod feed;
mod record;
mod sealing;
mod standing;
mod succession;

pub use batch::{BatchAnswer, BatchRead, decode_batch, encode_batch};
pub use binding::{
    Bound, OwnDevice, OwnDeviceState, Session, canonical_query, challenge_query, decode_challenge,
    decode_device_state, decode_devices, decode_enrolment, decode_invitation, decode_login,
    encode_challenge, encode_enrolment, encode_invitation, encode_login,
};
pub use export::exported_receipt;
pub use feed::{Policy, Profile, decode_changes, policy, profile, shift, site};
pub(crate) use record::{encode_record, record_body};
pub(crate) use sealing::sealed_payload;
pub use sealing::sealing_key;
pub use standing::{LeaseRead, Standing, WipeRead, open_lease, open_wipe};

use bizmitra_contract as contract;
use contract::statement::SignedStatement;

use crate::ids::{AnchorId, CompanyId, DeviceId};
use crate::keys::{Message, PublicKey};

/// Content type of a sealed record.
pub const RECORD_CONTENT_TYPE: &str = contract::sealing::CONTENT_TYPE;

/// Plain bytes of a segment of a file.
pub const FILE_SEGMENT: usize = contract::file::SEGMENT;
/// Most encrypted bytes of a file.
pub const MAX_FILE_LENGTH: u64 = contract::blob::MAX_SIZE;
/// Most characters of a file's name.
pub const MAX_FILE_NAME: usize = contract::file::MAX_NAME;
/// Fewest bytes of a piece that does not end a file.
pub const MIN_PIECE: usize = contract::blob::MIN_APPEND_SIZE;
/// Most bytes of a piece.
pub const MAX_PIECE: usize = contract::blob::MAX_APPEND_SIZE;
pub(crate) const FILE_PURPOSE: &str = contract::signing::FILE;
pub(crate) const FILE_KEY_PURPOSE: &str = contract::signing::FILE_KEY;

/// Paths of the API that the device calls.
pub mod path {
    pub use bizmitra_contract::paths::{
        CHANGES, ENROLMENT, INVITATION, LOGIN, LOGIN_CHALLENGE, MY_DEVICES, SYNC_BATCH, THIS_DEVICE,
    };
}

/// Why an answer means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Not the JSON of the expected type.
    #[error("the answer is not what the operation returns")]
    Malformed,
    /// Signed by another key, or changed on the way.
    #[error("the server's signature does not hold")]
    Signature,
    /// Signed by a key that this device does not know: a stranger's, or one that took the pinned one's place.
    #[error("the server's key is not the pinned one")]
    OtherKey,
    /// An answer to somebody or something else.
    #[error("the answer belongs to another request")]
    Mismatch,
    /// The request could not be encoded.
    #[error("the request could not be encoded")]
    Encode,
}

fn decode<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, WireError> {
    serde_json::from_slice(body).map_err(|_| WireError::Malformed)
}

fn encode<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, WireError> {
    serde_json::to_vec(value).map_err(|_| WireError::Encode)
}

/// What the server said about time, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchorRead {
    /// Records name it.
    pub id: AnchorId,
    /// Server's clock.
    pub server_time_ms: i64,
}

/// Checks a statement of the server and returns its exact bytes.
fn open_statement<'a>(
    statement: &'a SignedStatement,
    kind: &str,
    company: CompanyId,
    key: &PublicKey,
) -> Result<&'a [u8], WireError> {
    if statement.kind != kind {
        return Err(WireError::Signature);
    }
    if statement.key_id != key.key_id() {
        return Err(WireError::OtherKey);
    }
    let message = Message::new(contract::signing::STATEMENT, company)
        .field(kind.as_bytes())
        .field(&statement.payload.0);
    if key.verifies(message.bytes(), &statement.sig.0) {
        Ok(&statement.payload.0)
    } else {
        Err(WireError::Signature)
    }
}

fn open_anchor(
    statement: &SignedStatement,
    company: CompanyId,
    device: DeviceId,
    key: &PublicKey,
) -> Result<AnchorRead, WireError> {
    let anchor: contract::statement::TimeAnchor =
        decode(open_statement(statement, "anchor", company, key)?)?;
    if anchor.device.0 != device.0 {
        return Err(WireError::Mismatch);
    }
    Ok(AnchorRead {
        id: AnchorId(anchor.anchor_id.0),
        server_time_ms: anchor.server_time_ms,
    })
}
