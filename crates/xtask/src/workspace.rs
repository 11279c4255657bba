//! Where things are. Builds and tools live outside the checkout, so that a fresh clone rebuilds nothing.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The folders that every command works with.
pub struct Workspace {
    /// The checkout.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// Tools that Debian does not have.
    pub tools: PathBuf,
}

impl Workspace {
    /// From Cargo's environment; the cache folder follows the XDG rule.
    pub fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .ancestors()
            .nth(2)
            .context("xtask does not lie in crates/ of a checkout")?
            .to_path_buf();
        let cache = match (env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")) {
            (Some(cache), _) if !cache.is_empty() => PathBuf::from(cache),
            (_, Some(home)) => Path::new(&home).join(".cache"),
            _ => root.join("target"),
        }
        .join("bizmitra");
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| cache.join("target"), PathBuf::from);
        Ok(Self {
            target: root.join(target),
            tools: cache.join("tools"),
            root,
        })
    }

    /// `cargo` in the checkout, with our target folder.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target);
        // Set by `cargo run` for us; build scripts of others must not see it.
        command
            .env_remove("CARGO_MANIFEST_DIR")
            .env_remove("CARGO_PKG_VERSION");
        command
    }

    /// An installed tool.
    pub fn tool(&self, name: &str) -> PathBuf {
        self.tools.join("bin").join(name)
    }

    /// The search path with our tools first: how cargo finds its own subcommands.
    pub fn path_with_tools(&self) -> Result<std::ffi::OsString> {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.tools.join("bin")).chain(env::split_paths(&path));
        Ok(env::join_paths(folders)?)
    }

    /// Where Node's packages are installed.
    pub fn npm(&self) -> PathBuf {
        self.tools.join("npm")
    }

    /// What selfies are measured beside.
    pub fn sharp(&self) -> PathBuf {
        self.output("sharp").join("node_modules/sharp")
    }

    /// Where Python's packages are installed.
    pub fn pypi(&self) -> PathBuf {
        self.tools.join("pypi")
    }

    /// Finds misspelt words.
    pub fn typos(&self) -> PathBuf {
        self.pypi().join("bin/typos")
    }

    /// Shrinks wasm.
    pub fn wasm_opt(&self) -> PathBuf {
        self.npm().join("node_modules/.bin/wasm-opt")
    }

    /// A program of ours as Cargo built it.
    pub fn built(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(name)
    }

    /// What commands leave behind for people: screenshots, logs, demo data. Ignored by git.
    pub fn output(&self, name: &str) -> PathBuf {
        self.root.join("target").join(name)
    }

    /// The version of a package in Cargo.lock.
    pub fn locked_version(&self, package: &str) -> Result<String> {
        let lock = std::fs::read_to_string(self.root.join("Cargo.lock"))
            .context("Cargo.lock cannot be read")?;
        version_in_lock(&lock, package).with_context(|| format!("{package} is not in Cargo.lock"))
    }
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    lines.find(|line| *line == name)?;
    let version = lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_package_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(
            version_in_lock(lock, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(version_in_lock(lock, "absent"), None);
    }
}
