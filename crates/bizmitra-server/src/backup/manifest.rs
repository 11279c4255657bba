//! What a backup holds, and the server's own mark on that list.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::BackupError;
use crate::disk::put;
use crate::keys::Keys;

const LIST: &str = "manifest.json";
/// HMAC-SHA-256 of the list as it lies there, hex; the key comes from the server's root.
const MARK: &str = "manifest.mac";
/// Of the list and the folder around it.
const FORMAT: u32 = 1;

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    /// When the copy of the database was begun, milliseconds since 1970.
    pub made_ms: i64,
    /// The database.
    pub database: Copied,
    /// Files of people, by name on disk.
    pub files: Vec<Copied>,
    /// Files that the database names and this server had lost before.
    pub missing: Vec<String>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// Hex.
    pub sha256: String,
}

impl Copied {
    pub(super) fn new(name: &str, (bytes, sha256): (u64, [u8; 32])) -> Self {
        Self {
            name: name.to_owned(),
            bytes,
            sha256: hex::encode(sha256),
        }
    }
}

impl Manifest {
    pub(super) fn new(
        made_ms: i64,
        database: Copied,
        (files, missing): (Vec<Copied>, Vec<String>),
    ) -> Self {
        Self {
            format: FORMAT,
            made_ms,
            database,
            files,
            missing,
        }
    }

    pub(super) fn write(&self, folder: &Path, keys: &Keys) -> io::Result<()> {
        let list = serde_json::to_vec_pretty(self)?;
        put(
            &folder.join(MARK),
            hex::encode(keys.backup_mac(&list)).as_bytes(),
        )?;
        put(&folder.join(LIST), &list)
    }

    /// Reads a list that this server's keys made.
    pub(super) fn read(folder: &Path, keys: &Keys) -> Result<Self, BackupError> {
        let read = |name| match fs::read(folder.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(BackupError::NoBackup(folder.to_owned()))
            }
            other => Ok(other?),
        };
        let (list, mark) = (read(LIST)?, read(MARK)?);
        let right = hex::encode(keys.backup_mac(&list));
        if !bool::from(mark.ct_eq(right.as_bytes())) {
            return Err(BackupError::Foreign(folder.to_owned()));
        }
        let manifest: Self =
            serde_json::from_slice(&list).map_err(|_| BackupError::Damaged(LIST.to_owned()))?;
        if manifest.format == FORMAT {
            Ok(manifest)
        } else {
            Err(BackupError::Newer)
        }
    }
}
