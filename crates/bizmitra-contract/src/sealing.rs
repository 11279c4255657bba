//! Sealed payloads: what a device captures is sealed to its company at once, so that neither the device without its vault
//! nor anybody on the way can read it.
//!
//! HPKE (RFC 9180) in base mode, one message a context: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305
//! (0x0020, 0x0001, 0x0003). `info` and `aad` are messages as in [`crate::signing`], of purposes
//! [`SEAL`](crate::signing::SEAL) and [`SEALED_ITEM`](crate::signing::SEALED_ITEM): a payload opens only with the envelope
//! that it was sealed for.
//!
//! ```text
//! payload = version (1 byte: 1) || key id (8 bytes) || encapsulated key (32 bytes) || ciphertext with its tag
//! ```
//!
//! Inside are the exact bytes of the record. Hash and signatures of the envelope are over these, so that sealing again, to
//! another key, would change neither.

use serde::{Deserialize, Serialize};

use crate::encoding::Bytes32;

/// Content type of a sealed record.
pub const CONTENT_TYPE: &str = "application/vnd.bizmitra.sealed-record;v=1";
/// First byte of a payload.
pub const VERSION: u8 = 1;
/// Kind of the statement that carries a [`SealingKey`].
pub const STATEMENT_KIND: &str = "sealing_key";

/// The public half of the key that payloads are sealed to. The server keeps old private halves: what was captured
/// before a rotation still arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SealingKey {
    /// First 8 bytes of SHA-256(public key), lower-case hex.
    pub key_id: String,
    /// X25519 public key.
    pub public_key: Bytes32,
}
