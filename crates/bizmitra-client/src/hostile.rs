//! A door to what reads the answers of strangers, for fuzzing and its regression tests: nothing here is part of a client.

use std::time::SystemTime;

use bizmitra_core::api::{ApiError, Response};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::answer::Answer;

/// What an answer with this status, these headers and this body is taken for; `None` when HTTP cannot carry it.
pub fn classify(
    status: u16,
    headers: &[(String, String)],
    body: Vec<u8>,
) -> Option<Result<Response, ApiError>> {
    let status = StatusCode::from_u16(status).ok()?;
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    let answer = Answer {
        status,
        headers: map,
        body,
    };
    Some(answer.classify(SystemTime::UNIX_EPOCH))
}
