//! Type-checks the whole shell for Android without an SDK.
//!
//! A type check links nothing, so an NDK of several gigabytes is not needed: Rust brings its own standard library for the
//! target, and the few C sources on the way (ring, SQLCipher) are compiled by Debian's clang against the musl headers that
//! the Python package `ziglang` carries. The objects are thrown away; an APK is built with the real NDK.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::workspace::Workspace;
use crate::{process, say, setup};

/// The target of nearly every phone in use.
const TARGET: &str = "aarch64-linux-android";
/// Android 8, as `minSdkVersion` in tauri.conf.json.
const API: u32 = 26;
/// The version whose headers were tried.
const ZIGLANG: &str = "0.17.1";
/// Which of its header folders make a C library for the target, first match first.
const HEADERS: &[&str] = &[
    "aarch64-linux-musl",
    "generic-musl",
    "aarch64-linux-any",
    "any-linux-any",
];
/// What SQLCipher asks of Android's log; never linked.
const LOG_H: &str = "#pragma once
typedef enum { ANDROID_LOG_VERBOSE = 2, ANDROID_LOG_DEBUG, ANDROID_LOG_INFO, ANDROID_LOG_WARN, ANDROID_LOG_ERROR } android_LogPriority;
int __android_log_print(int prio, const char *tag, const char *fmt, ...);
int __android_log_write(int prio, const char *tag, const char *text);
";

/// What the check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AndroidFigures {
    /// Targets checked.
    pub targets: usize,
    /// Compiler errors.
    pub errors: usize,
}

/// Type-checks the shell for aarch64-linux-android and prints the figures.
///
/// # Errors
/// When something is missing that cannot be installed, or when the check found errors.
pub fn check(root: &Path) -> Result<AndroidFigures> {
    let workspace = Workspace::find()?;
    let kit = Kit {
        folder: workspace.tools.join("android"),
    };
    kit.prepare()?;

    say::step(&format!("type-checking the shell for {TARGET}"));
    let mut cargo = workspace.cargo();
    cargo.current_dir(root).args([
        "check",
        "--quiet",
        "--package",
        "bizmitra-app",
        "--lib",
        "--target",
        TARGET,
    ]);
    kit.configure(&mut cargo)?;
    let found = cargo
        .arg("--message-format=json")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    let messages = read_messages(&String::from_utf8_lossy(&found.stdout));
    for message in &messages {
        say::line(&message.text);
    }
    let errors = messages.iter().filter(|message| message.is_error).count();
    say::figures(&[("targets", "1".to_owned()), ("errors", errors.to_string())]);
    ensure!(
        found.status.success(),
        "the shell does not type-check for {TARGET}"
    );
    Ok(AndroidFigures { targets: 1, errors })
}

/// What the compiler said.
#[derive(Debug, PartialEq, Eq)]
struct Message {
    is_error: bool,
    text: String,
}

/// Cargo's messages, one JSON object a line; those of the compiler are kept.
fn read_messages(lines: &str) -> Vec<Message> {
    let read = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_error = value.pointer("/message/level")? == "error";
        let text = value
            .pointer("/message/rendered")?
            .as_str()?
            .trim_end()
            .to_owned();
        Some(Message { is_error, text })
    };
    lines.lines().filter_map(read).collect()
}

/// The folder with headers and the compiler's wrapper.
struct Kit {
    folder: PathBuf,
}

impl Kit {
    /// Installs what is missing; what is there is used.
    fn prepare(&self) -> Result<()> {
        setup::rust_target(TARGET)?;
        setup::debian(&["binutils", "clang", "libssl-dev"])?;
        self.fetch_headers()?;
        self.copy_openssl_headers()?;
        write_if_changed(&self.folder.join("stub/android/log.h"), LOG_H)?;
        fs::create_dir_all(self.kotlin())?;
        let compiler = self.compiler();
        write_if_changed(&compiler, &self.wrapper())?;
        make_executable(&compiler)
    }

    /// The environment of the check. Only this target's variables, so that nothing else is rebuilt.
    fn configure(&self, cargo: &mut Command) -> Result<()> {
        let openssl = self.folder.join("openssl");
        cargo
            .env("CC_aarch64_linux_android", self.compiler())
            .env("AR_aarch64_linux_android", "ar")
            .env("CARGO_TARGET_AARCH64_LINUX_ANDROID_LINKER", self.compiler())
            .env("AARCH64_LINUX_ANDROID_OPENSSL_DIR", &openssl)
            .env("AARCH64_LINUX_ANDROID_OPENSSL_NO_VENDOR", "1")
            // libsqlite3-sys reads the plain names only.
            .env("OPENSSL_DIR", &openssl)
            .env("OPENSSL_NO_VENDOR", "1")
            .env("WRY_ANDROID_PACKAGE", "io.bizmitra.client")
            .env("WRY_ANDROID_LIBRARY", "bizmitra_app_lib")
            // Written into the kit, not into the committed project: an APK build writes its own.
            .env(
                "WRY_ANDROID_KOTLIN_FILES_OUT_DIR",
                self.kotlin().canonicalize()?,
            );
        Ok(())
    }

    fn compiler(&self) -> PathBuf {
        self.folder.join(format!("{TARGET}-clang"))
    }

    fn kotlin(&self) -> PathBuf {
        self.folder.join("kotlin")
    }

