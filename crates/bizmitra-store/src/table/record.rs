//! Records: written once, never changed, never deleted.

use bizmitra_core::ids::{ChainId, ItemId};
use bizmitra_core::outbox::OutboxItem;
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
        sigs: sigs_from_text(
            row.get_ref(8)?
                .as_str()
                .map_err(|_| Fault::unreadable("record.sigs"))?,
        )?,
    };
    Ok((row.get(0)?, item))
}

/// Returns the row's number.
pub(crate) fn insert(conn: &Connection, item: &OutboxItem) -> Result<i64, Fault> {
    conn.prepare_cached(
        "INSERT INTO record (id, chain, seq, prev_hash, hash, content_type, payload, sigs) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        item.id.0.as_bytes(),
        item.chain.0.as_bytes(),
        item.seq,
        item.prev_hash,
        item.hash,
        item.content_type,
        item.payload,
        sigs_to_text(&item.sigs)?
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

/// All of them, in the order of writing.
pub(crate) fn ids(conn: &Connection) -> Result<Vec<ItemId>, Fault> {
    let mut statement = conn.prepare_cached("SELECT id FROM record ORDER BY n")?;
    let rows = statement.query_map([], |row| Ok(ItemId(Uuid::from_bytes(row.get(0)?))))?;
    rows.collect::<Result<_, _>>().map_err(Fault::from)
}

fn sigs_to_text(sigs: &[(String, [u8; 64])]) -> Result<String, Fault> {
    let pairs: Vec<(&str, String)> = sigs
        .iter()
        .map(|(key, sig)| (key.as_str(), hex::encode(sig)))
        .collect();
    serde_json::to_string(&pairs).map_err(|_| Fault::misuse("signatures cannot be written"))
}

fn sigs_from_text(text: &str) -> Result<Vec<(String, [u8; 64])>, Fault> {
    let unreadable = || Fault::unreadable("record.sigs");
    let pairs: Vec<(String, String)> = serde_json::from_str(text).map_err(|_| unreadable())?;
    pairs
        .into_iter()
        .map(|(key, digits)| {
            let mut sig = [0; 64];
            hex::decode_to_slice(digits, &mut sig).map_err(|_| unreadable())?;
            Ok((key, sig))
        })
        .collect()
}
