//! The envelope of the vault key: Argon2id over PIN and device secret, then ChaCha20-Poly1305 with the header authenticated.

use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::pin::Pin;
use crate::clock::{Entropy, make_random};
use crate::ids::{CompanyId, DeviceId, EmployeeId};
use crate::keys::{DeviceSecret, VaultKey};

/// Cost of Argon2id (RFC 9106): clamped both ways before any memory is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KdfParams {
    /// Memory, KiB.
    pub m_kib: u32,
    /// Passes.
    pub t: u32,
}

impl KdfParams {
    /// The least we accept: 19 MiB, 2 passes.
    pub const FLOOR: Self = Self {
        m_kib: 19 * 1024,
        t: 2,
    };
    /// The most we accept: 256 MiB, 10 passes.
    pub const CEILING: Self = Self {
        m_kib: 256 * 1024,
        t: 10,
    };
    /// Where calibration starts: 64 MiB, 3 passes.
    pub const START: Self = Self {
        m_kib: 64 * 1024,
        t: 3,
    };

    fn is_acceptable(self) -> bool {
        (Self::FLOOR.m_kib..=Self::CEILING.m_kib).contains(&self.m_kib)
            && (Self::FLOOR.t..=Self::CEILING.t).contains(&self.t)
    }

    /// The next step of a calibration that aims at 350 to 700 ms, or `None` when `took_ms` is good or nothing more can be done.
    pub fn plan_calibration(self, took_ms: u64) -> Option<Self> {
        let next = if took_ms < 350 {
            // Passes first: memory is what a cheap phone lacks.
            let wanted = u64::from(self.t)
                .saturating_mul(500)
                .checked_div(took_ms.max(1))
                .unwrap_or(10);
            Self {
                t: u32::try_from(wanted)
                    .unwrap_or(10)
                    .clamp(self.t + 1, Self::CEILING.t.max(self.t + 1)),
                ..self
            }
        } else if took_ms > 700 && self.t > Self::FLOOR.t {
            Self {
                t: self.t - 1,
                ..self
            }
        } else if took_ms > 700 && self.m_kib / 2 >= Self::FLOOR.m_kib {
            Self {
                m_kib: self.m_kib / 2,
                ..self
            }
        } else {
            return None;
        };
        (next != self && next.is_acceptable()).then_some(next)
    }
}

/// Whose vault it is: authenticated with the envelope, so that one person's envelope cannot be put in another's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeContext {
    /// Company.
    pub company: CompanyId,
    /// Person.
    pub employee: EmployeeId,
    /// Device, once the server named it.
    pub device: Option<DeviceId>,
    /// Counts PIN changes.
    pub epoch: u32,
}

impl EnvelopeContext {
    /// Its part of a header.
    pub(super) fn write(&self, header: &mut Vec<u8>) {
        header.extend_from_slice(self.company.0.as_bytes());
        header.extend_from_slice(self.employee.0.as_bytes());
        header.push(u8::from(self.device.is_some()));
        header.extend_from_slice(
            self.device
                .map(|device| device.0)
                .unwrap_or_default()
                .as_bytes(),
        );
        header.extend_from_slice(&self.epoch.to_be_bytes());
    }
}

/// The sealed vault key as it is stored (JSON).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Version of this format: 1.
    pub v: u32,
    /// Whose.
    pub context: EnvelopeContext,
    /// Cost.
    pub kdf: KdfParams,
    /// Argon2id salt.
    #[serde(with = "hex::serde")]
    pub salt: [u8; 16],
    /// AEAD nonce.
    #[serde(with = "hex::serde")]
    pub nonce: [u8; 12],
    /// Sealed key with its tag.
    #[serde(with = "hex::serde")]
    pub sealed: Vec<u8>,
    /// SHA-256 of everything above: tells a damaged envelope from a wrong PIN.
    #[serde(with = "hex::serde")]
    pub canary: [u8; 32],
}

/// Why an envelope did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Wrong PIN, or another device's secret.
    #[error("the PIN does not open the vault")]
    Wrong,
    /// Not as it was written, or with costs we do not accept.
    #[error("the vault's envelope is damaged")]
    Damaged,
    /// Not enough memory for the key derivation.
    #[error("not enough memory to open the vault")]
    Memory,
}

