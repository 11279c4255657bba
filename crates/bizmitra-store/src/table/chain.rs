//! The chain this store appends to. Where it stands is read from its records: one page less to write a tap.

use bizmitra_core::ids::ChainId;
use bizmitra_core::store::{ChainEnd, ChainHead};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::fault::Fault;

pub(crate) fn read(conn: &Connection) -> Result<Option<ChainHead>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT chain.id, record.seq, record.hash FROM chain LEFT JOIN record ON record.chain = chain.id
         WHERE chain.slot = 1 ORDER BY record.seq DESC LIMIT 1",
    )?;
    let head = statement.query_row([], |row| {
        Ok(ChainHead {
            chain: ChainId(uuid::Uuid::from_bytes(row.get(0)?)),
            seq: row.get::<_, Option<u64>>(1)?.unwrap_or(0),
            hash: row.get::<_, Option<[u8; 32]>>(2)?.unwrap_or_default(),
            follows: None,
        })
    });
    let head = head.optional()?;
    match head {
        Some(head) if head.seq == 0 => Ok(Some(ChainHead {
            follows: last_receipted(conn)?,
            ..head
        })),
        head => Ok(head),
    }
}

/// Of whatever chain: numbers of rows are in the order of writing.
fn last_receipted(conn: &Connection) -> Result<Option<ChainEnd>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT record.chain, record.seq, record.hash FROM receipt JOIN record ON record.n = receipt.record
         ORDER BY receipt.record DESC LIMIT 1",
    )?;
    let end = statement.query_row([], |row| {
        Ok(ChainEnd {
            chain: ChainId(uuid::Uuid::from_bytes(row.get(0)?)),
            seq: row.get(1)?,
            hash: row.get(2)?,
        })
    });
    Ok(end.optional()?)
}

/// Appends to this chain from now on: where it stood if it has records, else from its beginning.
pub(crate) fn start(conn: &Connection, id: ChainId) -> Result<ChainHead, Fault> {
    conn.execute(
        "INSERT INTO chain (slot, id) VALUES (1, ?1) ON CONFLICT (slot) DO UPDATE SET id = excluded.id",
        params![id.0.as_bytes()],
    )?;
    read(conn)?.ok_or_else(|| Fault::unreadable("chain"))
}
