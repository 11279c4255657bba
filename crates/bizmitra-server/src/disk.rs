//! Folders and files of our own: for nobody else to read, and on disk when a call returns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// A folder, if it is not there.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Ok(()) => {
            restrict(folder, 0o700)?;
            sync_parent(folder)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// For its owner alone.
#[cfg(unix)]
pub(crate) fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

/// For its owner alone.
#[cfg(not(unix))]
pub(crate) fn restrict(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Puts a name on disk that was made or removed.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => sync_folder(Path::new(".")),
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    }
}

/// The same for all names in a folder.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// A small file; what had its name is gone.
pub(crate) fn put(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut out = create(file)?;
    out.write_all(bytes)?;
    out.sync_all()
}

/// At most `most` bytes of a file; says how many and their SHA-256.
pub(crate) fn copy(from: &Path, to: &Path, most: u64) -> io::Result<(u64, [u8; 32])> {
    let source = File::open(from)?;
    let mut out = create(to)?;
    let copied = stream(source, &mut out, most)?;
    out.sync_all()?;
    Ok(copied)
}

/// Length and SHA-256 of a file.
pub(crate) fn measure(file: &Path) -> io::Result<(u64, [u8; 32])> {
    stream(File::open(file)?, &mut io::sink(), u64::MAX)
}

fn stream(from: File, to: &mut impl io::Write, most: u64) -> io::Result<(u64, [u8; 32])> {
    let mut from = from.take(most);
    let mut hash = Sha256::new();
    let (mut piece, mut bytes) = (vec![0; 1 << 16], 0);
    loop {
        let read = from.read(&mut piece)?;
        let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else {
            return Ok((bytes, hash.finalize().into()));
        };
        hash.update(read);
        to.write_all(read)?;
        bytes += read.len() as u64;
    }
}

fn create(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}