const VERSION: u32 = 1;
const NAMESPACE: &str = "bz/vault/v1";

impl Envelope {
    /// Seals a vault key.
    ///
    /// # Errors
    /// [`EnvelopeError::Damaged`] for costs outside the accepted range, [`EnvelopeError::Memory`] when they cannot be paid.
    pub fn seal(
        key: &VaultKey,
        pin: &Pin,
        device: &DeviceSecret,
        context: EnvelopeContext,
        kdf: KdfParams,
        entropy: &dyn Entropy,
    ) -> Result<Self, EnvelopeError> {
        let mut envelope = Self {
            v: VERSION,
            context,
            kdf,
            salt: make_random(entropy),
            nonce: make_random(entropy),
            sealed: Vec::new(),
            canary: [0; 32],
        };
        let header = envelope.header();
        let cipher = envelope.cipher(pin, device)?;
        envelope.sealed = cipher
            .encrypt(
                &Nonce::from(envelope.nonce),
                Payload {
                    msg: key.expose(),
                    aad: &header,
                },
            )
            .map_err(|_| EnvelopeError::Memory)?;
        envelope.canary = envelope.derive_canary();
        Ok(envelope)
    }

    /// Opens it with a PIN.
    ///
    /// # Errors
    /// See [`EnvelopeError`].
    pub fn open(&self, pin: &Pin, device: &DeviceSecret) -> Result<VaultKey, EnvelopeError> {
        if self.v != VERSION || !bool::from(self.canary.ct_eq(&self.derive_canary())) {
            return Err(EnvelopeError::Damaged);
        }
        let cipher = self.cipher(pin, device)?;
        let plain = cipher
            .decrypt(
                &Nonce::from(self.nonce),
                Payload {
                    msg: &self.sealed,
                    aad: &self.header(),
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| EnvelopeError::Wrong)?;
        let bytes = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| EnvelopeError::Damaged)?;
        Ok(VaultKey::from_bytes(bytes))
    }

    /// Runs the key derivation once, for calibration.
    ///
    /// # Errors
    /// As [`Envelope::seal`].
    pub fn probe(kdf: KdfParams) -> Result<(), EnvelopeError> {
        derive_key(
            &Pin::new("000000".into()),
            &DeviceSecret::from_bytes([0; 32]),
            &[0; 16],
            kdf,
        )
        .map(|_| ())
    }

    fn cipher(&self, pin: &Pin, device: &DeviceSecret) -> Result<ChaCha20Poly1305, EnvelopeError> {
        let key = derive_key(pin, device, &self.salt, self.kdf)?;
        Ok(ChaCha20Poly1305::new(&Key::from(*key)))
    }

