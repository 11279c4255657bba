//! Comparing the server's copy of a tap with what was signed here.
//!
//! The tap itself never changes: a difference in it is an alarm that stays. What came later (withdrawal, place) is compared
//! in both directions: what the server *claims* must be what this device recorded, whether or not it was confirmed; what it
//! *lacks* is a difference only when the server has confirmed the record that carries it. A page that was made before that
//! record arrived can still say the old thing, so the next copy decides again.

use bizmitra_core::attendance::{Evidence, ServerCopy};
use bizmitra_core::outbox::State;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Entry, evidence_json, find};
use crate::fault::Fault;
use crate::table::{outbox, setting};

const TAP: &str = "tap";
const LATER: &str = "later";

/// Where the records that belong to an entry stand.
struct Records {
    record: Option<i64>,
    evidence_acked: bool,
    withdrawal_acked: bool,
    alarm: Option<String>,
}

fn records(conn: &Connection, copy: &ServerCopy) -> Result<Option<Records>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT record, evidence_record, withdrawal_record, alarm FROM entry WHERE id = ?1",
    )?;
    let found = statement
        .query_row([copy.id.0.as_bytes()], |row| {
            Ok((
                row.get::<_, Option<i64>>(0)?,
                row.get::<_, Option<i64>>(1)?,
                row.get::<_, Option<i64>>(2)?,
                row.get(3)?,
            ))
        })
        .optional()?;
    let Some((record, evidence, withdrawal, alarm)) = found else {
        return Ok(None);
    };
    let acked = |record: Option<i64>| -> Result<bool, Fault> {
        Ok(match record {
            Some(record) => outbox::state_of(conn, record)? == Some(State::Acked),
            None => false,
        })
    };
    Ok(Some(Records {
        record,
        evidence_acked: acked(evidence)?,
        withdrawal_acked: acked(withdrawal)?,
        alarm,
    }))
}

/// Applies what the server says of one tap.
pub(crate) fn apply_copy(conn: &Connection, copy: &ServerCopy) -> Result<(), Fault> {
    let Some(records) = records(conn, copy)? else {
        return insert_foreign(conn, copy);
    };
    let Some(entry) = find(conn, copy.id)? else {
        return Ok(());
    };
    if records.record.is_none() {
        return update_foreign(conn, copy, &entry);
    }
    let alarm = if records.alarm.as_deref() == Some(TAP) || tap_differs(&entry, copy) {
        Some(TAP)
    } else if later_differs(&entry, copy, &records) {
        Some(LATER)
    } else {
        None
    };
    conn.prepare_cached("UPDATE entry SET grade = ?2, grade_tolerance_ms = ?3, received_at_ms = ?4, alarm = ?5 WHERE id = ?1")?
        .execute(params![copy.id.0.as_bytes(), copy.grade.name(), copy.tolerance_ms, copy.received_at_ms, alarm])?;
    Ok(())
}

fn tap_differs(entry: &Entry, copy: &ServerCopy) -> bool {
    entry.hash != copy.hash
        || Some(entry.tap.action) != copy.action
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
fn insert_foreign(conn: &Connection, copy: &ServerCopy) -> Result<(), Fault> {
    // A kind of tap that this version does not know cannot be shown.
    let Some(action) = copy.action else {
        return Ok(());
    };
    // This device recorded every tap of its own before it sent it. One that a whole store does not know was never made here.
    let invented = copy.own && setting::get(conn, setting::SALVAGED)?.is_none();
    conn.prepare_cached(
        "INSERT INTO entry (id, record, hash, action, wall_ms, offset_min, day, shift, elapsed_ms, boot_id, withdrawn, evidence,
                grade, grade_tolerance_ms, received_at_ms, alarm)
         VALUES (?1, NULL, ?2, ?3, ?4, ?5, ?6, NULL, 0, '', ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        copy.id.0.as_bytes(),
        copy.hash,
        action.name(),
        copy.wall_ms,
        copy.offset_min,
        copy.day,
        copy.withdrawn,
        foreign_evidence(copy)?,
        copy.grade.name(),
        copy.tolerance_ms,
        copy.received_at_ms,
        invented.then_some(TAP)
    ])?;
    Ok(())
}

fn update_foreign(conn: &Connection, copy: &ServerCopy, known: &Entry) -> Result<(), Fault> {
    conn.prepare_cached(
        "UPDATE entry SET hash = ?2, action = ?3, wall_ms = ?4, offset_min = ?5, day = ?6, withdrawn = ?7, evidence = ?8,
                grade = ?9, grade_tolerance_ms = ?10, received_at_ms = ?11
         WHERE id = ?1",
    )?
    .execute(params![
        copy.id.0.as_bytes(),
        copy.hash,
        copy.action.unwrap_or(known.tap.action).name(),
        copy.wall_ms,
        copy.offset_min,
        copy.day,
        copy.withdrawn,
        foreign_evidence(copy)?,
        copy.grade.name(),
        copy.tolerance_ms,
        copy.received_at_ms
    ])?;
    Ok(())
}

fn foreign_evidence(copy: &ServerCopy) -> Result<Option<String>, Fault> {
    copy.place
        .map(|place| {
            evidence_json(&Evidence {
                about: copy.id,
                place,
                fix_age_ms: None,
                flags: Vec::new(),
            })
        })
        .transpose()
}
