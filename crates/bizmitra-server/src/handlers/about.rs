//! What the server says about itself.

use axum::extract::State;
use bizmitra_contract::devices::HealthResponse;
use serde_json::Value;

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

/// `GET /openapi.json`.
pub(crate) async fn openapi() -> Answer<Value> {
    Answer(crate::openapi::describe())
}
