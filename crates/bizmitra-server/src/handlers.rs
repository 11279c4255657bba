//! HTTP in, domain, HTTP out; nothing else.

pub(crate) mod about;
pub(crate) mod blobs;
pub(crate) mod devices;
pub(crate) mod enrolment;
pub(crate) mod login;
mod range;
pub(crate) mod sync;
mod upload_headers;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bizmitra_contract::paths::JSON;
use bizmitra_contract::problem::ProblemCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Result, ServerError};

/// A JSON answer.
pub(crate) struct Answer<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, JSON)], body).into_response(),
            Err(_) => ServerError::Damaged("answer").into_response(),
        }
    }
}

/// A JSON body of a request that needs no signature.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ServerError;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                let too_large =
                    rejection.into_response().status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE;
                ServerError::Refused(if too_large {
                    ProblemCode::TooLarge
                } else {
                    ProblemCode::Invalid
                })
            })?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|_| ServerError::INVALID)
    }
}
