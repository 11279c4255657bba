//! Decisions about devices: approve, revoke, replace.

use bizmitra_contract::devices::{
    DeviceStateResponse, PendingDevicesResponse, RevokeRequest, ThisDeviceResponse,
};
use bizmitra_contract::enrolment::DeviceState;
use bizmitra_contract::ids::DeviceId;
use bizmitra_contract::login::Role;
use bizmitra_contract::problem::ProblemCode;
use rusqlite::Connection;

use super::code::canonical_fingerprint;
use crate::auth::{CompanyScope, Session};
use crate::error::{Result, ServerError};
use crate::server::Server;
use crate::signed::fingerprint;
use crate::storage::audit::Action;
use crate::storage::device::Device;
use crate::storage::{self, employee};

/// Longest reason, characters.
const MAX_REASON: usize = 200;

/// The asking device as it sees itself.
pub(crate) fn this_device(device: &Device) -> ThisDeviceResponse {
    ThisDeviceResponse {
        device: device.id,
        state: device.state,
        fingerprint: fingerprint(&device.device_key, &device.presence_key),
    }
}

/// Devices that wait for the asking person's decision.
pub(crate) fn pending(server: &Server, session: &Session) -> Result<PendingDevicesResponse> {
    session.decides()?;
    let manager = (session.person.role == Role::SiteManager).then_some(session.person.id);
    let devices = server.read(|db| storage::device::pending(db, &session.caller.scope, manager))?;
    Ok(PendingDevicesResponse { devices })
}

/// Whether a person decides about another person's devices; nobody decides about their own here.
fn decides_about(db: &Connection, session: &Session, device: &Device) -> Result<bool> {
    match session.person.role {
        Role::Admin => Ok(true),
        Role::SiteManager => employee::share_a_site(
            db,
            &session.caller.scope,
            device.employee,
            session.person.id,
        ),
        Role::Employee | Role::PrivacyOfficer | Role::Unknown => Ok(false),
    }
}

/// Approves a pending device by the fingerprint on its screen.
pub(crate) fn approve(
    server: &Server,
    session: &Session,
    id: DeviceId,
    typed: &str,
) -> Result<DeviceStateResponse> {
    session.decides()?;
    let scope = &session.caller.scope;
    let now_ms = server.now_ms();
    server.write(|tx| {
        let device = storage::device::get(tx, scope, id)?.ok_or(ServerError::NOT_FOUND)?;
        if !decides_about(tx, session, &device)? {
            return Err(ServerError::NOT_FOUND);
        }
        if device.employee == session.person.id {
            return Err(ServerError::Refused(ProblemCode::Forbidden));
        }
        let shown = fingerprint(&device.device_key, &device.presence_key);
        if canonical_fingerprint(typed).is_none()
            || canonical_fingerprint(typed) != canonical_fingerprint(&shown)
        {
            return Err(ServerError::Refused(ProblemCode::FingerprintMismatch));
        }
        match device.state {
            DeviceState::Active => {}
            DeviceState::Pending => {
                storage::device::set_state(tx, scope, id, DeviceState::Active)?;
                storage::audit::insert(
                    tx,
                    scope,
                    (Some(session.person.id), Action::Approved, ""),
                    id,
                    now_ms,
                )?;
                replace_older(tx, scope, &device, now_ms)?;
            }
            DeviceState::Suspended
            | DeviceState::Revoked
            | DeviceState::Lost
            | DeviceState::Replaced
            | DeviceState::Unknown => return Err(ServerError::Refused(ProblemCode::Conflict)),
        }
        Ok(DeviceStateResponse {
            device: id,
            state: DeviceState::Active,
        })
    })
}

/// Revokes a device: one's own, or one that the asking person decides about. Its sessions end at once.
pub(crate) fn revoke(
    server: &Server,
    session: &Session,
    id: DeviceId,
    request: &RevokeRequest,
) -> Result<DeviceStateResponse> {
    if request.reason.chars().count() > MAX_REASON {
        return Err(ServerError::INVALID);
    }
    let scope = &session.caller.scope;
    let now_ms = server.now_ms();
    server.write(|tx| {
        let device = storage::device::get(tx, scope, id)?.ok_or(ServerError::NOT_FOUND)?;
        if device.employee != session.person.id && !decides_about(tx, session, &device)? {
            return Err(ServerError::NOT_FOUND);
        }
        let state = match device.state {
            DeviceState::Pending | DeviceState::Active | DeviceState::Suspended => {
                let entry = (
                    Some(session.person.id),
                    Action::Revoked,
                    request.reason.as_str(),
                );
                end(tx, scope, id, DeviceState::Revoked)?;
                storage::audit::insert(tx, scope, entry, id, now_ms)?;
                DeviceState::Revoked
            }
            over @ (DeviceState::Revoked
            | DeviceState::Lost
            | DeviceState::Replaced
            | DeviceState::Unknown) => over,
        };
        Ok(DeviceStateResponse { device: id, state })
    })
}

/// A person has one phone and one desktop: an older one of the class makes place.
pub(crate) fn replace_older(
    tx: &Connection,
    scope: &CompanyScope,
    device: &Device,
    now_ms: i64,
) -> Result<()> {
    for older in storage::device::living_of_class(tx, scope, device)? {
        end(tx, scope, older, DeviceState::Replaced)?;
        storage::audit::insert(tx, scope, (None, Action::Replaced, ""), older, now_ms)?;
    }
    Ok(())
}

fn end(tx: &Connection, scope: &CompanyScope, device: DeviceId, state: DeviceState) -> Result<()> {
    storage::device::set_state(tx, scope, device, state)?;
    storage::session::end_all(tx, scope, device)
}
