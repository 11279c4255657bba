//! What is signed, and how requests carry signatures. Data only: device and server each build these bytes on their own.
//!
//! **Messages outside RFC 9421** are `purpose || 0x00 || company (16 bytes) || field*`, where each field is its length
//! as 4 bytes big endian followed by its bytes; integers are 8 bytes big endian, ids their 16 bytes, text UTF-8.
//! The purpose is one of the constants below, so a signature for one purpose never fits another.
//!
//! | purpose | fields in order | by |
//! |---|---|---|
//! | [`ENROL`] | nonce (UTF-8 of the text), code's canonical form, device public key, presence public key, platform (its wire word), device name | DIK and UPK each |
//! | [`LOGIN`] | origin (`https://host[:port]`, as the device knows the server), employee, device, nonce (UTF-8 of the text) | UPK |
//! | [`RECORD_SIGNATURE`] | record hash | DIK, and UPK when unlocked |
//! | [`RECEIPT`] | item, record hash, received_at_ms, chain, head seq, head hash | SSK |
//! | [`STATEMENT`] | the statement's kind (text: `anchor`, `changes`, `lease`, `sealing_key`, `wipe`), the exact payload bytes | SSK |
//! | [`SUCCESSION`] | former key, key, since_ms | the former and the new SSK each |
//! | [`SEAL`] | sealing key; not signed, but the HPKE `info` of [`crate::sealing`] | - |
//! | [`SEALED_ITEM`] | item, chain, seq, previous hash, hash; not signed, but the HPKE `aad` of [`crate::sealing`] | - |
//! | [`FILE`] | item; not signed, but the `aad` of each segment of [`crate::file`] | - |
//! | [`FILE_KEY`] | item; not signed, but the HPKE `aad` of the key of a [`crate::file`] | - |
//!
//! **Record hash** = SHA-256([`RECORD_HASH`] || record bytes). `prev_hash` of the first record of a chain is 32 zero bytes.
//!
//! **Key id** of an Ed25519 key = the first 8 bytes of SHA-256(public key), lower-case hex.
//!
//! **Fingerprint** of a device = SHA-256([`FINGERPRINT`] || device public key || presence public key); its human form is the
//! first 15 bytes as 24 Crockford base32 characters in 6 groups of 4 (`7F3A-09C2-...`).
//!
//! **Print of a server statement key**, in an invitation's link = the first 16 bytes of SHA-256([`SERVER_KEY`] || public key),
//! lower-case hex.
//!
//! **Requests** (RFC 9421, label [`LABEL`], `alg="ed25519"`, `keyid` = the device id, `tag` = [`TAG`]) cover, in this order:
//! `"@method" "@authority" "@path" "@query"`, then when there is a body `"content-digest"` (RFC 9530, `sha-256`)
//! `"content-type"`, then each of `"authorization" "idempotency-key" "upload-complete" "upload-length" "upload-offset"
//! "repr-digest"` that is sent. Parameters in the order
//! `created, [nonce,] keyid, alg, tag`. A request without one of the components that its form demands is refused.
//! `@query` of a request without a query is `?` (RFC 9421, section 2.2.7).

/// Enrolment proof.
pub const ENROL: &str = "bz/enrol/v1";
/// Login proof.
pub const LOGIN: &str = "bz/login/v1";
/// Prefix of the record hash (no zero byte follows, no company: both are inside the record).
pub const RECORD_HASH: &str = "bz/record/v1";
/// Signature over a record hash.
pub const RECORD_SIGNATURE: &str = "bz/record-signature/v1";
/// Receipt of the server.
pub const RECEIPT: &str = "bz/receipt/v1";
/// Statement of the server.
pub const STATEMENT: &str = "bz/statement/v1";
/// A statement key takes the place of another one.
pub const SUCCESSION: &str = "bz/succession/v1";
/// HPKE `info` of a sealed payload.
pub const SEAL: &str = "bz/seal/v1";
/// HPKE `aad` of a sealed payload.
pub const SEALED_ITEM: &str = "bz/sealed-item/v1";
/// `aad` of the segments of a file.
pub const FILE: &str = "bz/file/v1";
/// HPKE `aad` of a file's key.
pub const FILE_KEY: &str = "bz/file-key/v1";
/// Prefix of the print of a server statement key.
pub const SERVER_KEY: &str = "bz/server-key/v1";
/// Prefix of the device fingerprint.
pub const FINGERPRINT: &str = "bz/fingerprint/v1";

/// Name of the RFC 9421 signature in its two headers.
pub const LABEL: &str = "bz";
/// RFC 9421 `tag` parameter.
pub const TAG: &str = "bizmitra";
/// `alg` of every signature of this version.
pub const ED25519: &str = "ed25519";
/// How far `created` may be from the server's clock without a server nonce, in seconds.
pub const MAX_SKEW_S: i64 = 120;
