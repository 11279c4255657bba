//! Comparing the server's copy of a tap with what was signed here.
//!
//! The tap itself never changes: a difference in it is an alarm that stays. What came later (withdrawal, place) is compared
//! in both directions: what the server *claims* must be what this device recorded, whether or not it was confirmed; what it
//! *lacks* is a difference only when the server has confirmed the record that carries it. A page that was made before that
//! record arrived can still say the old thing, so the next copy decides again.

use bizmitra_core::attendance::{Evidence, ServerCopy, TapRow};
use bizmitra_core::outbox::State;
use bizmitra_core::record::seal_cell;
use bizmitra_core::store::StoreError;
use bizmitra_core::vault::{Column, Columns};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use super::{Entry, find};
use crate::fault::Fault;
use crate::table::{outbox, setting};

const TAP: &str = "tap";
const LATER: &str = "later";

/// Where the records that belong to an entry stand.
struct Records {
    own: bool,
    hash: [u8; 32],
    evidence_acked: bool,
    withdrawal_acked: bool,
    alarm: Option<String>,
}

fn records(conn: &Connection, copy: &ServerCopy) -> Result<Option<Records>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT own, hash, evidence_record, withdrawal_record, alarm FROM entry WHERE id = ?1",
    )?;
    let found = statement
        .query_row([copy.id.0.as_bytes()], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get::<_, Option<i64>>(2)?,
                row.get::<_, Option<i64>>(3)?,
                row.get(4)?,
            ))
        })
        .optional()?;
    let Some((own, hash, evidence, withdrawal, alarm)) = found else {
        return Ok(None);
    };
    let acked = |record: Option<i64>| -> Result<bool, Fault> {
        Ok(match record {
            Some(record) => outbox::state_of(conn, record)? == Some(State::Acked),
            None => false,
        })
    };
    Ok(Some(Records {
        own,
        hash,
        evidence_acked: acked(evidence)?,
        withdrawal_acked: acked(withdrawal)?,
        alarm,
    }))
}

/// Applies what the server says of one tap.
pub(crate) fn apply_copy(
    conn: &Connection,
    columns: &Columns,
    copy: &ServerCopy,
) -> Result<(), Fault> {
    let Some(records) = records(conn, copy)? else {
        return insert_foreign(conn, columns, copy);
    };
    let known = find(conn, columns, copy.id)?;
    let alarm = match &known {
        _ if !records.own => records.alarm.as_deref(),
        _ if records.alarm.as_deref() == Some(TAP) || records.hash != copy.hash => Some(TAP),
        Some(entry) if tap_differs(entry, copy) => Some(TAP),
        Some(entry) if later_differs(entry, copy, &records) => Some(LATER),
        // Its cells were written under a vault that is gone: the hash is what is left to compare.
        Some(_) | None => None,
    };
    conn.prepare_cached("UPDATE entry SET grade = ?2, grade_tolerance_ms = ?3, received_at_ms = ?4, alarm = ?5 WHERE id = ?1")?
        .execute(params![copy.id.0.as_bytes(), copy.grade.name(), copy.tolerance_ms, copy.received_at_ms, alarm])?;
    match known {
        Some(_) if records.own => Ok(()),
        known => write_copy(conn, columns, copy, known.as_ref()),
    }
}

fn tap_differs(entry: &Entry, copy: &ServerCopy) -> bool {
    Some(entry.tap.action) != copy.action
        || entry.tap.wall_ms != copy.wall_ms
        || entry.tap.offset_min != copy.offset_min
}

fn later_differs(entry: &Entry, copy: &ServerCopy, records: &Records) -> bool {
    let withdrawal = match (entry.withdrawn, copy.withdrawn) {
        (true, false) => records.withdrawal_acked,
        (false, true) => true,
        (true, true) | (false, false) => false,
    };
    let place = match (&entry.evidence, &copy.place) {
        (Some(own), Some(theirs)) => own.place != *theirs,
        (Some(_), None) => records.evidence_acked,
        (None, Some(_)) => true,
        (None, None) => false,
    };
    withdrawal || place
}

/// A tap that this store did not record: of the person's other devices, or of this device before its store was lost.
fn insert_foreign(conn: &Connection, columns: &Columns, copy: &ServerCopy) -> Result<(), Fault> {
    let Some(cells) = Cells::of(columns, copy, None)? else {
        return Ok(());
    };
    // This device recorded every tap of its own before it sent it. One that a whole store does not know was never made here.
    let invented = copy.own && setting::get(conn, setting::SALVAGED)?.is_none();
    conn.prepare_cached(
        "INSERT INTO entry (id, own, hash, day_tag, tap, withdrawn, evidence, grade, grade_tolerance_ms, received_at_ms, alarm)
         VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        copy.id.0.as_bytes(),
        copy.hash,
        cells.day_tag,
        cells.tap,
        copy.withdrawn,
        cells.evidence,
        copy.grade.name(),
        copy.tolerance_ms,
        copy.received_at_ms,
        invented.then_some(TAP)
    ])?;
    Ok(())
}

/// What is not this store's own to know better: the server's word replaces it.
fn write_copy(
    conn: &Connection,
    columns: &Columns,
    copy: &ServerCopy,
    known: Option<&Entry>,
) -> Result<(), Fault> {
    let Some(cells) = Cells::of(columns, copy, known)? else {
        return Ok(());
    };
    conn.prepare_cached(
        "UPDATE entry SET hash = CASE own WHEN 1 THEN hash ELSE ?2 END, day_tag = ?3, tap = ?4, withdrawn = ?5,
                evidence = coalesce(?6, evidence)
         WHERE id = ?1",
    )?
    .execute(params![
        copy.id.0.as_bytes(),
        copy.hash,
        cells.day_tag,
        cells.tap,
        copy.withdrawn,
        cells.evidence
    ])?;
    Ok(())
}

/// The private cells of what the server says.
struct Cells {
    day_tag: [u8; 16],
    tap: Vec<u8>,
    evidence: Option<Vec<u8>>,
}

impl Cells {
    /// `None` for a kind of tap that this version does not know: it cannot be shown.
    fn of(
        columns: &Columns,
        copy: &ServerCopy,
        known: Option<&Entry>,
    ) -> Result<Option<Self>, Fault> {
        let Some(action) = copy.action.or(known.map(|known| known.tap.action)) else {
            return Ok(None);
        };
        let tap = TapRow {
            id: copy.id,
            action,
            wall_ms: copy.wall_ms,
            offset_min: copy.offset_min,
            day: copy.day.clone(),
            shift: None,
            // Of the other device, or long gone: neither says anything here.
            elapsed_ms: 0,
            boot_id: String::new(),
            tolerance_ms: None,
        };
        let evidence = copy.place.map(|place| Evidence {
            about: copy.id,
            place,
            fix_age_ms: None,
            flags: Vec::new(),
        });
        Ok(Some(Self {
            day_tag: columns.day_tag(&copy.day)?,
            tap: cell(columns, Column::Tap, copy, &tap)?,
            evidence: evidence
                .map(|evidence| cell(columns, Column::Evidence, copy, &evidence))
                .transpose()?,
        }))
    }
}

fn cell<T: Serialize>(
    columns: &Columns,
    column: Column,
    copy: &ServerCopy,
    value: &T,
) -> Result<Vec<u8>, Fault> {
    Ok(seal_cell(columns, column, copy.id, value).map_err(StoreError::from)?)
}
