//! Cached values of the change feed.

use bizmitra_core::store::FeedKind;
use rusqlite::{Connection, params};

use crate::fault::Fault;

/// Caches a value; `None` removes it.
pub(crate) fn set(
    conn: &Connection,
    kind: FeedKind,
    id: &str,
    value: Option<&[u8]>,
) -> Result<(), Fault> {
    match value {
        Some(value) => conn
            .prepare_cached(
                "INSERT INTO feed (kind, id, value) VALUES (?1, ?2, ?3) ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![kind.name(), id, value])?,
        None => conn.prepare_cached("DELETE FROM feed WHERE kind = ?1 AND id = ?2")?.execute(params![kind.name(), id])?,
    };
    Ok(())
}

pub(crate) fn values(conn: &Connection, kind: FeedKind) -> Result<Vec<Vec<u8>>, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT value FROM feed WHERE kind = ?1 ORDER BY id")?;
    let values = statement
        .query_map([kind.name()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(values)
}

pub(crate) fn clear(conn: &Connection) -> Result<(), Fault> {
    conn.execute("DELETE FROM feed", [])?;
    Ok(())
}
