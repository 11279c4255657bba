//! Doors to what reads bytes of strangers, for fuzzing and its regression tests: nothing here is part of a server.

use axum::http::Request;
use bizmitra_contract::enrolment::{DeviceState, Platform};
use bizmitra_contract::ids::{CompanyId, DeviceId, EmployeeId};
use bizmitra_contract::sync::{BatchItem, VerdictCode};

use crate::auth;
use crate::domain::code::Code;
use crate::domain::{feed, record, sealing};
use crate::keys::Opener;
use crate::storage::device::Device;

/// What a request's signature headers say.
#[derive(Debug)]
pub struct ReadSignature {
    /// The device that is said to have signed.
    pub device: DeviceId,
    /// When, seconds since 1970-01-01T00:00:00Z.
    pub created_s: i64,
    /// Over which nonce.
    pub nonce: Option<String>,
    /// What the signature has to be over.
    pub base: String,
}

/// Reads signature headers; `None` for all but the one allowed form, and for what HTTP cannot carry.
pub fn read_signature(
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Option<ReadSignature> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(name.as_str(), value.as_str());
    }
    let (parts, ()) = request.body(()).ok()?.into_parts();
    let (device, created_s, nonce, base) = auth::read_signature(&parts, body)?;
    Some(ReadSignature {
        device,
        created_s,
        nonce,
        base,
    })
}

/// Whose a record must be.
#[derive(Debug, Clone, Copy)]
pub struct Signer {
    /// The company.
    pub company: CompanyId,
    /// The person.
    pub employee: EmployeeId,
    /// The device.
    pub device: DeviceId,
    /// Its identity key.
    pub device_key: [u8; 32],
    /// Its person's key.
    pub presence_key: [u8; 32],
}

/// Verifies an item whose payload held these bytes, as a batch does; says whether the person signed too.
///
/// # Errors
/// The verdict's code.
pub fn verify_record(item: &BatchItem, bytes: &[u8], signer: &Signer) -> Result<bool, VerdictCode> {
    let device = Device {
        company: signer.company,
        id: signer.device,
        employee: signer.employee,
        device_key: signer.device_key,
        presence_key: signer.presence_key,
        platform: Platform::Android,
        name: String::new(),
        app_version: String::new(),
        state: DeviceState::Active,
        state_ms: 0,
        heard_ms: 0,
    };
    record::verify(item, bytes, &device).map(|verified| verified.presence)
}

/// What a payload holds that was sealed to the key of this seed.
pub fn open_sealed(seed: &[u8; 32], company: CompanyId, item: &BatchItem) -> Option<Vec<u8>> {
    sealing::open_with(&Opener::from_seed(seed), company, item)
}

/// The canonical form of an activation code.
pub fn canonical_code(text: &str) -> Option<String> {
    Code::read(text).map(|code| code.canonical().to_owned())
}

/// The place in the feed that a cursor of this epoch names.
pub fn read_cursor(text: &str, epoch: u64) -> Option<i64> {
    feed::read_cursor(text, epoch)
}
