//! A keystore that ends with its process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bizmitra_core::keys::{Keystore, KeystoreError, Secret};

/// Entries in memory, shared by its clones: a test keeps one across a "restart". Nothing on disk, so nothing but tests can use it.
#[derive(Clone, Default)]
pub struct MemoryKeystore {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    entries: BTreeMap<String, Secret>,
    failure: Option<KeystoreError>,
}

impl MemoryKeystore {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every call fails like this from now on; `None` heals it.
    pub fn fail_with(&self, failure: Option<KeystoreError>) {
        self.lock().failure = failure;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<std::sync::MutexGuard<'_, State>, KeystoreError> {
        let state = self.lock();
        match state.failure {
            Some(failure) => Err(failure),
            None => Ok(state),
        }
    }
}

impl Keystore for MemoryKeystore {
    fn load(&self, name: &str) -> Result<Option<Secret>, KeystoreError> {
        Ok(self.open()?.entries.get(name).cloned())
    }

    fn save(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        self.open()?
            .entries
            .insert(name.to_owned(), Secret::new(secret.to_vec()));
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), KeystoreError> {
        self.open()?.entries.remove(name);
        Ok(())
    }
}
