//! Backups: the database and people's files as one consistent copy, made beside a running server, and put back as a whole.
//!
//! ```text
//! BACKUP/  bizmitra.db      as of one moment
//!          blobs/xx/…       what the database names, as far as it was acknowledged then; sealed, as they lie in the folder
//!          manifest.json    names, sizes, SHA-256
//!          manifest.mac     HMAC of the list under a key of the server's root
//! ```
//!
//! The key folder is not part of it: a backup without keys can be read by nobody, and a person whose key was destroyed stays
//! erased in every backup. Keep a copy of the keys elsewhere.
//!
//! A backup appears under its name when it is whole and on disk, or not at all. A restore exchanges nothing before every byte
//! is compared and beside the data; what was there before is kept in `replaced-…`. Killed while it exchanges, it leaves
//! `restoring`: nothing opens the folder until the command was run again.
//!
//! A restored database has a new epoch, whatever the commit marker says: devices then offer what they have receipts for, and
//! send again what is missing.

mod lock;
mod manifest;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

pub(crate) use lock::DataLock;
pub use manifest::{Copied, Manifest};

use crate::disk::{copy, make_folder, measure, restrict, sync_folder, sync_parent};
use crate::error::ServerError;
use crate::keys::{Keys, KeysError};
use crate::marker::Marker;
use crate::server::{DATABASE, Server};
use crate::storage;

const BLOBS: &str = "blobs";
/// Whole and beside the data: being exchanged.
const RESTORING: &str = "restoring";
/// Not whole yet: of no use to anybody but the command that makes it.
const DRAFT: &str = "restoring.draft";

/// Why there is no backup, or why it was not put back. Nothing was changed then, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A backup never takes the place of something.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// No manifest.
    #[error("{} is not a backup", .0.display())]
    NoBackup(PathBuf),
    /// The mark does not fit.
    #[error("{} was made with other keys than this folder has, or its list was changed", .0.display())]
    Foreign(PathBuf),
    /// Bytes are not what the list says.
    #[error("{0} of the backup is missing or damaged")]
    Damaged(String),
    /// Of a later version.
    #[error("the backup was made by a newer server")]
    Newer,
    /// Without the keys a restored database is of no use.
    #[error("{} has no keys: put the key folder back first", .0.display())]
    NoKeys(PathBuf),
    /// A server or a command uses the folder.
    #[error("{} is in use: stop the server first", .0.display())]
    InUse(PathBuf),
    /// The disk refused or failed.
    #[error("the disk refused or failed")]
    Io(#[from] io::Error),
    /// The database refused or failed.
    #[error(transparent)]
    Server(#[from] ServerError),
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Server(error.into())
    }
}

impl From<KeysError> for BackupError {
    fn from(error: KeysError) -> Self {
        Self::Server(error.into())
    }
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What was put back.
    pub backup: Manifest,
    /// Where that is which was here before, if there was something.
    pub replaced: Option<PathBuf>,
}

/// Copies database and files to the new folder `to`, while the server goes on.
///
/// # Errors
/// [`BackupError::Exists`], or of disk and database; nothing is left under the name `to` then.
pub fn make(server: &Server, to: &Path) -> Result<Manifest, BackupError> {
    if to.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let draft = Draft::new(beside(to)?)?;
    let mut manifest = copy_all(server, &draft.0)?;
    if !manifest.missing.is_empty() {
        // Removed between the two copies, by their person or by retention: the next copy of the database knows that.
        draft.empty()?;
        manifest = copy_all(server, &draft.0)?;
    }
    manifest.write(&draft.0, server.keys())?;
    sync_folder(&draft.0)?;
    fs::rename(&draft.0, to)?;
    sync_parent(to)?;
    Ok(manifest)
}