    fn header(&self) -> Vec<u8> {
        let mut header = NAMESPACE.as_bytes().to_vec();
        header.extend_from_slice(&self.v.to_be_bytes());
        self.context.write(&mut header);
        header.extend_from_slice(&self.kdf.m_kib.to_be_bytes());
        header.extend_from_slice(&self.kdf.t.to_be_bytes());
        header.extend_from_slice(&self.salt);
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

fn derive_key(
    pin: &Pin,
    device: &DeviceSecret,
    salt: &[u8; 16],
    kdf: KdfParams,
) -> Result<Zeroizing<[u8; 32]>, EnvelopeError> {
    if !kdf.is_acceptable() {
        return Err(EnvelopeError::Damaged);
    }
    let params = ParamsBuilder::new()
        .m_cost(kdf.m_kib)
        .t_cost(kdf.t)
        .p_cost(1)
        .data(AssociatedData::EMPTY)
        .output_len(32)
        .build()
        .map_err(|_| EnvelopeError::Damaged)?;
    let secret = device.derive_pin_secret();
    let argon = Argon2::new_with_secret(
        secret.as_slice(),
        Algorithm::Argon2id,
        Version::V0x13,
        params,
    )
    .map_err(|_| EnvelopeError::Damaged)?;
    let mut key = Zeroizing::new([0; 32]);
    argon
        .hash_password_into(pin.expose(), salt, key.as_mut())
        .map_err(|_| EnvelopeError::Memory)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::testing::Counting;

    fn context() -> EnvelopeContext {
        EnvelopeContext {
            company: CompanyId(uuid::Uuid::from_u128(1)),
            employee: EmployeeId(uuid::Uuid::from_u128(2)),
            device: None,
            epoch: 1,
        }
    }

    fn pin(digits: &str) -> Pin {
        Pin::new(digits.into())
    }

    fn sealed() -> (Envelope, DeviceSecret) {
        let device = DeviceSecret::from_bytes([9; 32]);
        let key = VaultKey::from_bytes([5; 32]);
        let envelope = Envelope::seal(
            &key,
            &pin("482916"),
            &device,
            context(),
            KdfParams::FLOOR,
            &Counting::default(),
        )
        .unwrap();
        (envelope, device)
    }

    #[test]
    fn the_right_pin_opens_and_a_wrong_one_or_another_device_does_not() {
        let (envelope, device) = sealed();
        assert_eq!(
            envelope.open(&pin("482916"), &device).unwrap().expose(),
            &[5; 32]
        );
        assert_eq!(
            envelope.open(&pin("482917"), &device).err(),
            Some(EnvelopeError::Wrong)
        );
        assert_eq!(
            envelope
                .open(&pin("482916"), &DeviceSecret::from_bytes([8; 32]))
                .err(),
            Some(EnvelopeError::Wrong)
        );
    }

    #[test]
    fn a_changed_byte_is_damage_and_not_a_wrong_pin() {
        let (envelope, device) = sealed();
        let mut changed = envelope.clone();
        changed.sealed[3] ^= 1;
        assert_eq!(
            changed.open(&pin("482916"), &device).err(),
            Some(EnvelopeError::Damaged)
        );
        let mut other = envelope;
        other.context.epoch = 2;
        assert_eq!(
            other.open(&pin("482916"), &device).err(),
            Some(EnvelopeError::Damaged)
        );
    }

    #[test]
    fn a_header_with_a_mended_canary_still_does_not_open() {
        let (mut envelope, device) = sealed();
        envelope.context.employee = EmployeeId(uuid::Uuid::from_u128(3));
        envelope.canary = envelope.derive_canary();
        assert_eq!(
            envelope.open(&pin("482916"), &device).err(),
            Some(EnvelopeError::Wrong)
        );
    }

    #[test]
    fn an_envelope_with_a_field_that_is_not_ours_is_none() {
        let (envelope, _) = sealed();
        let json = serde_json::to_value(&envelope).unwrap();
        assert!(serde_json::from_value::<Envelope>(json.clone()).is_ok());
        for place in ["", "/context", "/kdf"] {
            let mut bent = json.clone();
            bent.pointer_mut(place).unwrap()["note"] = 1.into();
            assert!(serde_json::from_value::<Envelope>(bent).is_err(), "{place}");
        }
    }

    #[test]
    fn absurd_costs_are_refused_before_memory_is_taken() {
        for kdf in [
            KdfParams {
                m_kib: u32::MAX,
                t: 2,
            },
            KdfParams { m_kib: 8, t: 2 },
            KdfParams {
                m_kib: 19 * 1024,
                t: 1,
            },
            KdfParams {
                m_kib: 64 * 1024,
                t: 99,
            },
        ] {
            assert_eq!(Envelope::probe(kdf), Err(EnvelopeError::Damaged));
        }
    }

    #[test]
    fn calibration_moves_toward_the_window_and_ends() {
        assert_eq!(KdfParams::START.plan_calibration(500), None);
        assert_eq!(KdfParams::START.plan_calibration(100).unwrap().t, 10);
        assert_eq!(
            KdfParams {
                m_kib: 64 * 1024,
                t: 10
            }
            .plan_calibration(100),
            None
        );
        assert_eq!(KdfParams::START.plan_calibration(2_000).unwrap().t, 2);
        assert_eq!(
            KdfParams {
                m_kib: 64 * 1024,
                t: 2
            }
            .plan_calibration(2_000)
            .unwrap()
            .m_kib,
            32 * 1024
        );
        assert_eq!(
            KdfParams {
                m_kib: 32 * 1024,
                t: 2
            }
            .plan_calibration(2_000),
            None
        );
    }
}
