//! Table `chain`: how far the server holds each chain without a gap.

use bizmitra_contract::encoding::Bytes32;
use bizmitra_contract::ids::{ChainId, DeviceId};
use rusqlite::{Connection, OptionalExtension};

use super::{key, uuid};
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
