//! Table `blob`: files and how far they are.

use bizmitra_contract::ids::{BlobId, DeviceId, EmployeeId};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{key, uuid};
use crate::auth::CompanyScope;
use crate::blobs::Extent;
use crate::error::Result;

/// One file of a person.
#[derive(Debug, Clone)]
pub(crate) struct Blob {
    pub(crate) id: BlobId,
    pub(crate) employee: EmployeeId,
    pub(crate) device: DeviceId,
    pub(crate) length: u64,
    pub(crate) sha256: [u8; 32],
    /// What is on disk and acknowledged.
    pub(crate) have: Extent,
    pub(crate) complete: bool,
    pub(crate) file: [u8; 16],
    pub(crate) sealed_key: Vec<u8>,
    pub(crate) touched_ms: i64,
}

const COLUMNS: &str = "employee_id, blob_id, device_id, length, sha256, received, segments, stored, complete, file_id,
                       sealed_key, touched_ms";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Blob> {
    Ok(Blob {
        id: BlobId(uuid(row, "blob_id")?),
        employee: EmployeeId(uuid(row, "employee_id")?),
        device: DeviceId(uuid(row, "device_id")?),
        length: row.get("length")?,
        sha256: row.get("sha256")?,
        have: Extent {
            length: row.get("received")?,
            segments: row.get("segments")?,
            stored: row.get("stored")?,
        },
        complete: row.get("complete")?,
        file: row.get("file_id")?,
        sealed_key: row.get("sealed_key")?,
        touched_ms: row.get("touched_ms")?,
    })
}

/// A file of a person.
pub(crate) fn get(
    db: &Connection,
    scope: &CompanyScope,
    employee: EmployeeId,
    id: BlobId,
) -> Result<Option<Blob>> {
    Ok(db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM blob WHERE company_id = ?1 AND employee_id = ?2 AND blob_id = ?3"
        ))?
        .query_row((scope.key(), key(employee.0), key(id.0)), from_row)
        .optional()?)
}

/// A complete file of the same person with the same bytes.
pub(crate) fn find_same(
    db: &Connection,
    scope: &CompanyScope,
    employee: EmployeeId,
    (sha256, length): (&[u8; 32], u64),
) -> Result<Option<Blob>> {
    Ok(db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM blob WHERE company_id = ?1 AND employee_id = ?2 AND sha256 = ?3 AND length = ?4
             AND complete = 1 LIMIT 1"
        ))?
        .query_row((scope.key(), key(employee.0), sha256, length), from_row)
        .optional()?)
}

/// What a backup takes: names on disk and how many bytes of each count, of every company.
pub(crate) fn stored(db: &Connection) -> Result<Vec<(String, u64)>> {
    let mut statement = db.prepare(
        "SELECT lower(hex(file_id)), MAX(stored) AS stored FROM blob GROUP BY file_id HAVING stored > 0 ORDER BY file_id",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What a person's files take, and how many uploads are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) bytes: u64,
    pub(crate) open: u64,
}

/// A person's usage; files that share their bytes count once, open uploads count whole.
pub(crate) fn usage(db: &Connection, scope: &CompanyScope, employee: EmployeeId) -> Result<Usage> {
    Ok(db
        .prepare_cached(
            "SELECT COALESCE(SUM(length), 0) AS bytes, COALESCE(SUM(open), 0) AS open
             FROM (SELECT MAX(length) AS length, MAX(complete = 0) AS open FROM blob
                   WHERE company_id = ?1 AND employee_id = ?2 GROUP BY file_id)",
        )?
        .query_row((scope.key(), key(employee.0)), |row| {
            Ok(Usage {
                bytes: row.get("bytes")?,
                open: row.get("open")?,
            })
        })?)
}

/// Adds a file.
pub(crate) fn insert(db: &Connection, scope: &CompanyScope, blob: &Blob) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO blob (company_id, employee_id, blob_id, device_id, length, sha256, received, segments, stored, complete,
                           file_id, sealed_key, touched_ms)
         VALUES (:company, :employee, :blob, :device, :length, :sha256, :received, :segments, :stored, :complete,
                 :file, :key, :touched)",
    )?
    .execute(named_params! {
        ":company": scope.key(), ":employee": key(blob.employee.0), ":blob": key(blob.id.0), ":device": key(blob.device.0),
        ":length": blob.length, ":sha256": blob.sha256, ":received": blob.have.length, ":segments": blob.have.segments,
        ":stored": blob.have.stored, ":complete": blob.complete, ":file": blob.file, ":key": blob.sealed_key,
        ":touched": blob.touched_ms,
    })?;
    Ok(())
}

