//! Doors for fuzzing and for the lab: to what reads the answers of strangers, and to what carries requests. Nothing here is
//! part of a client.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use bizmitra_core::api::{ApiError, BoxFuture, Response};
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

/// Carries requests in place of sockets.
pub trait Carrier: Send + Sync {
    /// One exchange.
    fn carry(
        &self,
        request: reqwest::Request,
    ) -> BoxFuture<'_, Result<reqwest::Response, ApiError>>;
}

static CARRIER: OnceLock<Arc<dyn Carrier>> = OnceLock::new();

/// From here on all requests of this process take this way; the first one set stays.
pub fn carry_with(carrier: Arc<dyn Carrier>) {
    CARRIER.get_or_init(|| carrier);
}

pub(crate) fn carrier() -> Option<&'static Arc<dyn Carrier>> {
    CARRIER.get()
}
