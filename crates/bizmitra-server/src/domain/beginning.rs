//! How a chain begins: the first of a device, or going on from the last record that was receipted before.
//!
//! A store that was salvaged or bound again cannot go on in its old chain, so it names the end of it. Whoever drops records and
//! starts anew has to name a record that is not the last one, or none. Judged by the server's own times: what came later than
//! the new chain was begun may have been under way, and says nothing. Everything may arrive in any order, so the judgement is
//! made anew whenever a record of either chain comes.

use bizmitra_contract::ids::{ChainId, ItemId};
use rusqlite::Connection;

use super::attendance;
use crate::auth::CompanyScope;
use crate::error::Result;
use crate::storage;
use crate::storage::ingest::Ingested;

/// Whether a chain, whose first record is here, leaves out something that was receipted before it was begun.
pub(crate) fn is_broken(db: &Connection, scope: &CompanyScope, chain: ChainId) -> Result<bool> {
    let firsts = storage::ingest::at_place(db, scope, chain, 1)?;
    let Some(first) = firsts.first() else {
        return Ok(false);
    };
    let Some(end) = storage::chain::follows(db, scope, chain)? else {
        return storage::chain::has_other_before(db, scope, first.device, chain, first.true_ms);
    };
    let named = storage::ingest::at_place(db, scope, end.chain_id, end.seq)?;
    let is_receipted = named
        .iter()
        .any(|named| named.hash == end.hash && named.employee == first.employee);
    Ok(!is_receipted
        || storage::ingest::has_later_before(db, scope, end.chain_id, end.seq, first.true_ms)?)
}

/// Whether a tap is the one that shows that its chain is broken: its first.
pub(crate) fn shows_break(db: &Connection, scope: &CompanyScope, tap: &Ingested) -> Result<bool> {
    Ok(is_broken(db, scope, tap.chain)? && is_first_tap(db, scope, tap.chain, tap.item)?)
}

fn is_first_tap(
    db: &Connection,
    scope: &CompanyScope,
    chain: ChainId,
    tap: ItemId,
) -> Result<bool> {
    Ok(storage::ingest::first_taps(db, scope, chain)?.first() == Some(&tap))
}

/// Says in the feed what a record changed: about its own chain, and about those that go on from it.
pub(crate) fn publish(db: &Connection, scope: &CompanyScope, record: &Ingested) -> Result<()> {
    let mut chains = storage::chain::followers(db, scope, record.chain)?;
    if is_broken(db, scope, record.chain)? {
        tracing::warn!(device = %record.device, "a chain does not go on from the last receipted record");
        chains.push(record.chain);
    }
    for chain in chains {
        for tap in storage::ingest::first_taps(db, scope, chain)? {
            attendance::publish(db, scope, tap)?;
        }
    }
    Ok(())
}
