//! Private columns: what a locked phone must not show lies under a key that only the vault gives.
//!
//! While unlocked a cell is sealed with XChaCha20-Poly1305. While locked nothing of this can be opened, but what
//! happens then (the evidence of a tap whose app was killed) can still be written: it is sealed to a public key whose
//! private half is in the vault.
//!
//! A cell is bound to its column and row, so that cells cannot change places. Days are found by a keyed tag: equal days
//! have equal tags, and a tag says nothing else.

use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::clock::{Entropy, make_random};
use crate::ids::ItemId;
use crate::keys::VaultKey;
use crate::seal::{OpeningKey, SealingKey};

/// First byte of a cell sealed while unlocked: nonce (24), ciphertext with its tag.
const UNLOCKED: u8 = 1;
/// First byte of a cell sealed while locked: HPKE.
const LOCKED: u8 = 2;
const INFO: &[u8] = b"bz/private/v1";

/// Which cell of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The exact bytes of a record.
    Record,
    /// A tap.
    Tap,
    /// The location verdict of a tap.
    Evidence,
    /// A file's name and key.
    File,
}

impl Column {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Record => b"record",
            Self::Tap => b"tap",
            Self::Evidence => b"evidence",
            Self::File => b"file",
        }
    }
}

/// Why a cell cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// The vault is locked.
    #[error("the vault is locked")]
    Locked,
    /// It was written under a vault that is gone, or is damaged.
    #[error("the cell does not open with this vault")]
    Unreadable,
    /// It cannot be sealed.
    #[error("the cell cannot be sealed")]
    Unwritable,
}

/// What the vault opens.
struct Opened {
    cells: Zeroizing<[u8; 32]>,
    tags: Zeroizing<[u8; 32]>,
    locked_cells: OpeningKey,
}

enum Hold {
    Open(Box<Opened>),
    Locked(SealingKey),
}

/// Reads and writes private columns, as far as the lock allows.
pub struct Columns {
    hold: Hold,
    entropy: Arc<dyn Entropy>,
}

impl std::fmt::Debug for Columns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.hold {
            Hold::Open(_) => "Columns(open)",
            Hold::Locked(_) => "Columns(locked)",
        })
    }
}

impl Columns {
    /// Of an open vault.
    pub fn open(vault: &VaultKey, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            hold: Hold::Open(Box::new(Opened {
                cells: vault.derive(b"bz/private-cells/v1"),
                tags: vault.derive(b"bz/private-tags/v1"),
                locked_cells: OpeningKey::from_seed(vault.derive(b"bz/private-locked/v1")),
            })),
            entropy,
        }
    }

    /// Of a locked one: can write and not read.
    pub fn locked(key: SealingKey, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            hold: Hold::Locked(key),
            entropy,
        }
    }

    /// To write with while locked; kept beside the vault.
    pub fn locked_key(&self) -> SealingKey {
        match &self.hold {
            Hold::Open(opened) => opened.locked_cells.public(),
            Hold::Locked(key) => *key,
        }
    }

    /// Seals a cell of the row `id`.
    ///
    /// # Errors
    /// [`ColumnError::Unwritable`].
    pub fn seal(&self, column: Column, id: ItemId, plain: &[u8]) -> Result<Vec<u8>, ColumnError> {
        let place = place(column, id);
        match &self.hold {
            Hold::Open(opened) => {
                let nonce: [u8; 24] = make_random(&*self.entropy);
                let cipher = XChaCha20Poly1305::new(&Key::from(*opened.cells));
                let payload = Payload {
                    msg: plain,
                    aad: &place,
                };
                let sealed = cipher
                    .encrypt(&XNonce::from(nonce), payload)
                    .map_err(|_| ColumnError::Unwritable)?;
                Ok([&[UNLOCKED], nonce.as_slice(), &sealed].concat())
            }
            Hold::Locked(key) => {
                let sealed = key
                    .seal(INFO, &place, plain, &*self.entropy)
                    .map_err(|_| ColumnError::Unwritable)?;
                Ok([&[LOCKED], sealed.as_slice()].concat())
            }
        }
    }

    /// Opens a cell of the row `id`.
    ///
    /// # Errors
    /// See [`ColumnError`].
    pub fn read(
        &self,
        column: Column,
        id: ItemId,
        cell: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, ColumnError> {
        let Hold::Open(opened) = &self.hold else {
            return Err(ColumnError::Locked);
        };
        let place = place(column, id);
        match cell.split_first() {
            Some((&UNLOCKED, rest)) => rest
                .split_first_chunk::<24>()
                .and_then(|(nonce, sealed)| {
                    let cipher = XChaCha20Poly1305::new(&Key::from(*opened.cells));
                    let payload = Payload {
                        msg: sealed,
                        aad: &place,
                    };
                    cipher.decrypt(&XNonce::from(*nonce), payload).ok()
                })
                .map(Zeroizing::new),
            Some((&LOCKED, rest)) => opened.locked_cells.open(INFO, &place, rest),
            _ => None,
        }
        .ok_or(ColumnError::Unreadable)
    }

    /// The tag under which a day's rows are found.
    ///
    /// # Errors
    /// [`ColumnError::Locked`].
    pub fn day_tag(&self, day: &str) -> Result<[u8; 16], ColumnError> {
        let Hold::Open(opened) = &self.hold else {
            return Err(ColumnError::Locked);
        };
        let mut tag = [0; 16];
        // HKDF as a keyed pseudorandom function; 16 bytes are far below its limit.
        let expanded = Hkdf::<Sha256>::new(None, opened.tags.as_slice())
            .expand_multi_info(&[b"day:", day.as_bytes()], &mut tag);
        debug_assert!(expanded.is_ok());
        Ok(tag)
    }
}

