//! A company's statement key (SSK), and how it came after the ones before.
//!
//! One file holds the private half and every succession so far, so a rotation is one new file: whole or not there. Files are
//! numbered and the highest counts. The key that it replaces is removed: nothing is signed with it any more, and what cannot be
//! found cannot leak. The successions lie here and not in the database, because a database that is restored from before a
//! rotation would bring back a key that devices do not take any more.

use std::fs;
use std::io;
use std::path::PathBuf;

use bizmitra_contract::ids::CompanyId;
use bizmitra_contract::statement::Succession;
use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use super::{Keys, KeysError, make_random};

/// A reader that meets a rotation finds the next file at its second look.
const LOOKS: u32 = 3;

/// What one file holds.
pub(crate) struct StatementKey {
    number: u64,
    /// Signs what the company states now.
    pub(crate) key: SigningKey,
    /// How it came after the first one, oldest first.
    pub(crate) successions: Vec<Succession>,
}

impl Keys {
    /// Makes a company's first statement key.
    pub(crate) fn make_statement_key(&self, company: CompanyId) -> Result<(), KeysError> {
        let secret = Zeroizing::new(make_random::<32>()?);
        self.put_statement_key(company, 1, &secret, &[])
    }

    /// A company's statement key.
    pub(crate) fn statement_key(&self, company: CompanyId) -> Result<SigningKey, KeysError> {
        self.statement_keys(company).map(|current| current.key)
    }

    /// A company's statement key with its successions.
    pub(crate) fn statement_keys(&self, company: CompanyId) -> Result<StatementKey, KeysError> {
        for _ in 0..LOOKS {
            let number = self.last_statement_number(company)?;
            let file = self.statement_file(company, number);
            match self.unwrap_all(&file, &statement_name(company, number)) {
                Ok(plain) => return read(number, &plain),
                Err(KeysError::Missing) => {}
                Err(error) => return Err(error),
            }
        }
        Err(KeysError::Changed)
    }

    /// Gives a company a new statement key; `sign` makes the succession of the former key and the new one. The former private
    /// half is removed once the new file is on disk.
    pub(crate) fn rotate_statement_key(
        &self,
        company: CompanyId,
        sign: impl FnOnce(&SigningKey, &SigningKey) -> Succession,
    ) -> Result<SigningKey, KeysError> {
        let former = self.statement_keys(company)?;
        let secret = Zeroizing::new(make_random::<32>()?);
        let key = SigningKey::from_bytes(&secret);
        let mut successions = former.successions;
        successions.push(sign(&former.key, &key));
        let number = former.number.checked_add(1).ok_or(KeysError::Damaged)?;
        self.put_statement_key(company, number, &secret, &successions)?;
        // Also what an interrupted rotation of before left.
        for older in self
            .statement_numbers(company)?
            .into_iter()
            .filter(|older| *older < number)
        {
            match fs::remove_file(self.statement_file(company, older)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(key)
    }

    fn put_statement_key(
        &self,
        company: CompanyId,
        number: u64,
        secret: &[u8; 32],
        successions: &[Succession],
    ) -> Result<(), KeysError> {
        let list = serde_json::to_vec(successions).map_err(|_| KeysError::Damaged)?;
        let plain = Zeroizing::new([secret.as_slice(), &list].concat());
        let file = self.statement_file(company, number);
        if self.wrap(&file, &plain, &statement_name(company, number))? {
            Ok(())
        } else {
            Err(KeysError::Changed)
        }
    }

    fn statement_folder(&self, company: CompanyId) -> PathBuf {
        self.folder.join(format!("statement-{company}"))
    }

    fn statement_file(&self, company: CompanyId, number: u64) -> PathBuf {
        self.statement_folder(company).join(format!("{number}.key"))
    }

    fn last_statement_number(&self, company: CompanyId) -> Result<u64, KeysError> {
        let numbers = self.statement_numbers(company)?;
        numbers.into_iter().max().ok_or(KeysError::Missing)
    }

    fn statement_numbers(&self, company: CompanyId) -> Result<Vec<u64>, KeysError> {
        let entries = match fs::read_dir(self.statement_folder(company)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeysError::Missing);
            }
            entries => entries?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            // Drafts have other names.
            let number = name.to_str().and_then(|name| name.strip_suffix(".key"));
            numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        Ok(numbers)
    }
}

/// A file that was moved to another company or number does not open.
fn statement_name(company: CompanyId, number: u64) -> Vec<u8> {
    [company.0.as_bytes().as_slice(), &number.to_be_bytes()].concat()
}

fn read(number: u64, plain: &[u8]) -> Result<StatementKey, KeysError> {
    let (secret, list) = plain.split_first_chunk::<32>().ok_or(KeysError::Damaged)?;
    Ok(StatementKey {
        number,
        key: SigningKey::from_bytes(secret),
        successions: serde_json::from_slice(list).map_err(|_| KeysError::Damaged)?,
    })
}

#[cfg(test)]
mod tests {
    use bizmitra_contract::encoding::{Bytes32, Bytes64};
    use uuid::Uuid;

