//! The exact bytes under every signature outside RFC 9421, built here on our own from the contract's tables.

use bizmitra_contract::encoding::{Bytes, Bytes32, Bytes64};
use bizmitra_contract::enrolment::{EnrolmentRequest, Platform};
use bizmitra_contract::ids::{CompanyId, DeviceId, EmployeeId, ItemId};
use bizmitra_contract::login::LoginRequest;
use bizmitra_contract::signing;
use bizmitra_contract::statement::{Receipt, SignedStatement, Succession};
use bizmitra_contract::sync::BatchItem;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// `purpose || 0x00 || company || (length || bytes)*`.
struct Message(Vec<u8>);

impl Message {
    fn new(purpose: &str, company: CompanyId) -> Self {
        let mut bytes = purpose.as_bytes().to_vec();
        bytes.push(0);
        bytes.extend_from_slice(company.0.as_bytes());
        Self(bytes)
    }

    fn field(mut self, field: &[u8]) -> Self {
        // Fields are far below 4 GiB: every body is limited to 256 KiB.
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }
}

/// What both keys of a device sign to be enrolled. `code` is the canonical form.
pub(crate) fn enrolment_message(
    company: CompanyId,
    code: &str,
    request: &EnrolmentRequest,
) -> Vec<u8> {
    let platform = match request.platform {
        Platform::Android => "android",
        Platform::Ios => "ios",
        Platform::Desktop => "desktop",
    };
    Message::new(signing::ENROL, company)
        .field(request.nonce.as_bytes())
        .field(code.as_bytes())
        .field(&request.device_key.0)
        .field(&request.presence_key.0)
        .field(platform.as_bytes())
        .field(request.device_name.as_bytes())
        .0
}

/// What the presence key signs to sign in.
pub(crate) fn login_message(
    company: CompanyId,
    employee: EmployeeId,
    device: DeviceId,
    request: &LoginRequest,
) -> Vec<u8> {
    Message::new(signing::LOGIN, company)
        .field(request.origin.as_bytes())
        .field(employee.0.as_bytes())
        .field(device.0.as_bytes())
        .field(request.nonce.as_bytes())
        .0
}

/// What the keys of a device sign for a record.
pub(crate) fn record_message(company: CompanyId, hash: Bytes32) -> Vec<u8> {
    Message::new(signing::RECORD_SIGNATURE, company)
        .field(&hash.0)
        .0
}

/// HPKE `info` of what is sealed to a company.
pub(crate) fn seal_info(company: CompanyId, public: &[u8; 32]) -> Vec<u8> {
    Message::new(signing::SEAL, company).field(public).0
}

/// HPKE `aad` of a sealed item: the envelope that it came in.
pub(crate) fn seal_aad(company: CompanyId, item: &BatchItem) -> Vec<u8> {
    Message::new(signing::SEALED_ITEM, company)
        .field(item.id.0.as_bytes())
        .field(item.chain_id.0.as_bytes())
        .field(&item.seq.to_be_bytes())
        .field(&item.prev_hash.0)
        .field(&item.hash.0)
        .0
}

/// HPKE `aad` of a file's key.
pub(crate) fn file_key_aad(company: CompanyId, item: ItemId) -> Vec<u8> {
    Message::new(signing::FILE_KEY, company)
        .field(item.0.as_bytes())
        .0
}

/// Hash of a record's exact bytes.
pub(crate) fn record_hash(bytes: &[u8]) -> Bytes32 {
    Bytes32(
        Sha256::new()
            .chain_update(signing::RECORD_HASH)
            .chain_update(bytes)
            .finalize()
            .into(),
    )
}

/// Key id of an Ed25519 key.
pub(crate) fn key_id(key: &[u8; 32]) -> String {
    hex::encode(Sha256::digest(key)).chars().take(16).collect()
}

/// Print of a server statement key, as it stands in an invitation's link.
pub(crate) fn key_print(key: &[u8; 32]) -> String {
    let digest = Sha256::new()
        .chain_update(signing::SERVER_KEY)
        .chain_update(key)
        .finalize();
    hex::encode(digest).chars().take(32).collect()
}

/// Human form of a device's fingerprint: 6 groups of 4 characters.
pub(crate) fn fingerprint(device_key: &[u8; 32], presence_key: &[u8; 32]) -> String {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(signing::FINGERPRINT)
        .chain_update(device_key)
        .chain_update(presence_key)
        .finalize()
        .into();
    let mut text = String::with_capacity(29);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in digest.iter().take(15) {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            if text.len() % 5 == 4 {
                text.push('-');
            }
            text.push(crate::domain::code::symbol((bits >> held) & 31));
        }
    }
    text
}

/// Whether an Ed25519 signature holds, strictly (RFC 8032, no small-order keys, no malleability).
pub(crate) fn holds(key: &[u8; 32], message: &[u8], sig: &Bytes64) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| {
        key.verify_strict(message, &Signature::from_bytes(&sig.0))
            .is_ok()
    })
}

/// Whether these bytes can serve as an Ed25519 public key.
pub(crate) fn is_usable_key(key: &[u8; 32]) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| !key.is_weak())
}

/// Signs a statement of the server.
pub(crate) fn sign_statement(
    company: CompanyId,
    key: &SigningKey,
    kind: &str,
    payload: Vec<u8>,
) -> SignedStatement {
    let message = Message::new(signing::STATEMENT, company)
        .field(kind.as_bytes())
        .field(&payload)
        .0;
    SignedStatement {
        kind: kind.to_owned(),
        key_id: key_id(key.verifying_key().as_bytes()),
        payload: Bytes(payload),
        sig: Bytes64(key.sign(&message).to_bytes()),
    }
}

/// States with both keys that one takes the place of the other.
pub(crate) fn sign_succession(
    company: CompanyId,
    former: &SigningKey,
    key: &SigningKey,
    since_ms: i64,
) -> Succession {
    let (old, new) = (former.verifying_key(), key.verifying_key());
    let message = Message::new(signing::SUCCESSION, company)
        .field(old.as_bytes())
        .field(new.as_bytes())
        .field(&since_ms.to_be_bytes())
        .0;
    Succession {
        former: Bytes32(old.to_bytes()),
        key: Bytes32(new.to_bytes()),
        since_ms,
        former_sig: Bytes64(former.sign(&message).to_bytes()),
        key_sig: Bytes64(key.sign(&message).to_bytes()),
    }
}

/// Fills in the signature of a receipt.
pub(crate) fn sign_receipt(company: CompanyId, key: &SigningKey, mut receipt: Receipt) -> Receipt {
    let message = Message::new(signing::RECEIPT, company)
        .field(receipt.item.0.as_bytes())
        .field(&receipt.record_hash.0)
        .field(&receipt.received_at_ms.to_be_bytes())
        .field(receipt.chain_id.0.as_bytes())
        .field(&receipt.head_seq.to_be_bytes())
        .field(&receipt.head_hash.0)
        .0;
    receipt.key_id = key_id(key.verifying_key().as_bytes());
    receipt.sig = Bytes64(key.sign(&message).to_bytes());
    receipt
}
