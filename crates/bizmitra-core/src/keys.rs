//! Keys of the device: what the keystore holds, what is derived from it, and what may be signed with it.
//!
//! The names of purposes and the framing of signed messages are written down in the wire contract; this is the device's
//! own reading of them. The server has another, on purpose.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::ids::CompanyId;

/// Secret bytes that never print and are wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes over.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The operating system's store of secrets: this device only, never in a backup.
pub trait Keystore: Send + Sync {
    /// `None` only when the keystore answered that there is no such entry.
    fn load(&self, name: &str) -> Result<Option<Secret>, KeystoreError>;
    /// Creates or replaces.
    fn save(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError>;
    /// Not an error when it is not there.
    fn remove(&self, name: &str) -> Result<(), KeystoreError>;
}

/// Why the keystore did not serve. Never a reason to mint a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeystoreError {
    /// There is none, or it is locked.
    #[error("the keystore of the operating system is not available")]
    Unavailable,
    /// It refused access.
    #[error("the keystore of the operating system refused access")]
    Refused,
    /// The entry is not in the form we wrote.
    #[error("the keystore entry is damaged")]
    Damaged,
}

/// Names of our entries.
pub mod entry {
    /// [`super::DeviceSecret`].
    pub const DEVICE_SECRET: &str = "device-secret";
    /// Seed of the [`super::DeviceIdentity`] with this public half: an ended binding keeps its own until the server has
    /// taken the next one.
    pub fn device_identity(public: &super::PublicKey) -> String {
        format!("device-identity-{}", public.key_id())
    }
    /// Twin of the enrolment: without it a damaged store could not say whose records it kept.
    pub const ENROLMENT: &str = "enrolment";
    /// Twin of the PIN counter: written first.
    pub const PIN_TRIES: &str = "pin-tries";
    /// [`crate::vault::biometric::Pass`]: without it the biometric envelope opens with nothing.
    pub const BIOMETRIC_PASS: &str = "biometric-pass";
}

/// 32 random bytes of this device; with them alone the store opens and the queue drains, without them nothing does.
#[derive(Clone, ZeroizeOnDrop)]
pub struct DeviceSecret([u8; 32]);

impl DeviceSecret {
    /// From fresh random bytes or from the keystore.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As the keystore holds it; damaged unless 32 bytes.
    pub fn from_secret(secret: &Secret) -> Result<Self, KeystoreError> {
        secret
            .expose()
            .try_into()
            .map(Self)
            .map_err(|_| KeystoreError::Damaged)
    }

    /// Bytes for the keystore.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// SQLCipher's raw key (32) and salt (16), never read from the file.
    pub fn derive_store_key(&self) -> Zeroizing<[u8; 48]> {
        derive(&self.0, b"bz/store/v1")
    }

    /// Argon2id's secret input (RFC 9106, section 3.1, `K`).
    pub fn derive_pin_secret(&self) -> Zeroizing<[u8; 32]> {
        derive(&self.0, b"bz/pin/v1")
    }
}

/// 32 random bytes that only the PIN opens.
#[derive(Clone, ZeroizeOnDrop)]
pub struct VaultKey([u8; 32]);

impl VaultKey {
    /// From fresh random bytes or from the envelope.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Bytes for the envelope.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The user presence key: exists only while unlocked.
    pub fn derive_presence(&self) -> KeyPair {
        KeyPair::from_seed(&self.derive(b"bz/presence/v1"))
    }

    /// A key for one purpose.
    pub(crate) fn derive(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        derive(&self.0, purpose)
    }
}

/// HKDF-SHA256 (RFC 5869) without salt: the input is uniformly random.
fn derive<const N: usize>(input: &[u8; 32], info: &[u8]) -> Zeroizing<[u8; N]> {
    let mut output = Zeroizing::new([0; N]);
    let expanded = Hkdf::<Sha256>::new(None, input).expand(info, output.as_mut());
    // Fails only above 255 * 32 bytes, and N is a constant of this file.
    debug_assert!(expanded.is_ok());
    output
}

/// An Ed25519 key pair (RFC 8032): device identity or user presence.
#[derive(Clone)]
pub struct KeyPair(SigningKey);

/// The device identity key pair.
pub type DeviceIdentity = KeyPair;

impl KeyPair {
    /// From 32 random or derived bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// From the keystore; damaged unless 32 bytes.
    pub fn from_secret(secret: &Secret) -> Result<Self, KeystoreError> {
        let seed = secret
            .expose()
            .try_into()
            .map_err(|_| KeystoreError::Damaged)?;
        Ok(Self(SigningKey::from_bytes(seed)))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// A signature.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl crate::api::RequestSigner for KeyPair {
    fn sign(&self, message: &[u8]) -> [u8; 64] {
        Self::sign(self, message)
    }
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyPair(..)")
    }
}

