//! Segments of a file under its own key: STREAM over ChaCha20-Poly1305, as the wire contract describes it in `file`.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::clock::{Entropy, make_random};
use crate::ids::{CompanyId, ItemId};
use crate::keys::Message;

/// Plain bytes of a segment.
pub const SEGMENT: usize = crate::wire::FILE_SEGMENT;
/// Bytes that a segment grows by.
pub const TAG: usize = 16;

/// Opens one file. Encrypts once: nonces are counted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct FileKey(#[serde(with = "hex::serde")] [u8; 32]);

impl FileKey {
    /// A new one.
    pub fn make(entropy: &dyn Entropy) -> Self {
        Self(make_random(entropy))
    }

    /// Its bytes.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(..)")
    }
}

/// A segment that does not open, or a file of more segments than can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file cannot be read with its key")]
pub struct UnreadableFile;

/// Bytes of a file once it is encrypted.
pub fn sealed_length(plain: u64) -> u64 {
    let segments = plain.div_ceil(SEGMENT as u64).max(1);
    plain.saturating_add(segments.saturating_mul(TAG as u64))
}

/// Where the next segment stands.
struct Place {
    cipher: ChaCha20Poly1305,
    aad: Vec<u8>,
    /// `None` behind the last segment.
    number: Option<u32>,
}

impl Place {
    fn first(key: &FileKey, company: CompanyId, id: ItemId) -> Self {
        let message = Message::new(crate::wire::FILE_PURPOSE, company).field(id.0.as_bytes());
        Self {
            cipher: ChaCha20Poly1305::new(&Key::from(key.0)),
            aad: message.bytes().to_vec(),
            number: Some(0),
        }
    }

    fn next_nonce(&mut self, end: End) -> Result<Nonce, UnreadableFile> {
        let number = self.number.ok_or(UnreadableFile)?;
        self.number = match end {
            End::No => Some(number.checked_add(1).ok_or(UnreadableFile)?),
            End::Yes => None,
        };
        let mut nonce = [0; 12];
        let (_, counted) = nonce.split_at_mut(7);
        let last = u8::from(end == End::Yes);
        for (to, from) in counted
            .iter_mut()
            .zip(number.to_be_bytes().into_iter().chain([last]))
        {
            *to = from;
        }
        Ok(Nonce::from(nonce))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    No,
    Yes,
}

/// Encrypts a file from its beginning to its end.
pub struct Sealer(Place);

impl Sealer {
    /// At the beginning.
    pub fn new(key: &FileKey, company: CompanyId, id: ItemId) -> Self {
        Self(Place::first(key, company, id))
    }

    /// A segment of [`SEGMENT`] bytes that is not the last one.
    ///
    /// # Errors
    /// [`UnreadableFile`] after the last one, or when it has another size.
    pub fn seal(&mut self, segment: &[u8]) -> Result<Vec<u8>, UnreadableFile> {
        if segment.len() != SEGMENT {
            return Err(UnreadableFile);
        }
        self.next(segment, End::No)
    }

    /// The last segment, of at most [`SEGMENT`] bytes.
    ///
    /// # Errors
    /// [`UnreadableFile`] when it is larger.
    pub fn finish(mut self, segment: &[u8]) -> Result<Vec<u8>, UnreadableFile> {
        if segment.len() > SEGMENT {
            return Err(UnreadableFile);
        }
        self.next(segment, End::Yes)
    }

    fn next(&mut self, segment: &[u8], end: End) -> Result<Vec<u8>, UnreadableFile> {
        let nonce = self.0.next_nonce(end)?;
        let payload = Payload {
            msg: segment,
            aad: &self.0.aad,
        };
        self.0
            .cipher
            .encrypt(&nonce, payload)
            .map_err(|_| UnreadableFile)
    }
}

/// Decrypts a file from its beginning to its end. What it gave is right; that nothing is missing is known at the end.
pub struct Opener(Place);

impl Opener {
    /// At the beginning.
    pub fn new(key: &FileKey, company: CompanyId, id: ItemId) -> Self {
        Self(Place::first(key, company, id))
    }

    /// A segment that is not the last one.
    ///
    /// # Errors
    /// [`UnreadableFile`].
    pub fn open(&mut self, sealed: &[u8]) -> Result<Vec<u8>, UnreadableFile> {
        if sealed.len() != SEGMENT + TAG {
            return Err(UnreadableFile);
        }
        self.next(sealed, End::No)
    }

    /// The last segment.
    ///
    /// # Errors
    /// [`UnreadableFile`], also when more was to come.
    pub fn finish(mut self, sealed: &[u8]) -> Result<Vec<u8>, UnreadableFile> {
        self.next(sealed, End::Yes)
    }

