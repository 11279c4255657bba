//! Table `chain`: how far the server holds each chain without a gap.

use bizmitra_contract::encoding::Bytes32;
use bizmitra_contract::ids::{ChainId, DeviceId};
use bizmitra_contract::record::ChainEnd;
use rusqlite::{Connection, OptionalExtension};

use super::{key, optional_uuid, uuid};
use crate::auth::CompanyScope;
use crate::error::Result;

/// The gapless beginning of a chain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chain {
    pub(crate) device: DeviceId,
    pub(crate) head_seq: u64,
    pub(crate) head_hash: Bytes32,
}

/// A chain.
pub(crate) fn get(db: &Connection, scope: &CompanyScope, chain: ChainId) -> Result<Option<Chain>> {
    Ok(db
        .prepare_cached("SELECT device_id, head_seq, head_hash FROM chain WHERE company_id = ?1 AND chain_id = ?2")?
        .query_row((scope.key(), key(chain.0)), |row| {
            Ok(Chain {
                device: DeviceId(uuid(row, "device_id")?),
                head_seq: row.get("head_seq")?,
                head_hash: Bytes32(row.get("head_hash")?),
            })
        })
        .optional()?)
}

/// Adds or moves a chain.
pub(crate) fn put(db: &Connection, scope: &CompanyScope, id: ChainId, chain: &Chain) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO chain (company_id, chain_id, device_id, head_seq, head_hash) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (company_id, chain_id) DO UPDATE SET head_seq = ?4, head_hash = ?5",
    )?
    .execute((scope.key(), key(id.0), key(chain.device.0), chain.head_seq, chain.head_hash.0))?;
    Ok(())
}

/// What the first record of a chain says that the chain goes on from.
pub(crate) fn set_follows(
    db: &Connection,
    scope: &CompanyScope,
    id: ChainId,
    end: &ChainEnd,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE chain SET follows = ?3, follows_seq = ?4, follows_hash = ?5 WHERE company_id = ?1 AND chain_id = ?2",
    )?
    .execute((scope.key(), key(id.0), key(end.chain_id.0), end.seq, end.hash.0))?;
    Ok(())
}

/// The same, as it was said.
pub(crate) fn follows(
    db: &Connection,
    scope: &CompanyScope,
    id: ChainId,
) -> Result<Option<ChainEnd>> {
    let end = db
        .prepare_cached("SELECT follows, follows_seq, follows_hash FROM chain WHERE company_id = ?1 AND chain_id = ?2")?
        .query_row((scope.key(), key(id.0)), |row| {
            let Some(chain) = optional_uuid(row, "follows")? else {
                return Ok(None);
            };
            Ok(Some(ChainEnd {
                chain_id: ChainId(chain),
                seq: row.get("follows_seq")?,
                hash: Bytes32(row.get("follows_hash")?),
            }))
        })
        .optional()?;
    Ok(end.flatten())
}

/// The chains that say that they go on from this one.
pub(crate) fn followers(
    db: &Connection,
    scope: &CompanyScope,
    id: ChainId,
) -> Result<Vec<ChainId>> {
    let mut statement =
        db.prepare_cached("SELECT chain_id FROM chain WHERE company_id = ?1 AND follows = ?2")?;
    let all = statement
        .query_map((scope.key(), key(id.0)), |row| {
            Ok(ChainId(uuid(row, "chain_id")?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all)
}

/// Whether a device had a receipt in another chain before a moment.
pub(crate) fn has_other_before(
    db: &Connection,
    scope: &CompanyScope,
    device: DeviceId,
    id: ChainId,
    before_ms: i64,
) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM chain c JOIN ingest i ON i.company_id = c.company_id AND i.chain_id = c.chain_id
                            WHERE c.company_id = ?1 AND c.device_id = ?2 AND c.chain_id <> ?3 AND i.received_ms < ?4)",
        )?
        .query_row((scope.key(), key(device.0), key(id.0), before_ms), |row| row.get(0))?)
}
