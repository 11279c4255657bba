//! Opening a store: lock, damage, salvage, migrations.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use bizmitra_core::planted::{self, Bug};
use bizmitra_core::store::StoreError;
use rusqlite::Connection;

use crate::connection::{check_all, open_connection, settle_log};
use crate::fault::{Fault, from_io};
use crate::files::{Files, remove_if_there};
use crate::key::StoreKey;
use crate::migrate::migrate;
use crate::salvage::{Salvaged, salvage};

/// Up to this size the whole file is read at every start (a few milliseconds); above it only after damage was seen.
const ALWAYS_CHECK_BYTES: u64 = 32 * 1024 * 1024;

/// What opening found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenReport {
    /// The file was damaged; `None` when all is well.
    pub damage: Option<Damage>,
}

/// A damaged file and what was saved from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where the damaged file lies now (`<name>.damaged-<unix ms>`); `None` when there was nothing left of it.
    pub moved_to: Option<PathBuf>,
    /// Records in the new store.
    pub records: u32,
    /// Those of them that the server has not confirmed: they will be sent.
    pub unsent: u32,
    /// Small values (enrolment, vault, tries and so on) in the new store.
    pub settings: u32,
}

/// Opens the file at `path`, creating or rebuilding it where that is due.
pub(crate) fn open(files: &Files, key: &StoreKey) -> Result<(Connection, OpenReport), StoreError> {
    // A rebuilding that a power cut ended: its result is complete as soon as it has this name.
    if let Some((salvaged, time)) = files.find_salvaged()? {
        let moved_to = files.settle_salvaged(&salvaged, &time)?;
        let mut conn = open_connection(&files.main, key).map_err(Fault::into_store_error)?;
        migrate(&mut conn).map_err(Fault::into_store_error)?;
        let counted = Salvaged::count(&conn).map_err(Fault::into_store_error)?;
        return Ok((
            conn,
            OpenReport {
                damage: Some(counted.into_damage(moved_to)),
            },
        ));
    }
    if planted::is(Bug::DropsLog) {
        remove_if_there(&files.with_suffix("-wal")).map_err(|error| from_io(&error))?;
    }
    let bytes = fs::metadata(&files.main).map_or(0, |meta| meta.len());
    let vanished = bytes == 0 && files.read_check().is_some();
    let opened = if vanished {
        Err(StoreError::Damaged.into())
    } else {
        open_sound(files, key, bytes)
    };
    match opened {
        Ok(conn) => {
            if files.read_check() != Some(key.check()) {
                files.write_check(&key.check())?;
            }
            files.clear_suspect();
            Ok((conn, OpenReport::default()))
        }
        Err(fault) => match fault.into_store_error() {
            // The store was made with another key: it is not touched.
            StoreError::Damaged if files.read_check().is_some_and(|check| check != key.check()) => {
                Err(StoreError::WrongKey)
            }
            StoreError::Damaged => rebuild(files, key),
            other => Err(other),
        },
    }
}

fn open_sound(files: &Files, key: &StoreKey, bytes: u64) -> Result<Connection, Fault> {
    let mut conn = open_connection(&files.main, key)?;
    if files.is_suspect() || bytes <= ALWAYS_CHECK_BYTES {
        check_all(&conn)?;
    }
    settle(files, &conn)?;
    migrate(&mut conn)?;
    Ok(conn)
}

/// A connection after one that failed.
pub(crate) fn open_settled(files: &Files, key: &StoreKey) -> Result<Connection, Fault> {
    let conn = open_connection(&files.main, key)?;
    settle(files, &conn)?;
    Ok(conn)
}

/// Leaves nothing to a log that others wrote: a sync of theirs may have failed, and the system then shows pages that no disk
/// has, to be followed by records that would go with them. SQLite does not look whether a new log's name was synced: here
/// it is. Where there is no room for the log's pages, the log stays.
fn settle(files: &Files, conn: &Connection) -> Result<(), Fault> {
    match settle_log(conn).map_err(Fault::into_store_error) {
        Err(StoreError::DiskFull) if files.release_ballast() => {
            drop(settle_log(conn));
        }
        Err(StoreError::DiskFull) => {}
        settled => settled?,
    }
    Ok(files.sync_folder()?)
}

/// Makes a new store of what the damaged one still gives. The damaged files are read where they are (the log belongs to
/// them by name) and moved aside only when the new store is complete.
fn rebuild(files: &Files, key: &StoreKey) -> Result<(Connection, OpenReport), StoreError> {
    tracing::warn!("the store is damaged: it is moved aside and what it still gives is kept");
    let fresh = Files::new(&files.with_suffix(".new"));
    for suffix in ["", "-wal", "-shm"] {
        remove_if_there(&fresh.with_suffix(suffix)).map_err(|error| from_io(&error))?;
    }
    {
        let mut conn = open_connection(&fresh.main, key).map_err(Fault::into_store_error)?;
        migrate(&mut conn).map_err(Fault::into_store_error)?;
        salvage(&files.main, key, &mut conn).map_err(Fault::into_store_error)?;
        // Closing checkpoints the log into the file, synced; the file then stands alone.
        conn.close()
            .map_err(|(_, error)| Fault::from(error).into_store_error())?;
    }
    let millis = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let complete = files.with_suffix(&format!(".salvaged-{millis}"));
    fs::rename(&fresh.main, &complete).map_err(|error| from_io(&error))?;
    files.sync_folder()?;
    let moved_to = files.settle_salvaged(&complete, &millis.to_string())?;
    files.clear_suspect();
    let conn = open_connection(&files.main, key).map_err(Fault::into_store_error)?;
    let counted = Salvaged::count(&conn).map_err(Fault::into_store_error)?;
    files.write_check(&key.check())?;
    Ok((
        conn,
        OpenReport {
            damage: Some(counted.into_damage(moved_to)),
        },
    ))
}

impl Salvaged {
    fn into_damage(self, moved_to: Option<PathBuf>) -> Damage {
        Damage {
            moved_to,
            records: self.records,
            unsent: self.unsent,
            settings: self.settings,
        }
    }
}

impl OpenReport {
    /// Where the damaged file lies now.
    pub fn moved_to(&self) -> Option<&Path> {
        self.damage.as_ref()?.moved_to.as_deref()
    }
}
