//! Taps with what became of them. What and when is in private cells, which open only with the vault.

mod copy;

use bizmitra_core::attendance::{Entry, Grade, TapRow};
use bizmitra_core::ids::ItemId;
use bizmitra_core::outbox::State;
use bizmitra_core::vault::{Column, ColumnError, Columns};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use serde::de::DeserializeOwned;
use uuid::Uuid;

pub(crate) use copy::apply_copy;

use crate::fault::Fault;
use crate::table::outbox;

/// One row with the state and receipt of its record.
const SELECT: &str = "SELECT entry.id, record.seq, entry.hash, outbox.state, receipt.received_at_ms, entry.received_at_ms,
        entry.tap, entry.evidence, entry.withdrawn, entry.grade, entry.grade_tolerance_ms, entry.alarm
    FROM entry
    LEFT JOIN record ON record.id = entry.id
    LEFT JOIN outbox ON outbox.record = record.n
    LEFT JOIN receipt ON receipt.record = record.n";

/// `None` when the row was written under a vault that is gone.
fn from_row(row: &Row<'_>, columns: &Columns) -> Result<Option<Entry>, Fault> {
    let id = ItemId(Uuid::from_bytes(row.get(0)?));
    let tap: Option<TapRow> = read_cell(columns, Column::Tap, id, &row.get::<_, Vec<u8>>(6)?)?;
    let Some(tap) = tap else { return Ok(None) };
    let evidence = match row.get::<_, Option<Vec<u8>>>(7)? {
        Some(cell) => read_cell(columns, Column::Evidence, id, &cell)?,
        None => None,
    };
    let seq: Option<u64> = row.get(1)?;
    let state: Option<String> = row.get(3)?;
    let grade: Option<String> = row.get(9)?;
    let grade = grade
        .map(|grade| Grade::from_name(&grade).ok_or_else(|| Fault::unreadable("entry.grade")))
        .transpose()?;
    let own = seq.is_some();
    Ok(Some(Entry {
        tap,
        seq: seq.unwrap_or(0),
        hash: row.get(2)?,
        state: state.map_or(Ok(State::Acked), |name| outbox::state_from_name(&name))?,
        // Only a receipt confirms what was recorded here; what other devices recorded is known from the server alone.
        confirmed_ms: if own { row.get(4)? } else { row.get(5)? },
        evidence,
        withdrawn: row.get(8)?,
        grade: grade
            .map(|grade| Ok::<_, rusqlite::Error>((grade, row.get(10)?)))
            .transpose()?,
        alarm: row.get::<_, Option<String>>(11)?.is_some(),
    }))
}

fn read_cell<T: DeserializeOwned>(
    columns: &Columns,
    column: Column,
    id: ItemId,
    cell: &[u8],
) -> Result<Option<T>, Fault> {
    match columns.read(column, id, cell) {
        Ok(json) => serde_json::from_slice(&json)
            .map(Some)
            .map_err(|_| Fault::unreadable("entry")),
        Err(ColumnError::Unreadable) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn select(
    conn: &Connection,
    columns: &Columns,
    rest: &str,
    params: &[&dyn ToSql],
) -> Result<Vec<Entry>, Fault> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} {rest}"))?;
    let mut rows = statement.query(params)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.extend(from_row(row, columns)?);
    }
    Ok(entries)
}

pub(crate) fn find(
    conn: &Connection,
    columns: &Columns,
    id: ItemId,
) -> Result<Option<Entry>, Fault> {
    Ok(select(conn, columns, "WHERE entry.id = ?1", &[id.0.as_bytes()])?.pop())
}

pub(crate) fn of_day(conn: &Connection, columns: &Columns, day: &str) -> Result<Vec<Entry>, Fault> {
    let tag = columns.day_tag(day)?;
    let mut entries = select(
        conn,
        columns,
        "WHERE entry.day_tag = ?1 ORDER BY entry.n",
        &[&tag],
    )?;
    entries.sort_by_key(|entry| entry.tap.wall_ms);
    Ok(entries)
}

