//! Errors as callers see them: RFC 9457 with a stable code, and never a cause.
//!
//! An error becomes a response that carries only a draft; [`crate::observe`] writes the body, because only there the
//! request's id is known, and it does the same for answers that axum itself gives (unknown path, wrong method).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bizmitra_contract::paths::PROBLEM_JSON;
use bizmitra_contract::problem::{Problem, ProblemCode};

use crate::error::ServerError;

/// What an error answer will say.
#[derive(Debug, Clone)]
pub(crate) struct ProblemDraft {
    pub(crate) code: ProblemCode,
    nonce: Option<String>,
    retry_after_s: Option<u64>,
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
        C::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "Too many requests."),
        C::UpgradeNeeded => (StatusCode::UPGRADE_REQUIRED, "This app is too old."),
        C::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The server cannot serve now.",
        ),
        C::Internal | C::Unknown => (StatusCode::INTERNAL_SERVER_ERROR, "The server failed."),
    }
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
        }
    }

    /// The answer itself.
    pub(crate) fn render(self, status: StatusCode, request_id: &str) -> Response {
        let (_, title) = status_and_title(self.code);
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: title.to_owned(),
            status: status.as_u16(),
            code: self.code,
            request_id: request_id.to_owned(),
            nonce: self.nonce,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        let headers = response.headers_mut();
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
            Self::Refused(code) => ProblemDraft::plain(code),
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
