//! Signing in: a nonce, a signature by the presence key, a token bound to the device.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bizmitra_contract::ids::DeviceId;
use bizmitra_contract::login::{ChallengeResponse, LoginRequest, LoginResponse};
use bizmitra_contract::problem::ProblemCode;

use crate::auth::{ABSOLUTE_MS, Caller, IDLE_MS, Purpose, may_sign_in, token_hash};
use crate::error::{Result, ServerError};
use crate::keys::make_random;
use crate::limits::DeviceWork;
use crate::server::Server;
use crate::signed::{holds, login_message};
use crate::storage;

/// Makes a nonce. Nothing is looked up: known and unknown devices get the same answer at the same cost.
pub(crate) fn challenge(server: &Server, device: DeviceId) -> Result<ChallengeResponse> {
    let purpose = Purpose::Login(device.0.into_bytes());
    Ok(ChallengeResponse {
        nonce: server
            .nonces()
            .make(server.keys(), purpose, server.now_ms())?,
        expires_in_ms: purpose.lifetime_ms().unsigned_abs(),
    })
}

/// Opens a session. `origin` is how this server knows itself: a proof made for another server is worth nothing here.
/// Refusals count against the device, because its own key signed them.
pub(crate) fn sign_in(
    server: &Server,
    caller: &Caller,
    origin: &str,
    request: &LoginRequest,
) -> Result<LoginResponse> {
    let (limits, device, now_ms) = (server.limits(), caller.device.id, server.now_ms());
    limits
        .check_device(device, DeviceWork::RefusedLogin, now_ms)
        .map_err(ServerError::TooMany)?;
    let signed_in = prove(server, caller, origin, request);
    if let Err(ServerError::Refused(ProblemCode::LoginRefused)) = &signed_in {
        limits
            .spend_of_device(device, DeviceWork::RefusedLogin, now_ms)
            .ok();
    }
    signed_in
}

fn prove(
    server: &Server,
    caller: &Caller,
    origin: &str,
    request: &LoginRequest,
) -> Result<LoginResponse> {
    let device = &caller.device;
    let refused = || ServerError::Refused(ProblemCode::LoginRefused);
    if request.device != device.id || request.origin != origin {
        return Err(refused());
    }
    let message = login_message(caller.scope.id(), device.employee, device.id, request);
    if !holds(&device.presence_key, &message, &request.presence_sig) {
        return Err(refused());
    }
    let now_ms = server.now_ms();
    if !server.nonces().take(
        server.keys(),
        Purpose::Login(device.id.0.into_bytes()),
        &request.nonce,
        now_ms,
    ) {
        return Err(ServerError::Refused(ProblemCode::NonceInvalid));
    }
    let token = URL_SAFE_NO_PAD.encode(make_random::<32>()?);
    let anchor = server.write(|tx| {
        // The state is read again: a revocation may have come since the request was authenticated.
        let state = storage::device::get(tx, &caller.scope, device.id)?
            .ok_or_else(refused)?
            .state;
        may_sign_in(state)?;
        storage::session::forget_old(
            tx,
            &caller.scope,
            device.id,
            now_ms.saturating_sub(ABSOLUTE_MS),
        )?;
        storage::session::insert(tx, &caller.scope, &token_hash(&token), device.id, now_ms)?;
        server.make_anchor(tx, &caller.scope, device.id)
    })?;
    Ok(LoginResponse {
        token,
        idle_ms: IDLE_MS.unsigned_abs(),
        absolute_ms: ABSOLUTE_MS.unsigned_abs(),
        anchor,
    })
}
