//! Devices and decisions about them.

use axum::extract::{Path, State};
use bizmitra_contract::devices::{
    ApproveRequest, DeviceStateResponse, PendingDevicesResponse, RevokeRequest, ThisDeviceResponse,
};
use bizmitra_contract::ids::DeviceId;

use super::Answer;
use crate::auth::{Session, SignedRequest};
use crate::domain;
use crate::error::{Result, ServerError};
use crate::server::Server;

/// `GET /v1/devices/self`: in whatever state the device is, it may know.
pub(crate) async fn this_device(request: SignedRequest) -> Answer<ThisDeviceResponse> {
    Answer(domain::device::this_device(&request.caller.device))
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
    server
        .run(move |server| domain::device::revoke(server, &session, id, &request))
        .await
        .map(Answer)
}

/// What is no id answers like an id that is not here.
fn read_id(text: &str) -> Result<DeviceId> {
    text.parse().map_err(|_| ServerError::NOT_FOUND)
}