fn place(column: Column, id: ItemId) -> Vec<u8> {
    [column.name(), &[0], id.0.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::testing::Counting;

    fn vault(byte: u8) -> Columns {
        Columns::open(
            &VaultKey::from_bytes([byte; 32]),
            Arc::new(Counting::default()),
        )
    }

    fn id(number: u128) -> ItemId {
        ItemId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_cell_opens_in_its_own_place_and_under_its_own_vault_only() {
        let cell = vault(1).seal(Column::Tap, id(7), b"09:02").unwrap();
        assert_eq!(
            vault(1).read(Column::Tap, id(7), &cell).unwrap().as_slice(),
            b"09:02"
        );
        for result in [
            vault(1).read(Column::Tap, id(8), &cell),
            vault(1).read(Column::Evidence, id(7), &cell),
            vault(2).read(Column::Tap, id(7), &cell),
            vault(1).read(Column::Tap, id(7), &[]),
            vault(1).read(Column::Tap, id(7), &cell[..20]),
        ] {
            assert_eq!(result.err(), Some(ColumnError::Unreadable));
        }
    }

    #[test]
    fn a_locked_phone_writes_what_it_cannot_read() {
        let locked = Columns::locked(vault(1).locked_key(), Arc::new(Counting::default()));
        let cell = locked
            .seal(Column::Evidence, id(7), b"interrupted")
            .unwrap();
        assert_eq!(
            locked.read(Column::Evidence, id(7), &cell).err(),
            Some(ColumnError::Locked)
        );
        assert_eq!(
            vault(1)
                .read(Column::Evidence, id(7), &cell)
                .unwrap()
                .as_slice(),
            b"interrupted"
        );
        assert_eq!(
            vault(2).read(Column::Evidence, id(7), &cell).err(),
            Some(ColumnError::Unreadable)
        );
        assert_eq!(
            locked.day_tag("2026-11-23").err(),
            Some(ColumnError::Locked)
        );
    }

    #[test]
    fn days_have_tags_that_differ_by_day_and_by_vault() {
        let tag = |vault: &Columns, day| vault.day_tag(day).unwrap();
        assert_eq!(tag(&vault(1), "2026-11-23"), tag(&vault(1), "2026-11-23"));
        assert_ne!(tag(&vault(1), "2026-11-23"), tag(&vault(1), "2026-11-24"));
        assert_ne!(tag(&vault(1), "2026-11-23"), tag(&vault(2), "2026-11-23"));
    }

    #[test]
    fn columns_do_not_print_keys() {
        assert_eq!(format!("{:?}", vault(1)), "Columns(open)");
    }
}
