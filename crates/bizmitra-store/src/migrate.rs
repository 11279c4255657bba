//! Migrations: numbered files, forward only, one transaction each. A released file is never edited.

use bizmitra_core::store::StoreError;
use rusqlite::{Connection, TransactionBehavior};

use crate::fault::Fault;

const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_initial.sql")];

/// Brings the schema to this version's.
pub(crate) fn migrate(conn: &mut Connection) -> Result<(), Fault> {
    let version: usize = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > MIGRATIONS.len() {
        return Err(StoreError::Newer.into());
    }
    for (number, sql) in (1..).zip(MIGRATIONS).skip(version) {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(sql)?;
        tx.execute_batch(&format!("PRAGMA user_version = {number}"))?;
        tx.commit()?;
    }
    Ok(())
}
