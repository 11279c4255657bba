//! The files beside the database: lock, key check, ballast, and what is moved aside.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use bizmitra_core::store::StoreError;
use fs4::FileExt as _;

use crate::fault::from_io;

/// Room that is given back when verdicts no longer fit on the disk.
const BALLAST_BYTES: u64 = 16 * 1024 * 1024;
/// Below this much free space no ballast is taken: the person needs the room more.
const BALLAST_NEEDS_BYTES: u64 = 200 * 1024 * 1024;

/// Where everything of one store lies.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) main: PathBuf,
}

impl Files {
    pub(crate) fn new(main: &Path) -> Self {
        Self {
            main: main.to_owned(),
        }
    }

    pub(crate) fn with_suffix(&self, suffix: &str) -> PathBuf {
        let mut name = self.main.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        match self.main.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    fn check(&self) -> PathBuf {
        self.main.with_extension("check")
    }

    fn suspect(&self) -> PathBuf {
        self.main.with_extension("suspect")
    }

    pub(crate) fn ballast(&self) -> PathBuf {
        self.folder().join("ballast")
    }

    /// Makes the folder, for this user only.
    pub(crate) fn make_folder(&self) -> Result<(), StoreError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(self.folder())
            .map_err(|error| from_io(&error))
    }

    /// Keeps a second process out for as long as the returned file lives.
    pub(crate) fn lock(&self) -> Result<File, StoreError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.with_suffix(".lock"))
            .map_err(|error| from_io(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => Err(from_io(&error)),
        }
    }

    /// The check written when the store was made; `None` when it is missing or not 16 bytes.
    pub(crate) fn read_check(&self) -> Option<[u8; 16]> {
        fs::read(self.check()).ok()?.try_into().ok()
    }

    pub(crate) fn write_check(&self, check: &[u8; 16]) -> Result<(), StoreError> {
        let part = self.main.with_extension("check-part");
        let write = || -> io::Result<()> {
            fs::write(&part, check)?;
            File::open(&part)?.sync_all()?;
            fs::rename(&part, self.check())
        };
        write().map_err(|error| from_io(&error))?;
        self.sync_folder()
    }

    /// Remembers that reading hit damage, so that the next start reads everything before it goes on.
    pub(crate) fn mark_suspect(&self) {
        if let Err(error) = fs::write(self.suspect(), []) {
            tracing::warn!(kind = %error.kind(), "the store's damage could not be noted");
        }
    }

    pub(crate) fn is_suspect(&self) -> bool {
        self.suspect().exists()
    }

    pub(crate) fn clear_suspect(&self) {
        remove_if_there(&self.suspect()).unwrap_or_else(|error| {
            tracing::warn!(kind = %error.kind(), "the note of damage could not be removed");
        });
    }

    /// Takes the ballast if the disk has room for it. Not having it is no reason not to start.
    pub(crate) fn take_ballast(&self) {
        let take = || -> io::Result<()> {
            let path = self.ballast();
            if fs::metadata(&path).is_ok_and(|meta| meta.len() == BALLAST_BYTES) {
                return Ok(());
            }
            remove_if_there(&path)?;
            if fs4::available_space(self.folder())? < BALLAST_NEEDS_BYTES {
                return Ok(());
            }
            let file = File::create(&path)?;
            // Reserved blocks, not a sparse file; and nothing is written, so that it costs no time at the start.
            file.allocate(BALLAST_BYTES)
                .inspect_err(|_| drop(remove_if_there(&path)))
        };
        if let Err(error) = take() {
            tracing::warn!(kind = %error.kind(), "no ballast");
        }
    }

    /// Gives the ballast back; false when there was none.
    pub(crate) fn release_ballast(&self) -> bool {
        fs::remove_file(self.ballast()).is_ok()
    }

    /// Hardly anything is left: some of SQLite's I/O errors are a full disk in disguise.
    pub(crate) fn disk_is_full(&self) -> bool {
        fs4::available_space(self.folder()).is_ok_and(|bytes| bytes < 256 * 1024)
    }

    /// Makes renames and new names durable.
    pub(crate) fn sync_folder(&self) -> Result<(), StoreError> {
        #[cfg(unix)]
        File::open(self.folder())
            .and_then(|folder| folder.sync_all())
            .map_err(|error| from_io(&error))?;
        Ok(())
    }

    /// A salvaged store that is complete but not in its place yet, with the time in its name.
    pub(crate) fn find_salvaged(&self) -> Result<Option<(PathBuf, String)>, StoreError> {
        let Some(prefix) = self
            .with_suffix(".salvaged-")
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
        else {
            return Ok(None);
        };
        for found in fs::read_dir(self.folder()).map_err(|error| from_io(&error))? {
            let found = found.map_err(|error| from_io(&error))?;
            if let Some(time) = found.file_name().to_string_lossy().strip_prefix(&prefix) {
                return Ok(Some((found.path(), time.to_owned())));
            }
        }
        Ok(None)
    }

    /// Removes the damaged files that were moved aside: by order of the server nothing readable stays.
    pub(crate) fn remove_set_aside(&self) -> Result<(), StoreError> {
        let Some(prefix) = self
            .with_suffix(".damaged-")
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
        else {
            return Ok(());
        };
        let remove = || -> io::Result<()> {
            for found in fs::read_dir(self.folder())? {
                let found = found?;
                if found.file_name().to_string_lossy().starts_with(&prefix) {
                    remove_if_there(&found.path())?;
                }
            }
            Ok(())
        };
        remove().map_err(|error| from_io(&error))
    }

    /// Moves the damaged files aside and the salvaged one into their place. Every step may be the last one before a power
    /// cut: as long as the salvaged file has its own name, this is run again from the start.
    pub(crate) fn settle_salvaged(
        &self,
        salvaged: &Path,
        time: &str,
    ) -> Result<Option<PathBuf>, StoreError> {
        let aside = self.with_suffix(&format!(".damaged-{time}"));
        let settle = || -> io::Result<()> {
            let mut aside_wal = aside.clone().into_os_string();
            aside_wal.push("-wal");
            rename_if_there(&self.with_suffix("-wal"), Path::new(&aside_wal))?;
            remove_if_there(&self.with_suffix("-shm"))?;
            rename_if_there(&self.main, &aside)
        };
        settle().map_err(|error| from_io(&error))?;
        self.sync_folder()?;
        fs::rename(salvaged, &self.main).map_err(|error| from_io(&error))?;
        self.sync_folder()?;
        Ok(aside.exists().then_some(aside))
    }
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Removes a file that may be missing.
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