/// An Ed25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// First 8 bytes of SHA-256, lower-case hex.
    pub fn key_id(&self) -> String {
        let digest = Sha256::digest(self.0);
        hex::encode(digest.iter().take(8).copied().collect::<Vec<u8>>())
    }

    /// Strict verification: no small-order keys, no malleable signatures.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| {
            key.verify_strict(message, &Signature::from_bytes(signature))
                .is_ok()
        })
    }
}

/// 6 groups of 4 Crockford characters over both keys: what two people compare on two screens.
pub fn derive_fingerprint(device: &PublicKey, presence: &PublicKey) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digest = Sha256::new()
        .chain_update(b"bz/fingerprint/v1")
        .chain_update(device.0)
        .chain_update(presence.0)
        .finalize();
    let mut text = String::with_capacity(29);
    let mut bits = 0_u32;
    let mut buffer = 0_u32;
    let mut written = 0;
    for byte in digest.iter().take(15) {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let index = usize::try_from((buffer >> bits) & 31).unwrap_or(0);
            if written > 0 && written % 4 == 0 {
                text.push('-');
            }
            text.push(
                ALPHABET
                    .get(index)
                    .map_or('0', |letter| char::from(*letter)),
            );
            written += 1;
        }
    }
    text
}

/// Bytes to be signed outside RFC 9421: purpose, zero byte, company, then length-prefixed fields.
pub struct Message(Vec<u8>);

impl Message {
    /// Begins.
    pub fn new(purpose: &str, company: CompanyId) -> Self {
        let mut bytes = purpose.as_bytes().to_vec();
        bytes.push(0);
        bytes.extend_from_slice(company.0.as_bytes());
        Self(bytes)
    }

    /// Appends a field.
    #[must_use]
    pub fn field(mut self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends an integer, 8 bytes big endian.
    #[must_use]
    pub fn number(self, value: u64) -> Self {
        self.field(&value.to_be_bytes())
    }

    /// Appends a signed integer, 8 bytes big endian.
    #[must_use]
    pub fn signed(self, value: i64) -> Self {
        self.field(&value.to_be_bytes())
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_keys_differ_by_purpose_and_by_secret() {
        let ravi = DeviceSecret::from_bytes([1; 32]);
        let asha = DeviceSecret::from_bytes([2; 32]);
        assert_ne!(
            ravi.derive_store_key().as_slice(),
            asha.derive_store_key().as_slice()
        );
        assert_ne!(
            &ravi.derive_store_key().as_slice()[..32],
            ravi.derive_pin_secret().as_slice()
        );
    }

    #[test]
    fn hkdf_agrees_with_rfc_5869_test_case_3() {
        let mut okm = [0; 42];
        Hkdf::<Sha256>::new(Some(&[]), &[0x0b; 22])
            .expand(&[], &mut okm)
            .unwrap();
        assert_eq!(
            hex::encode(okm),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        );
    }

    #[test]
    fn a_signature_for_one_purpose_does_not_fit_another() {
        let key = KeyPair::from_seed(&[7; 32]);
        let company = CompanyId(uuid::Uuid::from_u128(1));
        let login = Message::new("bz/login/v1", company).field(b"x");
        let record = Message::new("bz/record-signature/v1", company).field(b"x");
        let signature = key.sign(login.bytes());
        assert!(key.public().verifies(login.bytes(), &signature));
        assert!(!key.public().verifies(record.bytes(), &signature));
    }

    #[test]
    fn fields_cannot_be_shifted_into_each_other() {
        let company = CompanyId(uuid::Uuid::from_u128(1));
        assert_ne!(
            Message::new("p", company).field(b"ab").field(b"c").bytes(),
            Message::new("p", company).field(b"a").field(b"bc").bytes()
        );
    }

    #[test]
    fn a_fingerprint_has_six_groups_and_covers_both_keys() {
        let one = KeyPair::from_seed(&[1; 32]).public();
        let two = KeyPair::from_seed(&[2; 32]).public();
        let print = derive_fingerprint(&one, &two);
        assert_eq!(print.split('-').map(str::len).collect::<Vec<_>>(), [4; 6]);
        assert_ne!(print, derive_fingerprint(&two, &one));
    }

    #[test]
    fn a_low_order_key_verifies_nothing() {
        let weak = PublicKey([0; 32]);
        assert!(!weak.verifies(b"anything", &[0; 64]));
    }

    #[test]
    fn secrets_do_not_print() {
        assert_eq!(format!("{:?}", Secret::new(vec![1, 2, 3])), "Secret(..)");
    }
}
