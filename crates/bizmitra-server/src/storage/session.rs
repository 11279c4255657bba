//! Table `session`.

use bizmitra_contract::ids::DeviceId;
use rusqlite::{Connection, OptionalExtension};

use super::key;
use crate::auth::CompanyScope;
use crate::error::Result;

/// When a session began and was last used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session {
    pub(crate) created_ms: i64,
    pub(crate) last_used_ms: i64,
}

/// Adds a session of a device.
pub(crate) fn insert(
    db: &Connection,
    scope: &CompanyScope,
    hash: &[u8; 32],
    device: DeviceId,
    now_ms: i64,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO session (token_hash, company_id, device_id, created_ms, last_used_ms) VALUES (?1, ?2, ?3, ?4, ?4)",
    )?
    .execute((hash, scope.key(), key(device.0), now_ms))?;
    Ok(())
}

/// A session of this very device.
pub(crate) fn get(
    db: &Connection,
    scope: &CompanyScope,
    hash: &[u8; 32],
    device: DeviceId,
) -> Result<Option<Session>> {
    Ok(db
        .prepare_cached(
            "SELECT created_ms, last_used_ms FROM session WHERE token_hash = ?1 AND company_id = ?2 AND device_id = ?3",
        )?
        .query_row((hash, scope.key(), key(device.0)), |row| {
            Ok(Session { created_ms: row.get("created_ms")?, last_used_ms: row.get("last_used_ms")? })
        })
        .optional()?)
}

/// Remembers that a session was used.
pub(crate) fn touch(
    db: &Connection,
    scope: &CompanyScope,
    hash: &[u8; 32],
    now_ms: i64,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE session SET last_used_ms = ?3 WHERE token_hash = ?1 AND company_id = ?2",
    )?
    .execute((hash, scope.key(), now_ms))?;
    Ok(())
}

/// Ends all sessions of a device.
pub(crate) fn end_all(db: &Connection, scope: &CompanyScope, device: DeviceId) -> Result<()> {
    db.prepare_cached("DELETE FROM session WHERE company_id = ?1 AND device_id = ?2")?
        .execute((scope.key(), key(device.0)))?;
    Ok(())
}

/// Removes sessions of a device that began before `created_before_ms`.
pub(crate) fn forget_old(
    db: &Connection,
    scope: &CompanyScope,
    device: DeviceId,
    created_before_ms: i64,
) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM session WHERE company_id = ?1 AND device_id = ?2 AND created_ms < ?3",
    )?
    .execute((scope.key(), key(device.0), created_before_ms))?;
    Ok(())
}
