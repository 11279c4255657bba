//! Files: their bytes travel apart from the records that name them, in pieces that survive any break.
//!
//! The wire format is *Resumable Uploads for HTTP* (draft-ietf-httpbis-resumable-upload) without interim responses. Both
//! resources follow from the blob's id, so a client never depends on an answer that was lost:
//!
//! | request | to | says |
//! |---|---|---|
//! | `PUT` | [`crate::paths::BLOB`] | begins: `Upload-Complete: ?0`, [`UPLOAD_LENGTH`], [`REPR_DIGEST`] of the whole file, `Idempotency-Key: <blob id>`, no body |
//! | `HEAD` | [`crate::paths::UPLOAD`] | where is it? The server's offset wins |
//! | `PATCH` | [`crate::paths::UPLOAD`] | appends at [`UPLOAD_OFFSET`]; `Upload-Complete: ?1` with the last piece |
//! | `DELETE` | [`crate::paths::UPLOAD`] | cancels, before completion |
//! | `GET` | [`crate::paths::BLOB`] | the bytes, whole or one `Range`, once they are complete |
//!
//! An offset that was answered is on the server's disk. The same beginning twice is one upload and answers where it stands,
//! another length or digest under the same id is a `conflict`. The same last piece twice, empty, answers like the first.
//! What the bytes are is not the server's to know: devices send them encrypted.

use serde::{Deserialize, Serialize};

use crate::ids::BlobId;

/// Version that [`INTEROP_VERSION_HEADER`] carries: the one of draft 13 (October 2026) and, as far as published, of its
/// successors up to 15 (November 2026). A server that sends no interim responses only says it.
pub const INTEROP_VERSION: &str = "10";
/// Which state of the draft a message follows.
pub const INTEROP_VERSION_HEADER: &str = "upload-draft-interop-version";
/// `?1`: the piece is the last one, the upload is complete; `?0`: it is not.
pub const UPLOAD_COMPLETE: &str = "upload-complete";
/// Bytes that the server has (answers), place of the piece (requests).
pub const UPLOAD_OFFSET: &str = "upload-offset";
/// Bytes of the whole file.
pub const UPLOAD_LENGTH: &str = "upload-length";
/// What the server takes: `max-size`, `max-append-size`, `min-append-size`, and `max-age` in seconds.
pub const UPLOAD_LIMIT: &str = "upload-limit";
/// SHA-256 of the whole file, `sha-256=:<base64>:` (RFC 9530, section 3).
pub const REPR_DIGEST: &str = "repr-digest";

/// Most bytes of a file.
pub const MAX_SIZE: u64 = 64 * 1024 * 1024;
/// Most bytes of a piece.
pub const MAX_APPEND_SIZE: usize = 4 * 1024 * 1024;
/// Fewest bytes of a piece, unless it reaches the file's end.
pub const MIN_APPEND_SIZE: usize = 64 * 1024;
/// A whole file that no record names is forgotten after this long.
pub const MAX_UNNAMED_S: i64 = 30 * 24 * 60 * 60;
/// An upload is forgotten this long after the last byte that arrived.
pub const MAX_AGE_S: i64 = 7 * 24 * 60 * 60;
/// Most files of one item.
pub const MAX_PER_ITEM: usize = 16;

/// Problem type of `offset_mismatch`.
pub const MISMATCHING_OFFSET: &str =
    "https://iana.org/assignments/http-problem-types#mismatching-upload-offset";
/// Problem type of `length_inconsistent`.
pub const INCONSISTENT_LENGTH: &str =
    "https://iana.org/assignments/http-problem-types#inconsistent-upload-length";

/// A file that an item named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemBlob {
    /// The file.
    pub id: BlobId,
    /// Whether it is here.
    pub state: BlobState,
}

/// Whether a file is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BlobState {
    /// Named, and not or not wholly here yet.
    Awaited,
    /// Here, with the digest that was declared.
    Complete,
    /// A state of a newer server.
    #[serde(other)]
    Unknown,
}
