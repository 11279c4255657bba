//! Activation codes: one use, a day long, burned after five wrong tries.

use bizmitra_contract::encoding::Bytes32;
use bizmitra_contract::enrolment::{Approval, InvitationResponse};
use bizmitra_contract::ids::{DeviceId, EmployeeId};
use bizmitra_contract::problem::ProblemCode;
use rusqlite::Connection;
use subtle::ConstantTimeEq as _;

use super::code::Code;
use crate::auth::{self, CompanyScope, Purpose};
use crate::error::{Result, ServerError};
use crate::server::Server;
use crate::storage::invitation::Invitation;
use crate::storage::{self, company, employee};

/// Wrong tries that burn a code.
const MAX_WRONG_TRIES: u32 = 5;
/// How long a code lives.
const LIFETIME_MS: i64 = 24 * 60 * 60_000;

/// A code whose secret was right; used and expired ones are still to be refused.
pub(crate) struct Opened {
    pub(crate) scope: CompanyScope,
    pub(crate) invitation: Invitation,
}

impl Opened {
    /// Refuses codes that are over.
    pub(crate) fn must_be_open(&self, now_ms: i64) -> Result<(), ProblemCode> {
        if self.invitation.used_by.is_some() {
            Err(ProblemCode::CodeUsed)
        } else if now_ms >= self.invitation.expires_ms {
            Err(ProblemCode::CodeExpired)
        } else {
            Ok(())
        }
    }
}

/// Looks a code up. A wrong try is counted in the caller's transaction, which has to commit on a refusal too:
/// hence the two layers of result.
pub(crate) fn open(
    server: &Server,
    db: &Connection,
    code: &Code,
) -> Result<Result<Opened, ProblemCode>> {
    let Some(invitation) = storage::invitation::find_anywhere(db, &code.tag())? else {
        return Ok(Err(ProblemCode::CodeUnknown));
    };
    let scope = auth::of_invitation(&invitation);
    let is_burned = invitation.wrong_tries >= MAX_WRONG_TRIES;
    let is_right = bool::from(
        server
            .keys()
            .code_mac(code.canonical())
            .ct_eq(&invitation.secret_mac),
    );
    // A used code has nothing left to guess: a stranger's tries must not keep its holder from the lost first answer.
    if is_right && (!is_burned || invitation.used_by.is_some()) {
        return Ok(Ok(Opened { scope, invitation }));
    }
    if is_burned {
        return Ok(Err(ProblemCode::CodeBurned));
    }
    storage::invitation::count_wrong_try(db, &scope, &invitation.tag)?;
    let burned = invitation.wrong_tries.saturating_add(1) >= MAX_WRONG_TRIES;
    Ok(Err(if burned {
        ProblemCode::CodeBurned
    } else {
        ProblemCode::CodeUnknown
    }))
}

/// Says what a code opens, without using it up.
pub(crate) fn check(server: &Server, text: &str) -> Result<InvitationResponse> {
    let code = Code::read(text).ok_or(ServerError::Refused(ProblemCode::CodeUnknown))?;
    let opened = server
        .write(|tx| open(server, tx, &code))?
        .map_err(ServerError::Refused)?;
    let now_ms = server.now_ms();
    opened.must_be_open(now_ms).map_err(ServerError::Refused)?;
    let Opened { scope, invitation } = opened;
    let (company, person) = server.read(|db| {
        let person = employee::get(db, &scope, invitation.employee)?
            .ok_or(ServerError::Damaged("invited person"))?;
        Ok((company::get(db, &scope)?, person))
    })?;
    let statement_key = server.keys().statement_keys(scope.id())?;
    Ok(InvitationResponse {
        company: company.id,
        company_name: company.name,
        employee: person.id,
        employee_name: person.name,
        approval: invitation.approval,
        pin: company.pin,
        notice_version: company.policy.notice_version,
        nonce: server
            .nonces()
            .make(server.keys(), Purpose::Enrolment(&invitation.tag), now_ms)?,
        server_key: Bytes32(statement_key.key.verifying_key().to_bytes()),
        server_time_ms: now_ms,
        successions: statement_key.successions,
    })
}

/// The place that a code opens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Whose device it will be.
    pub(crate) employee: EmployeeId,
    /// How it becomes active.
    pub(crate) approval: Approval,
    /// The device that is over then.
    pub(crate) replaces: Option<DeviceId>,
}

/// Makes a code, and says until when it can be used.
pub(crate) fn issue(
    server: &Server,
    db: &Connection,
    scope: &CompanyScope,
    place: Place,
) -> Result<(Code, i64)> {
    let now_ms = server.now_ms();
    let expires_ms = now_ms.saturating_add(LIFETIME_MS);
    loop {
        let code = Code::make()?;
        let invitation = Invitation {
            tag: code.tag(),
            company: scope.id(),
            employee: place.employee,
            secret_mac: server.keys().code_mac(code.canonical()),
            approval: place.approval,
            expires_ms,
            wrong_tries: 0,
            used_by: None,
            replaces: place.replaces,
        };
        // A taken tag belongs to an older code, perhaps of another company: try another one.
        if storage::invitation::insert(db, scope, &invitation, now_ms)? {
            return Ok((code, expires_ms));
        }
    }
}

/// Whether a code could still be used; does not count as a try.
pub(crate) fn is_open(server: &Server, db: &Connection, text: &str) -> Result<bool> {
    let Some(code) = Code::read(text) else {
        return Ok(false);
    };
    let Some(invitation) = storage::invitation::find_anywhere(db, &code.tag())? else {
        return Ok(false);
    };
    let right = bool::from(
        server
            .keys()
            .code_mac(code.canonical())
            .ct_eq(&invitation.secret_mac),
    );
    let opened = Opened {
        scope: auth::of_invitation(&invitation),
        invitation,
    };
    Ok(right
        && opened.invitation.wrong_tries < MAX_WRONG_TRIES
        && opened.must_be_open(server.now_ms()).is_ok())
}
