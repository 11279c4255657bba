//! Small values as they are on disk: a tap asks for half a dozen of them.
//!
//! True because this process holds the store alone (the lock file). A value is read and kept under one lock, and forgotten
//! after each write that may have changed it, whether or not it succeeded: a reader never keeps what a writer replaced.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bizmitra_core::store::{FeedKind, Key, StoreError};

#[derive(Default)]
pub(crate) struct Cache {
    settings: Mutex<HashMap<Key, Option<Vec<u8>>>>,
    feed: Mutex<HashMap<FeedKind, Vec<Vec<u8>>>>,
}

impl Cache {
    /// A setting, read if it is not kept.
    pub(crate) fn setting(
        &self,
        key: Key,
        read: impl FnOnce() -> Result<Option<Vec<u8>>, StoreError>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        kept(&self.settings, key, read)
    }

    /// Values of the feed, read if they are not kept.
    pub(crate) fn feed(
        &self,
        kind: FeedKind,
        read: impl FnOnce() -> Result<Vec<Vec<u8>>, StoreError>,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        kept(&self.feed, kind, read)
    }

    /// It was written, or may have been.
    pub(crate) fn forget_setting(&self, key: Key) {
        locked(&self.settings).remove(&key);
    }

    /// Nothing is what it was.
    pub(crate) fn forget_all(&self) {
        locked(&self.settings).clear();
        self.forget_feed();
    }

    /// They were written, or may have been.
    pub(crate) fn forget_feed(&self) {
        locked(&self.feed).clear();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn kept<K: Eq + std::hash::Hash, V: Clone>(
    values: &Mutex<HashMap<K, V>>,
    key: K,
    read: impl FnOnce() -> Result<V, StoreError>,
) -> Result<V, StoreError> {
    let mut values = locked(values);
    if let Some(value) = values.get(&key) {
        return Ok(value.clone());
    }
    let value = read()?;
    values.insert(key, value.clone());
    Ok(value)
}
