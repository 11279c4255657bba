//! The second envelope of the vault key: HKDF over the released key and the half, then ChaCha20-Poly1305 with the header
//! authenticated.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::pass::Pass;
use crate::clock::{Entropy, make_random};
use crate::keys::{Secret, VaultKey};
use crate::vault::envelope::{EnvelopeContext, EnvelopeError};

/// The sealed vault key as it is stored (JSON).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BiometricEnvelope {
    /// Version of this format: 1.
    pub v: u32,
    /// Whose, and of which PIN: another epoch is another PIN.
    pub context: EnvelopeContext,
    /// What the system needs to release the key.
    #[serde(with = "hex::serde")]
    pub wrapped: Vec<u8>,
    /// AEAD nonce.
    #[serde(with = "hex::serde")]
    pub nonce: [u8; 12],
    /// Sealed key with its tag.
    #[serde(with = "hex::serde")]
    pub sealed: Vec<u8>,
    /// SHA-256 of everything above: tells a damaged envelope from a wrong key.
    #[serde(with = "hex::serde")]
    pub canary: [u8; 32],
}

const VERSION: u32 = 1;
const NAMESPACE: &str = "bz/biometric/v1";

impl BiometricEnvelope {
    /// Seals a vault key under `released`, which the system keeps as `wrapped`, and the half of `pass`.
    ///
    /// # Errors
    /// [`EnvelopeError::Wrong`] unless `released` is 32 bytes.
    pub fn seal(
        key: &VaultKey,
        released: &Secret,
        wrapped: Vec<u8>,
        pass: &Pass,
        context: EnvelopeContext,
        entropy: &dyn Entropy,
    ) -> Result<Self, EnvelopeError> {
        let mut envelope = Self {
            v: VERSION,
            context,
            wrapped,
            nonce: make_random(entropy),
            sealed: Vec::new(),
            canary: [0; 32],
        };
        let payload = Payload {
            msg: key.expose(),
            aad: &envelope.header(),
        };
        envelope.sealed = cipher(released, pass)?
            .encrypt(&Nonce::from(envelope.nonce), payload)
            .map_err(|_| EnvelopeError::Memory)?;
        envelope.canary = envelope.derive_canary();
        Ok(envelope)
    }

    /// Opens it in the place of `expected`.
    ///
    /// # Errors
    /// [`EnvelopeError::Damaged`] for one that is not as it was written or belongs to another place;
    /// [`EnvelopeError::Wrong`] when the bytes are not the key, or there are none.
    pub fn open(
        &self,
        released: &Secret,
        pass: &Pass,
        expected: &EnvelopeContext,
    ) -> Result<VaultKey, EnvelopeError> {
        self.check(expected)?;
        let payload = Payload {
            msg: &self.sealed,
            aad: &self.header(),
        };
        let plain = cipher(released, pass)?
            .decrypt(&Nonce::from(self.nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| EnvelopeError::Wrong)?;
        let bytes = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| EnvelopeError::Damaged)?;
        Ok(VaultKey::from_bytes(bytes))
    }

    /// Whether it is worth a prompt: as it was written, and of this place.
    ///
    /// # Errors
    /// [`EnvelopeError::Damaged`].
    pub fn check(&self, expected: &EnvelopeContext) -> Result<(), EnvelopeError> {
        let sound = self.v == VERSION
            && self.context == *expected
            && bool::from(self.canary.ct_eq(&self.derive_canary()));
        if sound {
            Ok(())
        } else {
            Err(EnvelopeError::Damaged)
        }
    }

    fn header(&self) -> Vec<u8> {
        let mut header = NAMESPACE.as_bytes().to_vec();
        header.extend_from_slice(&self.v.to_be_bytes());
        self.context.write(&mut header);
        header.extend_from_slice(&Sha256::digest(&self.wrapped));
        header
    }

    fn derive_canary(&self) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.header())
            .chain_update(self.nonce)
            .chain_update(&self.sealed)
            .finalize()
            .into()
    }
}

