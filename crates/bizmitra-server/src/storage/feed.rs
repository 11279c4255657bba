//! Table `change`: the newest state of each thing, in the order of its last change.

use bizmitra_contract::changes::Change;
use bizmitra_contract::ids::EmployeeId;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::{json, key, read_json};
use crate::auth::CompanyScope;
use crate::error::Result;

/// Who may read a change.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Audience {
    /// Everyone of the company.
    Company,
    /// One person.
    Person(EmployeeId),
}

impl Audience {
    fn key(self) -> Vec<u8> {
        match self {
            Self::Company => Vec::new(),
            Self::Person(employee) => key(employee.0).to_vec(),
        }
    }
}

/// Says what a thing is now; a thing that did not change keeps its place.
pub(crate) fn put(
    db: &Connection,
    scope: &CompanyScope,
    audience: Audience,
    change: &Change,
) -> Result<()> {
    let audience = audience.key();
    let value = json(&change.value)?;
    let before: Option<(bool, String)> = db
        .prepare_cached(
            "SELECT deleted, value FROM change WHERE company_id = ?1 AND audience = ?2 AND kind = ?3 AND id = ?4",
        )?
        .query_row((scope.key(), &audience, &change.kind, &change.id), |row| Ok((row.get("deleted")?, row.get("value")?)))
        .optional()?;
    if before.is_some_and(|(deleted, before)| deleted == change.deleted && before == value) {
        return Ok(());
    }
    let seq: i64 = db
        .prepare_cached("UPDATE company SET change_seq = change_seq + 1 WHERE company_id = ?1 RETURNING change_seq")?
        .query_row([scope.key()], |row| row.get(0))?;
    db.prepare_cached(
        "DELETE FROM change WHERE company_id = ?1 AND audience = ?2 AND kind = ?3 AND id = ?4",
    )?
    .execute((scope.key(), &audience, &change.kind, &change.id))?;
    db.prepare_cached(
        "INSERT INTO change (company_id, seq, audience, kind, id, deleted, value)
         VALUES (:company, :seq, :audience, :kind, :id, :deleted, :value)",
    )?
    .execute(named_params! {
        ":company": scope.key(), ":seq": seq, ":audience": audience, ":kind": change.kind, ":id": change.id,
        ":deleted": change.deleted, ":value": value,
    })?;
    Ok(())
}

/// The number of the company's last change.
pub(crate) fn last_seq(db: &Connection, scope: &CompanyScope) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT change_seq FROM company WHERE company_id = ?1")?
        .query_row([scope.key()], |row| row.get(0))?)
}

/// Changes after `since` that a person may read, oldest first, with their numbers.
pub(crate) fn after(
    db: &Connection,
    scope: &CompanyScope,
    employee: EmployeeId,
    since: i64,
    limit: usize,
) -> Result<Vec<(i64, Change)>> {
    let mut statement = db.prepare_cached(
        "SELECT seq, kind, id, deleted, value FROM change
         WHERE company_id = :company AND audience IN (x'', :employee) AND seq > :since ORDER BY seq LIMIT :limit",
    )?;
    let changes = statement
        .query_map(
            named_params! {
                ":company": scope.key(), ":employee": key(employee.0), ":since": since,
                ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
            },
            |row| {
                let change = Change {
                    kind: row.get("kind")?,
                    id: row.get("id")?,
                    deleted: row.get("deleted")?,
                    value: read_json(row, "value")?,
                };
                Ok((row.get("seq")?, change))
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(changes)
}
