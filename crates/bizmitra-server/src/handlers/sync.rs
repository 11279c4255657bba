//! The batch and the feed.

use axum::extract::State;
use axum::http::Uri;
use bizmitra_contract::statement::SignedStatement;
use bizmitra_contract::sync::{BatchRequest, BatchResponse};

use super::Answer;
use crate::auth::{Session, SignedRequest};
use crate::domain;
use crate::error::Result;
use crate::server::Server;

/// `POST /v1/sync/batch`.
pub(crate) async fn batch(
    State(server): State<Server>,
    request: SignedRequest,
) -> Result<Answer<BatchResponse>> {
    let batch: BatchRequest = request.json()?;
    server
        .run(move |server| domain::ingest::apply(server, &request.caller, &batch))
        .await
        .map(Answer)
}

/// `GET /v1/changes`. A cursor is base64url, so the query needs no decoding.
pub(crate) async fn changes(
    State(server): State<Server>,
    uri: Uri,
    session: Session,
) -> Result<Answer<SignedStatement>> {
    let query = uri.query().unwrap_or_default();
    let since = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("since="))
        .unwrap_or_default()
        .to_owned();
    server
        .run(move |server| domain::feed::page(server, &session, &since))
        .await
        .map(Answer)
}
