//! What an answer is: ours, a refusal, a server that fails, or something else in its place.

use std::time::SystemTime;

use bizmitra_contract::paths::{JSON, PROBLEM_JSON, SERVER_HEADER};
use bizmitra_contract::problem::{Problem, ProblemCode};
use bizmitra_core::api::{ApiError, Refusal, Response};
use bizmitra_core::planted::{self, Bug};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};

use crate::retry_after::retry_after_ms;

/// Longest body that is read.
pub(crate) const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// An answer whose body was read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Whether the body can matter; others are not read.
pub(crate) fn is_ours(headers: &HeaderMap) -> bool {
    headers.contains_key(SERVER_HEADER)
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(CONTENT_TYPE)?
        .to_str()
        .ok()?
        .split(';')
        .next()
        .map(str::trim)
}

impl Answer {
    /// The problem of our server, if this is one.
    pub(crate) fn problem(&self) -> Option<Problem> {
        let ours = is_ours(&self.headers)
            && media_type(&self.headers)
                .is_some_and(|kind| kind.eq_ignore_ascii_case(PROBLEM_JSON));
        if ours {
            serde_json::from_slice(&self.body).ok()
        } else {
            None
        }
    }

    /// Success or the reason why not (design: sync, "Errors"); `now` is this device's clock.
    pub(crate) fn classify(self, now: SystemTime) -> Result<Response, ApiError> {
        if self.status.is_success() {
            let json =
                media_type(&self.headers).is_some_and(|kind| kind.eq_ignore_ascii_case(JSON));
            return if (is_ours(&self.headers) && json) || planted::is(Bug::HtmlIsSuccess) {
                Ok(Response { body: self.body })
            } else {
                Err(ApiError::NotOurServer)
            };
        }
        Err(self.refused(now))
    }

    /// What an answer that is no success means.
    pub(crate) fn refused(&self, now: SystemTime) -> ApiError {
        let ours = is_ours(&self.headers);
        let status = self.status.as_u16();
        let retry_after_ms = retry_after_ms(&self.headers, now);
        if self.status.is_redirection() || status == 511 {
            return ApiError::NotOurServer;
        }
        if let Some(problem) = self.problem() {
            return ApiError::Refused {
                status,
                code: refusal(problem.code),
                retry_after_ms,
            };
        }
        if self.status.is_server_error() || matches!(status, 408 | 425 | 429) {
            return ApiError::Failing {
                status,
                retry_after_ms,
            };
        }
        if !ours {
            return ApiError::NotOurServer;
        }
        // Our server, but a layer in front of its handlers: the status is all there is.
        let code = match status {
            400 | 422 => Refusal::Invalid,
            404 => Refusal::NotFound,
            413 => Refusal::TooLarge,
            410 | 426 => Refusal::Upgrade,
            _ => Refusal::Other,
        };
        ApiError::Refused {
            status,
            code,
            retry_after_ms,
        }
    }
}

