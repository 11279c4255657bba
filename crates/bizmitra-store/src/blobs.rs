//! The folder of encrypted files. A name without a suffix is a whole file: written, synced, renamed, its folder synced.
//!
//! A file comes before its row and goes after it, so a name that no row knows is what a crash left, and is swept at the next
//! start.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use bizmitra_core::file::FileWriter;
use bizmitra_core::ids::ItemId;
use bizmitra_core::store::StoreError;
use sha2::{Digest as _, Sha256};

use crate::fault::from_io;
use crate::files::remove_if_there;

/// Being captured: worth nothing before its row.
const NEW: &str = ".new";
/// Being downloaded: goes on where it stands.
const PART: &str = ".part";

/// The folder.
pub(crate) struct Blobs {
    folder: PathBuf,
}

/// What a sweep does with whole files that no row knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strays {
    /// A crash left them.
    Remove,
    /// Their rows may have been lost with a damaged store.
    Keep,
}

impl Blobs {
    pub(crate) fn new(beside: &Path) -> Self {
        Self {
            folder: beside.join("files"),
        }
    }

    /// Made with the first file, for this user only, and synced into its parent.
    fn make_folder(&self) -> io::Result<()> {
        if self.folder.exists() {
            return Ok(());
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.folder)?;
        sync_parent(&self.folder)
    }

    fn path(&self, id: ItemId, suffix: &str) -> PathBuf {
        self.folder.join(format!("{}{suffix}", id.0.simple()))
    }

    pub(crate) fn create(&self, id: ItemId) -> Result<Box<dyn FileWriter>, StoreError> {
        Ok(Box::new(self.writer(id, NEW, true)?.0))
    }

    pub(crate) fn resume(&self, id: ItemId) -> Result<(Box<dyn FileWriter>, u64), StoreError> {
        let (writer, there) = self.writer(id, PART, false)?;
        Ok((Box::new(writer), there))
    }

    fn writer(&self, id: ItemId, suffix: &str, afresh: bool) -> Result<(Writer, u64), StoreError> {
        let from = self.path(id, suffix);
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(afresh);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let open = || -> io::Result<(File, u64)> {
            self.make_folder()?;
            let mut file = options.open(&from)?;
            let there = file.seek(SeekFrom::End(0))?;
            Ok((file, there))
        };
        let (file, there) = open().map_err(|error| from_io(&error))?;
        let to = self.path(id, "");
        Ok((Writer { file, from, to }, there))
    }

    /// Up to `length` bytes from `offset`; `None` without the file.
    pub(crate) fn read(
        &self,
        id: ItemId,
        offset: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let read = || -> io::Result<Vec<u8>> {
            let mut file = File::open(self.path(id, ""))?;
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::new();
            file.take(length as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        match read() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(from_io(&error)),
        }
    }

    pub(crate) fn remove(&self, id: ItemId) -> Result<(), StoreError> {
        ["", PART]
            .into_iter()
            .try_for_each(|suffix| remove_if_there(&self.path(id, suffix)))
            .map_err(|error| from_io(&error))
    }

    /// Removes what no row knows: `whole` files belong here, of `coming` ones what came so far.
    pub(crate) fn sweep(
        &self,
        whole: &BTreeSet<ItemId>,
        coming: &BTreeSet<ItemId>,
        strays: Strays,
    ) -> Result<(), StoreError> {
        let sweep = || -> io::Result<()> {
            if !self.folder.exists() {
                return Ok(());
            }
            for found in fs::read_dir(&self.folder)? {
                let found = found?;
                let name = found.file_name().to_string_lossy().into_owned();
                let belongs = match name.strip_suffix(PART) {
                    Some(id) => id.parse().is_ok_and(|id| coming.contains(&id)),
                    None if name.contains('.') => false,
                    None => {
                        strays == Strays::Keep || name.parse().is_ok_and(|id| whole.contains(&id))
                    }
                };
                if !belongs {
                    remove_if_there(&found.path())?;
                }
            }
            Ok(())
        };
        sweep().map_err(|error| from_io(&error))
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

struct Writer {
    file: File,
    from: PathBuf,
    to: PathBuf,
}

impl FileWriter for Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(bytes).map_err(|error| from_io(&error))
    }

    fn digest(&mut self) -> Result<[u8; 32], StoreError> {
        let mut hash = Sha256::new();
        let mut read = || -> io::Result<()> {
            let mut file = File::open(&self.from)?;
            let mut bytes = vec![0; 64 * 1024];
            loop {
                match file.read(&mut bytes)? {
                    0 => return Ok(()),
                    read => hash.update(bytes.get(..read).unwrap_or_default()),
                }
            }
        };
        read().map_err(|error| from_io(&error))?;
        Ok(hash.finalize().into())
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        let finish = || -> io::Result<()> {
            self.file.sync_all()?;
            fs::rename(&self.from, &self.to)?;
            sync_parent(&self.to)
        };
        finish().map_err(|error| from_io(&error))
    }

    fn abandon(self: Box<Self>) -> Result<(), StoreError> {
        remove_if_there(&self.from).map_err(|error| from_io(&error))
    }
}
