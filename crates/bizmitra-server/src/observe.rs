//! Around every request: an id, a time limit, the headers each answer carries, and one line of log without personal
//! data (no address, no id of a person or device, no query).

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bizmitra_contract::paths::SERVER_HEADER;
use bizmitra_contract::problem::ProblemCode;

use crate::problem::{ProblemDraft, code_of};
use crate::server::Server;

/// Longest time a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Version of this server.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The middleware.
pub(crate) async fn observe(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let request_id = uuid::Uuid::new_v4().to_string();
    let method = request.method().clone();
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());

    let response = tokio::time::timeout(TIME_LIMIT, next.run(request))
        .await
        .unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response());
    let (mut response, code) = describe(response, &request_id);
    add_headers(&mut response, &server, &request_id);

    let status = response.status().as_u16();
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let code = code.map(|code| crate::storage::word(&code));
    tracing::info!(%method, path, status, elapsed_ms, request_id, code, "request");
    response
}

/// Gives every answer that is not a success its problem body.
fn describe(mut response: Response, request_id: &str) -> (Response, Option<ProblemCode>) {
    let status = response.status();
    if status.is_success() {
        return (response, None);
    }
    let draft = response
        .extensions_mut()
        .remove::<ProblemDraft>()
        .unwrap_or_else(|| ProblemDraft::plain(code_of(status)));
    let code = draft.code;
    let mut rendered = draft.render(status, request_id);
    if let Some(allow) = response.headers().get(header::ALLOW) {
        rendered.headers_mut().insert(header::ALLOW, allow.clone());
    }
    (rendered, Some(code))
}

fn add_headers(response: &mut Response, server: &Server, request_id: &str) {
    let headers = response.headers_mut();
    headers.insert(
        HeaderName::from_static(SERVER_HEADER),
        HeaderValue::from_static(VERSION),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    // RFC 9110, section 5.6.7: clients measure Retry-After against it.
    let date = jiff::Timestamp::from_millisecond(server.now_ms())
        .map(|now| now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .ok()
        .and_then(|date| HeaderValue::from_str(&date).ok());
    if let Some(date) = date {
        headers.insert(header::DATE, date);
    }
}
