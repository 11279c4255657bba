//! The extractor of requests with a session: signed by the device, with a token bound to that device.

use axum::extract::{FromRequest, Request};
use bizmitra_contract::login::Role;
use bizmitra_contract::problem::ProblemCode;
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::signed_request::{Caller, SignedRequest, may_sign_in};
use crate::error::{Result, ServerError};
use crate::server::Server;
use crate::storage::employee::Employee;
use crate::storage::{self, employee};

/// A session ends after this long without a request.
pub(crate) const IDLE_MS: i64 = 15 * 60_000;
/// A session ends after this long whatever happens.
pub(crate) const ABSOLUTE_MS: i64 = 12 * 60 * 60_000;
/// Uses within this time of each other are one use: saves a commit for each request.
const TOUCH_MS: i64 = 30_000;

/// A signed-in person on an active device.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) caller: Caller,
    pub(crate) person: Employee,
    request: SignedRequest,
}

impl Session {
    /// The body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        self.request.json()
    }

    /// `scheme://host[:port]` as this server knows itself.
    pub(crate) fn origin(&self) -> &str {
        &self.request.origin
    }

    /// Refuses those who never decide about others.
    pub(crate) fn decides(&self) -> Result<()> {
        match self.person.role {
            Role::Admin | Role::SiteManager => Ok(()),
            Role::Employee | Role::PrivacyOfficer | Role::Unknown => {
                Err(ServerError::Refused(ProblemCode::Forbidden))
            }
        }
    }
}

/// What the database keeps of a token.
pub(crate) fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl FromRequest<Server> for Session {
    type Rejection = ServerError;

    async fn from_request(request: Request, server: &Server) -> Result<Self> {
        let request = SignedRequest::from_request(request, server).await?;
        let caller = request.caller.clone();
        may_sign_in(caller.device.state)?;
        let token = request
            .bearer
            .as_deref()
            .map(token_hash)
            .ok_or(ServerError::Refused(ProblemCode::SessionInvalid))?;
        let person = server
            .run({
                let caller = caller.clone();
                move |server| open(server, &caller, &token)
            })
            .await?;
        Ok(Self {
            caller,
            person,
            request,
        })
    }
}

fn open(server: &Server, caller: &Caller, token: &[u8; 32]) -> Result<Employee> {
    let now_ms = server.now_ms();
    let last_used_ms = server.read(|db| last_use(db, caller, token, now_ms))?;
    if now_ms.saturating_sub(last_used_ms) >= TOUCH_MS {
        server.write(|tx| storage::session::touch(tx, &caller.scope, token, now_ms))?;
    }
    let person = server.read(|db| employee::get(db, &caller.scope, caller.device.employee))?;
    person.ok_or(ServerError::Refused(ProblemCode::SessionInvalid))
}

fn last_use(db: &Connection, caller: &Caller, token: &[u8; 32], now_ms: i64) -> Result<i64> {
    let session = storage::session::get(db, &caller.scope, token, caller.device.id)?;
    session
        .filter(|session| {
            now_ms.saturating_sub(session.last_used_ms) < IDLE_MS
                && now_ms.saturating_sub(session.created_ms) < ABSOLUTE_MS
        })
        .map(|session| session.last_used_ms)
        .ok_or(ServerError::Refused(ProblemCode::SessionInvalid))
}
