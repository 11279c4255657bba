//! Errors as callers see them: RFC 9457 with a stable code, and never a cause.
//!
//! An error becomes a response that carries only a draft; [`crate::observe`] writes the body, because only there the
//! request's id is known, and it does the same for answers that axum itself gives (unknown path, wrong method).

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bizmitra_contract::blob::{
    INCONSISTENT_LENGTH, MAX_APPEND_SIZE, MAX_SIZE, MIN_APPEND_SIZE, MISMATCHING_OFFSET,
    UPLOAD_COMPLETE, UPLOAD_LIMIT, UPLOAD_OFFSET,
};
use bizmitra_contract::paths::PROBLEM_JSON;
use bizmitra_contract::problem::{Problem, ProblemCode};

use crate::error::ServerError;

/// What an error answer will say.
#[derive(Debug, Clone)]
pub(crate) struct ProblemDraft {
    pub(crate) code: ProblemCode,
    nonce: Option<String>,
    retry_after_s: Option<u64>,
    /// Where the upload stands, and where the request wanted to append.
    offsets: Option<(u64, u64)>,
    /// What else the answer carries.
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Status and English sentence of a code.
fn status_and_title(code: ProblemCode) -> (StatusCode, &'static str) {
    use ProblemCode as C;
    match code {
        C::Invalid => (
            StatusCode::BAD_REQUEST,
            "The request is not what this operation takes.",
        ),
        C::CodeUnknown => (
            StatusCode::NOT_FOUND,
            "The activation code is not known here.",
        ),
        C::CodeUsed => (StatusCode::CONFLICT, "The activation code was used."),
        C::CodeExpired => (StatusCode::CONFLICT, "The activation code has expired."),
        C::CodeBurned => (
            StatusCode::CONFLICT,
            "The activation code was tried wrongly too often.",
        ),
        C::NonceInvalid => (StatusCode::UNAUTHORIZED, "The nonce is not valid."),
        C::SignatureInvalid => (
            StatusCode::UNAUTHORIZED,
            "The request has no valid device signature.",
        ),
        C::SignatureStale => (
            StatusCode::UNAUTHORIZED,
            "The signature's time is off; sign again over the nonce.",
        ),
        C::LoginRefused => (StatusCode::UNAUTHORIZED, "The login was refused."),
        C::SessionInvalid => (StatusCode::UNAUTHORIZED, "The session is missing or over."),
        C::DevicePending => (StatusCode::UNAUTHORIZED, "The device waits for approval."),
        C::DeviceSuspended => (StatusCode::FORBIDDEN, "The device was suspended."),
        C::DeviceRevoked => (StatusCode::FORBIDDEN, "The device was revoked."),
        C::Forbidden => (StatusCode::FORBIDDEN, "The role does not allow this."),
        C::NotFound => (StatusCode::NOT_FOUND, "Not here."),
        C::Conflict => (StatusCode::CONFLICT, "This contradicts what is here."),
        C::FingerprintMismatch => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "The fingerprint is not this device's.",
        ),
        C::CursorStale => (StatusCode::CONFLICT, "The cursor is from before a restore."),
        C::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request is over the limit.",
        ),
        C::OffsetMismatch => (StatusCode::CONFLICT, "The upload is at another offset."),
        C::LengthInconsistent => (
            StatusCode::BAD_REQUEST,
            "The length contradicts what was declared.",
        ),
        C::DigestMismatch => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "The file is not the one that was declared; its upload is over.",
        ),
        C::QuotaExceeded => (StatusCode::CONFLICT, "The person's space is used up."),
        C::RangeUnsatisfiable => (
            StatusCode::RANGE_NOT_SATISFIABLE,
            "The file has no such range.",
        ),
        C::StorageFull => (
            StatusCode::INSUFFICIENT_STORAGE,
            "The server has no space left; nothing was kept.",
        ),
        C::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "Too many requests."),
        C::UpgradeNeeded => (StatusCode::UPGRADE_REQUIRED, "This app is too old."),
        C::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The server cannot serve now.",
        ),
        C::Internal | C::Unknown => (StatusCode::INTERNAL_SERVER_ERROR, "The server failed."),
    }
}

/// Problem types of the uploads' protocol; everything else says it by its code.
fn kind_of(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::OffsetMismatch => MISMATCHING_OFFSET,
        ProblemCode::LengthInconsistent => INCONSISTENT_LENGTH,
        _ => "about:blank",
    }
}

