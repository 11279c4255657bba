//! Who uses a data folder: any number of servers and commands at once, or one restore alone.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

const NAME: &str = "lock";

/// A hold on a data folder; ends with the process at the latest.
#[derive(Debug)]
pub(crate) struct DataLock(#[expect(dead_code, reason = "held, never read")] File);

impl DataLock {
    /// To use it; `None` while it is being restored.
    pub(crate) fn shared(data: &Path) -> io::Result<Option<Self>> {
        Self::take(data, File::try_lock_shared)
    }

    /// To exchange what is in it; `None` while anybody uses it.
    pub(crate) fn alone(data: &Path) -> io::Result<Option<Self>> {
        Self::take(data, File::try_lock)
    }

    fn take(
        data: &Path,
        take: impl FnOnce(&File) -> Result<(), TryLockError>,
    ) -> io::Result<Option<Self>> {
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(data.join(NAME))?;
        match take(&file) {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
