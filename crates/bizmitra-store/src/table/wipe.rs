//! The order to wipe: what can be read goes, what waits for delivery stays.
//!
//! Every table has a line in [`TABLES`]; a test fails for one that has none, so that a new copy of something readable cannot
//! be forgotten here.

use bizmitra_core::store::Key;
use rusqlite::{Connection, params_from_iter};

use crate::fault::Fault;
use crate::table::setting::SALVAGED;

/// What is left of a table, in the order that foreign keys want; `None` leaves all of it.
pub(crate) const TABLES: &[(&str, Option<&str>)] = &[
    ("entry", Some("DELETE FROM entry")),
    ("feed", Some("DELETE FROM feed")),
    // The bytes of what was not delivered stay, encrypted to the company.
    (
        "file",
        Some("DELETE FROM file WHERE state IN ('sent', 'cancelled')"),
    ),
    // Confirmed by the server: delivered, so nothing of it is needed here any more.
    (
        "receipt",
        Some(
            "DELETE FROM receipt WHERE record IN (SELECT record FROM outbox WHERE state = 'acked')",
        ),
    ),
    (
        "outbox",
        Some(
            "DELETE FROM outbox WHERE state = 'acked' AND record NOT IN (SELECT record FROM file)",
        ),
    ),
    (
        "record",
        Some("DELETE FROM record WHERE n NOT IN (SELECT record FROM outbox)"),
    ),
    // Which one; nothing is appended to it any more.
    ("chain", None),
    // By name, below.
    ("setting", None),
];

/// Values that are no person's: who this device was, what it looks like, and what delivery needs.
const KEPT: [&str; 5] = [
    Key::Enrolment.name(),
    Key::Appearance.name(),
    Key::ServerEpoch.name(),
    Key::Anchor.name(),
    SALVAGED,
];

/// Within one transaction, on a connection that overwrites what it deletes.
pub(crate) fn apply(conn: &Connection) -> Result<(), Fault> {
    for sql in TABLES.iter().filter_map(|(_, sql)| *sql) {
        conn.execute(sql, [])?;
    }
    // What waits is sealed to the company; its twin for the person's own eyes goes, although its key is gone already.
    conn.execute("UPDATE record SET copy = x''", [])?;
    conn.execute("UPDATE file SET cell = x''", [])?;
    let places = vec!["?"; KEPT.len()].join(", ");
    conn.execute(
        &format!("DELETE FROM setting WHERE name NOT IN ({places})"),
        params_from_iter(KEPT),
    )?;
    Ok(())
}
