//! Decisions about devices: who may make them, and what they bring about.

use bizmitra_contract::devices::{
    DeviceStateResponse, DevicesResponse, PendingDevicesResponse, ReplaceResponse,
    ThisDeviceResponse,
};
use bizmitra_contract::enrolment::Approval;
use bizmitra_contract::ids::{DeviceId, EmployeeId};
use bizmitra_contract::login::Role;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::statement::EndReason;
use rusqlite::Connection;

use super::code::canonical_fingerprint;
use super::device_change::{By, apply};
use super::device_state::Event;
use super::standing::standing;
use super::{invitation, link};
use crate::auth::{CompanyScope, Session};
use crate::error::{Result, ServerError};
use crate::server::Server;
use crate::signed::fingerprint;
use crate::storage::audit::Action;
use crate::storage::device::{Device, Whose};
use crate::storage::{self, employee};

/// Longest reason, characters.
const MAX_REASON: usize = 200;

/// The asking device as it sees itself.
pub(crate) fn this_device(
    server: &Server,
    scope: &CompanyScope,
    device: &Device,
    challenge: &str,
) -> Result<ThisDeviceResponse> {
    let told = server.read(|db| standing(server, db, scope, device, challenge))?;
    Ok(ThisDeviceResponse {
        device: device.id,
        state: device.state,
        fingerprint: fingerprint(&device.device_key, &device.presence_key),
        lease: told.lease,
        wipe: told.wipe,
        successions: server.keys().statement_keys(scope.id())?.successions,
    })
}

/// Devices that wait for the asking person's decision.
pub(crate) fn pending(server: &Server, session: &Session) -> Result<PendingDevicesResponse> {
    session.decides()?;
    let manager = (session.person.role == Role::SiteManager).then_some(session.person.id);
    let devices = server.read(|db| storage::device::pending(db, &session.caller.scope, manager))?;
    Ok(PendingDevicesResponse { devices })
}

/// The asking person's own devices.
pub(crate) fn mine(server: &Server, session: &Session) -> Result<DevicesResponse> {
    let whose = Whose::Of(session.person.id);
    let devices = server.read(|db| storage::device::list(db, &session.caller.scope, whose))?;
    Ok(DevicesResponse { devices })
}

/// Devices that the asking person decides about.
pub(crate) fn decided_about(server: &Server, session: &Session) -> Result<DevicesResponse> {
    session.decides()?;
    let whose = match session.person.role {
        Role::Admin => Whose::Everyone,
        Role::SiteManager | Role::Employee | Role::PrivacyOfficer | Role::Unknown => {
            Whose::EmployeesOf(session.person.id)
        }
    };
    let devices = server.read(|db| storage::device::list(db, &session.caller.scope, whose))?;
    Ok(DevicesResponse { devices })
}

/// Whether a person decides about another person's devices. A site manager decides about employees: a code for the place of
/// an admin's device would make the manager an admin.
fn decides_about(db: &Connection, session: &Session, owner: EmployeeId) -> Result<bool> {
    let scope = &session.caller.scope;
    match session.person.role {
        Role::Admin => Ok(true),
        Role::SiteManager => {
            let shares = employee::share_a_site(db, scope, owner, session.person.id)?;
            let owner = employee::get(db, scope, owner)?;
            Ok(shares && owner.is_some_and(|owner| owner.role == Role::Employee))
        }
        Role::Employee | Role::PrivacyOfficer | Role::Unknown => Ok(false),
    }
}

/// A device of the asking person or one that this person decides about. What is not there is asked about as if it were
/// somebody's, so that it answers not only the same as what is not theirs but after the same work.
fn device_within_reach(db: &Connection, session: &Session, id: DeviceId) -> Result<Device> {
    let device = storage::device::get(db, &session.caller.scope, id)?;
    let owner = device
        .as_ref()
        .map_or(EmployeeId(uuid::Uuid::nil()), |device| device.employee);
    let decides = decides_about(db, session, owner)?;
    device
        .filter(|device| decides || device.employee == session.person.id)
        .ok_or(ServerError::NOT_FOUND)
}