fn copy_all(server: &Server, to: &Path) -> Result<Manifest, BackupError> {
    let made_ms = server.now_ms();
    let file = to.join(DATABASE);
    let from = &server.config().data;
    // A connection of its own: a reader of the log holds nobody up.
    let db = Connection::open_with_flags(from.join(DATABASE), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.busy_timeout(std::time::Duration::from_secs(30))?;
    db.execute("VACUUM INTO ?1", [file.to_string_lossy()])?;
    drop(db);
    restrict(&file, 0o600)?;
    File::open(&file)?.sync_all()?;
    let database = Copied::new(DATABASE, measure(&file)?);

    let (mut files, mut missing) = (Vec::new(), Vec::new());
    let snapshot = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let (blobs, from) = (to.join(BLOBS), from.join(BLOBS));
    make_folder(&blobs)?;
    for (name, stored) in storage::blob::stored(&snapshot)? {
        match copy_blob(&from, &blobs, &name, stored) {
            Ok(copied) if copied.bytes == stored => files.push(copied),
            Ok(_) => missing.push(name),
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(name),
            Err(error) => return Err(error.into()),
        }
    }
    sync_folder(&blobs)?;
    Ok(Manifest::new(made_ms, database, (files, missing)))
}

/// Puts the backup at `from` into the data folder, whose keys must be there.
///
/// # Errors
/// [`BackupError`] with the reason. Nothing was changed, but for [`BackupError::Io`] while it exchanged: then nothing opens the
/// folder until it was run again.
pub fn restore(data: &Path, from: &Path, now_ms: i64) -> Result<Restored, BackupError> {
    let key_folder = data.join("keys");
    if !key_folder.join("server.key").is_file() {
        return Err(BackupError::NoKeys(data.to_owned()));
    }
    let Some(_alone) = DataLock::alone(data)? else {
        return Err(BackupError::InUse(data.to_owned()));
    };
    let keys = Keys::open(&key_folder)?;
    let backup = Manifest::read(from, &keys)?;
    // One that was killed while it exchanged.
    exchange(data, now_ms)?;

    let staged = data.join(DRAFT);
    if staged.exists() {
        fs::remove_dir_all(&staged)?;
    }
    let staged = Draft::new(staged)?;
    let copied = copy(&from.join(DATABASE), &staged.0.join(DATABASE), u64::MAX);
    must_be(
        &backup.database,
        copied.map(|copied| Copied::new(DATABASE, copied)),
    )?;
    let blobs = staged.0.join(BLOBS);
    make_folder(&blobs)?;
    for file in &backup.files {
        must_be(
            file,
            copy_blob(&from.join(BLOBS), &blobs, &file.name, u64::MAX),
        )?;
    }
    sync_folder(&blobs)?;
    let marker = Marker::open(&key_folder)?;
    let mark = storage::renew_epoch(&staged.0.join(DATABASE), &marker, now_ms)?;
    sync_folder(&staged.0)?;

    fs::rename(&staged.0, data.join(RESTORING))?;
    sync_folder(data)?;
    let replaced = exchange(data, now_ms)?;
    marker.put(mark)?;
    marker.sync()?;
    Ok(Restored { backup, replaced })
}

/// Whether a restore was killed while it exchanged.
pub(crate) fn is_half_restored(data: &Path) -> bool {
    data.join(RESTORING).exists()
}

/// Moves what is in `restoring` into the data folder, and what is in its place to a folder of its own,
/// which it names. Goes on where it was killed:
/// while a part is in `restoring`, what has its name in the data folder is the old one. All that is old stays together, a
/// database with its log.
fn exchange(data: &Path, now_ms: i64) -> io::Result<Option<PathBuf>> {
    let restoring = data.join(RESTORING);
    if !restoring.exists() {
        return Ok(None);
    }
    let aside = restoring.join("old");
    for (part, old) in [
        (
            DATABASE,
            &["bizmitra.db", "bizmitra.db-wal", "bizmitra.db-shm"][..],
        ),
        (BLOBS, &[BLOBS]),
    ] {
        let new = restoring.join(part);
        if !new.exists() {
            continue;
        }
        for name in old {
            let there = data.join(name);
            if there.exists() {
                make_folder(&aside)?;
                fs::rename(there, aside.join(name))?;
            }
        }
        fs::rename(new, data.join(part))?;
    }
    sync_folder(data)?;
    let mut replaced = None;
    if aside.exists() {
        sync_folder(&aside)?;
        let mut names = (now_ms..).map(|ms| data.join(format!("replaced-{ms}")));
        replaced = names.find(|name| !name.exists());
        if let Some(name) = &replaced {
            fs::rename(aside, name)?;
        }
    }
    fs::remove_dir(&restoring)?;
    sync_folder(data)?;
    Ok(replaced)
}

fn must_be(wanted: &Copied, copied: io::Result<Copied>) -> Result<(), BackupError> {
    match copied {
        Ok(copied) if copied == *wanted => Ok(()),
        Ok(_) => Err(BackupError::Damaged(wanted.name.clone())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(BackupError::Damaged(wanted.name.clone()))
        }
        Err(error) => Err(error.into()),
    }
}

/// A folder that goes away unless it was renamed.
struct Draft(PathBuf);

impl Draft {
    fn new(folder: PathBuf) -> io::Result<Self> {
        make_folder(&folder)?;
        Ok(Self(folder))
    }

    fn empty(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.0)?;
        make_folder(&self.0)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(error = %error, "a draft could not be removed");
            }
            _ => {}
        }
    }
}

/// A name in the same folder, that nobody has.
fn beside(to: &Path) -> Result<PathBuf, BackupError> {
    let name = to
        .file_name()
        .ok_or_else(|| BackupError::Exists(to.to_owned()))?;
    let mut draft = std::ffi::OsString::from(".");
    draft.push(name);
    draft.push(format!(".{}", Uuid::new_v4()));
    Ok(to.with_file_name(draft))
}

/// A blob from one folder of shelves to another.
fn copy_blob(from: &Path, to: &Path, name: &str, most: u64) -> io::Result<Copied> {
    // A list is signed, and still no name of it leads out of the folder.
    let shelf = name.get(..2).unwrap_or_default();
    if name.len() != 32 || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let shelf_to = to.join(shelf);
    make_folder(&shelf_to)?;
    let copied = copy(&from.join(shelf).join(name), &shelf_to.join(name), most)?;
    sync_folder(&shelf_to)?;
    Ok(Copied::new(name, copied))
}
