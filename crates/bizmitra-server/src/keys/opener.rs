//! A company's sealing key: opens what devices sealed when they captured it (HPKE, RFC 9180).

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, Kem, OpModeR, Serializable as _};
use sha2::{Digest, Sha256};

/// The private half with its public one.
pub(crate) struct Opener {
    private: <X25519HkdfSha256 as Kem>::PrivateKey,
    public: [u8; 32],
}

impl Opener {
    /// From the 32 random bytes that are stored.
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        let (private, public) = X25519HkdfSha256::derive_keypair(seed);
        Self {
            private,
            public: public.to_bytes().into(),
        }
    }

    /// The public half.
    pub(crate) fn public(&self) -> [u8; 32] {
        self.public
    }

    /// First 8 bytes of SHA-256(public key).
    pub(crate) fn id(&self) -> [u8; 8] {
        id_of(&self.public)
    }

    /// What was sealed: `encapsulated key || ciphertext`. `None` when it was not sealed to this key in this context.
    pub(crate) fn open(&self, info: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (encapped, ciphertext) = sealed.split_first_chunk::<32>()?;
        let encapped = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapped).ok()?;
        let mut context = hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.private,
            &encapped,
            info,
        )
        .ok()?;
        context.open(ciphertext, aad).ok()
    }
}

/// First 8 bytes of SHA-256(public key).
pub(crate) fn id_of(public: &[u8; 32]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(public).into();
    digest.first_chunk().copied().unwrap_or_default()
}
