//! Receipts as the store keeps them, for the export.

use bizmitra_contract::statement::Receipt;

use super::decode;
use crate::export::{ExportedReceipt, Fixed};
use crate::ids::{ChainId, ItemId};

/// What the server signed, from the receipt's JSON; `None` when it cannot be read.
pub fn exported_receipt(json: &[u8]) -> Option<ExportedReceipt> {
    let receipt: Receipt = decode(json).ok()?;
    Some(ExportedReceipt {
        item: ItemId(receipt.item.0),
        record_hash: Fixed(receipt.record_hash.0),
        received_at_ms: receipt.received_at_ms,
        chain_id: ChainId(receipt.chain_id.0),
        head_seq: receipt.head_seq,
        head_hash: Fixed(receipt.head_hash.0),
        key_id: receipt.key_id,
        sig: Fixed(receipt.sig.0),
    })
}
