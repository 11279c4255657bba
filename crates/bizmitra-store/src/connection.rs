//! Opening the encrypted file the one way that keeps the promises (design: sync, "Storage").

use std::path::Path;
use std::time::Duration;

use bizmitra_core::planted::{self, Bug};
use bizmitra_core::store::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::fault::Fault;
use crate::key::StoreKey;

/// A WAL-reset bug before 3.51.3 can corrupt a database.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Opens or creates; reads the first page, so that a wrong key or a damaged head is known at once.
pub(crate) fn open_connection(path: &Path, key: &StoreKey) -> Result<Connection, Fault> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(Fault::misuse(
            "the SQLite in this build is older than 3.51.3",
        ));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    // SQLCipher's own messages go to stderr otherwise, with the path in them.
    conn.execute_batch("PRAGMA cipher_log_level = NONE")?;
    conn.execute_batch(&key.pragma())?;
    let cipher: String = conn
        .query_row("PRAGMA cipher_version", [], |row| row.get(0))
        .unwrap_or_default();
    if cipher.is_empty() {
        return Err(Fault::misuse(
            "this build has no SQLCipher: nothing would be encrypted",
        ));
    }
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| {
        row.get::<_, i64>(0)
    })?;
    conn.busy_timeout(Duration::from_millis(5000))?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Fault::misuse(
            "the file system cannot hold a write-ahead log",
        ));
    }
    // cipher_memory_security stays off: keys are wiped in any case, and wiping every page buffer as well costs a multiple
    // of the time of a commit while the same values live in this process's own memory anyway.
    conn.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;
         PRAGMA secure_delete = ON;
         PRAGMA mmap_size = 0;",
    )?;
    if planted::is(Bug::NoFsync) {
        conn.execute_batch("PRAGMA synchronous = OFF")?;
    }
    if cfg!(target_vendor = "apple") {
        // There fsync alone leaves the bytes in the drive's cache.
        conn.execute_batch("PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;")?;
    }
    Ok(conn)
}

/// Copies the log into the file and empties it, as new writes with a sync of their own.
pub(crate) fn settle_log(conn: &Connection) -> Result<(), Fault> {
    if planted::is(Bug::TrustsLog) {
        return Ok(());
    }
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 {
        Ok(())
    } else {
        Err(Fault::misuse("the log could not be emptied"))
    }
}

/// Reads every page: SQLCipher verifies each page's authentication code, SQLite the structure.
pub(crate) fn check_all(conn: &Connection) -> Result<(), Fault> {
    let verdict: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(StoreError::Damaged.into())
    }
}
