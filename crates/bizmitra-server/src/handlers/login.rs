//! Signing in.

use axum::extract::{FromRequest as _, Request, State};
use bizmitra_contract::login::{
    ChallengeRequest, ChallengeResponse, LoginRequest, LoginResponse, MeResponse,
};

use super::{Answer, Body};
use crate::auth::{Session, SignedRequest, is_signed};
use crate::domain;
use crate::error::{Result, ServerError};
use crate::server::Server;
use crate::storage::company;

/// `POST /v1/login/challenge`. A device may sign the request: then it does not share the limit of its address.
pub(crate) async fn challenge(
    State(server): State<Server>,
    request: Request,
) -> Result<Answer<ChallengeResponse>> {
    let asked: ChallengeRequest = if is_signed(&request) {
        let signed = SignedRequest::from_request(request, &server).await?;
        let asked: ChallengeRequest = signed.json()?;
        if asked.device != signed.caller.device.id {
            return Err(ServerError::INVALID);
        }
        asked
    } else {
        Body::from_request(request, &server).await?.0
    };
    domain::login::challenge(&server, asked.device).map(Answer)
}

/// `POST /v1/login`.
pub(crate) async fn sign_in(
    State(server): State<Server>,
    request: SignedRequest,
) -> Result<Answer<LoginResponse>> {
    let login: LoginRequest = request.json()?;
    server
        .run(move |server| domain::login::sign_in(server, &request.caller, &request.origin, &login))
        .await
        .map(Answer)
}

/// `GET /v1/me`.
pub(crate) async fn me(
    State(server): State<Server>,
    session: Session,
) -> Result<Answer<MeResponse>> {
    let scope = session.caller.scope;
    let company = server
        .run(move |server| server.read(|db| company::get(db, &scope)))
        .await?;
    Ok(Answer(MeResponse {
        company: company.id,
        company_name: company.name,
        employee: session.person.id,
        name: session.person.name,
        role: session.person.role,
        device: session.caller.device.id,
    }))
}
