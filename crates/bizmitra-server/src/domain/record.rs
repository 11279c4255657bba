//! Reads an item and says whether it is a record that this very device signed. Pure: nothing is looked up.

use bizmitra_contract::blob::{MAX_PER_ITEM, MAX_SIZE};
use bizmitra_contract::encoding::Bytes32;
use bizmitra_contract::file::{MAX_NAME, SEALED_KEY};
use bizmitra_contract::record::{File, Record, RecordBody, VERSION};
use bizmitra_contract::signing::ED25519;
use bizmitra_contract::sync::{BatchItem, VerdictCode};
use serde::Deserialize;

use super::correction::is_askable;
use crate::signed::{holds, key_id, record_hash, record_message};
use crate::storage::device::Device;

/// The only item kind of this version.
const KIND: &str = "record";
/// Most signatures of a record.
const MAX_SIGNATURES: usize = 4;
/// Places of a chain end before what the database can count to, with room for the one after.
const MAX_SEQ: u64 = i64::MAX.unsigned_abs() - 1;

/// A record that holds.
#[derive(Debug)]
pub(crate) struct VerifiedRecord {
    pub(crate) record: Record,
    pub(crate) hash: Bytes32,
    /// Signed by the presence key too.
    pub(crate) presence: bool,
}

/// What every version of a record says about itself.
#[derive(Deserialize)]
struct Head {
    v: u32,
    kind: String,
}

/// Verifies an item, whose payload held these bytes, against the device that sends it.
pub(crate) fn verify(
    item: &BatchItem,
    bytes: &[u8],
    device: &Device,
) -> Result<VerifiedRecord, VerdictCode> {
    if item.kind != KIND || item.v != VERSION {
        return Err(VerdictCode::UnknownKind);
    }
    let hash = record_hash(bytes);
    if hash != item.hash {
        return Err(VerdictCode::Validation);
    }
    let record = read(bytes)?;
    if record.v != VERSION {
        return Err(VerdictCode::UnknownKind);
    }
    if record.company != device.company
        || record.employee != device.employee
        || record.device != device.id
    {
        return Err(VerdictCode::Forbidden);
    }
    let same_place = record.id == item.id
        && record.chain_id == item.chain_id
        && record.seq == item.seq
        && record.prev_hash == item.prev_hash;
    let starts_right = (record.seq == 1) == (record.prev_hash == Bytes32([0; 32]));
    let countable = (1..=MAX_SEQ).contains(&record.seq);
    let follows_another = record.follows.is_none_or(|end| {
        let is_place = (1..=MAX_SEQ).contains(&end.seq);
        record.seq == 1 && end.chain_id != record.chain_id && is_place
    });
    let in_chain = same_place && starts_right && follows_another && countable;
    if !in_chain || item.blobs.len() > MAX_PER_ITEM {
        return Err(VerdictCode::Validation);
    }
    if let RecordBody::Correction(correction) = &record.body
        && !is_askable(correction)
    {
        return Err(VerdictCode::Validation);
    }
    if let RecordBody::File(file) = &record.body {
        check_file(item, file)?;
    }
    let presence = check_signatures(item, hash, device)?;
    if !presence && needs_presence(&record.body) {
        return Err(VerdictCode::Validation);
    }
    Ok(VerifiedRecord {
        record,
        hash,
        presence,
    })
}

fn read(bytes: &[u8]) -> Result<Record, VerdictCode> {
    serde_json::from_slice(bytes).map_err(|_| match serde_json::from_slice::<Head>(bytes) {
        // A kind or version of a newer app, not a broken record.
        Ok(head) if head.v != VERSION || !is_known(&head.kind) => VerdictCode::UnknownKind,
        _ => VerdictCode::Validation,
    })
}

fn is_known(kind: &str) -> bool {
    matches!(
        kind,
        "check_in"
            | "check_out"
            | "break_start"
            | "break_end"
            | "evidence"
            | "withdrawal"
            | "consent"
            | "correction"
            | "file"
    )
}

/// Taps, withdrawals, consent and corrections are a person's own words; evidence alone a locked phone may state. Because a tap
/// always has it, evidence signed by the device alone is only ever joined to a tap signed with presence.
fn needs_presence(body: &RecordBody) -> bool {
    match body {
        RecordBody::CheckIn(_)
        | RecordBody::CheckOut(_)
        | RecordBody::BreakStart(_)
        | RecordBody::BreakEnd(_)
        | RecordBody::Withdrawal(_)
        | RecordBody::Consent(_)
        | RecordBody::Correction(_)
        | RecordBody::File(_) => true,
        RecordBody::Evidence(_) => false,
    }
}

/// A file is of a size that is taken, and its blob has the id of its record.
fn check_file(item: &BatchItem, file: &File) -> Result<(), VerdictCode> {
    let named = item.blobs.iter().all(|blob| blob.0 == item.id.0);
    let is_short = |name: &String| name.chars().count() <= MAX_NAME;
    let sizes = file.length <= MAX_SIZE && file.plain_length < file.length;
    let key = file.key.0.len() == SEALED_KEY;
    let words = file.name.as_ref().is_none_or(is_short) && is_short(&file.media_type);
    if named && sizes && key && words {
        Ok(())
    } else {
        Err(VerdictCode::Validation)
    }
}

/// The device key must have signed; a presence signature must hold when it is there. Says whether it is there.
fn check_signatures(item: &BatchItem, hash: Bytes32, device: &Device) -> Result<bool, VerdictCode> {
    if item.sigs.len() > MAX_SIGNATURES {
        return Err(VerdictCode::Validation);
    }
    let message = record_message(device.company, hash);
    let signed_by = |key: &[u8; 32]| {
        let id = key_id(key);
        let mut sigs = item.sigs.iter().filter(|sig| sig.key_id == id).peekable();
        sigs.peek()?;
        Some(sigs.all(|sig| sig.alg == ED25519 && holds(key, &message, &sig.sig)))
    };
    match (
        signed_by(&device.device_key),
        signed_by(&device.presence_key),
    ) {
        (Some(true), Some(true)) => Ok(true),
        (Some(true), None) => Ok(false),
        _ => Err(VerdictCode::Validation),
    }
}
