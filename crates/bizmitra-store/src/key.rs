//! The key of a store.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

/// 32 bytes of raw SQLCipher key and 16 bytes of salt. Both are derived from the device secret: with the salt read from
/// the file, garbage in its first sector would make every acknowledged row in the WAL unreadable.
#[derive(ZeroizeOnDrop)]
pub struct StoreKey([u8; 48]);

impl StoreKey {
    /// Takes key and salt, in this order, and wipes the argument's copy.
    pub fn new(mut bytes: [u8; 48]) -> Self {
        let key = Self(bytes);
        bytes.zeroize();
        key
    }

    /// For the store itself, which opens its file again after an I/O error.
    pub(crate) fn copy(&self) -> Self {
        Self(self.0)
    }

    /// The pragma that hands key and salt to SQLCipher.
    pub(crate) fn pragma(&self) -> Zeroizing<String> {
        let digits = Zeroizing::new(hex::encode(self.0));
        let mut pragma = Zeroizing::new(String::with_capacity(128));
        pragma.push_str("PRAGMA key = \"x'");
        pragma.push_str(&digits);
        pragma.push_str("'\"");
        pragma
    }

    /// 16 bytes that tell this key from another one and nothing about it.
    pub(crate) fn check(&self) -> [u8; 16] {
        let mut check = [0; 16];
        // HMAC takes keys of any length; were it to refuse, the check of zeros would only make a wrong key look like damage.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) {
            mac.update(b"bz/store-check/v1");
            for (to, from) in check.iter_mut().zip(mac.finalize().into_bytes()) {
                *to = from;
            }
        }
        check
    }
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey(..)")
    }
}
