//! Table `audit`.

use bizmitra_contract::ids::{DeviceId, EmployeeId};
use rusqlite::Connection;
use uuid::Uuid;

use super::key;
use crate::auth::CompanyScope;
use crate::error::Result;

/// What was done to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Enrolled,
    Approved,
    Suspended,
    Resumed,
    Revoked,
    Lost,
    Replaced,
    ReplacementCode,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Enrolled => "device_enrolled",
            Self::Approved => "device_approved",
            Self::Suspended => "device_suspended",
            Self::Resumed => "device_resumed",
            Self::Revoked => "device_revoked",
            Self::Lost => "device_lost",
            Self::Replaced => "device_replaced",
            Self::ReplacementCode => "replacement_code",
        }
    }
}

/// Writes a decision down.
pub(crate) fn insert(
    db: &Connection,
    scope: &CompanyScope,
    (actor, action, reason): (Option<EmployeeId>, Action, &str),
    subject: DeviceId,
    now_ms: i64,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO audit (company_id, audit_id, at_ms, actor, action, subject, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((
        scope.key(),
        key(Uuid::now_v7()),
        now_ms,
        actor.map(|id| key(id.0)),
        action.word(),
        key(subject.0),
        reason,
    ))?;
    Ok(())
}