fn refusal(code: ProblemCode) -> Refusal {
    match code {
        ProblemCode::Invalid => Refusal::Invalid,
        ProblemCode::CodeUnknown => Refusal::CodeUnknown,
        ProblemCode::CodeUsed => Refusal::CodeUsed,
        ProblemCode::CodeExpired => Refusal::CodeExpired,
        ProblemCode::CodeBurned => Refusal::CodeBurned,
        ProblemCode::NonceInvalid => Refusal::NonceInvalid,
        ProblemCode::SignatureInvalid | ProblemCode::SignatureStale | ProblemCode::LoginRefused => {
            Refusal::Signature
        }
        ProblemCode::SessionInvalid => Refusal::Session,
        ProblemCode::DevicePending => Refusal::Pending,
        ProblemCode::DeviceSuspended => Refusal::Suspended,
        ProblemCode::DeviceRevoked => Refusal::Revoked,
        ProblemCode::CursorStale => Refusal::CursorStale,
        ProblemCode::TooLarge => Refusal::TooLarge,
        ProblemCode::UpgradeNeeded => Refusal::Upgrade,
        ProblemCode::NotFound => Refusal::NotFound,
        ProblemCode::Conflict => Refusal::Conflict,
        ProblemCode::OffsetMismatch
        | ProblemCode::LengthInconsistent
        | ProblemCode::RangeUnsatisfiable => Refusal::Offset,
        ProblemCode::DigestMismatch => Refusal::Digest,
        ProblemCode::QuotaExceeded => Refusal::Quota,
        ProblemCode::Forbidden
        | ProblemCode::FingerprintMismatch
        | ProblemCode::StorageFull
        | ProblemCode::TooManyRequests
        | ProblemCode::Internal
        | ProblemCode::Unavailable
        | ProblemCode::Unknown => Refusal::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<Response, ApiError> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: body.as_bytes().to_vec(),
        }
        .classify(SystemTime::UNIX_EPOCH)
    }

    const OURS: (&str, &str) = ("bizmitra-server", "0.1.0");

    #[test]
    fn a_success_needs_our_header_and_our_media_type() {
        let json = ("content-type", "application/json; charset=utf-8");
        assert_eq!(
            answer(200, &[OURS, json], "{}"),
            Ok(Response {
                body: b"{}".to_vec()
            })
        );
        assert_eq!(answer(200, &[json], "{}"), Err(ApiError::NotOurServer));
        assert_eq!(
            answer(200, &[OURS, ("content-type", "text/html")], "{}"),
            Err(ApiError::NotOurServer)
        );
        assert_eq!(answer(200, &[OURS], "{}"), Err(ApiError::NotOurServer));
    }

    #[test]
    fn every_status_of_a_failing_server_waits_and_changes_nothing() {
        for status in [408, 425, 429, 500, 502, 503, 504, 507, 520, 525, 530, 599] {
            assert_eq!(
                answer(status, &[("retry-after", "7")], "oops"),
                Err(ApiError::Failing {
                    status,
                    retry_after_ms: Some(7000)
                })
            );
        }
    }

    #[test]
    fn what_stands_in_for_the_server_is_told_apart() {
        for status in [
            301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 407, 410, 413, 426, 451, 511,
        ] {
            assert_eq!(
                answer(status, &[("content-type", "text/html")], "<html>"),
                Err(ApiError::NotOurServer),
                "{status}"
            );
        }
        assert_eq!(answer(302, &[OURS], ""), Err(ApiError::NotOurServer));
        assert_eq!(answer(511, &[OURS], ""), Err(ApiError::NotOurServer));
    }

    #[test]
    fn a_problem_of_ours_is_a_refusal_with_its_reason() {
        let problem = ("content-type", "application/problem+json");
        for (code, refusal) in [
            ("code_used", Refusal::CodeUsed),
            ("signature_stale", Refusal::Signature),
            ("login_refused", Refusal::Signature),
            ("session_invalid", Refusal::Session),
            ("device_revoked", Refusal::Revoked),
            ("upgrade_needed", Refusal::Upgrade),
            ("internal", Refusal::Other),
            ("a_word_of_tomorrow", Refusal::Other),
        ] {
            let body = format!(
                r#"{{"title":"x","status":403,"code":"{code}","request_id":"r","more":1}}"#
            );
            assert_eq!(
                answer(403, &[OURS, problem], &body),
                Err(ApiError::Refused {
                    status: 403,
                    code: refusal,
                    retry_after_ms: None
                })
            );
            assert_eq!(
                answer(403, &[problem], &body),
                Err(ApiError::NotOurServer),
                "anyone can send a problem"
            );
        }
    }

    #[test]
    fn our_servers_outer_layers_are_still_our_server() {
        assert_eq!(
            answer(413, &[OURS], "too long"),
            Err(ApiError::Refused {
                status: 413,
                code: Refusal::TooLarge,
                retry_after_ms: None
            })
        );
        assert_eq!(
            answer(404, &[OURS], ""),
            Err(ApiError::Refused {
                status: 404,
                code: Refusal::NotFound,
                retry_after_ms: None
            })
        );
    }
}