/// Both halves are 32 random bytes; HKDF (RFC 5869) takes the keystore's as salt. A success without bytes is no key.
fn cipher(released: &Secret, pass: &Pass) -> Result<ChaCha20Poly1305, EnvelopeError> {
    let released: &[u8; 32] = released
        .expose()
        .try_into()
        .map_err(|_| EnvelopeError::Wrong)?;
    let mut key = Zeroizing::new([0; 32]);
    let expanded =
        Hkdf::<Sha256>::new(Some(pass.half()), released).expand(NAMESPACE.as_bytes(), key.as_mut());
    // Fails only above 255 * 32 bytes.
    debug_assert!(expanded.is_ok());
    Ok(ChaCha20Poly1305::new(&Key::from(*key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Reading;
    use crate::clock::testing::Counting;
    use crate::ids::{CompanyId, DeviceId, EmployeeId};

    fn context() -> EnvelopeContext {
        EnvelopeContext {
            company: CompanyId(uuid::Uuid::from_u128(1)),
            employee: EmployeeId(uuid::Uuid::from_u128(2)),
            device: Some(DeviceId(uuid::Uuid::from_u128(3))),
            epoch: 1,
        }
    }

    fn pass(entropy: &Counting) -> Pass {
        let now = Reading {
            wall_ms: 0,
            elapsed_ms: 0,
            boot_id: "one".into(),
            zone: "Asia/Kolkata".into(),
            offset_min: 330,
        };
        Pass::begin(entropy, &now)
    }

    fn released(byte: u8) -> Secret {
        Secret::new(vec![byte; 32])
    }

    fn sealed(entropy: &Counting, pass: &Pass) -> BiometricEnvelope {
        BiometricEnvelope::seal(
            &VaultKey::from_bytes([5; 32]),
            &released(9),
            b"wrapped".to_vec(),
            pass,
            context(),
            entropy,
        )
        .unwrap()
    }

    #[test]
    fn only_both_halves_open_it() {
        let entropy = Counting::default();
        let (pass, other) = (pass(&entropy), pass(&entropy));
        let envelope = sealed(&entropy, &pass);
        let open = |released: &Secret, pass| {
            envelope
                .open(released, pass, &context())
                .map(|key| *key.expose())
        };
        assert_eq!(open(&released(9), &pass), Ok([5; 32]));
        assert_eq!(open(&released(8), &pass), Err(EnvelopeError::Wrong));
        assert_eq!(open(&released(9), &other), Err(EnvelopeError::Wrong));
        for bytes in [Vec::new(), vec![9; 31], vec![9; 33]] {
            assert_eq!(open(&Secret::new(bytes), &pass), Err(EnvelopeError::Wrong));
        }
    }

    #[test]
    fn it_opens_in_its_own_place_only() {
        let entropy = Counting::default();
        let pass = pass(&entropy);
        let envelope = sealed(&entropy, &pass);
        let own = context();
        for foreign in [
            EnvelopeContext {
                epoch: 2,
                ..own.clone()
            },
            EnvelopeContext {
                device: None,
                ..own.clone()
            },
            EnvelopeContext {
                company: CompanyId(uuid::Uuid::from_u128(9)),
                ..own.clone()
            },
        ] {
            assert_eq!(
                envelope.open(&released(9), &pass, &foreign).err(),
                Some(EnvelopeError::Damaged)
            );
            // Nor when its header is rewritten to fit, with a canary that fits too.
            let mut moved = envelope.clone();
            moved.context = foreign.clone();
            moved.canary = moved.derive_canary();
            assert_eq!(
                moved.open(&released(9), &pass, &foreign).err(),
                Some(EnvelopeError::Wrong)
            );
        }
    }

    #[test]
    fn it_reads_back_from_json() {
        let entropy = Counting::default();
        let envelope = sealed(&entropy, &pass(&entropy));
        let json = serde_json::to_vec(&envelope).unwrap();
        assert_eq!(
            serde_json::from_slice::<BiometricEnvelope>(&json).unwrap(),
            envelope
        );
    }
}
