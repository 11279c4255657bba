//! The key folder: secrets that lie outside the database and outside its backups.
//!
//! `server.key` is the root: from it come the key-encryption key and the key under which codes and nonces are
//! authenticated. Each company has a statement key (SSK), which remembers the ones before it, and sealing keys, and each person a content key, all wrapped by
//! the key-encryption key. Deleting a person's file erases that person's content wherever the database was copied to.

mod opener;
mod statement;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bizmitra_contract::ids::{CompanyId, EmployeeId};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::disk::restrict;

pub(crate) use opener::{Opener, id_of as sealing_key_id};

/// Why a key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The folder could not be read or written.
    #[error("key file cannot be read or written")]
    Io(#[from] io::Error),
    /// No such key: never made, or erased.
    #[error("key is not here")]
    Missing,
    /// Another process gave the company a new key at the same moment.
    #[error("key was changed meanwhile")]
    Changed,
    /// The file or the ciphertext is not what was written.
    #[error("key or ciphertext is damaged")]
    Damaged,
    /// The system gave no random bytes.
    #[error("no randomness")]
    Randomness,
}

type Secret = Zeroizing<[u8; 32]>;

/// The open key folder.
pub struct Keys {
    folder: PathBuf,
    wrapping: Secret,
    codes: Secret,
    backups: Secret,
    nonces: Secret,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// Random bytes of the system.
pub(crate) fn make_random<const N: usize>() -> Result<[u8; N], KeysError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| KeysError::Randomness)?;
    Ok(bytes)
}

impl Keys {
    /// Opens the folder; makes it with a new root when there is none.
    ///
    /// # Errors
    /// When the folder or the root cannot be read or written.
    pub fn open(folder: &Path) -> Result<Self, KeysError> {
        fs::create_dir_all(folder)?;
        restrict(folder, 0o700)?;
        let file = folder.join("server.key");
        if !file.exists() {
            // A command line may do the same at the same moment: whoever links first wins, both read the winner.
            write_new(&file, &*Zeroizing::new(make_random::<32>()?))?;
        }
        let root = Zeroizing::new(fs::read(&file)?);
        if root.len() != 32 {
            return Err(KeysError::Damaged);
        }
        Ok(Self {
            folder: folder.to_owned(),
            wrapping: derive(&root, b"bz/server/kek/v1")?,
            codes: derive(&root, b"bz/server/codes/v1")?,
            backups: derive(&root, b"bz/server/backups/v1")?,
            // Nonces die with the process: a used one cannot come back after a restart.
            nonces: Zeroizing::new(make_random()?),
        })
    }

    /// HMAC under which activation codes are stored.
    pub(crate) fn code_mac(&self, code: &str) -> [u8; 32] {
        mac(&self.codes, code.as_bytes())
    }

    /// HMAC by which this server knows the lists of its backups.
    pub(crate) fn backup_mac(&self, list: &[u8]) -> [u8; 32] {
        mac(&self.backups, list)
    }

    /// HMAC under which nonces are recognised.
    pub(crate) fn nonce_mac(&self, message: &[u8]) -> [u8; 32] {
        mac(&self.nonces, message)
    }

    /// Makes a person's content key.
    pub(crate) fn make_person_key(
        &self,
        company: CompanyId,
        person: EmployeeId,
    ) -> Result<(), KeysError> {
        let secret = Zeroizing::new(make_random::<32>()?);
        self.wrap(
            &self.person_file(company, person),
            &*secret,
            person.0.as_bytes(),
        )?;
        Ok(())
    }

    /// A person's content key.
    pub(crate) fn person_key(
        &self,
        company: CompanyId,
        person: EmployeeId,
    ) -> Result<PersonKey, KeysError> {
        self.unwrap(&self.person_file(company, person), person.0.as_bytes())
            .map(PersonKey)
    }

    /// Makes a sealing key and returns its public half. Older ones stay: what was sealed to them still arrives.
    pub(crate) fn make_sealing_key(&self, company: CompanyId) -> Result<[u8; 32], KeysError> {
        let secret = Zeroizing::new(make_random::<32>()?);
        let key = Opener::from_seed(&secret);
        let name = [company.0.as_bytes(), key.id().as_slice()].concat();
        self.wrap(&self.sealing_file(company, key.id()), &*secret, &name)?;
        Ok(key.public())
    }

