//! Invitations and enrolments.

use axum::extract::State;
use bizmitra_contract::enrolment::{
    EnrolmentRequest, EnrolmentResponse, InvitationRequest, InvitationResponse,
};

use super::{Answer, Body};
use crate::domain;
use crate::error::Result;
use crate::server::Server;

/// `POST /v1/invitations/check`.
pub(crate) async fn check(
    State(server): State<Server>,
    Body(request): Body<InvitationRequest>,
) -> Result<Answer<InvitationResponse>> {
    server
        .run(move |server| domain::invitation::check(server, &request.code))
        .await
        .map(Answer)
}

/// `POST /v1/enrolments`.
pub(crate) async fn enrol(
    State(server): State<Server>,
    Body(request): Body<EnrolmentRequest>,
) -> Result<Answer<EnrolmentResponse>> {
    server
        .run(move |server| domain::enrolment::enrol(server, &request))
        .await
        .map(Answer)
}
