//! What needs the person.

use bizmitra_core::ids::ItemId;

use super::Device;
use crate::error::DeviceError;
use crate::views::{Attention, AttentionReason};

impl Device {
    /// What needs the person: refused records, and entries whose copy at the server differs from what was signed here.
    ///
    /// # Errors
    /// Locked, or of the store.
    pub fn attention(&self) -> Result<Vec<Attention>, DeviceError> {
        let inner = &self.inner;
        let (_, opened) = inner.unlocked()?;
        let columns = &*opened.columns;
        let mut list = Vec::new();
        for (item, reason) in inner.store.parked()? {
            let about = inner
                .store
                .record(columns, item.id)?
                .and_then(|stored| record_about(&stored.bytes?))
                .unwrap_or(item.id);
            list.push(Attention {
                id: item.id,
                reason: AttentionReason::Parked(reason),
                entry: inner.store.entry(columns, about)?,
            });
        }
        for entry in inner.store.alarms(columns)? {
            list.push(Attention {
                id: entry.tap.id,
                reason: AttentionReason::Tampered,
                entry: Some(entry),
            });
        }
        Ok(list)
    }

    /// Sends a parked item again.
    ///
    /// # Errors
    /// Locked, or [`DeviceError::NotFound`] when it is not parked.
    pub fn retry(&self, id: ItemId) -> Result<(), DeviceError> {
        self.inner.unlocked()?;
        if !self.inner.store.unpark(id)? {
            return Err(DeviceError::NotFound);
        }
        self.inner.after_append();
        Ok(())
    }
}

/// The tap that a record is about, when it is about one.
fn record_about(bytes: &[u8]) -> Option<ItemId> {
    let record: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    record.get("about")?.as_str()?.parse().ok()
}
