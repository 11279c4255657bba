//! Data folders, copied and put back.

use std::io::Result;
use std::path::Path;

use tempfile::TempDir;

/// A copy of a folder.
///
/// # Errors
/// Of the disk.
pub fn copy_of(folder: &Path) -> Result<TempDir> {
    let copy = tempfile::tempdir()?;
    copy_into(folder, copy.path())?;
    Ok(copy)
}

/// Copies what lies in one folder into another.
///
/// # Errors
/// Of the disk.
pub fn copy_into(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_into(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Puts a copy in the place of a folder.
///
/// # Errors
/// Of the disk.
pub fn put_back(copy: &Path, folder: &Path) -> Result<()> {
    std::fs::remove_dir_all(folder)?;
    copy_into(copy, folder)
}
