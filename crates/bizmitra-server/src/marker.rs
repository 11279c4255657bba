//! A commit marker outside the database: tells a restored backup from the database that was here before.
//!
//! `keys/epoch` says which epoch the database has and how many commits it had. It is written after each commit, so it
//! may lag behind the database but never runs ahead of it: a database behind its marker was restored.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// How far a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) epoch: u64,
    pub(crate) commits: u64,
}

/// What the marker file said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nothing: the folder is new, or older than markers.
    Nothing,
    /// Something that was not written by this module as a whole.
    Damaged,
    At(Mark),
}

impl Seen {
    /// The epoch that this database must take instead of its own: none while it is not behind the marker.
    pub(crate) fn raised(self, here: Mark, now_ms: i64) -> Option<u64> {
        match self {
            Self::Nothing => None,
            Self::At(mark) if mark.epoch == here.epoch && mark.commits <= here.commits => None,
            _ => Some(self.next(here, now_ms)),
        }
    }

    /// An epoch after all that are known here.
    pub(crate) fn next(self, here: Mark, now_ms: i64) -> u64 {
        let highest = match self {
            Self::At(mark) => mark.epoch.max(here.epoch),
            Self::Nothing | Self::Damaged => here.epoch,
        };
        // Time keeps epochs apart that two copies of a backup would otherwise count alike.
        highest
            .saturating_add(1)
            .max(u64::try_from(now_ms).unwrap_or(0))
    }
}

/// The open marker file.
pub(crate) struct Marker(Mutex<File>);

impl Marker {
    /// Opens the marker of a key folder; an empty one is made when there is none.
    pub(crate) fn open(keys: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(keys.join("epoch"))?;
        Ok(Self(Mutex::new(file)))
    }

    /// What it says.
    pub(crate) fn read(&self) -> io::Result<Seen> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut text)?;
        if text.is_empty() {
            return Ok(Seen::Nothing);
        }
        Ok(parse(&text).map_or(Seen::Damaged, Seen::At))
    }

    /// Says how far the database is, without waiting for the disk: a marker that a power cut takes back is only late.
    pub(crate) fn put(&self, mark: Mark) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(0))?;
        // Always the same length, in one write and within one sector.
        file.write_all(format!("{:020} {:020}\n", mark.epoch, mark.commits).as_bytes())
    }

    /// Waits until what was said is on disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .sync_all()
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        if let Err(error) = self.sync() {
            tracing::warn!(error = %error, "the commit marker could not be synced");
        }
    }
}

fn parse(text: &[u8]) -> Option<Mark> {
    let (epoch, commits) = std::str::from_utf8(text)
        .ok()?
        .strip_suffix('\n')?
        .split_once(' ')?;
    Some(Mark {
        epoch: epoch.parse().ok()?,
        commits: commits.parse().ok()?,
    })
}
