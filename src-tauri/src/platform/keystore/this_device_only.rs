//! On an iPhone: every entry "after first unlock, this device only", so that none travels in a backup and the queue can
//! drain behind a locked screen. The platform store's own default allows neither.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use keyring_core::api::CredentialStoreApi;
use keyring_core::{CredentialPersistence, CredentialStore, Entry, Result};

/// A store that adds the access policy to each entry it builds.
#[derive(Debug)]
pub struct ThisDeviceOnly(Arc<CredentialStore>);

impl ThisDeviceOnly {
    /// Around the platform's store.
    pub fn new(inner: Arc<CredentialStore>) -> Self {
        Self(inner)
    }
}

impl CredentialStoreApi for ThisDeviceOnly {
    fn vendor(&self) -> String {
        self.0.vendor()
    }

    fn id(&self) -> String {
        self.0.id()
    }

    fn build(
        &self,
        service: &str,
        user: &str,
        modifiers: Option<&HashMap<&str, &str>>,
    ) -> Result<Entry> {
        let mut modifiers = modifiers.cloned().unwrap_or_default();
        modifiers.insert("access-policy", "after-first-unlock-this-device-only");
        self.0.build(service, user, Some(&modifiers))
    }

    fn search(&self, spec: &HashMap<&str, &str>) -> Result<Vec<Entry>> {
        self.0.search(spec)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn persistence(&self) -> CredentialPersistence {
        self.0.persistence()
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Remembers what it was asked to build.
    #[derive(Debug, Default)]
    struct Recording(Mutex<Vec<String>>);

    impl CredentialStoreApi for Recording {
        fn vendor(&self) -> String {
            "recording".into()
        }

        fn id(&self) -> String {
            "recording".into()
        }

        fn build(
            &self,
            _: &str,
            user: &str,
            modifiers: Option<&HashMap<&str, &str>>,
        ) -> Result<Entry> {
            let policy = modifiers
                .and_then(|modifiers| modifiers.get("access-policy"))
                .copied()
                .unwrap_or_default();
            self.0.lock().unwrap().push(format!("{user} {policy}"));
            Err(keyring_core::Error::NoEntry)
        }

        fn as_any(&self) -> &dyn Any {
            self
        }

        fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Debug::fmt(self, f)
        }
    }

    #[test]
    fn every_entry_is_bound_to_this_device() {
        let inner = Arc::new(Recording::default());
        let store = ThisDeviceOnly::new(Arc::clone(&inner) as Arc<CredentialStore>);
        assert!(
            store
                .build("io.bizmitra.client", "device-secret", None)
                .is_err()
        );
        assert_eq!(
            *inner.0.lock().unwrap(),
            ["device-secret after-first-unlock-this-device-only"]
        );
    }
}