    use super::*;

    const COMPANY: CompanyId = CompanyId(Uuid::from_u128(1));

    fn sign(former: &SigningKey, key: &SigningKey) -> Succession {
        Succession {
            former: Bytes32(former.verifying_key().to_bytes()),
            key: Bytes32(key.verifying_key().to_bytes()),
            since_ms: 5,
            former_sig: Bytes64([0; 64]),
            key_sig: Bytes64([0; 64]),
        }
    }

    #[test]
    fn a_rotation_keeps_every_succession_and_no_former_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        keys.make_statement_key(COMPANY).unwrap();
        let first = keys.statement_key(COMPANY).unwrap();
        let second = keys.rotate_statement_key(COMPANY, sign).unwrap();
        let third = keys.rotate_statement_key(COMPANY, sign).unwrap();
        let current = keys.statement_keys(COMPANY).unwrap();
        assert_eq!(current.key.to_bytes(), third.to_bytes());
        assert_eq!(
            current.successions,
            [sign(&first, &second), sign(&second, &third)]
        );
        assert_eq!(keys.statement_numbers(COMPANY).unwrap(), [3]);
        assert!(matches!(
            keys.make_statement_key(CompanyId(Uuid::from_u128(2)))
                .and_then(|()| keys.statement_key(CompanyId(Uuid::from_u128(3)))),
            Err(KeysError::Missing)
        ));
    }

    #[test]
    fn a_rotation_that_lost_against_another_one_says_so_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        keys.make_statement_key(COMPANY).unwrap();
        let lost = keys.rotate_statement_key(COMPANY, |former, key| {
            keys.rotate_statement_key(COMPANY, sign).unwrap();
            sign(former, key)
        });
        assert!(matches!(lost, Err(KeysError::Changed)));
        assert_eq!(keys.statement_keys(COMPANY).unwrap().successions.len(), 1);
    }

    #[test]
    fn an_interrupted_rotation_leaves_the_old_key_or_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        keys.make_statement_key(COMPANY).unwrap();
        let first = fs::read(keys.statement_file(COMPANY, 1)).unwrap();
        let second = keys.rotate_statement_key(COMPANY, sign).unwrap();
        // Killed before the former key was removed, with the draft of another try beside it.
        fs::write(keys.statement_file(COMPANY, 1), first).unwrap();
        let draft = keys.statement_folder(COMPANY).join("3.0000.new");
        fs::write(draft, b"half").unwrap();
        let found = keys.statement_key(COMPANY).unwrap();
        assert_eq!(found.to_bytes(), second.to_bytes());
        keys.rotate_statement_key(COMPANY, sign).unwrap();
        assert_eq!(keys.statement_numbers(COMPANY).unwrap(), [3]);
    }
}
