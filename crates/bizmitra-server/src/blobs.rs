//! The blob folder: files' bytes at rest, sealed, and never acknowledged before they are on disk.
//!
//! A file on disk is a row of segments, each `length (4, big endian) | nonce (24) | ciphertext (length) | tag (16)`:
//! XChaCha20-Poly1305 under a random key of that file. The associated data is the file's id, the segment's number, its
//! place in the file and whether it is the end, so that a segment that was moved, dropped, repeated or taken from another
//! file does not open. A complete file ends with an empty segment marked as the end: a file cut at a border of segments
//! is not taken for a whole one. Nonces are random: a segment that a crash left behind and that is written again with
//! other bytes never meets its nonce again.
//!
//! The file's key lies in the database under the person's key. Erasing the person's key makes the bytes unreadable in
//! every copy of both.
//!
//! Rejected: STREAM with counted nonces (an append repeated after a crash would use one twice); one segment an append
//! (a range would open up to 4 MiB for a byte); segments of one size with a tail that is written again (a torn write
//! would take acknowledged bytes along).

mod folder;
mod locks;
mod reader;
mod segment;

pub(crate) use folder::{BlobError, BlobFolder};
pub(crate) use locks::UploadLocks;
pub(crate) use reader::Reader;
pub(crate) use segment::{Extent, FileKey};
