//! Receipts of the server.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::fault::Fault;

/// The first receipt stays.
pub(crate) fn insert(
    conn: &Connection,
    record: i64,
    received_at_ms: i64,
    body: &[u8],
) -> Result<(), Fault> {
    conn.prepare_cached("INSERT INTO receipt (record, received_at_ms, body) VALUES (?1, ?2, ?3) ON CONFLICT (record) DO NOTHING")?
        .execute(params![record, received_at_ms, body])?;
    Ok(())
}

pub(crate) fn body(conn: &Connection, record: i64) -> Result<Option<Vec<u8>>, Fault> {
    let mut statement = conn.prepare_cached("SELECT body FROM receipt WHERE record = ?1")?;
    Ok(statement.query_row([record], |row| row.get(0)).optional()?)
}
