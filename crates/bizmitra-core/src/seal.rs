//! Sealing to a public key: HPKE (RFC 9180) in base mode, one message a context. DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256, ChaCha20-Poly1305.
//!
//! Who seals cannot open: what is captured while nobody is there to unlock anything can still be kept from whoever finds
//! the phone.

use std::convert::Infallible;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::clock::{Entropy, make_random};

type PublicOf = <X25519HkdfSha256 as Kem>::PublicKey;
type PrivateOf = <X25519HkdfSha256 as Kem>::PrivateKey;
type EncappedOf = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Bytes of an encapsulated key.
const ENCAPPED: usize = 32;

/// The public half of an X25519 key: seals, and opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealingKey(#[serde(with = "hex::serde")] [u8; 32]);

/// The key cannot be used: a point of small order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealing key is not usable")]
pub struct UnusableKey;

impl SealingKey {
    /// From the bytes of a public key, unless whatever is sealed to it could be opened by anybody.
    ///
    /// # Errors
    /// [`UnusableKey`].
    pub fn from_bytes(bytes: [u8; 32], entropy: &dyn Entropy) -> Result<Self, UnusableKey> {
        let key = Self(bytes);
        key.seal(b"", b"", b"", entropy).map(|_| key)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// First 8 bytes of SHA-256.
    pub fn key_id(&self) -> [u8; 8] {
        let digest: [u8; 32] = Sha256::digest(self.0).into();
        digest.first_chunk().copied().unwrap_or_default()
    }

    /// `encapsulated key (32) || ciphertext with its tag`. `info` and `aad` must be given again to open it.
    ///
    /// # Errors
    /// [`UnusableKey`].
    pub fn seal(
        &self,
        info: &[u8],
        aad: &[u8],
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, UnusableKey> {
        let key = PublicOf::from_bytes(&self.0).map_err(|_| UnusableKey)?;
        let (encapped, mut context) = hpke::setup_sender_with_rng::<
            ChaCha20Poly1305,
            HkdfSha256,
            X25519HkdfSha256,
        >(&OpModeS::Base, &key, info, &mut Random(entropy))
        .map_err(|_| UnusableKey)?;
        let sealed = context.seal(plain, aad).map_err(|_| UnusableKey)?;
        Ok([encapped.to_bytes().as_slice(), &sealed].concat())
    }
}

/// The private half.
#[derive(Clone)]
pub struct OpeningKey(Zeroizing<[u8; 32]>);

impl OpeningKey {
    /// From 32 random or derived bytes.
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        Self(seed)
    }

    fn pair(&self) -> (PrivateOf, PublicOf) {
        X25519HkdfSha256::derive_keypair(self.0.as_slice())
    }

    /// The public half.
    pub fn public(&self) -> SealingKey {
        SealingKey(self.pair().1.to_bytes().into())
    }

    /// What was sealed; `None` when it was sealed to another key or for another purpose, or is damaged.
    pub fn open(&self, info: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (encapped, ciphertext) = sealed.split_at_checked(ENCAPPED)?;
        let encapped = EncappedOf::from_bytes(encapped).ok()?;
        let mut context = hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.pair().0,
            &encapped,
            info,
        )
        .ok()?;
        context.open(ciphertext, aad).ok().map(Zeroizing::new)
    }
}

impl std::fmt::Debug for OpeningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpeningKey(..)")
    }
}

/// The device's randomness as HPKE wants it.
struct Random<'a>(&'a dyn Entropy);

impl TryRng for Random<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(make_random(self.0)))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(make_random(self.0)))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Random<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::testing::Counting;

    fn key(byte: u8) -> OpeningKey {
        OpeningKey::from_seed(Zeroizing::new([byte; 32]))
    }

    #[test]
    fn only_the_private_half_opens_and_only_with_the_same_purpose() {
        let sealed = key(1)
            .public()
            .seal(b"info", b"aad", b"09:02", &Counting::default())
            .unwrap();
        assert_eq!(
            key(1).open(b"info", b"aad", &sealed).unwrap().as_slice(),
            b"09:02"
        );
        assert!(key(2).open(b"info", b"aad", &sealed).is_none());
        assert!(key(1).open(b"other", b"aad", &sealed).is_none());
        assert!(key(1).open(b"info", b"other", &sealed).is_none());
    }

    #[test]
    fn a_changed_or_shortened_message_does_not_open() {
        let sealed = key(1)
            .public()
            .seal(b"", b"", b"09:02", &Counting::default())
            .unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key(1).open(b"", b"", &changed).is_none(), "byte {at}");
            assert!(key(1).open(b"", b"", &sealed[..at]).is_none(), "{at} bytes");
        }
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        for weak in [[0; 32], {
            let mut one = [0; 32];
            one[0] = 1;
            one
        }] {
            assert_eq!(
                SealingKey::from_bytes(weak, &Counting::default()),
                Err(UnusableKey)
            );
        }
    }

    #[test]
    fn the_same_words_seal_to_other_bytes_each_time() {
        let entropy = Counting::default();
        let seal = || key(1).public().seal(b"", b"", b"09:02", &entropy).unwrap();
        assert_ne!(seal(), seal());
    }
}
