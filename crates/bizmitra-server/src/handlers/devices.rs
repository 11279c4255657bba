//! Devices and decisions about them.

use axum::extract::{Path, State};
use axum::http::Uri;
use bizmitra_contract::devices::{
    ApproveRequest, DeviceStateResponse, DevicesResponse, PendingDevicesResponse, ReasonRequest,
    ReplaceResponse, RevokeRequest, ThisDeviceResponse,
};
use bizmitra_contract::ids::{DeviceId, RequestId};
use bizmitra_contract::statement::EndReason;

use super::Answer;
use crate::auth::{Session, SignedRequest};
use crate::domain;
use crate::domain::device_state::Event;
use crate::error::{Result, ServerError};
use crate::server::Server;

/// `GET /v1/devices/self`: in whatever state the device is, it may know.
pub(crate) async fn this_device(
    State(server): State<Server>,
    uri: Uri,
    request: SignedRequest,
) -> Result<Answer<ThisDeviceResponse>> {
    let caller = request.caller;
    let challenge = read_challenge(uri.query().unwrap_or_default())?;
    let tell = move |server: &Server| {
        domain::device::this_device(server, &caller.scope, &caller.device, &challenge)
    };
    server.run(tell).await.map(Answer)
}

/// A challenge is a UUID, so the query needs no decoding; without one a lease answers nobody.
fn read_challenge(query: &str) -> Result<String> {
    let Some(challenge) = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("challenge="))
    else {
        return Ok(String::new());
    };
    challenge
        .parse::<RequestId>()
        .map(|id| id.to_string())
        .map_err(|_| ServerError::INVALID)
}

/// `GET /v1/devices/mine`.
pub(crate) async fn mine(
    State(server): State<Server>,
    session: Session,
) -> Result<Answer<DevicesResponse>> {
    server
        .run(move |server| domain::device::mine(server, &session))
        .await
        .map(Answer)
}

/// `GET /v1/devices`.
pub(crate) async fn list(
    State(server): State<Server>,
    session: Session,
) -> Result<Answer<DevicesResponse>> {
    server
        .run(move |server| domain::device::decided_about(server, &session))
        .await
        .map(Answer)
}

/// `GET /v1/devices/pending`.
pub(crate) async fn pending(
    State(server): State<Server>,
    session: Session,
) -> Result<Answer<PendingDevicesResponse>> {
    server
        .run(move |server| domain::device::pending(server, &session))
        .await
        .map(Answer)
}

/// `POST /v1/devices/{id}/approve`.
pub(crate) async fn approve(
    State(server): State<Server>,
    Path(id): Path<String>,
    session: Session,
) -> Result<Answer<DeviceStateResponse>> {
    // Before the id is looked at: a role that may not decide learns nothing about ids.
    session.decides()?;
    let request: ApproveRequest = session.json()?;
    let id = read_id(&id)?;
    server
        .run(move |server| domain::device::approve(server, &session, id, &request.fingerprint))
        .await
        .map(Answer)
}

/// `POST /v1/devices/{id}/revoke`.
pub(crate) async fn revoke(
    State(server): State<Server>,
    Path(id): Path<String>,
    session: Session,
) -> Result<Answer<DeviceStateResponse>> {
    let request: RevokeRequest = session.json()?;
    let id = read_id(&id)?;
    let end = move |server: &Server| {
        domain::device::end(server, &session, id, EndReason::Revoked, &request.reason)
    };
    server.run(end).await.map(Answer)
}

/// `POST /v1/devices/{id}/lost`.
pub(crate) async fn report_lost(
    State(server): State<Server>,
    Path(id): Path<String>,
    session: Session,
) -> Result<Answer<DeviceStateResponse>> {
    let request: ReasonRequest = session.json()?;
    let id = read_id(&id)?;
    let end = move |server: &Server| {
        domain::device::end(server, &session, id, EndReason::Lost, &request.reason)
    };
    server.run(end).await.map(Answer)
}

/// `POST /v1/devices/{id}/suspend`.
pub(crate) async fn suspend(
    State(server): State<Server>,
    Path(id): Path<String>,
    session: Session,
) -> Result<Answer<DeviceStateResponse>> {
    pause(server, &id, session, Event::Suspend).await
}

/// `POST /v1/devices/{id}/resume`.
pub(crate) async fn resume(
    State(server): State<Server>,
    Path(id): Path<String>,
    session: Session,
) -> Result<Answer<DeviceStateResponse>> {
    pause(server, &id, session, Event::Resume).await
}

async fn pause(
    server: Server,
    id: &str,
    session: Session,
    event: Event,
) -> Result<Answer<DeviceStateResponse>> {
    session.decides()?;
    let request: ReasonRequest = session.json()?;
    let id = read_id(id)?;
    server
        .run(move |server| domain::device::pause(server, &session, id, event, &request.reason))
        .await
        .map(Answer)
}

/// `POST /v1/devices/{id}/replace`.
pub(crate) async fn replace(
    State(server): State<Server>,
    Path(id): Path<String>,
    session: Session,
) -> Result<Answer<ReplaceResponse>> {
    session.decides()?;
    let request: ReasonRequest = session.json()?;
    let id = read_id(&id)?;
    server
        .run(move |server| domain::device::replace(server, &session, id, &request.reason))
        .await
        .map(Answer)
}

/// What is no id answers like an id that is not here.
fn read_id(text: &str) -> Result<DeviceId> {
    text.parse().map_err(|_| ServerError::NOT_FOUND)
}
