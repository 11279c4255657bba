//! The batch and its verdicts.

use std::collections::BTreeMap;

use bizmitra_contract as contract;
use contract::encoding::{Bytes, Bytes32, Bytes64};
use contract::ids;
use contract::statement::Receipt;
use contract::sync::{
    BatchItem, BatchRequest, BatchResponse, ItemResult, RecordSig, Verdict, VerdictCode,
};
use uuid::Uuid;

use super::standing::{LeaseRead, WipeRead, open_lease, open_wipe};
use super::{AnchorRead, WireError, decode, encode, open_anchor};
use crate::enrolment::Enrolment;
use crate::ids::{DeviceId, ItemId};
use crate::keys::Message;
use crate::outbox::{OutboxItem, Outcome, ParkReason};
use crate::planted::{self, Bug};

/// What an answer means for one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchRead {
    /// It changes.
    Outcome(Outcome),
    /// Unchanged; not before this long.
    Later {
        /// The server's wish, milliseconds.
        retry_after_ms: Option<u64>,
    },
}

/// A well-formed answer of our own server. Items that are not in it are unchanged, as if the answer was lost.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchAnswer {
    /// By item.
    pub items: Vec<(ItemId, BatchRead)>,
    /// Changes after a restore from backup.
    pub server_epoch: u64,
    /// Server's clock.
    pub anchor: AnchorRead,
    /// A lease for this device. One that does not verify is not there.
    pub lease: Option<LeaseRead>,
    /// An order for this device. One that does not verify is not there.
    pub wipe: Option<WipeRead>,
}

/// The body of a batch.
///
/// # Errors
/// [`WireError::Encode`].
pub fn encode_batch(
    request: Uuid,
    acked_through: u64,
    items: &[OutboxItem],
) -> Result<Vec<u8>, WireError> {
    encode(&BatchRequest {
        req_id: ids::RequestId(request),
        acked_through,
        items: items.iter().map(batch_item).collect(),
    })
}

fn batch_item(item: &OutboxItem) -> BatchItem {
    BatchItem {
        id: ids::ItemId(item.id.0),
        kind: "record".to_owned(),
        v: 1,
        content_type: item.content_type.clone(),
        chain_id: ids::ChainId(item.chain.0),
        seq: item.seq,
        prev_hash: Bytes32(item.prev_hash),
        hash: Bytes32(item.hash),
        sigs: item
            .sigs
            .iter()
            .map(|(key_id, sig)| RecordSig {
                key_id: key_id.clone(),
                alg: contract::signing::ED25519.to_owned(),
                sig: Bytes64(*sig),
            })
            .collect(),
        payload: Bytes(item.payload.clone()),
        blobs: Vec::new(),
    }
}

/// Reads an answer: the request's own id, no ids that were not sent. An item whose receipt does not
/// verify, or names other bytes than were sent, is not in the result.
///
/// # Errors
/// When it is not the answer of our server to this request. Nothing changes then.
pub fn decode_batch(
    body: &[u8],
    request: Uuid,
    sent: &[OutboxItem],
    enrolment: &Enrolment,
    device: DeviceId,
) -> Result<BatchAnswer, WireError> {
    let answer: BatchResponse = decode(body)?;
    if answer.req_id.0 != request {
        return Err(WireError::Mismatch);
    }
    let anchor = open_anchor(
        &answer.anchor,
        enrolment.company,
        device,
        &enrolment.server_key,
    )?;
    let sent: BTreeMap<Uuid, &OutboxItem> = sent.iter().map(|item| (item.id.0, item)).collect();
    let mut items = Vec::with_capacity(answer.results.len());
    for result in &answer.results {
        let item = sent.get(&result.id.0).ok_or(WireError::Mismatch)?;
        if let Some(read) = read_verdict(result, item, enrolment) {
            items.push((item.id, read));
        }
    }
    let lease = answer
        .lease
        .and_then(|lease| open_lease(&lease, enrolment, device, &request.to_string()).ok());
    let wipe = answer
        .wipe
        .and_then(|wipe| open_wipe(&wipe, enrolment, device).ok());
    Ok(BatchAnswer {
        items,
        server_epoch: answer.server_epoch,
        anchor,
        lease,
        wipe,
    })
}

fn read_verdict(
    result: &ItemResult,
    item: &OutboxItem,
    enrolment: &Enrolment,
) -> Option<BatchRead> {
    match result.verdict {
        Verdict::Applied | Verdict::Duplicate => {
            // A receipt that does not hold is no verdict: this item is unchanged, its neighbours are not touched.
            let receipt = result.receipt.as_ref()?;
            let holds = check_receipt(receipt, item, enrolment).is_ok();
            (holds || planted::is(Bug::TrustsReceipts)).then_some(())?;
            Some(BatchRead::Outcome(Outcome::Acked {
                receipt: encode(receipt).ok()?,
                received_at_ms: receipt.received_at_ms,
            }))
        }
        Verdict::Retry | Verdict::Blocked => Some(BatchRead::Later {
            retry_after_ms: result.retry_after_ms,
        }),
        Verdict::Rejected => Some(BatchRead::Outcome(Outcome::Parked(match result.code {
            Some(VerdictCode::UnknownKind) => ParkReason::UnknownKind,
            Some(VerdictCode::Forbidden) => ParkReason::Forbidden,
            _ => ParkReason::Validation,
        }))),
        Verdict::Conflict => Some(BatchRead::Outcome(Outcome::Parked(ParkReason::Conflict))),
        Verdict::Unknown => None,
    }
}

fn check_receipt(
    receipt: &Receipt,
    item: &OutboxItem,
    enrolment: &Enrolment,
) -> Result<(), WireError> {
    if receipt.item.0 != item.id.0
        || receipt.record_hash.0 != item.hash
        || receipt.chain_id.0 != item.chain.0
    {
        return Err(WireError::Mismatch);
    }
    let message = Message::new(contract::signing::RECEIPT, enrolment.company)
        .field(receipt.item.0.as_bytes())
        .field(&receipt.record_hash.0)
        .signed(receipt.received_at_ms)
        .field(receipt.chain_id.0.as_bytes())
        .number(receipt.head_seq)
        .field(&receipt.head_hash.0);
    let key = &enrolment.server_key;
    if receipt.key_id == key.key_id() && key.verifies(message.bytes(), &receipt.sig.0) {
        Ok(())
    } else {
        Err(WireError::Signature)
    }
}
