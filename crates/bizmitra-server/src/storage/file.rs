//! Table `file`: files as their records state them.

use bizmitra_contract::ids::{BlobId, EmployeeId, ItemId};
use bizmitra_contract::record::{File, Record};
use rusqlite::{Connection, OptionalExtension, named_params};

use super::{key, optional_uuid, word};
use crate::auth::CompanyScope;
use crate::error::Result;

/// Adds a file.
pub(crate) fn insert(
    db: &Connection,
    scope: &CompanyScope,
    record: &Record,
    file: &File,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO file (company_id, item_id, employee_id, device_id, about, role, length, sha256)
         VALUES (:company, :item, :employee, :device, :about, :role, :length, :sha256)",
    )?
    .execute(named_params! {
        ":company": scope.key(), ":item": key(record.id.0), ":employee": key(record.employee.0),
        ":device": key(record.device.0), ":about": file.about.map(|about| key(about.0)), ":role": word(&file.role),
        ":length": file.length, ":sha256": file.sha256.0,
    })?;
    Ok(())
}

/// The tap that a file belongs to.
pub(crate) fn tap_of(
    db: &Connection,
    scope: &CompanyScope,
    file: ItemId,
) -> Result<Option<ItemId>> {
    Ok(db
        .prepare_cached("SELECT about FROM file WHERE company_id = ?1 AND item_id = ?2")?
        .query_row((scope.key(), key(file.0)), |row| {
            optional_uuid(row, "about")
        })
        .optional()?
        .flatten()
        .map(ItemId))
}

/// Whether these are the length and digest that the record of this file states; `None` before there is one.
pub(crate) fn states(
    db: &Connection,
    scope: &CompanyScope,
    (employee, blob): (EmployeeId, BlobId),
    (sha256, length): (&[u8; 32], u64),
) -> Result<Option<bool>> {
    Ok(db
        .prepare_cached(
            "SELECT sha256 = ?4 AND length = ?5 FROM file WHERE company_id = ?1 AND item_id = ?2 AND employee_id = ?3",
        )?
        .query_row(
            (scope.key(), key(blob.0), key(employee.0), sha256, length),
            |row| row.get(0),
        )
        .optional()?)
}

/// Whether the person took a file back on the device that stated it.
pub(crate) fn is_withdrawn(
    db: &Connection,
    scope: &CompanyScope,
    (employee, blob): (EmployeeId, BlobId),
) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM file f
                            JOIN withdrawal w ON w.company_id = f.company_id AND w.about = f.item_id AND w.device_id = f.device_id
                            WHERE f.company_id = ?1 AND f.item_id = ?2 AND f.employee_id = ?3)",
        )?
        .query_row((scope.key(), key(blob.0), key(employee.0)), |row| row.get(0))?)
}