/// What uploads take, and how long one still lives.
pub(crate) fn upload_limit(max_age_s: Option<i64>) -> HeaderValue {
    let age = max_age_s.map_or_else(String::new, |age| format!(", max-age={age}"));
    let limit = format!(
        "max-size={MAX_SIZE}, max-append-size={MAX_APPEND_SIZE}, min-append-size={MIN_APPEND_SIZE}{age}"
    );
    HeaderValue::from_str(&limit).unwrap_or_else(|_| HeaderValue::from_static("max-size=0"))
}

/// The code for an answer that axum gave by itself.
pub(crate) fn code_of(status: StatusCode) -> ProblemCode {
    match status {
        StatusCode::NOT_FOUND => ProblemCode::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::TooLarge,
        StatusCode::SERVICE_UNAVAILABLE => ProblemCode::Unavailable,
        status if status.is_server_error() => ProblemCode::Internal,
        _ => ProblemCode::Invalid,
    }
}

impl ProblemDraft {
    /// A problem that says no more than its code.
    pub(crate) fn plain(code: ProblemCode) -> Self {
        Self {
            code,
            nonce: None,
            retry_after_s: (code == ProblemCode::Unavailable).then_some(5),
            offsets: None,
            headers: Vec::new(),
        }
    }

    fn with(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer itself.
    pub(crate) fn render(self, status: StatusCode, request_id: &str) -> Response {
        let (_, title) = status_and_title(self.code);
        let problem = Problem {
            kind: kind_of(self.code).to_owned(),
            title: title.to_owned(),
            status: status.as_u16(),
            code: self.code,
            request_id: request_id.to_owned(),
            nonce: self.nonce,
            expected_offset: self.offsets.map(|(expected, _)| expected),
            provided_offset: self.offsets.map(|(_, provided)| provided),
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        let headers = response.headers_mut();
        headers.extend(self.headers);
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Signature realm=\"bizmitra\""),
            );
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for ServerError {
    fn into_response(self) -> Response {
        let draft = match self {
            // All of it arrived: what is wrong is the file, and going on with the upload would not help.
            Self::Refused(code @ ProblemCode::DigestMismatch) => ProblemDraft::plain(code).with(
                HeaderName::from_static(UPLOAD_COMPLETE),
                HeaderValue::from_static("?1"),
            ),
            Self::Refused(code) => ProblemDraft::plain(code),
            Self::OffsetMismatch { expected, provided } => ProblemDraft {
                offsets: Some((expected, provided)),
                ..ProblemDraft::plain(ProblemCode::OffsetMismatch)
            }
            .with(HeaderName::from_static(UPLOAD_OFFSET), expected)
            .with(
                HeaderName::from_static(UPLOAD_COMPLETE),
                HeaderValue::from_static("?0"),
            ),
            Self::UploadTooLarge => ProblemDraft::plain(ProblemCode::TooLarge)
                .with(HeaderName::from_static(UPLOAD_LIMIT), upload_limit(None)),
            Self::RangeUnsatisfiable(length) => {
                let draft = ProblemDraft::plain(ProblemCode::RangeUnsatisfiable);
                match HeaderValue::from_str(&format!("bytes */{length}")) {
                    Ok(value) => draft.with(header::CONTENT_RANGE, value),
                    Err(_) => draft,
                }
            }
            // The words are the operator's; callers learn the code.
            Self::Input(_) => ProblemDraft::plain(ProblemCode::Invalid),
            Self::Stale { nonce } => ProblemDraft {
                nonce: Some(nonce),
                ..ProblemDraft::plain(ProblemCode::SignatureStale)
            },
            Self::TooMany(wait) => ProblemDraft {
                retry_after_s: Some(wait.retry_after_s()),
                ..ProblemDraft::plain(ProblemCode::TooManyRequests)
            },
            Self::Storage(error) if is_passing(&error) => {
                tracing::warn!(error = %error, "storage is busy or full");
                ProblemDraft::plain(ProblemCode::Unavailable)
            }
            Self::Storage(error) => {
                // SQLite's messages name tables and columns, never values.
                tracing::error!(error = %error, "storage failed");
                ProblemDraft::plain(ProblemCode::Internal)
            }
            Self::Damaged(_)
            | Self::Keys(_)
            | Self::JobLost
            | Self::Restoring
            | Self::DataFolder(_)
            | Self::AuthLog(_) => {
                tracing::error!(error = %self, "request failed");
                ProblemDraft::plain(ProblemCode::Internal)
            }
        };
        let (status, _) = status_and_title(draft.code);
        let mut response = status.into_response();
        response.extensions_mut().insert(draft);
        response
    }
}

/// Whether a storage failure may be over soon.
fn is_passing(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode as E;
    matches!(
        error.sqlite_error_code(),
        Some(E::DatabaseBusy | E::DatabaseLocked | E::DiskFull)
    )
}