/// Acknowledges what is on disk. Says whether the file still was where `from` says: else nothing changes.
pub(crate) fn advance(
    db: &Connection,
    scope: &CompanyScope,
    from: &Blob,
    to: &Blob,
) -> Result<bool> {
    let changed = db
        .prepare_cached(
            "UPDATE blob SET received = :received, segments = :segments, stored = :stored, complete = :complete,
                             touched_ms = :touched
             WHERE company_id = :company AND employee_id = :employee AND blob_id = :blob AND file_id = :file
             AND stored = :from AND complete = 0",
        )?
        .execute(named_params! {
            ":company": scope.key(), ":employee": key(from.employee.0), ":blob": key(from.id.0), ":file": from.file,
            ":from": from.have.stored, ":received": to.have.length, ":segments": to.have.segments,
            ":stored": to.have.stored, ":complete": to.complete, ":touched": to.touched_ms,
        })?;
    Ok(changed == 1)
}

/// Forgets a file. Says whether its bytes serve nobody else.
pub(crate) fn delete(db: &Connection, scope: &CompanyScope, blob: &Blob) -> Result<bool> {
    db.prepare_cached(
        "DELETE FROM blob WHERE company_id = ?1 AND employee_id = ?2 AND blob_id = ?3 AND file_id = ?4",
    )?
    .execute((scope.key(), key(blob.employee.0), key(blob.id.0), blob.file))?;
    let shared: bool = db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM blob WHERE company_id = ?1 AND file_id = ?2)",
        )?
        .query_row((scope.key(), blob.file), |row| row.get(0))?;
    Ok(!shared)
}

/// Some of the open uploads that nothing arrived for since `before_ms`.
pub(crate) fn abandoned(
    db: &Connection,
    scope: &CompanyScope,
    before_ms: i64,
) -> Result<Vec<Blob>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM blob WHERE company_id = ?1 AND complete = 0 AND touched_ms < ?2
         ORDER BY touched_ms LIMIT 100"
    ))?;
    let all = statement
        .query_map((scope.key(), before_ms), from_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all)
}

/// What nothing needs: a file that was taken back, and a whole one that no record has named since `?2`.
const UNNEEDED: &str = "company_id = ?1 AND (
    EXISTS (SELECT 1 FROM file f
            JOIN withdrawal w ON w.company_id = f.company_id AND w.about = f.item_id AND w.device_id = f.device_id
            WHERE f.company_id = b.company_id AND f.item_id = b.blob_id AND f.employee_id = b.employee_id)
    OR (complete = 1 AND touched_ms < ?2 AND NOT EXISTS (
            SELECT 1 FROM item_blob n WHERE n.company_id = b.company_id AND n.employee_id = b.employee_id
            AND n.blob_id = b.blob_id)))";

/// Some of the files that nothing needs.
pub(crate) fn unneeded(db: &Connection, scope: &CompanyScope, before_ms: i64) -> Result<Vec<Blob>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM blob b WHERE {UNNEEDED} ORDER BY touched_ms LIMIT 100"
    ))?;
    let all = statement
        .query_map((scope.key(), before_ms), from_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all)
}

/// Whether a file is still one that nothing needs.
pub(crate) fn is_unneeded(
    db: &Connection,
    scope: &CompanyScope,
    before_ms: i64,
    blob: &Blob,
) -> Result<bool> {
    Ok(db
        .prepare_cached(&format!(
            "SELECT EXISTS (SELECT 1 FROM blob b WHERE employee_id = ?3 AND blob_id = ?4 AND {UNNEEDED})"
        ))?
        .query_row(
            (scope.key(), before_ms, key(blob.employee.0), key(blob.id.0)),
            |row| row.get(0),
        )?)
}

/// All files of a company, or of one person, in the order of their ids.
pub(crate) fn all(
    db: &Connection,
    scope: &CompanyScope,
    person: Option<EmployeeId>,
) -> Result<Vec<Blob>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM blob WHERE company_id = ?1 AND (?2 IS NULL OR employee_id = ?2)
         ORDER BY blob_id, employee_id"
    ))?;
    let person = person.map(|person| key(person.0));
    let all = statement
        .query_map((scope.key(), person), from_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all)
}
