//! The company's sealing key, and payloads sealed to it.

use bizmitra_contract as contract;
use contract::statement::SignedStatement;

use super::{WireError, decode, open_statement};
use crate::clock::Entropy;
use crate::enrolment::Enrolment;
use crate::seal::SealingKey;

/// A payload as it is stored and sent.
pub(crate) fn sealed_payload(key: &SealingKey, sealed: &[u8]) -> Vec<u8> {
    [
        &[contract::sealing::VERSION],
        key.key_id().as_slice(),
        sealed,
    ]
    .concat()
}

/// The key of a signed statement.
pub(super) fn open_sealing_key(
    statement: &SignedStatement,
    enrolment: &Enrolment,
    entropy: &dyn Entropy,
) -> Result<SealingKey, WireError> {
    let json = open_statement(
        statement,
        contract::sealing::STATEMENT_KIND,
        enrolment.company,
        &enrolment.server_key,
    )?;
    sealing_key(json, entropy).ok_or(WireError::Malformed)
}

/// Reads a cached sealing key; `None` also for one that would hide nothing, or whose id is another's.
pub fn sealing_key(json: &[u8], entropy: &dyn Entropy) -> Option<SealingKey> {
    let read: contract::sealing::SealingKey = decode(json).ok()?;
    let key = SealingKey::from_bytes(read.public_key.0, entropy).ok()?;
    (hex::encode(key.key_id()) == read.key_id).then_some(key)
}
