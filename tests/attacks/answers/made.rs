//! What our server says, made here with a key of the test's.

use bizmitra_contract::encoding::{Bytes, Bytes32, Bytes64};
use bizmitra_contract::statement::{Receipt, SignedStatement};
use bizmitra_contract::{ids, signing};
use bizmitra_core::enrolment::{Enrolment, Stage};
use bizmitra_core::ids::{ChainId, CompanyId, DeviceId, EmployeeId, ItemId};
use bizmitra_core::keys::PublicKey;
use bizmitra_core::outbox::OutboxItem;
use bizmitra_core::wire::{BatchRead, WireError, decode_batch, decode_changes};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use uuid::Uuid;

use bizmitra_core::seal::{OpeningKey, SealingKey};
use zeroize::Zeroizing;

use crate::device::message;

pub const COMPANY: Uuid = Uuid::from_u128(1);
pub const EMPLOYEE: Uuid = Uuid::from_u128(2);
pub const DEVICE: Uuid = Uuid::from_u128(3);
pub const CHAIN: Uuid = Uuid::from_u128(4);
pub const ITEM: Uuid = Uuid::from_u128(5);
pub const REQUEST: Uuid = Uuid::from_u128(6);
pub const HASH: [u8; 32] = [7; 32];
pub const RECEIVED_MS: i64 = 1_795_404_660_000;

pub fn server() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

pub fn key_id(key: &SigningKey) -> String {
    PublicKey(key.verifying_key().to_bytes()).key_id()
}

pub fn enrolment() -> Enrolment {
    Enrolment {
        origin: "https://localhost".to_owned(),
        company: CompanyId(COMPANY),
        company_name: "Sahyadri Foods".to_owned(),
        employee: EmployeeId(EMPLOYEE),
        employee_name: "Ravi".to_owned(),
        server_key: PublicKey(server().verifying_key().to_bytes()),
        successions: Vec::new(),
        pin_digits: (6, 6),
        notice_version: "2026-11".to_owned(),
        device_key: PublicKey([1; 32]),
        presence_key: PublicKey([2; 32]),
        locked_key: sealing_key(),
        sealing_key: Some(sealing_key()),
        chain: ChainId(CHAIN),
        stage: Stage::Active {
            device: DeviceId(DEVICE),
        },
        replaces: None,
    }
}

fn sealing_key() -> SealingKey {
    OpeningKey::from_seed(Zeroizing::new([8; 32])).public()
}

/// A statement signed for a company by a key.
pub fn statement(
    key: &SigningKey,
    company: Uuid,
    purpose: &str,
    kind: &str,
    payload: &Value,
) -> SignedStatement {
    let payload = serde_json::to_vec(payload).unwrap();
    let signed = message(
        purpose,
        ids::CompanyId(company),
        &[kind.as_bytes(), &payload],
    );
    SignedStatement {
        kind: kind.to_owned(),
        key_id: key_id(key),
        payload: Bytes(payload),
        sig: Bytes64(key.sign(&signed).to_bytes()),
    }
}

pub fn anchor(device: Uuid) -> SignedStatement {
    let anchor =
        json!({"anchor_id": Uuid::from_u128(9), "device": device, "server_time_ms": RECEIVED_MS});
    statement(&server(), COMPANY, signing::STATEMENT, "anchor", &anchor)
}

pub fn sign_receipt(key: &SigningKey, company: Uuid, purpose: &str, receipt: &mut Receipt) {
    let fields: [&[u8]; 6] = [
        receipt.item.0.as_bytes(),
        &receipt.record_hash.0,
        &receipt.received_at_ms.to_be_bytes(),
        receipt.chain_id.0.as_bytes(),
        &receipt.head_seq.to_be_bytes(),
        &receipt.head_hash.0,
    ];
    let signed = message(purpose, ids::CompanyId(company), &fields);
    receipt.key_id = key_id(key);
    receipt.sig = Bytes64(key.sign(&signed).to_bytes());
}

pub fn receipt() -> Receipt {
    let mut receipt = Receipt {
        item: ids::ItemId(ITEM),
        record_hash: Bytes32(HASH),
        received_at_ms: RECEIVED_MS,
        chain_id: ids::ChainId(CHAIN),
        head_seq: 1,
        head_hash: Bytes32(HASH),
        key_id: String::new(),
        sig: Bytes64([0; 64]),
    };
    sign_receipt(&server(), COMPANY, signing::RECEIPT, &mut receipt);
    receipt
}

pub fn sent() -> Vec<OutboxItem> {
    vec![OutboxItem {
        id: ItemId(ITEM),
        chain: ChainId(CHAIN),
        seq: 1,
        prev_hash: [0; 32],
        hash: HASH,
        content_type: "application/json".to_owned(),
        payload: Vec::new(),
        sigs: Vec::new(),
    }]
}

pub fn batch(receipt: &Receipt) -> Value {
    json!({
        "req_id": REQUEST,
        "server_epoch": 1,
        "server_time_ms": RECEIVED_MS,
        "results": [{"id": ITEM, "verdict": "applied", "receipt": receipt}],
        "anchor": anchor(DEVICE),
    })
}

pub fn read_batch(answer: &Value) -> Result<Vec<(ItemId, BatchRead)>, WireError> {
    let body = serde_json::to_vec(answer).unwrap();
    decode_batch(&body, REQUEST, &sent(), &enrolment(), DeviceId(DEVICE)).map(|read| read.items)
}

pub fn page() -> Value {
    json!({
        "device": DEVICE, "since": "", "cursor": "MS4x", "more": false, "server_epoch": 1,
        "changes": [{"kind": "policy", "id": COMPANY, "deleted": false, "value": {
            "zone": "Asia/Kolkata", "lock_after_min": 2, "min_gap_s": 120, "notice_version": "2026-11",
        }}],
    })
}

pub fn changes(page: &Value) -> SignedStatement {
    statement(&server(), COMPANY, signing::STATEMENT, "changes", page)
}

pub fn read_changes(body: &[u8]) -> Result<usize, WireError> {
    decode_changes(body, &enrolment(), DeviceId(DEVICE), "").map(|(page, ..)| page.values.len())
}
