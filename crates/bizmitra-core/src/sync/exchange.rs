//! What a good exchange leaves behind: the time, the epoch of the server, when it was.

use super::anchor::Anchor;
use super::engine::Engine;
use crate::clock::Reading;
use crate::planted::{self, Bug};
use crate::store::{Key, StoreError};
use crate::wire::AnchorRead;

impl Engine {
    pub(super) fn note_good(
        &self,
        read: AnchorRead,
        epoch: u64,
        before: &Reading,
        after: &Reading,
    ) -> Result<(), StoreError> {
        let store = &self.parts.store;
        self.note_anchor(read, before, after)?;
        self.note_epoch(epoch)?;
        store.put(Key::LastGood, after.wall_ms.to_string().as_bytes())
    }

    /// Another epoch means that the server was restored from a backup: what it confirmed since may be gone from it, so all of
    /// it is offered again. What it still has it answers as a duplicate.
    pub(super) fn note_epoch(&self, epoch: u64) -> Result<(), StoreError> {
        let store = &self.parts.store;
        let known = store.get(Key::ServerEpoch)?;
        let epoch = epoch.to_string().into_bytes();
        if known.as_deref() == Some(&epoch) {
            return Ok(());
        }
        if known.is_some() && !planted::is(Bug::IgnoresEpoch) {
            store.offer_again()?;
            self.offer_files_again()?;
            store.reset_feed()?;
        }
        store.put(Key::ServerEpoch, &epoch)
    }

    /// Keeps a time statement when it is worth a write.
    ///
    /// # Errors
    /// Of the store.
    pub fn note_anchor(
        &self,
        read: AnchorRead,
        before: &Reading,
        after: &Reading,
    ) -> Result<(), StoreError> {
        let Some(anchor) = Anchor::from_exchange(read, before, after) else {
            return Ok(());
        };
        let known = self.anchor()?;
        if known.is_none_or(|known| known.should_replace(&anchor)) {
            let json = serde_json::to_vec(&anchor)
                .map_err(|error| StoreError::Failed(error.to_string()))?;
            self.parts.store.put(Key::Anchor, &json)?;
        }
        Ok(())
    }

    /// The last time statement.
    ///
    /// # Errors
    /// Of the store.
    pub fn anchor(&self) -> Result<Option<Anchor>, StoreError> {
        Ok(self
            .parts
            .store
            .get(Key::Anchor)?
            .and_then(|json| serde_json::from_slice(&json).ok()))
    }
}
