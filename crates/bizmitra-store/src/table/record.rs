//! Records: written once, never changed, never deleted.

use bizmitra_core::ids::{ChainId, ItemId};
use bizmitra_core::outbox::OutboxItem;
use bizmitra_core::vault::{Column, ColumnError, Columns};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use crate::fault::Fault;

/// The columns that [`from_row`] reads, in its order, of a table named `record`.
pub(crate) const COLUMNS: &str = "record.n, record.id, record.chain, record.seq, record.prev_hash, record.hash, record.content_type, record.payload, record.sigs";

/// The row's number and the item.
pub(crate) fn from_row(row: &Row<'_>) -> Result<(i64, OutboxItem), Fault> {
    let item = OutboxItem {
        id: ItemId(Uuid::from_bytes(row.get(1)?)),
        chain: ChainId(Uuid::from_bytes(row.get(2)?)),
        seq: row.get(3)?,
        prev_hash: row.get(4)?,
        hash: row.get(5)?,
        content_type: row.get(6)?,
        payload: row.get(7)?,
        sigs: sigs_from_bytes(
            row.get_ref(8)?
                .as_blob()
                .map_err(|_| Fault::unreadable("record.sigs"))?,
        )?,
    };
    Ok((row.get(0)?, item))
}

/// Returns the row's number.
pub(crate) fn insert(conn: &Connection, item: &OutboxItem, copy: &[u8]) -> Result<i64, Fault> {
    conn.prepare_cached(
        "INSERT INTO record (id, chain, seq, prev_hash, hash, content_type, payload, sigs, copy)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        item.id.0.as_bytes(),
        item.chain.0.as_bytes(),
        item.seq,
        item.prev_hash,
        item.hash,
        item.content_type,
        item.payload,
        sigs_to_bytes(&item.sigs)?,
        copy
    ])?;
    Ok(conn.last_insert_rowid())
}

/// Its place in the chain, if it is there.
pub(crate) fn seq_of(conn: &Connection, id: ItemId) -> Result<Option<u64>, Fault> {
    let mut statement = conn.prepare_cached("SELECT seq FROM record WHERE id = ?1")?;
    Ok(statement
        .query_row([id.0.as_bytes()], |row| row.get(0))
        .optional()?)
}

pub(crate) fn find(conn: &Connection, id: ItemId) -> Result<Option<(i64, OutboxItem)>, Fault> {
    let mut statement =
        conn.prepare_cached(&format!("SELECT {COLUMNS} FROM record WHERE id = ?1"))?;
    let mut rows = statement.query([id.0.as_bytes()])?;
    rows.next()?.map(from_row).transpose()
}

/// The exact bytes inside the payload; `None` when they were kept under a vault that is gone.
pub(crate) fn bytes(
    conn: &Connection,
    columns: &Columns,
    n: i64,
    id: ItemId,
) -> Result<Option<Vec<u8>>, Fault> {
    let mut statement = conn.prepare_cached("SELECT copy FROM record WHERE n = ?1")?;
    let cell: Vec<u8> = statement.query_row([n], |row| row.get(0))?;
    match columns.read(Column::Record, id, &cell) {
        Ok(bytes) => Ok(Some(bytes.to_vec())),
        Err(ColumnError::Unreadable) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// All of them, in the order of writing.
pub(crate) fn ids(conn: &Connection) -> Result<Vec<ItemId>, Fault> {
    let mut statement = conn.prepare_cached("SELECT id FROM record ORDER BY n")?;
    let rows = statement.query_map([], |row| Ok(ItemId(Uuid::from_bytes(row.get(0)?))))?;
    rows.collect::<Result<_, _>>().map_err(Fault::from)
}

/// Bytes of a key id, which is lower-case hex.
const KEY_ID: usize = 8;

fn sigs_to_bytes(sigs: &[(String, [u8; 64])]) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::with_capacity(sigs.len() * (KEY_ID + 64));
    for (key, sig) in sigs {
        let mut id = [0; KEY_ID];
        hex::decode_to_slice(key, &mut id)
            .map_err(|_| Fault::misuse("a key id is 16 digits of hex"))?;
        bytes.extend_from_slice(&id);
        bytes.extend_from_slice(sig);
    }
    Ok(bytes)
}

fn sigs_from_bytes(bytes: &[u8]) -> Result<Vec<(String, [u8; 64])>, Fault> {
    let (sigs, []) = bytes.as_chunks::<{ KEY_ID + 64 }>() else {
        return Err(Fault::unreadable("record.sigs"));
    };
    sigs.iter()
        .map(|both| {
            both.split_first_chunk::<KEY_ID>()
                .and_then(|(key, sig)| Some((hex::encode(key), *sig.first_chunk::<64>()?)))
                .ok_or_else(|| Fault::unreadable("record.sigs"))
        })
        .collect()
}
