//! Signing in.

use axum::extract::State;
use bizmitra_contract::login::{
    ChallengeRequest, ChallengeResponse, LoginRequest, LoginResponse, MeResponse,
};

use super::{Answer, Body};
use crate::auth::{Session, SignedRequest};
use crate::domain;
use crate::error::Result;
use crate::server::Server;
use crate::storage::company;

/// `POST /v1/login/challenge`.
pub(crate) async fn challenge(
    State(server): State<Server>,
    Body(request): Body<ChallengeRequest>,
) -> Result<Answer<ChallengeResponse>> {
    domain::login::challenge(&server, request.device).map(Answer)
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