    /// One of a company's sealing keys.
    pub(crate) fn sealing_key(&self, company: CompanyId, id: [u8; 8]) -> Result<Opener, KeysError> {
        let name = [company.0.as_bytes(), id.as_slice()].concat();
        let secret = self.unwrap(&self.sealing_file(company, id), &name)?;
        Ok(Opener::from_seed(&secret))
    }

    fn sealing_file(&self, company: CompanyId, id: [u8; 8]) -> PathBuf {
        self.folder
            .join(format!("sealing-{company}"))
            .join(format!("{}.key", hex::encode(id)))
    }

    fn person_file(&self, company: CompanyId, person: EmployeeId) -> PathBuf {
        self.folder
            .join(format!("people-{company}"))
            .join(format!("{person}.key"))
    }

    /// False when the file was there before; it stays as it is then.
    fn wrap(&self, file: &Path, plain: &[u8], name: &[u8]) -> Result<bool, KeysError> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
            restrict(folder, 0o700)?;
        }
        Ok(write_new(file, &seal(&self.wrapping, plain, name)?)?)
    }

    fn unwrap(&self, file: &Path, name: &[u8]) -> Result<Secret, KeysError> {
        <[u8; 32]>::try_from(self.unwrap_all(file, name)?.as_slice())
            .map(Zeroizing::new)
            .map_err(|_| KeysError::Damaged)
    }

    fn unwrap_all(&self, file: &Path, name: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        let sealed = match fs::read(file) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeysError::Missing);
            }
            Err(error) => return Err(error.into()),
        };
        open(&self.wrapping, &sealed, name).map(Zeroizing::new)
    }
}

/// The key under which one person's content lies.
pub(crate) struct PersonKey(Secret);

impl PersonKey {
    /// Seals content; `name` must be given again to open it.
    pub(crate) fn seal(&self, plain: &[u8], name: &[u8]) -> Result<Vec<u8>, KeysError> {
        seal(&self.0, plain, name)
    }

    /// Opens content.
    pub(crate) fn open(&self, sealed: &[u8], name: &[u8]) -> Result<Vec<u8>, KeysError> {
        open(&self.0, sealed, name)
    }
}

fn derive(root: &[u8], purpose: &[u8]) -> Result<Secret, KeysError> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, root)
        .expand(purpose, &mut *key)
        .map_err(|_| KeysError::Damaged)?;
    Ok(key)
}

fn mac(key: &Secret, message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so the error cannot occur; an all-zero mac would match nothing stored.
    Hmac::<Sha256>::new_from_slice(key.as_slice()).map_or([0; 32], |mac| {
        mac.chain_update(message).finalize().into_bytes().into()
    })
}

fn seal(key: &Secret, plain: &[u8], name: &[u8]) -> Result<Vec<u8>, KeysError> {
    let nonce = make_random::<12>()?;
    let cipher = ChaCha20Poly1305::new(&Key::from(**key));
    let sealed = cipher
        .encrypt(
            &Nonce::from(nonce),
            Payload {
                msg: plain,
                aad: name,
            },
        )
        .map_err(|_| KeysError::Damaged)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(key: &Secret, sealed: &[u8], name: &[u8]) -> Result<Vec<u8>, KeysError> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<12>().ok_or(KeysError::Damaged)?;
    let cipher = ChaCha20Poly1305::new(&Key::from(**key));
    cipher
        .decrypt(
            &Nonce::from(*nonce),
            Payload {
                msg: ciphertext,
                aad: name,
            },
        )
        .map_err(|_| KeysError::Damaged)
}

/// Writes a file that did not exist: whole and on disk, or not at all. False when there was one.
fn write_new(file: &Path, bytes: &[u8]) -> io::Result<bool> {
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    let draft = file.with_extension(format!("{}.new", uuid::Uuid::new_v4()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&draft)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    let is_new = match linked {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(is_new)
}
