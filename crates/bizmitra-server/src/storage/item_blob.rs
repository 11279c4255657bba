//! Table `item_blob`: which files an item named.

use bizmitra_contract::blob::{BlobState, ItemBlob};
use bizmitra_contract::ids::{BlobId, DeviceId, EmployeeId, ItemId};
use rusqlite::Connection;

use super::ingest::Ingested;
use super::{key, uuid};
use crate::auth::CompanyScope;
use crate::error::Result;

/// Remembers the files of an item, in its order.
pub(crate) fn insert(
    db: &Connection,
    scope: &CompanyScope,
    item: &Ingested,
    blobs: &[BlobId],
) -> Result<()> {
    let mut statement = db.prepare_cached(
        "INSERT INTO item_blob (company_id, item_id, place, employee_id, blob_id) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (place, blob) in (0_i64..).zip(blobs) {
        statement.execute((
            scope.key(),
            key(item.item.0),
            place,
            key(item.employee.0),
            key(blob.0),
        ))?;
    }
    Ok(())
}

/// The files of an item, and whether they are here: those that it named, then those whose records name it.
pub(crate) fn of_item(
    db: &Connection,
    scope: &CompanyScope,
    item: ItemId,
) -> Result<Vec<ItemBlob>> {
    let mut statement = db.prepare_cached(
        "SELECT n.blob_id AS blob_id, COALESCE(b.complete, 0) AS complete, 0 AS later, n.place AS place FROM item_blob n
         LEFT JOIN blob b ON b.company_id = n.company_id AND b.employee_id = n.employee_id AND b.blob_id = n.blob_id
         WHERE n.company_id = ?1 AND n.item_id = ?2
         UNION ALL
         SELECT f.item_id, COALESCE(b.complete AND b.sha256 = f.sha256, 0), 1, i.received_ms FROM file f
         JOIN ingest i ON i.company_id = f.company_id AND i.item_id = f.item_id
         JOIN ingest t ON t.company_id = f.company_id AND t.item_id = f.about AND t.device_id = f.device_id
         LEFT JOIN blob b ON b.company_id = f.company_id AND b.employee_id = f.employee_id AND b.blob_id = f.item_id
         WHERE f.company_id = ?1 AND f.about = ?2
         AND NOT EXISTS (SELECT 1 FROM withdrawal w
                         WHERE w.company_id = f.company_id AND w.about = f.item_id AND w.device_id = f.device_id)
         ORDER BY later, place, blob_id",
    )?;
    let all = statement
        .query_map((scope.key(), key(item.0)), |row| {
            let complete: bool = row.get("complete")?;
            Ok(ItemBlob {
                id: BlobId(uuid(row, "blob_id")?),
                state: if complete {
                    BlobState::Complete
                } else {
                    BlobState::Awaited
                },
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all)
}

/// The items of a person that a file belongs to: those that named it, and the tap that its own record names.
pub(crate) fn naming(
    db: &Connection,
    scope: &CompanyScope,
    employee: EmployeeId,
    blob: BlobId,
) -> Result<Vec<ItemId>> {
    let mut statement = db.prepare_cached(
        "SELECT item_id FROM item_blob WHERE company_id = ?1 AND employee_id = ?2 AND blob_id = ?3
         UNION
         SELECT about FROM file WHERE company_id = ?1 AND employee_id = ?2 AND item_id = ?3 AND about IS NOT NULL
         ORDER BY 1",
    )?;
    let all = statement
        .query_map((scope.key(), key(employee.0), key(blob.0)), |row| {
            Ok(ItemId(uuid(row, "item_id")?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all)
}

/// Whether a device named a file in a record that its person signed with presence.
pub(crate) fn is_vouched_for(
    db: &Connection,
    scope: &CompanyScope,
    device: DeviceId,
    blob: BlobId,
) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM item_blob n
                            JOIN ingest i ON i.company_id = n.company_id AND i.item_id = n.item_id
                            WHERE n.company_id = ?1 AND i.device_id = ?2 AND i.presence = 1 AND n.blob_id = ?3
                            AND n.employee_id = i.employee_id)",
        )?
        .query_row((scope.key(), key(device.0), key(blob.0)), |row| row.get(0))?)
}
