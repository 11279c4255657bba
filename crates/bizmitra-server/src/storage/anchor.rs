//! Table `anchor`.

use bizmitra_contract::ids::{AnchorId, DeviceId};
use rusqlite::{Connection, OptionalExtension};

use super::key;
use crate::auth::CompanyScope;
use crate::error::Result;

/// Remembers when an anchor was given to a device.
pub(crate) fn insert(
    db: &Connection,
    scope: &CompanyScope,
    anchor: AnchorId,
    device: DeviceId,
    time_ms: i64,
) -> Result<()> {
    db.prepare_cached("INSERT INTO anchor (company_id, anchor_id, device_id, server_time_ms) VALUES (?1, ?2, ?3, ?4)")?
        .execute((scope.key(), key(anchor.0), key(device.0), time_ms))?;
    Ok(())
}

/// What time an anchor of this device stated.
pub(crate) fn time_ms(
    db: &Connection,
    scope: &CompanyScope,
    anchor: AnchorId,
    device: DeviceId,
) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("SELECT server_time_ms FROM anchor WHERE company_id = ?1 AND anchor_id = ?2 AND device_id = ?3")?
        .query_row((scope.key(), key(anchor.0), key(device.0)), |row| row.get(0))
        .optional()?)
}
