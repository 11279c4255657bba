//! Taps with what became of them.

mod copy;

use bizmitra_core::attendance::{Action, Entry, Evidence, Grade, TapRow};
use bizmitra_core::ids::{ItemId, ShiftId};
use bizmitra_core::outbox::State;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use uuid::Uuid;

pub(crate) use copy::apply_copy;

use crate::fault::Fault;
use crate::table::outbox;

/// One row with the state and receipt of its record.
const SELECT: &str = "SELECT entry.id, entry.action, entry.wall_ms, entry.offset_min, entry.day, entry.shift, entry.elapsed_ms,
        entry.boot_id, entry.tolerance_ms, record.seq, entry.hash, outbox.state, receipt.received_at_ms, entry.received_at_ms,
        entry.evidence, entry.withdrawn, entry.grade, entry.grade_tolerance_ms, entry.alarm
    FROM entry
    LEFT JOIN record ON record.n = entry.record
    LEFT JOIN outbox ON outbox.record = entry.record
    LEFT JOIN receipt ON receipt.record = entry.record";

fn from_row(row: &Row<'_>) -> Result<Entry, Fault> {
    let action: String = row.get(1)?;
    let seq: Option<u64> = row.get(9)?;
    let state: Option<String> = row.get(11)?;
    let evidence: Option<String> = row.get(14)?;
    let grade: Option<String> = row.get(16)?;
    let grade = grade
        .map(|grade| Grade::from_name(&grade).ok_or_else(|| Fault::unreadable("entry.grade")))
        .transpose()?;
    let own = seq.is_some();
    let evidence = evidence
        .map(|json| {
            serde_json::from_str::<Evidence>(&json).map_err(|_| Fault::unreadable("entry.evidence"))
        })
        .transpose()?;
    Ok(Entry {
        tap: TapRow {
            id: ItemId(Uuid::from_bytes(row.get(0)?)),
            action: Action::from_name(&action).ok_or_else(|| Fault::unreadable("entry.action"))?,
            wall_ms: row.get(2)?,
            offset_min: row.get(3)?,
            day: row.get(4)?,
            shift: row
                .get::<_, Option<[u8; 16]>>(5)?
                .map(|bytes| ShiftId(Uuid::from_bytes(bytes))),
            elapsed_ms: row.get(6)?,
            boot_id: row.get(7)?,
            tolerance_ms: row.get(8)?,
        },
        seq: seq.unwrap_or(0),
        hash: row.get(10)?,
        state: state.map_or(Ok(State::Acked), |name| outbox::state_from_name(&name))?,
        // Only a receipt confirms what was recorded here; what other devices recorded is known from the server alone.
        confirmed_ms: if own { row.get(12)? } else { row.get(13)? },
        evidence,
        withdrawn: row.get(15)?,
        grade: grade
            .map(|grade| Ok::<_, rusqlite::Error>((grade, row.get(17)?)))
            .transpose()?,
        alarm: row.get::<_, Option<String>>(18)?.is_some(),
    })
}

fn select(conn: &Connection, rest: &str, params: &[&dyn ToSql]) -> Result<Vec<Entry>, Fault> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} {rest}"))?;
    let mut rows = statement.query(params)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(from_row(row)?);
    }
    Ok(entries)
}

pub(crate) fn find(conn: &Connection, id: ItemId) -> Result<Option<Entry>, Fault> {
    Ok(select(conn, "WHERE entry.id = ?1", &[id.0.as_bytes()])?.pop())
}

pub(crate) fn of_day(conn: &Connection, day: &str) -> Result<Vec<Entry>, Fault> {
    select(
        conn,
        "WHERE entry.day = ?1 ORDER BY entry.wall_ms, entry.n",
        &[&day],
    )
}

pub(crate) fn latest(conn: &Connection, limit: usize) -> Result<Vec<Entry>, Fault> {
    select(
        conn,
        "ORDER BY entry.wall_ms DESC, entry.n DESC LIMIT ?1",
        &[&i64::try_from(limit).unwrap_or(i64::MAX)],
    )
}

pub(crate) fn alarms(conn: &Connection) -> Result<Vec<Entry>, Fault> {
    select(conn, "WHERE entry.alarm IS NOT NULL ORDER BY entry.n", &[])
}

pub(crate) fn without_evidence(conn: &Connection) -> Result<Vec<TapRow>, Fault> {
    let entries = select(
        conn,
        "WHERE entry.evidence IS NULL AND entry.record IS NOT NULL ORDER BY entry.n",
        &[],
    )?;
    Ok(entries.into_iter().map(|entry| entry.tap).collect())
}

pub(crate) fn insert_own(
    conn: &Connection,
    record: i64,
    hash: &[u8; 32],
    tap: &TapRow,
) -> Result<(), Fault> {
    conn.prepare_cached(
        "INSERT INTO entry (id, record, hash, action, wall_ms, offset_min, day, shift, elapsed_ms, boot_id, tolerance_ms, withdrawn)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0)",
    )?
    .execute(params![
        tap.id.0.as_bytes(),
        record,
        hash,
        tap.action.name(),
        tap.wall_ms,
        tap.offset_min,
        tap.day,
        tap.shift.map(|shift| shift.0.into_bytes()),
        tap.elapsed_ms,
        tap.boot_id,
        tap.tolerance_ms
    ])?;
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
    evidence: &Evidence,
) -> Result<(), Fault> {
    let json = evidence_json(evidence)?;
    let changed = conn
        .prepare_cached("UPDATE entry SET evidence = ?2, evidence_record = ?3 WHERE id = ?1 AND record IS NOT NULL")?
        .execute(params![evidence.about.0.as_bytes(), json, record])?;
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
        .prepare_cached("UPDATE entry SET withdrawn = 1, withdrawal_record = ?2 WHERE id = ?1 AND record IS NOT NULL")?
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
    conn.execute(
        "DELETE FROM entry WHERE record IS NULL AND alarm IS NULL",
        [],
    )?;
    Ok(())
}

fn evidence_json(evidence: &Evidence) -> Result<String, Fault> {
    serde_json::to_string(evidence).map_err(|_| Fault::misuse("evidence cannot be written"))
}
