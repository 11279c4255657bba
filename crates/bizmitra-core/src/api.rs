//! The port to the server: one request, one classified answer. Signing, TLS and HTTP are the implementation's;
//! which gate a failure closes is decided here.

use std::future::Future;
use std::pin::Pin;

use crate::ids::{DeviceId, ItemId};
use crate::store::StoreError;

/// A future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Write.
    Post,
}

/// One request.
#[derive(Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Path, e.g. `/v1/sync/batch`.
    pub path: String,
    /// Query without `?`, percent-encoded.
    pub query: Option<String>,
    /// JSON.
    pub body: Option<Vec<u8>>,
    /// Session token; never logged.
    pub bearer: Option<String>,
    /// Signs the request as this device (RFC 9421); `None` for the operations that need no device.
    pub sign_as: Option<DeviceId>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A success (2xx) that our own server gave: JSON, with the server's header, without a redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// JSON.
    pub body: Vec<u8>,
}

/// Signs with the device identity key.
pub trait RequestSigner: Send + Sync {
    /// Ed25519 over the RFC 9421 signature base.
    fn sign(&self, message: &[u8]) -> [u8; 64];
}

/// The server.
pub trait Api: Send + Sync {
    /// Sends one request and classifies what came. Never retries by itself, except once over a fresh server nonce
    /// when the answer was `signature_stale`.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, ApiError>>;

    /// `scheme://host[:port]` as this device knows the server.
    fn origin(&self) -> &str;

    /// The same server, for files.
    fn files(&self) -> &dyn FileApi;
}

/// The beginning of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// The file.
    pub id: ItemId,
    /// Encrypted bytes of the whole file.
    pub length: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The file.
    pub id: ItemId,
    /// Where it belongs.
    pub offset: u64,
    /// Encrypted bytes.
    pub bytes: Vec<u8>,
    /// Nothing follows.
    pub end: End,
}

/// Whether a piece is the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// More follows.
    No,
    /// It is.
    Yes,
}

/// Where an upload stands, as our server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// Bytes that are on its disk.
    pub bytes: u64,
    /// Whether that is all, and the digest held.
    pub complete: Complete,
}

/// Whether a file is whole at the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complete {
    /// Not yet.
    No,
    /// Yes.
    Yes,
}

/// What is wanted of a file at the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The file.
    pub id: ItemId,
    /// SHA-256 of its encrypted bytes: of another file nothing is taken.
    pub sha256: [u8; 32],
    /// From here to the end.
    pub from: u64,
    /// Session token; never logged.
    pub bearer: String,
}

/// Takes what comes, in order.
pub type Sink<'a> = &'a mut (dyn FnMut(&[u8]) -> Result<(), StoreError> + Send);

/// Why a download ended before its end. What came until then was given to the sink.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    /// The server, or the way to it.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The sink took no more.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The server's files, signed by the device. Like [`Api`], nothing here tries again by itself.
pub trait FileApi: Send + Sync {
    /// Begins an upload; the same again says where it stands.
    fn begin(
        &self,
        device: DeviceId,
        beginning: Beginning,
    ) -> BoxFuture<'_, Result<Offset, ApiError>>;
    /// Where an upload stands.
    fn offset(&self, device: DeviceId, id: ItemId) -> BoxFuture<'_, Result<Offset, ApiError>>;
    /// Appends a piece; what was answered is on the server's disk.
    fn append(&self, device: DeviceId, piece: Piece) -> BoxFuture<'_, Result<Offset, ApiError>>;
    /// Reads a whole file from an offset.
    fn download<'a>(
        &'a self,
        device: DeviceId,
        wanted: Wanted,
        sink: Sink<'a>,
    ) -> BoxFuture<'a, Result<(), DownloadError>>;
}

/// Why there is no success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The request cannot have reached the server: no route, no name, refused, or TLS cut before sending.
    #[error("no connection to the server")]
    NotSent,
    /// The request may have reached the server: time-out, reset, broken answer.
    #[error("the answer was lost")]
    AnswerLost,
    /// The certificate is not one we accept.
    #[error("the server's certificate is not accepted")]
    Certificate,
    /// The certificate is not yet or no longer valid by this device's clock.
    #[error("the server's certificate does not fit this device's clock")]
    CertificateTime,
    /// Something answered that is not our server: a redirect, HTML, no header of ours, 511.
    #[error("something answered in the server's place")]
    NotOurServer,
    /// Our server answered with a problem (RFC 9457).
    #[error("the server refused with status {status} ({code:?})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Why.
        code: Refusal,
        /// `Retry-After`, measured against the answer's own `Date`.
        retry_after_ms: Option<u64>,
    },
    /// 408, 425, 429, 5xx or 520-530 without a problem of ours.
    #[error("the server is failing with status {status}")]
    Failing {
        /// HTTP status.
        status: u16,
        /// `Retry-After`, measured against the answer's own `Date`.
        retry_after_ms: Option<u64>,
    },
}

/// The refusals core acts on; everything else is `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `invalid`.
    Invalid,
    /// `code_unknown`.
    CodeUnknown,
    /// `code_used`.
    CodeUsed,
    /// `code_expired`.
    CodeExpired,
    /// `code_burned`.
    CodeBurned,
    /// `nonce_invalid`.
    NonceInvalid,
    /// `signature_invalid`, `signature_stale` (after the retry) or `login_refused`.
    Signature,
    /// `session_invalid`.
    Session,
    /// `device_pending`.
    Pending,
    /// `device_suspended`.
    Suspended,
    /// `device_revoked`.
    Revoked,
    /// `cursor_stale`.
    CursorStale,
    /// `too_large`.
    TooLarge,
    /// `not_found`.
    NotFound,
    /// `conflict`.
    Conflict,
    /// `offset_mismatch` or `length_inconsistent`.
    Offset,
    /// `digest_mismatch`.
    Digest,
    /// `quota_exceeded`.
    Quota,
    /// `upgrade_needed`.
    Upgrade,
    /// Anything else.
    Other,
}

/// What stands between the outbox and the server. Gates wait; items do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gate {
    /// No network, or not to us.
    Net,
    /// Something else answers.
    CaptivePortal,
    /// Certificate; visible, no bypass.
    Certificate,
    /// Certificate against this device's clock.
    Clock,
    /// Our server fails or is busy.
    Server,
    /// Sign in again.
    Auth,
    /// Revoked or suspended.
    Revoked,
    /// This app is too old.
    Upgrade,
}

impl ApiError {
    /// Which gate this closes (design: sync, "Errors").
    pub fn gate(&self) -> Gate {
        match self {
            Self::NotSent | Self::AnswerLost => Gate::Net,
            Self::Certificate => Gate::Certificate,
            Self::CertificateTime => Gate::Clock,
            Self::NotOurServer => Gate::CaptivePortal,
            Self::Failing { .. } => Gate::Server,
            Self::Refused { status, code, .. } => match code {
                Refusal::Revoked | Refusal::Suspended => Gate::Revoked,
                Refusal::Upgrade => Gate::Upgrade,
                Refusal::Signature | Refusal::Session | Refusal::Pending => Gate::Auth,
                _ if *status == 401 => Gate::Auth,
                _ if *status == 403 => Gate::Revoked,
                _ if *status == 410 || *status == 426 => Gate::Upgrade,
                _ => Gate::Server,
            },
        }
    }

    /// The server's own wish for the next try.
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::Refused { retry_after_ms, .. } | Self::Failing { retry_after_ms, .. } => {
                *retry_after_ms
            }
            _ => None,
        }
    }
}
