//! Table `correction`: requests to put attendance right.

use bizmitra_contract::attendance::CorrectionState;
use bizmitra_contract::ids::{EmployeeId, ItemId};
use bizmitra_contract::record::Correction;
use rusqlite::{Connection, OptionalExtension};

use super::{key, read_word, word};
use crate::auth::CompanyScope;
use crate::error::Result;

/// Adds a request; nobody decided yet.
pub(crate) fn insert(
    db: &Connection,
    scope: &CompanyScope,
    (item, employee): (ItemId, EmployeeId),
    correction: &Correction,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO correction (company_id, item_id, employee_id, about, day, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        scope.key(),
        key(item.0),
        key(employee.0),
        correction.about.map(|about| key(about.0)),
        &correction.day,
        word(&CorrectionState::Open),
    ))?;
    Ok(())
}

/// Where a request stands; `None` when there is no such request.
pub(crate) fn state(
    db: &Connection,
    scope: &CompanyScope,
    item: ItemId,
) -> Result<Option<CorrectionState>> {
    Ok(db
        .prepare_cached("SELECT state FROM correction WHERE company_id = ?1 AND item_id = ?2")?
        .query_row((scope.key(), key(item.0)), |row| read_word(row, "state"))
        .optional()?)
}