/// A device that the asking person decides about, which is never one's own.
fn device_of_others(db: &Connection, session: &Session, id: DeviceId) -> Result<Device> {
    let device = device_within_reach(db, session, id)?;
    if device.employee == session.person.id {
        return Err(ServerError::Refused(ProblemCode::Forbidden));
    }
    Ok(device)
}

/// Whether somebody read this from the device's screen.
pub(crate) fn is_fingerprint_of(typed: &str, device: &Device) -> bool {
    let shown = fingerprint(&device.device_key, &device.presence_key);
    canonical_fingerprint(typed).is_some_and(|typed| Some(typed) == canonical_fingerprint(&shown))
}

/// Approves a pending device by the fingerprint on its screen.
pub(crate) fn approve(
    server: &Server,
    session: &Session,
    id: DeviceId,
    typed: &str,
) -> Result<DeviceStateResponse> {
    session.decides()?;
    server.write(|tx| {
        let device = device_of_others(tx, session, id)?;
        if !is_fingerprint_of(typed, &device) {
            return Err(ServerError::Refused(ProblemCode::FingerprintMismatch));
        }
        let by = By {
            actor: Some(session.person.id),
            reason: "",
        };
        apply(
            server,
            tx,
            &session.caller.scope,
            &device,
            Event::Approve,
            by,
        )
    })
}

/// Suspends or resumes a device of somebody else.
pub(crate) fn pause(
    server: &Server,
    session: &Session,
    id: DeviceId,
    event: Event,
    reason: &str,
) -> Result<DeviceStateResponse> {
    session.decides()?;
    check_reason(reason)?;
    server.write(|tx| {
        let device = device_of_others(tx, session, id)?;
        let by = By {
            actor: Some(session.person.id),
            reason,
        };
        apply(server, tx, &session.caller.scope, &device, event, by)
    })
}

/// Ends a device: one's own, or one that the asking person decides about.
pub(crate) fn end(
    server: &Server,
    session: &Session,
    id: DeviceId,
    why: EndReason,
    reason: &str,
) -> Result<DeviceStateResponse> {
    check_reason(reason)?;
    let scope = &session.caller.scope;
    server.write(|tx| {
        let device = device_within_reach(tx, session, id)?;
        let by = By {
            actor: Some(session.person.id),
            reason,
        };
        apply(server, tx, scope, &device, Event::End(why), by)
    })
}

/// Makes a one-time code for the device that takes this one's place.
pub(crate) fn replace(
    server: &Server,
    session: &Session,
    id: DeviceId,
    reason: &str,
) -> Result<ReplaceResponse> {
    session.decides()?;
    check_reason(reason)?;
    let scope = &session.caller.scope;
    server.write(|tx| {
        let device = device_of_others(tx, session, id)?;
        let by = By {
            actor: Some(session.person.id),
            reason,
        };
        issue_replacement(server, tx, scope, &device, by, session.origin())
    })
}

/// The same for whoever may: the code takes the place of earlier ones, and the old device stays until the new one is active.
pub(crate) fn issue_replacement(
    server: &Server,
    tx: &Connection,
    scope: &CompanyScope,
    device: &Device,
    by: By<'_>,
    origin: &str,
) -> Result<ReplaceResponse> {
    storage::invitation::take_back(tx, scope, device.id)?;
    let place = invitation::Place {
        employee: device.employee,
        approval: Approval::Automatic,
        replaces: Some(device.id),
    };
    let (code, expires_at_ms) = invitation::issue(server, tx, scope, place)?;
    let entry = (by.actor, Action::ReplacementCode, by.reason);
    storage::audit::insert(tx, scope, entry, device.id, server.now_ms())?;
    let key = server.keys().statement_key(scope.id())?;
    Ok(ReplaceResponse {
        link: link::write(origin, &code, key.verifying_key().as_bytes()),
        code: code.shown(),
        expires_at_ms,
    })
}

fn check_reason(reason: &str) -> Result<()> {
    if reason.chars().count() > MAX_REASON {
        return Err(ServerError::INVALID);
    }
    Ok(())
}