/// Ids are in the order of the forms, which is that of the taps but for a moment.
pub(crate) fn latest(
    conn: &Connection,
    columns: &Columns,
    limit: usize,
) -> Result<Vec<Entry>, Fault> {
    // Not a parameter: SQLite prepares a statement anew each time its limit is bound.
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rest = format!("ORDER BY entry.id DESC LIMIT {limit}");
    let mut entries = select(conn, columns, &rest, &[])?;
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.tap.wall_ms));
    Ok(entries)
}

pub(crate) fn alarms(conn: &Connection, columns: &Columns) -> Result<Vec<Entry>, Fault> {
    select(
        conn,
        columns,
        "WHERE entry.alarm IS NOT NULL ORDER BY entry.n",
        &[],
    )
}

pub(crate) fn count_alarms(conn: &Connection) -> Result<u32, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT count(*) FROM entry WHERE alarm IS NOT NULL")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

pub(crate) fn without_evidence(conn: &Connection) -> Result<Vec<ItemId>, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT id FROM entry WHERE evidence IS NULL AND own = 1 ORDER BY n")?;
    let rows = statement.query_map([], |row| Ok(ItemId(Uuid::from_bytes(row.get(0)?))))?;
    rows.collect::<Result<_, _>>().map_err(Fault::from)
}

pub(crate) fn insert_own(
    conn: &Connection,
    id: ItemId,
    hash: &[u8; 32],
    day_tag: &[u8; 16],
    tap: &[u8],
) -> Result<(), Fault> {
    conn.prepare_cached(
        "INSERT INTO entry (id, own, hash, day_tag, tap, withdrawn) VALUES (?1, 1, ?2, ?3, ?4, 0)",
    )?
    .execute(params![id.0.as_bytes(), hash, day_tag, tap])?;
    Ok(())
}

pub(crate) fn has_evidence(conn: &Connection, tap: ItemId) -> Result<bool, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT evidence IS NOT NULL FROM entry WHERE id = ?1")?;
    Ok(statement
        .query_row([tap.0.as_bytes()], |row| row.get(0))
        .optional()?
        .unwrap_or(false))
}

pub(crate) fn is_withdrawn(conn: &Connection, tap: ItemId) -> Result<bool, Fault> {
    let mut statement = conn.prepare_cached("SELECT withdrawn FROM entry WHERE id = ?1")?;
    Ok(statement
        .query_row([tap.0.as_bytes()], |row| row.get(0))
        .optional()?
        .unwrap_or(false))
}

pub(crate) fn set_evidence(
    conn: &Connection,
    record: i64,
    tap: ItemId,
    evidence: &[u8],
) -> Result<(), Fault> {
    let changed = conn
        .prepare_cached(
            "UPDATE entry SET evidence = ?2, evidence_record = ?3 WHERE id = ?1 AND own = 1",
        )?
        .execute(params![tap.0.as_bytes(), evidence, record])?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Fault::misuse(
            "evidence names a tap that this store did not record",
        ))
    }
}

pub(crate) fn set_withdrawn(conn: &Connection, record: i64, tap: ItemId) -> Result<(), Fault> {
    let changed = conn
        .prepare_cached(
            "UPDATE entry SET withdrawn = 1, withdrawal_record = ?2 WHERE id = ?1 AND own = 1",
        )?
        .execute(params![tap.0.as_bytes(), record])?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Fault::misuse(
            "a withdrawal names a tap that this store did not record",
        ))
    }
}

/// Forgets taps known from the feed alone, except those that raised an alarm.
pub(crate) fn forget_foreign(conn: &Connection) -> Result<(), Fault> {
    conn.execute("DELETE FROM entry WHERE own = 0 AND alarm IS NULL", [])?;
    Ok(())
}