    fn next(&mut self, sealed: &[u8], end: End) -> Result<Vec<u8>, UnreadableFile> {
        let nonce = self.0.next_nonce(end)?;
        let payload = Payload {
            msg: sealed,
            aad: &self.0.aad,
        };
        self.0
            .cipher
            .decrypt(&nonce, payload)
            .map_err(|_| UnreadableFile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::testing::Counting;

    fn company(number: u128) -> CompanyId {
        CompanyId(uuid::Uuid::from_u128(number))
    }

    fn id(number: u128) -> ItemId {
        ItemId(uuid::Uuid::from_u128(number))
    }

    fn key() -> FileKey {
        FileKey([7; 32])
    }

    fn sealed(plain: &[u8]) -> Vec<Vec<u8>> {
        let mut sealer = Sealer::new(&key(), company(1), id(2));
        let mut segments: Vec<&[u8]> = plain.chunks(SEGMENT).collect();
        let last = segments.pop().unwrap_or_default();
        let mut sealed: Vec<_> = segments
            .into_iter()
            .map(|segment| sealer.seal(segment).unwrap())
            .collect();
        sealed.push(sealer.finish(last).unwrap());
        sealed
    }

    fn opened(
        segments: &[Vec<u8>],
        company: CompanyId,
        id: ItemId,
    ) -> Result<Vec<u8>, UnreadableFile> {
        let mut opener = Opener::new(&key(), company, id);
        let (last, before) = segments.split_last().ok_or(UnreadableFile)?;
        let mut plain = Vec::new();
        for segment in before {
            plain.extend(opener.open(segment)?);
        }
        plain.extend(opener.finish(last)?);
        Ok(plain)
    }

    #[test]
    fn files_of_every_size_around_a_segment_come_back_and_have_the_length_that_was_said() {
        for size in [
            0,
            1,
            SEGMENT - 1,
            SEGMENT,
            SEGMENT + 1,
            3 * SEGMENT,
            3 * SEGMENT + 5,
        ] {
            let plain: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let segments = sealed(&plain);
            let length: usize = segments.iter().map(Vec::len).sum();
            assert_eq!(length as u64, sealed_length(size as u64), "{size}");
            assert_eq!(
                opened(&segments, company(1), id(2)).unwrap(),
                plain,
                "{size}"
            );
        }
    }

    #[test]
    fn a_file_that_is_cut_swapped_lengthened_or_anothers_does_not_open() {
        let plain = vec![5; 2 * SEGMENT + 9];
        let good = sealed(&plain);
        let mut swapped = good.clone();
        swapped.swap(0, 1);
        let mut doubled = good.clone();
        doubled.insert(1, good[1].clone());
        let mut shortened = good.clone();
        shortened[2].pop();
        for (what, bad) in [
            ("cut", good[..2].to_vec()),
            ("the first is gone", good[1..].to_vec()),
            ("swapped", swapped),
            ("doubled", doubled),
            ("a byte is gone", shortened),
        ] {
            assert_eq!(
                opened(&bad, company(1), id(2)),
                Err(UnreadableFile),
                "{what}"
            );
        }
        assert!(opened(&good, company(9), id(2)).is_err(), "another company");
        assert!(opened(&good, company(1), id(9)).is_err(), "another file");
        for at in [0, 17, SEGMENT + TAG - 1] {
            let mut bent = good.clone();
            bent[1][at] ^= 1;
            assert!(opened(&bent, company(1), id(2)).is_err(), "byte {at}");
        }
    }

    #[test]
    fn the_format_is_chacha20_poly1305_with_counted_nonces_and_the_last_one_marked() {
        // Read once more, from the contract's description alone.
        let cipher = ChaCha20Poly1305::new(&Key::from([7; 32]));
        let aad = [
            b"bz/file/v1\0".as_slice(),
            company(1).0.as_bytes(),
            &16_u32.to_be_bytes(),
            id(2).0.as_bytes(),
        ]
        .concat();
        let segments = sealed(&vec![3; SEGMENT + 1]);
        for (number, (segment, last, plain)) in [(&segments[0], 0, SEGMENT), (&segments[1], 1, 1)]
            .into_iter()
            .enumerate()
        {
            let nonce = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number as u8, last];
            let payload = Payload {
                msg: segment,
                aad: &aad,
            };
            let opened = cipher.decrypt(&Nonce::from(nonce), payload).unwrap();
            assert_eq!(opened, vec![3; plain]);
        }
    }

    #[test]
    fn a_key_is_made_afresh_and_not_printed() {
        let entropy = Counting::default();
        assert_ne!(FileKey::make(&entropy), FileKey::make(&entropy));
        assert_eq!(format!("{:?}", key()), "FileKey(..)");
    }
}
