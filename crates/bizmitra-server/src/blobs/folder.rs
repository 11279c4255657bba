//! The folder itself: appending so that a crash at any moment leaves what was acknowledged, and nothing that counts besides.

use std::fs::{self, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::reader::Reader;
use super::segment::{End, Extent, FileKey, SEGMENT};
use crate::disk::{make_folder, sync_parent};
use crate::keys::KeysError;

/// Why bytes could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlobError {
    /// The disk refused or failed.
    #[error("blob file cannot be read or written")]
    Io(#[from] io::Error),
    /// What is there is not what was written.
    #[error("blob file is damaged")]
    Damaged,
    /// A key could not be had.
    #[error("key of a blob file is not to be had")]
    Keys(#[from] KeysError),
}

/// The open folder.
#[derive(Debug)]
pub(crate) struct BlobFolder {
    root: PathBuf,
}

impl BlobFolder {
    /// Opens the folder; makes it when there is none.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        make_folder(root)?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// Two levels, so that no folder grows without limit. Names say nothing: ids of files are random.
    fn path(&self, id: [u8; 16]) -> PathBuf {
        let name = hex::encode(id);
        let shelf: String = name.chars().take(2).collect();
        self.root.join(shelf).join(name)
    }

    /// Adds bytes behind what was acknowledged. When this returns, they are on disk.
    ///
    /// What lies behind `have` came from an append that was never acknowledged, and is cut off.
    pub(crate) fn append(
        &self,
        file: &FileKey,
        have: Extent,
        bytes: &[u8],
    ) -> Result<Extent, BlobError> {
        let mut sealed = Vec::with_capacity(bytes.len() + bytes.len() / 512 + 64);
        let mut extent = have;
        for piece in bytes.chunks(SEGMENT) {
            file.seal_onto(&mut sealed, &mut extent, piece, End::No)?;
        }
        self.write(file, have, &sealed)?;
        Ok(extent)
    }

    /// Marks the end of a file that is whole.
    pub(crate) fn finish(&self, file: &FileKey, have: Extent) -> Result<Extent, BlobError> {
        let (mut sealed, mut extent) = (Vec::new(), have);
        file.seal_onto(&mut sealed, &mut extent, &[], End::Yes)?;
        self.write(file, have, &sealed)?;
        Ok(extent)
    }

    fn write(&self, file: &FileKey, have: Extent, sealed: &[u8]) -> Result<(), BlobError> {
        let path = self.path(file.id());
        let is_new = have.stored == 0;
        if let Some(shelf) = path.parent().filter(|_| is_new) {
            make_folder(shelf)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(is_new).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options.open(&path)?;
        let there = out.metadata()?.len();
        if there < have.stored {
            return Err(BlobError::Damaged);
        }
        if there > have.stored {
            out.set_len(have.stored)?;
        }
        let written = out
            .seek(SeekFrom::Start(have.stored))
            .and_then(|_| out.write_all(sealed))
            .and_then(|()| out.sync_data());
        if let Err(error) = written {
            // Gives the space back; the next append would cut it off as well.
            if let Err(error) = out.set_len(have.stored) {
                tracing::warn!(error = %error, "a failed append could not be taken back yet");
            }
            return Err(error.into());
        }
        if is_new {
            sync_parent(&path)?;
        }
        Ok(())
    }

    /// Whether at least what was acknowledged is there.
    pub(crate) fn holds(&self, id: [u8; 16], have: Extent) -> Result<bool, BlobError> {
        match fs::metadata(self.path(id)) {
            Ok(found) => Ok(found.len() >= have.stored),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(have.stored == 0),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a file that is not complete yet.
    pub(crate) fn read_open(&self, file: FileKey, have: Extent) -> Result<Reader, BlobError> {
        if have.stored == 0 {
            return Ok(Reader::empty(file));
        }
        Reader::open(&self.path(file.id()), file, have, End::No)
    }

    /// Opens a complete file; refuses one that was cut, extended or put in another order.
    pub(crate) fn read_whole(&self, file: FileKey, have: Extent) -> Result<Reader, BlobError> {
        Reader::open(&self.path(file.id()), file, have, End::Yes)
    }

    /// Removes a file, whether or not it is there.
    pub(crate) fn remove(&self, id: [u8; 16]) -> Result<(), BlobError> {
        let path = self.path(id);
        match fs::remove_file(&path) {
            Ok(()) => Ok(sync_parent(&path)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
