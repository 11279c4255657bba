//! Table `invitation`.

use bizmitra_contract::enrolment::Approval;
use bizmitra_contract::ids::{CompanyId, DeviceId, EmployeeId};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{key, optional_uuid, uuid};
use crate::auth::CompanyScope;
use crate::error::Result;

/// One activation code, without its secret.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    pub(crate) tag: String,
    pub(crate) company: CompanyId,
    pub(crate) employee: EmployeeId,
    pub(crate) secret_mac: [u8; 32],
    pub(crate) approval: Approval,
    pub(crate) expires_ms: i64,
    pub(crate) wrong_tries: u32,
    pub(crate) used_by: Option<DeviceId>,
    /// The device that is over once the new one is active.
    pub(crate) replaces: Option<DeviceId>,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Invitation> {
    Ok(Invitation {
        tag: row.get("tag")?,
        company: CompanyId(uuid(row, "company_id")?),
        employee: EmployeeId(uuid(row, "employee_id")?),
        secret_mac: row.get("secret_mac")?,
        approval: if row.get("manual_approval")? {
            Approval::Manual
        } else {
            Approval::Automatic
        },
        expires_ms: row.get("expires_ms")?,
        wrong_tries: row.get("wrong_tries")?,
        used_by: optional_uuid(row, "used_by")?.map(DeviceId),
        replaces: optional_uuid(row, "replaces")?.map(DeviceId),
    })
}

/// Finds a code by its tag, in whatever company: for [`crate::auth`] alone.
pub(crate) fn find_anywhere(db: &Connection, tag: &str) -> Result<Option<Invitation>> {
    Ok(db
        .prepare_cached(
            "SELECT tag, company_id, employee_id, secret_mac, manual_approval, expires_ms, wrong_tries, used_by, replaces
             FROM invitation WHERE tag = ?1",
        )?
        .query_row([tag], from_row)
        .optional()?)
}

/// Adds a code; false when its tag is taken.
pub(crate) fn insert(
    db: &Connection,
    scope: &CompanyScope,
    invitation: &Invitation,
    now_ms: i64,
) -> Result<bool> {
    let added = db
        .prepare_cached(
            "INSERT INTO invitation (tag, company_id, employee_id, secret_mac, manual_approval, created_ms, expires_ms, replaces)
             VALUES (:tag, :company, :employee, :mac, :manual, :now, :expires, :replaces) ON CONFLICT (tag) DO NOTHING",
        )?
        .execute(named_params! {
            ":tag": invitation.tag, ":company": scope.key(), ":employee": key(invitation.employee.0),
            ":mac": invitation.secret_mac, ":manual": invitation.approval == Approval::Manual,
            ":now": now_ms, ":expires": invitation.expires_ms,
            ":replaces": invitation.replaces.map(|device| key(device.0)),
        })?;
    Ok(added == 1)
}

/// Counts a wrong try.
pub(crate) fn count_wrong_try(db: &Connection, scope: &CompanyScope, tag: &str) -> Result<()> {
    db.prepare_cached(
        "UPDATE invitation SET wrong_tries = wrong_tries + 1 WHERE company_id = ?1 AND tag = ?2",
    )?
    .execute((scope.key(), tag))?;
    Ok(())
}

/// Uses a code up; false when it was used before.
pub(crate) fn use_up(
    db: &Connection,
    scope: &CompanyScope,
    tag: &str,
    device: DeviceId,
) -> Result<bool> {
    let used = db
        .prepare_cached("UPDATE invitation SET used_by = ?3 WHERE company_id = ?1 AND tag = ?2 AND used_by IS NULL")?
        .execute((scope.key(), tag, key(device.0)))?;
    Ok(used == 1)
}

/// Takes back the unused codes for the place of a device: the next one is the only one.
pub(crate) fn take_back(db: &Connection, scope: &CompanyScope, replaces: DeviceId) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM invitation WHERE company_id = ?1 AND replaces = ?2 AND used_by IS NULL",
    )?
    .execute((scope.key(), key(replaces.0)))?;
    Ok(())
}

/// The device whose place another one takes, by the code that the other one used.
pub(crate) fn replaced_by(
    db: &Connection,
    scope: &CompanyScope,
    device: DeviceId,
) -> Result<Option<DeviceId>> {
    Ok(db
        .prepare_cached(
            "SELECT replaces FROM invitation WHERE company_id = ?1 AND used_by = ?2 AND replaces IS NOT NULL",
        )?
        .query_row((scope.key(), key(device.0)), |row| uuid(row, "replaces").map(DeviceId))
        .optional()?)
}
