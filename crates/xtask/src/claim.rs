//! One target folder, several checkouts. Cargo tells packages of a workspace apart by their place inside it, and what is
//! new by the time of a file: in a folder that another checkout built into since, its programs pass for ours, with the
//! other checkout's paths in them. So the folder says whose it is, and changes hands only without our own packages.
//! What was built of others stays.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::say;

/// Held while a checkout builds into the folder. Several runs of one checkout hold it at once.
#[derive(Debug)]
pub struct Claim {
    _file: File,
}

/// Makes the target folder this checkout's. Waits while another one builds into it.
pub fn claim(target: &Path, checkout: &Path) -> Result<Claim> {
    fs::create_dir_all(target).with_context(|| target.display().to_string())?;
    let path = target.join("checkout");
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| path.display().to_string())?;
    loop {
        file.lock_shared()?;
        if owner(&mut file)? == checkout.as_os_str().as_encoded_bytes() {
            return Ok(Claim { _file: file });
        }
        file.unlock()?;
        if file.try_lock().is_err() {
            say::step("waiting: another checkout builds into the same target folder");
            file.lock()?;
        }
        // Forgotten before it changes hands: a run that ends in between leaves nothing that is wrong.
        for folder in fingerprints(target)? {
            fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(checkout.as_os_str().as_encoded_bytes())?;
        file.unlock()?;
    }
}

fn owner(file: &mut File) -> Result<Vec<u8>> {
    let mut owner = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut owner)?;
    Ok(owner)
}

/// By which Cargo knows that a package of ours is built: `[target/]profile/.fingerprint/package-hash`.
fn fingerprints(target: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for outer in folders(target)? {
        for inner in std::iter::once(outer.clone()).chain(folders(&outer)?) {
            found.extend(
                folders(&inner.join(".fingerprint"))?
                    .into_iter()
                    .filter(|folder| {
                        let name = folder.file_name().unwrap_or_default().to_string_lossy();
                        name.starts_with("bizmitra") || name.starts_with("xtask")
                    }),
            );
        }
    }
    Ok(found)
}

fn folders(of: &Path) -> Result<Vec<PathBuf>> {
    if !of.is_dir() {
        return Ok(Vec::new());
    }
    let mut folders = Vec::new();
    for entry in fs::read_dir(of)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_folder_changes_hands_without_what_was_built_of_our_own_packages() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path();
        let (ours, theirs) = (
            [
                "debug/.fingerprint/bizmitra-core-1",
                "wasm32/web/.fingerprint/xtask-2",
            ],
            ["debug/.fingerprint/serde-3", "debug/build/bizmitra-4"],
        );
        for path in ours.iter().chain(&theirs) {
            fs::create_dir_all(target.join(path)).unwrap();
        }
        let there = |paths: &[&str]| {
            paths
                .iter()
                .filter(|path| target.join(path).exists())
                .count()
        };
        drop(claim(target, Path::new("/one")).unwrap());
        assert_eq!((there(&ours), there(&theirs)), (0, 2));

        fs::create_dir_all(target.join(ours[0])).unwrap();
        let first = claim(target, Path::new("/one")).unwrap();
        let second = claim(target, Path::new("/one")).unwrap();
        assert_eq!(there(&ours), 1, "a checkout keeps what it built");
        drop((first, second));
        drop(claim(target, Path::new("/two")).unwrap());
        assert_eq!((there(&ours), there(&theirs)), (0, 2));
    }
}
