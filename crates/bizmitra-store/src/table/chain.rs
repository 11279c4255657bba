//! The chain this store appends to.

use bizmitra_core::ids::ChainId;
use bizmitra_core::store::ChainHead;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::fault::Fault;

pub(crate) fn read(conn: &Connection) -> Result<Option<ChainHead>, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT id, head_seq, head_hash FROM chain WHERE slot = 1")?;
    let head = statement.query_row([], |row| {
        Ok(ChainHead {
            chain: ChainId(uuid::Uuid::from_bytes(row.get(0)?)),
            seq: row.get(1)?,
            hash: row.get(2)?,
        })
    });
    Ok(head.optional()?)
}

/// Appends to this chain from now on: where it stood if it has records, else from its beginning.
pub(crate) fn start(conn: &Connection, id: ChainId) -> Result<ChainHead, Fault> {
    conn.execute(
        "INSERT INTO chain (slot, id, head_seq, head_hash)
         SELECT 1, ?1, coalesce(max(seq), 0), coalesce(hash, zeroblob(32)) FROM record WHERE chain = ?1
         ON CONFLICT (slot) DO UPDATE
         SET id = excluded.id, head_seq = excluded.head_seq, head_hash = excluded.head_hash WHERE id <> excluded.id",
        params![id.0.as_bytes()],
    )?;
    read(conn)?.ok_or_else(|| Fault::unreadable("chain"))
}

pub(crate) fn advance(conn: &Connection, seq: u64, hash: &[u8; 32]) -> Result<(), Fault> {
    conn.prepare_cached("UPDATE chain SET head_seq = ?1, head_hash = ?2 WHERE slot = 1")?
        .execute(params![seq, hash])?;
    Ok(())
}
