//! Files as devices encrypt them: in segments, so that neither writing nor reading needs the whole file in memory.
//!
//! The plain bytes are cut into segments of [`SEGMENT`] bytes; the last one may be shorter, and is there even when the file is
//! empty. Each is encrypted with ChaCha20-Poly1305 (RFC 8439), its tag behind it, as STREAM does (Hoang, Reyhanitabar, Rogaway
//! and Vizar, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", section 7):
//!
//! ```text
//! nonce = seven zero bytes || number of the segment from 0 (4 bytes big endian) || 1 for the last segment, else 0
//! aad   = the message of purpose FILE with the file's record id as its only field
//! ```
//!
//! Counted nonces are safe because a key encrypts one file once: it is 32 random bytes, and a file that is written again gets
//! another one. The number keeps segments in their order, the last byte keeps a file from being cut short, and the aad keeps it
//! from being taken for another.
//!
//! The key travels in the record, sealed to the company as in [`crate::sealing`], with the message of purpose
//! [`FILE_KEY`](crate::signing::FILE_KEY) as aad:
//!
//! ```text
//! key = version (1 byte: 1) || key id (8 bytes) || encapsulated key (32 bytes) || ciphertext with its tag (48 bytes)
//! ```

/// Plain bytes of a segment.
pub const SEGMENT: usize = 64 * 1024;
/// Bytes that a segment grows by.
pub const TAG: usize = 16;
/// Bytes of a sealed key.
pub const SEALED_KEY: usize = 1 + 8 + 32 + 32 + TAG;
/// Most characters of a name.
pub const MAX_NAME: usize = 120;
