//! Enrolment: a code is used up and two public keys become a device.

use bizmitra_contract::enrolment::{EnrolmentRequest, EnrolmentResponse};
use bizmitra_contract::ids::DeviceId;
use bizmitra_contract::problem::ProblemCode;
use rusqlite::Connection;

use super::code::Code;
use super::device_state::Effect;
use super::invitation::{self, Opened};
use super::standing::standing;
use crate::auth::Purpose;
use crate::error::{Result, ServerError};
use crate::server::Server;
use crate::signed::{enrolment_message, fingerprint, holds, is_usable_key};
use crate::storage;
use crate::storage::audit::Action;
use crate::storage::device::Device;

/// Longest name of a device, characters.
const MAX_NAME: usize = 60;
/// Longest version of an app, characters.
const MAX_VERSION: usize = 40;

/// Enrols a device. Sent again with the same keys it answers the same device, with a time anchor of now: an old
/// anchor would tell the device a wrong time.
pub(crate) fn enrol(server: &Server, request: &EnrolmentRequest) -> Result<EnrolmentResponse> {
    let code = Code::read(&request.code).ok_or(ServerError::Refused(ProblemCode::CodeUnknown))?;
    let name_length = request.device_name.chars().count();
    if name_length == 0
        || name_length > MAX_NAME
        || request.app_version.chars().count() > MAX_VERSION
    {
        return Err(ServerError::INVALID);
    }
    server
        .write(|tx| match invitation::open(server, tx, &code)? {
            Ok(opened) => redeem(server, tx, &code, &opened, request).map(Ok),
            // Committed, because it counted a try.
            Err(refusal) => Ok(Err(refusal)),
        })?
        .map_err(ServerError::Refused)
}

fn redeem(
    server: &Server,
    tx: &Connection,
    code: &Code,
    opened: &Opened,
    request: &EnrolmentRequest,
) -> Result<EnrolmentResponse> {
    check_keys(code, opened, request)?;
    let scope = &opened.scope;
    if let Some(device) = opened.invitation.used_by {
        let device = storage::device::get(tx, scope, device)?
            .ok_or(ServerError::Damaged("enrolled device"))?;
        let same = device.device_key == request.device_key.0
            && device.presence_key == request.presence_key.0;
        return if same {
            answer(server, tx, &device, &request.nonce)
        } else {
            Err(ServerError::Refused(ProblemCode::CodeUsed))
        };
    }
    let now_ms = server.now_ms();
    opened.must_be_open(now_ms).map_err(ServerError::Refused)?;
    if !server.nonces().take(
        server.keys(),
        Purpose::Enrolment(&opened.invitation.tag),
        &request.nonce,
        now_ms,
    ) {
        return Err(ServerError::Refused(ProblemCode::NonceInvalid));
    }
    if storage::device::is_key_taken(tx, scope, &request.device_key.0)? {
        return Err(ServerError::Refused(ProblemCode::Conflict));
    }
    let (device, effect) = add_device(server, tx, opened, request)?;
    if !storage::invitation::use_up(tx, scope, &opened.invitation.tag, device.id)? {
        return Err(ServerError::Refused(ProblemCode::CodeUsed));
    }
    // After the code is used up: it says whose place the device takes.
    super::device_change::perform(server, tx, scope, &device, effect)?;
    answer(server, tx, &device, &request.nonce)
}

/// Both keys must be usable, different, and have signed what is asked.
fn check_keys(code: &Code, opened: &Opened, request: &EnrolmentRequest) -> Result<()> {
    let (device_key, presence_key) = (&request.device_key.0, &request.presence_key.0);
    if device_key == presence_key || !is_usable_key(device_key) || !is_usable_key(presence_key) {
        return Err(ServerError::INVALID);
    }
    let message = enrolment_message(opened.scope.id(), code.canonical(), request);
    if holds(device_key, &message, &request.device_sig)
        && holds(presence_key, &message, &request.presence_sig)
    {
        Ok(())
    } else {
        Err(ServerError::Refused(ProblemCode::SignatureInvalid))
    }
}

fn add_device(
    server: &Server,
    tx: &Connection,
    opened: &Opened,
    request: &EnrolmentRequest,
) -> Result<(Device, Effect)> {
    let (scope, now_ms) = (&opened.scope, server.now_ms());
    let (state, effect) = super::device_change::enrolled(opened.invitation.approval)?;
    let device = Device {
        company: scope.id(),
        id: DeviceId(uuid::Uuid::new_v4()),
        employee: opened.invitation.employee,
        device_key: request.device_key.0,
        presence_key: request.presence_key.0,
        platform: request.platform,
        name: request.device_name.clone(),
        app_version: request.app_version.clone(),
        state,
        state_ms: now_ms,
        heard_ms: now_ms,
    };
    storage::device::insert(tx, scope, &device, now_ms)?;
    storage::audit::insert(tx, scope, (None, Action::Enrolled, ""), device.id, now_ms)?;
    Ok((device, effect))
}

fn answer(
    server: &Server,
    tx: &Connection,
    device: &Device,
    nonce: &str,
) -> Result<EnrolmentResponse> {
    let scope = crate::auth::scope_of_caller(device);
    let told = standing(server, tx, &scope, device, nonce)?;
    Ok(EnrolmentResponse {
        device: device.id,
        company: device.company,
        employee: device.employee,
        state: device.state,
        fingerprint: fingerprint(&device.device_key, &device.presence_key),
        anchor: server.make_anchor(tx, &scope, device.id)?,
        sealing_key: super::sealing::statement(server, tx, &scope)?,
        lease: told.lease,
        wipe: told.wipe,
        successions: server.keys().statement_keys(scope.id())?.successions,
    })
}
