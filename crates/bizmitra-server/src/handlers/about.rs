//! What the server says about itself.

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use bizmitra_contract::devices::HealthResponse;
use bizmitra_contract::paths::JSON;

use super::Answer;
use crate::error::Result;
use crate::observe::VERSION;
use crate::server::Server;

/// `GET /health`: answers only while the database does.
pub(crate) async fn health(State(server): State<Server>) -> Result<Answer<HealthResponse>> {
    server
        .run(|server| server.read(|db| crate::storage::server_epoch(db).map(|_| ())))
        .await?;
    Ok(Answer(HealthResponse {
        status: "ok".to_owned(),
        version: VERSION.to_owned(),
        server_epoch: server.epoch(),
        server_time_ms: server.now_ms(),
    }))
}

/// `GET /openapi.json`: put together once, because anyone may ask for it.
pub(crate) async fn openapi() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| crate::openapi::describe().to_string());
    ([(header::CONTENT_TYPE, JSON)], TEXT.as_str())
}
