//! One segment: how it is sealed, opened and laid out.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::folder::BlobError;
use crate::keys::{PersonKey, make_random};

/// Most bytes of a file in one segment.
pub(super) const SEGMENT: usize = 64 * 1024;
/// Length field and nonce.
pub(super) const HEAD: usize = 4 + NONCE;
/// Authentication tag.
pub(super) const TAG: usize = 16;
const NONCE: usize = 24;

/// How much of a file there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extent {
    /// Bytes of the file itself.
    pub(crate) length: u64,
    /// Segments that hold them.
    pub(crate) segments: u64,
    /// Bytes on disk.
    pub(crate) stored: u64,
}

/// A file's name on disk and its key.
pub(crate) struct FileKey {
    id: [u8; 16],
    key: Zeroizing<[u8; 32]>,
}

impl FileKey {
    /// Makes a new file.
    pub(crate) fn make() -> Result<Self, BlobError> {
        Ok(Self {
            id: make_random()?,
            key: Zeroizing::new(make_random()?),
        })
    }

    /// Opens a file's key with its person's.
    pub(crate) fn open(id: [u8; 16], sealed: &[u8], person: &PersonKey) -> Result<Self, BlobError> {
        let plain = Zeroizing::new(person.open(sealed, &name_of_key(&id))?);
        let key = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| BlobError::Damaged)?;
        Ok(Self {
            id,
            key: Zeroizing::new(key),
        })
    }

    /// The key as it lies in the database.
    pub(crate) fn sealed(&self, person: &PersonKey) -> Result<Vec<u8>, BlobError> {
        Ok(person.seal(&*self.key, &name_of_key(&self.id))?)
    }

    /// Its name on disk.
    pub(crate) fn id(&self) -> [u8; 16] {
        self.id
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.key))
    }

    /// Adds a sealed segment to `out` and counts it.
    pub(super) fn seal_onto(
        &self,
        out: &mut Vec<u8>,
        have: &mut Extent,
        plain: &[u8],
        end: End,
    ) -> Result<(), BlobError> {
        let length = u32::try_from(plain.len()).map_err(|_| BlobError::Damaged)?;
        let nonce = make_random::<NONCE>()?;
        let payload = Payload {
            msg: plain,
            aad: &self.place(have, end),
        };
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| BlobError::Damaged)?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        *have = after(have, length)?;
        Ok(())
    }

    /// Opens the segment that begins behind `before`, given its bytes on disk.
    pub(super) fn open_segment(
        &self,
        before: &Extent,
        bytes: &[u8],
        end: End,
    ) -> Result<Vec<u8>, BlobError> {
        let (_, rest) = bytes.split_first_chunk::<4>().ok_or(BlobError::Damaged)?;
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE>()
            .ok_or(BlobError::Damaged)?;
        let payload = Payload {
            msg: sealed,
            aad: &self.place(before, end),
        };
        self.cipher()
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| BlobError::Damaged)
    }

    /// Where a segment stands: its associated data.
    fn place(&self, before: &Extent, end: End) -> Vec<u8> {
        [
            b"bz/blob-segment/v1".as_slice(),
            &self.id,
            &before.segments.to_be_bytes(),
            &before.length.to_be_bytes(),
            &[u8::from(end == End::Yes)],
        ]
        .concat()
    }
}

/// Whether a segment says that the file ends here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    No,
    Yes,
}

/// What there is once a segment of `length` bytes follows.
pub(super) fn after(before: &Extent, length: u32) -> Result<Extent, BlobError> {
    let (length, around) = (u64::from(length), (HEAD + TAG) as u64);
    let sum = |a: u64, b: u64| a.checked_add(b).ok_or(BlobError::Damaged);
    Ok(Extent {
        length: sum(before.length, length)?,
        segments: sum(before.segments, 1)?,
        stored: sum(before.stored, sum(length, around)?)?,
    })
}

fn name_of_key(id: &[u8; 16]) -> Vec<u8> {
    [b"bz/blob-key/v1".as_slice(), id].concat()
}
