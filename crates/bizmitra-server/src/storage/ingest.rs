//! Tables `ingest` and `content`: what took effect, and the person's own bytes.

use bizmitra_contract::encoding::Bytes32;
use bizmitra_contract::ids::{ChainId, DeviceId, EmployeeId, ItemId};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{key, uuid};
use crate::auth::CompanyScope;
use crate::error::Result;

/// One applied item.
#[derive(Debug, Clone)]
pub(crate) struct Ingested {
    pub(crate) item: ItemId,
    pub(crate) employee: EmployeeId,
    pub(crate) device: DeviceId,
    pub(crate) chain: ChainId,
    pub(crate) seq: u64,
    pub(crate) prev_hash: Bytes32,
    pub(crate) hash: Bytes32,
    pub(crate) presence: bool,
    pub(crate) fork: bool,
    pub(crate) late: bool,
    pub(crate) true_ms: i64,
    pub(crate) received_ms: i64,
    pub(crate) receipt_head_seq: u64,
    pub(crate) receipt_head_hash: Bytes32,
}

const COLUMNS: &str = "item_id, employee_id, device_id, chain_id, seq, prev_hash, hash, presence, fork, late, true_ms,
                       received_ms, receipt_head_seq, receipt_head_hash";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Ingested> {
    Ok(Ingested {
        item: ItemId(uuid(row, "item_id")?),
        employee: EmployeeId(uuid(row, "employee_id")?),
        device: DeviceId(uuid(row, "device_id")?),
        chain: ChainId(uuid(row, "chain_id")?),
        seq: row.get("seq")?,
        prev_hash: Bytes32(row.get("prev_hash")?),
        hash: Bytes32(row.get("hash")?),
        presence: row.get("presence")?,
        fork: row.get("fork")?,
        late: row.get("late")?,
        true_ms: row.get("true_ms")?,
        received_ms: row.get("received_ms")?,
        receipt_head_seq: row.get("receipt_head_seq")?,
        receipt_head_hash: Bytes32(row.get("receipt_head_hash")?),
    })
}

/// An item that took effect.
pub(crate) fn get(db: &Connection, scope: &CompanyScope, item: ItemId) -> Result<Option<Ingested>> {
    Ok(db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM ingest WHERE company_id = ?1 AND item_id = ?2"
        ))?
        .query_row((scope.key(), key(item.0)), from_row)
        .optional()?)
}

/// All records at one place of a chain: more than one is a fork.
pub(crate) fn at_place(
    db: &Connection,
    scope: &CompanyScope,
    chain: ChainId,
    seq: u64,
) -> Result<Vec<Ingested>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM ingest WHERE company_id = ?1 AND chain_id = ?2 AND seq = ?3 ORDER BY received_ms, item_id"
    ))?;
    let all = statement
        .query_map((scope.key(), key(chain.0), seq), from_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all)
}

/// When the nearest earlier record of a chain was made.
pub(crate) fn true_ms_before(
    db: &Connection,
    scope: &CompanyScope,
    chain: ChainId,
    seq: u64,
) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(
            "SELECT true_ms FROM ingest WHERE company_id = ?1 AND chain_id = ?2 AND seq < ?3 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row((scope.key(), key(chain.0), seq), |row| row.get(0))
        .optional()?)
}

/// Whether a later place of a chain was receipted before a moment.
pub(crate) fn has_later_before(
    db: &Connection,
    scope: &CompanyScope,
    chain: ChainId,
    seq: u64,
    before_ms: i64,
) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM ingest WHERE company_id = ?1 AND chain_id = ?2 AND seq > ?3 AND received_ms < ?4)",
        )?
        .query_row((scope.key(), key(chain.0), seq, before_ms), |row| row.get(0))?)
}

/// The first taps of a chain that are here, at most two.
pub(crate) fn first_taps(
    db: &Connection,
    scope: &CompanyScope,
    chain: ChainId,
) -> Result<Vec<ItemId>> {
    let mut statement = db.prepare_cached(
        "SELECT i.item_id FROM ingest i JOIN tap t ON t.company_id = i.company_id AND t.item_id = i.item_id
         WHERE i.company_id = ?1 AND i.chain_id = ?2 ORDER BY i.seq, i.item_id LIMIT 2",
    )?;
    let all = statement
        .query_map((scope.key(), key(chain.0)), |row| {
            Ok(ItemId(uuid(row, "item_id")?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all)
}

/// Adds an item.
pub(crate) fn insert(db: &Connection, scope: &CompanyScope, row: &Ingested) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO ingest (company_id, item_id, employee_id, device_id, chain_id, seq, prev_hash, hash, presence, fork,
                             late, true_ms, received_ms, receipt_head_seq, receipt_head_hash)
         VALUES (:company, :item, :employee, :device, :chain, :seq, :prev, :hash, :presence, :fork, :late, :true_ms,
                 :received, :head_seq, :head_hash)",
    )?
    .execute(named_params! {
        ":company": scope.key(), ":item": key(row.item.0), ":employee": key(row.employee.0), ":device": key(row.device.0),
        ":chain": key(row.chain.0), ":seq": row.seq, ":prev": row.prev_hash.0, ":hash": row.hash.0,
        ":presence": row.presence, ":fork": row.fork, ":late": row.late, ":true_ms": row.true_ms,
        ":received": row.received_ms, ":head_seq": row.receipt_head_seq, ":head_hash": row.receipt_head_hash.0,
    })?;
    Ok(())
}

/// Flags an item as part of a fork.
pub(crate) fn mark_fork(db: &Connection, scope: &CompanyScope, item: ItemId) -> Result<()> {
    db.prepare_cached("UPDATE ingest SET fork = 1 WHERE company_id = ?1 AND item_id = ?2")?
        .execute((scope.key(), key(item.0)))?;
    Ok(())
}

/// Keeps a record's sealed content.
pub(crate) fn insert_content(
    db: &Connection,
    scope: &CompanyScope,
    item: ItemId,
    sealed: &[u8],
) -> Result<()> {
    db.prepare_cached("INSERT INTO content (company_id, item_id, sealed) VALUES (?1, ?2, ?3)")?
        .execute((scope.key(), key(item.0), sealed))?;
    Ok(())
}

/// A record's sealed content.
pub(crate) fn get_content(
    db: &Connection,
    scope: &CompanyScope,
    item: ItemId,
) -> Result<Option<Vec<u8>>> {
    Ok(db
        .prepare_cached("SELECT sealed FROM content WHERE company_id = ?1 AND item_id = ?2")?
        .query_row((scope.key(), key(item.0)), |row| row.get(0))
        .optional()?)
}
