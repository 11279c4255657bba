//! One change of an upload at a time: file and row move together.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bizmitra_contract::ids::BlobId;

/// A fixed number of locks: uploads come and go without a book of them. Two uploads on one lock wait for each other a
/// little; that is all.
pub(crate) struct UploadLocks([Mutex<()>; 64]);

impl Default for UploadLocks {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

impl UploadLocks {
    /// Waits for the lock of an upload. Never taken twice by one request.
    pub(crate) fn lock(&self, blob: BlobId) -> MutexGuard<'_, ()> {
        let lot = blob.0.as_u128() % self.0.len() as u128;
        let lock = usize::try_from(lot)
            .ok()
            .and_then(|lot| self.0.get(lot))
            .unwrap_or_else(|| {
                let [first, ..] = &self.0;
                first
            });
        // It guards no data that a panic could leave half changed.
        lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
