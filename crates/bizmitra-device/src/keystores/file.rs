//! A keystore in plain files, for scripts and load simulation.
//!
//! It protects nothing: whoever copies the data folder has the keys with it. It exists because a headless machine has no
//! Secret Service; the application is built without this feature.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use bizmitra_core::keys::{Keystore, KeystoreError, Secret};

/// One file an entry, hexadecimal, readable by its owner only.
#[derive(Debug, Clone)]
pub struct FileKeystore {
    folder: PathBuf,
}

impl FileKeystore {
    /// Keys in this folder. Says loudly, each time, that they are not protected.
    #[must_use]
    pub fn open(folder: impl Into<PathBuf>) -> Self {
        tracing::warn!(
            "keys lie in plain files: whoever copies them is this device. For scripts and tests only"
        );
        Self {
            folder: folder.into(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }
}

impl Keystore for FileKeystore {
    fn load(&self, name: &str) -> Result<Option<Secret>, KeystoreError> {
        match fs::read_to_string(self.path(name)) {
            Ok(text) => hex::decode(text.trim())
                .map(|bytes| Some(Secret::new(bytes)))
                .map_err(|_| KeystoreError::Damaged),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(KeystoreError::Damaged),
            Err(error) => Err(classify_io(&error)),
        }
    }

    fn save(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        write_whole(
            &self.folder,
            &self.path(name),
            hex::encode(secret).as_bytes(),
        )
        .map_err(|error| classify_io(&error))
    }

    fn remove(&self, name: &str) -> Result<(), KeystoreError> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(classify_io(&error)),
            _ => Ok(()),
        }
    }
}

/// Old or new after a kill or a power cut, never half.
fn write_whole(folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    let draft = path.with_extension("draft");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    Ok(())
}

fn classify_io(error: &std::io::Error) -> KeystoreError {
    match error.kind() {
        ErrorKind::PermissionDenied => KeystoreError::Refused,
        _ => KeystoreError::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded_and_a_missing_entry_is_not_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileKeystore::open(folder.path().join("keys"));
        assert!(store.load("device-secret").unwrap().is_none());
        store.save("device-secret", &[7; 32]).unwrap();
        assert_eq!(
            store.load("device-secret").unwrap().unwrap().expose(),
            &[7; 32]
        );
        store.remove("device-secret").unwrap();
        store.remove("device-secret").unwrap();
        assert!(store.load("device-secret").unwrap().is_none());
    }

    #[test]
    fn a_damaged_entry_is_not_a_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("device-secret.key"), "not hex").unwrap();
        let answer = FileKeystore::open(folder.path()).load("device-secret");
        assert_eq!(answer.err(), Some(KeystoreError::Damaged));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        FileKeystore::open(folder.path())
            .save("device-secret", &[7; 32])
            .unwrap();
        let mode = fs::metadata(folder.path().join("device-secret.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
