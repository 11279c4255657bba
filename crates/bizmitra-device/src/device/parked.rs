//! What needs the person, and records as text to keep.

use bizmitra_core::ids::ItemId;
use bizmitra_core::store::StoredRecord;

use super::Device;
use super::inner::Inner;
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

    /// One record with its receipt, as a line of JSON.
    ///
    /// # Errors
    /// Locked, or no such record.
    pub fn export_item(&self, id: ItemId) -> Result<String, DeviceError> {
        let (_, opened) = self.inner.unlocked()?;
        let stored = self
            .inner
            .store
            .record(&opened.columns, id)?
            .ok_or(DeviceError::NotFound)?;
        self.inner.export_line(&stored)
    }

    /// All records with their receipts, a line of JSON each, in the order of the chain: verifiable without the server.
    ///
    /// # Errors
    /// Locked, or of the store.
    pub fn export(&self) -> Result<String, DeviceError> {
        let (_, opened) = self.inner.unlocked()?;
        let mut lines = String::new();
        for id in self.inner.store.record_ids()? {
            if let Some(stored) = self.inner.store.record(&opened.columns, id)? {
                lines.push_str(&self.inner.export_line(&stored)?);
                lines.push('\n');
            }
        }
        Ok(lines)
    }
}

impl Inner {
    /// The exact bytes (base64url) with hash, signatures and receipt: all that a check needs.
    pub(super) fn export_line(&self, stored: &StoredRecord) -> Result<String, DeviceError> {
        use base64::Engine as _;
        let text = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        let item = &stored.item;
        let receipt: Option<serde_json::Value> = stored
            .receipt
            .as_deref()
            .and_then(|json| serde_json::from_slice(json).ok());
        let record: Option<serde_json::Value> = stored
            .bytes
            .as_deref()
            .and_then(|bytes| serde_json::from_slice(bytes).ok());
        let sigs: Vec<_> = item.sigs.iter().map(|(key_id, sig)| serde_json::json!({ "key_id": key_id, "alg": "ed25519", "sig": text(sig) })).collect();
        serde_json::to_string(&serde_json::json!({
            "id": item.id,
            "chain_id": item.chain,
            "seq": item.seq,
            "prev_hash": text(&item.prev_hash),
            "hash": text(&item.hash),
            "payload": stored.bytes.as_deref().map(text),
            "record": record,
            "sigs": sigs,
            "receipt": receipt,
        }))
        .map_err(|_| DeviceError::Internal("a record could not be encoded"))
    }
}

/// The tap that a record is about, when it is about one.
fn record_about(bytes: &[u8]) -> Option<ItemId> {
    let record: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    record.get("about")?.as_str()?.parse().ok()
}
