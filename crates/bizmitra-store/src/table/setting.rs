//! Small values.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::fault::Fault;

/// Where the change feed stands.
pub(crate) const FEED_CURSOR: &str = "feed_cursor";
/// This store was rebuilt from a damaged one: a record of this device that it does not know may have been lost here.
pub(crate) const SALVAGED: &str = "salvaged";

pub(crate) fn get(conn: &Connection, name: &str) -> Result<Option<Vec<u8>>, Fault> {
    let mut statement = conn.prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

pub(crate) fn put(conn: &Connection, name: &str, value: &[u8]) -> Result<(), Fault> {
    conn.prepare_cached("INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")?
        .execute(params![name, value])?;
    Ok(())
}

pub(crate) fn remove(conn: &Connection, name: &str) -> Result<(), Fault> {
    conn.prepare_cached("DELETE FROM setting WHERE name = ?1")?
        .execute([name])?;
    Ok(())
}
