//! Errors of the API: RFC 9457 with a stable code.

use serde::{Deserialize, Serialize};

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `about:blank`: `title` and `status` say what HTTP says; `code` says the rest. Uploads have types of their own, see
    /// [`crate::blob`].
    #[serde(rename = "type", default = "about_blank")]
    pub kind: String,
    /// A short English sentence for logs and support; never the cause of a 5xx, never personal data.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    /// What a client may act on.
    pub code: ProblemCode,
    /// The id under which the server logged this request.
    pub request_id: String,
    /// A fresh nonce to sign with when `code` is `signature_stale`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Where the upload stands, when `code` is `offset_mismatch`.
    #[serde(rename = "expected-offset")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_offset: Option<u64>,
    /// Where the request wanted to append, when `code` is `offset_mismatch`.
    #[serde(rename = "provided-offset")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provided_offset: Option<u64>,
}

fn about_blank() -> String {
    "about:blank".to_owned()
}

/// The reasons a client may act on; a word this version does not know reads as [`ProblemCode::Unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// The body or a parameter is not what the operation takes.
    Invalid,
    /// The activation code is not known here (or its form is wrong).
    CodeUnknown,
    /// The activation code was used.
    CodeUsed,
    /// The activation code is older than 24 hours.
    CodeExpired,
    /// Five wrong tries burned the activation code.
    CodeBurned,
    /// The nonce was not made here, is too old, or was used.
    NonceInvalid,
    /// No valid device signature.
    SignatureInvalid,
    /// The signature's time is more than 120 s off; sign again over the `nonce` given.
    SignatureStale,
    /// The login signature does not verify, or the device is unknown.
    LoginRefused,
    /// The session is missing or over; sign in again.
    SessionInvalid,
    /// The device waits for approval.
    DevicePending,
    /// The device was suspended.
    DeviceSuspended,
    /// The device was revoked; captured records may still be appended.
    DeviceRevoked,
    /// The role does not allow this.
    Forbidden,
    /// Not here, or not yours.
    NotFound,
    /// The same id with another content.
    Conflict,
    /// The fingerprint given is not the device's.
    FingerprintMismatch,
    /// A cursor from before a restore; start without one.
    CursorStale,
    /// The body is over the limit.
    TooLarge,
    /// An append at another offset than the upload's; go on at `expected-offset`.
    OffsetMismatch,
    /// An upload's length contradicts what was declared, or what arrived.
    LengthInconsistent,
    /// The whole file has another SHA-256 than declared; the upload is gone, begin again.
    DigestMismatch,
    /// The person's space, or number of open uploads, is used up.
    QuotaExceeded,
    /// The file has no such range.
    RangeUnsatisfiable,
    /// The server's disk is full; nothing of this request was kept.
    StorageFull,
    /// Wait for `Retry-After`.
    TooManyRequests,
    /// This client is too old for this server.
    UpgradeNeeded,
    /// The server failed; nothing is said about why.
    Internal,
    /// The server cannot serve now.
    Unavailable,
    /// A code of a newer server.
    #[serde(other)]
    Unknown,
}