    fn headers(&self) -> PathBuf {
        self.folder.join(format!("ziglang-{ZIGLANG}"))
    }

    fn wrapper(&self) -> String {
        let mut script = format!("#!/bin/sh\nexec clang --target={TARGET}{API} -nostdlibinc");
        let folders = HEADERS.iter().map(|name| self.headers().join(name));
        for folder in [self.folder.join("stub")].into_iter().chain(folders) {
            script.push_str(&format!(" \\\n  -isystem '{}'", folder.display()));
        }
        script.push_str(" \\\n  \"$@\"\n");
        script
    }

    /// Four folders out of the package `ziglang`; the rest of it is not kept.
    fn fetch_headers(&self) -> Result<()> {
        let target = self.headers();
        if HEADERS.iter().all(|name| target.join(name).is_dir()) {
            return Ok(());
        }
        let mut pip = setup::pip()?;
        say::step(&format!(
            "fetching C headers for {TARGET} (ziglang {ZIGLANG}, 100 MB once)"
        ));
        let download = self.folder.join("download");
        let unpacked = self.folder.join("unpacked");
        for folder in [&download, &unpacked] {
            remove_if_there(folder)?;
            fs::create_dir_all(folder)?;
        }
        let package = format!("ziglang=={ZIGLANG}");
        process::run_quietly(
            pip.args([
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--only-binary=:all:",
                "--dest",
            ])
            .arg(&download)
            .arg(package),
        )?;
        process::run_quietly(
            Command::new("python3")
                .args(["-c", UNPACK])
                .arg(&download)
                .arg(&unpacked)
                .args(HEADERS),
        )?;
        remove_if_there(&target)?;
        // Renamed last: a fetch that was cut off is not taken for a whole one.
        fs::rename(unpacked.join("ziglang/lib/libc/include"), &target)
            .context("the package holds no C headers")?;
        remove_if_there(&download)?;
        remove_if_there(&unpacked)
    }

    /// The host's headers in a folder of their own: its other headers must not be seen. The interface is the same on
    /// every 64-bit Linux, and nothing is linked.
    fn copy_openssl_headers(&self) -> Result<()> {
        let include = self.folder.join("openssl/include/openssl");
        if include.join("configuration.h").is_file() && include.join("evp.h").is_file() {
            return Ok(());
        }
        say::step("copying OpenSSL's headers");
        fs::create_dir_all(&include)?;
        fs::create_dir_all(self.folder.join("openssl/lib"))?;
        let files = process::capture(Command::new("dpkg").args(["-L", "libssl-dev"]))?;
        let mut copied = 0_usize;
        for file in files
            .lines()
            .map(Path::new)
            .filter(|file| is_openssl_header(file))
        {
            let Some(name) = file.file_name() else {
                continue;
            };
            fs::copy(file, include.join(name))
                .with_context(|| format!("{} cannot be copied", file.display()))?;
            copied += 1;
        }
        if copied == 0 {
            bail!("libssl-dev brought no headers");
        }
        Ok(())
    }
}

/// Extracts the named header folders; arguments: download folder, target folder, names.
const UNPACK: &str = "
import pathlib, sys, zipfile
download, target, *names = sys.argv[1:]
wheel = next(pathlib.Path(download).glob('*.whl'))
wanted = tuple(f'ziglang/lib/libc/include/{name}/' for name in names)
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(target, [name for name in archive.namelist() if name.startswith(wanted)])
";

fn is_openssl_header(file: &Path) -> bool {
    let in_folder = file
        .parent()
        .and_then(Path::file_name)
        .is_some_and(|folder| folder == "openssl");
    in_folder && file.extension().is_some_and(|extension| extension == "h")
}

/// Untouched when equal: a new time stamp would rebuild what depends on it.
fn write_if_changed(file: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(file).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}

fn make_executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(
        file,
        fs::Permissions::from_mode(0o755),
    )?)
}

fn remove_if_there(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_compiler_are_told_from_warnings_and_from_cargo_s_own_messages() {
        let lines = concat!(
            r#"{"reason":"compiler-message","message":{"level":"error","rendered":"error: mismatched types\n"}}"#,
            "\n",
            r#"{"reason":"compiler-message","message":{"level":"warning","rendered":"warning: unused\n"}}"#,
            "\n",
            r#"{"reason":"build-finished","success":false}"#,
            "\nnot json\n"
        );
        let messages = read_messages(lines);
        assert_eq!(
            messages
                .iter()
                .map(|message| message.is_error)
                .collect::<Vec<_>>(),
            [true, false]
        );
        assert_eq!(messages[0].text, "error: mismatched types");
    }

    #[test]
    fn the_compiler_sees_our_headers_and_no_others() {
        let wrapper = Kit {
            folder: "/kit".into(),
        }
        .wrapper();
        assert!(wrapper.contains("--target=aarch64-linux-android26 -nostdlibinc"));
        assert!(wrapper.contains("-isystem '/kit/stub'"));
        assert!(!wrapper.contains("/usr/include"));
    }

    #[test]
    fn openssl_s_headers_are_told_from_its_other_files() {
        assert!(is_openssl_header(Path::new("/usr/include/openssl/evp.h")));
        assert!(is_openssl_header(Path::new(
            "/usr/include/aarch64-linux-gnu/openssl/configuration.h"
        )));
        assert!(!is_openssl_header(Path::new("/usr/lib/libssl.a")));
    }
}
