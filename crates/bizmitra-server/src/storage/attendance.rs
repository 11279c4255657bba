//! Table `tap`: what boards read.

use bizmitra_contract::attendance::{TapKind, TimeGrade};
use bizmitra_contract::ids::{DeviceId, EmployeeId, ItemId};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{key, read_word, uuid, word};
use crate::auth::CompanyScope;
use crate::error::Result;

/// One tap.
#[derive(Debug, Clone)]
pub(crate) struct StoredTap {
    pub(crate) item: ItemId,
    pub(crate) employee: EmployeeId,
    pub(crate) device: DeviceId,
    pub(crate) kind: TapKind,
    pub(crate) wall_ms: i64,
    pub(crate) offset_min: i32,
    pub(crate) true_ms: i64,
    pub(crate) day: String,
    pub(crate) grade: TimeGrade,
    pub(crate) tolerance_ms: Option<u64>,
}

const COLUMNS: &str =
    "item_id, employee_id, device_id, kind, wall_ms, offset_min, true_ms, day, grade, tolerance_ms";

fn from_row(row: &Row<'_>) -> rusqlite::Result<StoredTap> {
    Ok(StoredTap {
        item: ItemId(uuid(row, "item_id")?),
        employee: EmployeeId(uuid(row, "employee_id")?),
        device: DeviceId(uuid(row, "device_id")?),
        kind: read_word(row, "kind")?,
        wall_ms: row.get("wall_ms")?,
        offset_min: row.get("offset_min")?,
        true_ms: row.get("true_ms")?,
        day: row.get("day")?,
        grade: read_word(row, "grade")?,
        tolerance_ms: row.get("tolerance_ms")?,
    })
}

/// Adds a tap.
pub(crate) fn insert(db: &Connection, scope: &CompanyScope, tap: &StoredTap) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO tap (company_id, item_id, employee_id, device_id, kind, wall_ms, offset_min, true_ms, day, grade, tolerance_ms)
         VALUES (:company, :item, :employee, :device, :kind, :wall, :offset, :true_ms, :day, :grade, :tolerance)",
    )?
    .execute(named_params! {
        ":company": scope.key(), ":item": key(tap.item.0), ":employee": key(tap.employee.0), ":device": key(tap.device.0),
        ":kind": word(&tap.kind), ":wall": tap.wall_ms, ":offset": tap.offset_min, ":true_ms": tap.true_ms,
        ":day": tap.day, ":grade": word(&tap.grade), ":tolerance": tap.tolerance_ms,
    })?;
    Ok(())
}

/// A tap.
pub(crate) fn get(
    db: &Connection,
    scope: &CompanyScope,
    item: ItemId,
) -> Result<Option<StoredTap>> {
    Ok(db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM tap WHERE company_id = ?1 AND item_id = ?2"
        ))?
        .query_row((scope.key(), key(item.0)), from_row)
        .optional()?)
}

/// The next tap of the same person that stands, from any device.
pub(crate) fn standing_after(
    db: &Connection,
    scope: &CompanyScope,
    tap: &StoredTap,
) -> Result<Option<StoredTap>> {
    neighbour(
        db,
        scope,
        tap,
        "(t.true_ms, t.item_id) > (:true_ms, :item) ORDER BY t.true_ms, t.item_id",
    )
}

/// The tap before of the same person that stands, from any device.
pub(crate) fn standing_before(
    db: &Connection,
    scope: &CompanyScope,
    tap: &StoredTap,
) -> Result<Option<StoredTap>> {
    neighbour(
        db,
        scope,
        tap,
        "(t.true_ms, t.item_id) < (:true_ms, :item) ORDER BY t.true_ms DESC, t.item_id DESC",
    )
}

fn neighbour(
    db: &Connection,
    scope: &CompanyScope,
    tap: &StoredTap,
    side: &str,
) -> Result<Option<StoredTap>> {
    Ok(db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM tap t WHERE t.company_id = :company AND t.employee_id = :employee
             AND NOT EXISTS (SELECT 1 FROM withdrawal w WHERE w.company_id = t.company_id AND w.about = t.item_id
                             AND w.device_id = t.device_id)
             AND {side} LIMIT 1"
        ))?
        .query_row(
            named_params! {
                ":company": scope.key(), ":employee": key(tap.employee.0), ":true_ms": tap.true_ms, ":item": key(tap.item.0),
            },
            from_row,
        )
        .optional()?)
}

/// All taps of a company or of one person, oldest first.
pub(crate) fn all(
    db: &Connection,
    scope: &CompanyScope,
    employee: Option<EmployeeId>,
) -> Result<Vec<StoredTap>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM tap WHERE company_id = ?1 AND (?2 IS NULL OR employee_id = ?2) ORDER BY true_ms, item_id"
    ))?;
    let all = statement
        .query_map((scope.key(), employee.map(|id| key(id.0))), from_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all)
}
