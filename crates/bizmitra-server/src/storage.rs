//! The database: one SQLite file, one writer, every commit on disk before an answer leaves.
//!
//! Each table has its file with its SQL beside its row mapping. Every function takes a
//! [`CompanyScope`](crate::auth::CompanyScope); the only ones that do not are the two that find out whose a device or
//! a code is, called by [`crate::auth`] alone, and for the server's own housekeeping the list of companies and that of the
//! files to back up.

pub(crate) mod anchor;
pub(crate) mod attendance;
pub(crate) mod audit;
pub(crate) mod blob;
pub(crate) mod chain;
pub(crate) mod company;
pub(crate) mod correction;
pub(crate) mod device;
pub(crate) mod employee;
pub(crate) mod feed;
pub(crate) mod file;
pub(crate) mod ingest;
pub(crate) mod invitation;
pub(crate) mod item_blob;
pub(crate) mod later;
pub(crate) mod plan;
pub(crate) mod session;

use std::path::Path;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::error::{Result, ServerError};
use crate::marker::{Mark, Marker};
use crate::planted::{self, Bug};

/// Numbered, forward only; a released one is never edited.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_initial.sql")];

/// Before this version a reset of the WAL could corrupt the file.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Opens the database, brings its schema up to date and makes sure that it has an epoch.
pub(crate) fn open(file: &Path, now_ms: i64) -> Result<Connection> {
    let mut db = open_settled(file)?;
    migrate(&mut db)?;
    db.execute(
        "INSERT OR IGNORE INTO meta (name, value) VALUES ('server_epoch', ?1)",
        [now_ms.to_string()],
    )?;
    Ok(db)
}

/// A connection that leaves nothing to a log that others wrote: a sync of theirs may have failed, and the system then shows
/// pages that no disk has. What the log holds is copied into the file, as new writes with a sync of their own. SQLite does
/// not look whether a new log's name was synced: here it is.
pub(crate) fn open_settled(file: &Path) -> Result<Connection> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(ServerError::Damaged("SQLite version"));
    }
    let db = Connection::open(file)?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0;",
    )?;
    if planted::is(Bug::NoFsync) {
        db.execute_batch("PRAGMA synchronous = OFF")?;
    }
    db.set_prepared_statement_cache_capacity(128);
    // Busy: another process of this server is in the middle of something, and looks after the log itself.
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    #[cfg(unix)]
    if let Some(folder) = file.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(db)
}

fn migrate(db: &mut Connection) -> Result<()> {
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let done: u32 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let mut version = 0_u32;
    for migration in MIGRATIONS {
        version += 1;
        if version > done {
            tx.execute_batch(migration)?;
            tx.pragma_update(None, "user_version", version)?;
        }
    }
    if done > version {
        return Err(ServerError::Damaged(
            "schema version (made by a newer server)",
        ));
    }
    tx.commit()?;
    Ok(())
}

/// Makes sure that a database behind its marker has a new epoch, in both, and says which epoch holds. The marker is on
/// disk first: a crash in between costs one more epoch and hides nothing.
pub(crate) fn settle_epoch(db: &mut Connection, marker: &Marker, now_ms: i64) -> Result<u64> {
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    tx.execute(
        "INSERT OR IGNORE INTO meta (name, value) VALUES ('commits', '0')",
        [],
    )?;
    // Without the commit of this very transaction: it must not make up for one that a backup lacks, nor may the marker
    // ever be ahead.
    let mut mark = Mark {
        epoch: server_epoch(&tx)?,
        commits: count_commit(&tx)?.saturating_sub(1),
    };
    // Another process may have committed since its last look; under this lock nobody is ahead of the database.
    if let Some(epoch) = marker.read()?.raised(mark, now_ms)
        && !planted::is(Bug::KeepsEpoch)
    {
        put_epoch(&tx, epoch)?;
        mark.epoch = epoch;
        tracing::warn!(
            epoch,
            "the database is behind its marker: taken as restored from a backup"
        );
    }
    marker.put(mark)?;
    marker.sync()?;
    tx.commit()?;
    Ok(mark.epoch)
}

/// A new epoch in a database that is put back, after all that it and the marker know; says where it stands. The file is whole
/// when this returns.
pub(crate) fn renew_epoch(file: &Path, marker: &Marker, now_ms: i64) -> Result<Mark> {
    let mut db = open(file, now_ms)?;
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut mark = Mark {
        epoch: server_epoch(&tx)?,
        commits: count_commit(&tx)?,
    };
    mark.epoch = marker.read()?.next(mark, now_ms);
    put_epoch(&tx, mark.epoch)?;
    tx.commit()?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    db.close().map_err(|(_, error)| error)?;
    Ok(mark)
}

fn put_epoch(db: &Connection, epoch: u64) -> Result<()> {
    db.execute(
        "UPDATE meta SET value = ?1 WHERE name = 'server_epoch'",
        [epoch.to_string()],
    )?;
    Ok(())
}

/// Counts a commit within it and says the new count.
pub(crate) fn count_commit(db: &Connection) -> Result<u64> {
    let text: String = db
        .prepare_cached(
            "UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE name = 'commits' RETURNING value",
        )?
        .query_row([], |row| row.get(0))?;
    text.parse()
        .map_err(|_| ServerError::Damaged("commit count"))
}

/// A number that changes after a restore from backup.
pub(crate) fn server_epoch(db: &Connection) -> Result<u64> {
    let text: String = db.query_row(
        "SELECT value FROM meta WHERE name = 'server_epoch'",
        [],
        |row| row.get(0),
    )?;
    text.parse()
        .map_err(|_| ServerError::Damaged("server epoch"))
}

/// Remembers the address at which the server is served, for links that the command line makes.
pub(crate) fn put_origin(db: &Connection, origin: &str) -> Result<()> {
    db.execute(
        "INSERT INTO meta (name, value) VALUES ('origin', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [origin],
    )?;
    Ok(())
}

/// The address at which it was last served.
pub(crate) fn origin(db: &Connection) -> Result<Option<String>> {
    Ok(db
        .query_row("SELECT value FROM meta WHERE name = 'origin'", [], |row| {
            row.get(0)
        })
        .optional()?)
}

/// An id as it lies in a column.
pub(crate) fn key(id: Uuid) -> [u8; 16] {
    id.into_bytes()
}

/// Reads an id.
pub(crate) fn uuid(row: &Row<'_>, column: &str) -> rusqlite::Result<Uuid> {
    row.get::<_, [u8; 16]>(column).map(Uuid::from_bytes)
}

/// Reads an id that may be absent.
pub(crate) fn optional_uuid(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Uuid>> {
    Ok(row
        .get::<_, Option<[u8; 16]>>(column)?
        .map(Uuid::from_bytes))
}

/// The contract's wire word of a value without content.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Reads a wire word.
pub(crate) fn read_word<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    parse(Value::String(row.get(column)?))
}

/// Reads a wire word that may be absent.
pub(crate) fn read_optional_word<T: DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<Option<T>> {
    row.get::<_, Option<String>>(column)?
        .map(|word| parse(Value::String(word)))
        .transpose()
}

/// Reads JSON.
pub(crate) fn read_json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| unreadable(Box::new(error)))
}

/// JSON as it lies in a column.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|_| ServerError::Damaged("JSON"))
}

fn parse<T: DeserializeOwned>(value: Value) -> rusqlite::Result<T> {
    serde_json::from_value(value).map_err(|error| unreadable(Box::new(error)))
}

fn unreadable(error: Box<dyn std::error::Error + Send + Sync>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error)
}
