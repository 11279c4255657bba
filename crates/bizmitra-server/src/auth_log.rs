//! The log that a firewall reads: one fixed line for each refusal of a stranger, in a file of its own.
//!
//! ```text
//! 2026-11-23T03:30:00Z bad_signature 203.0.113.9
//! 2026-11-23T03:30:01Z wrong_code 2001:db8:1:2::/64
//! ```
//!
//! Time (UTC), a word of this file, an address as it is counted: nothing that a request says can stand in a line, so
//! nothing can forge or break one. There are no names, codes, tokens or ids of persons and devices.
//!
//! The file is opened for each line: whoever rotates it just moves it away, no signal is needed and no line goes to a file
//! that is gone. Lines are rare, because limits bound them. Each is one `write` to a file opened for appending, so lines of
//! two processes do not mix.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::client_address::ClientAddress;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// An activation code that is not one, or was burned.
    WrongCode,
    /// A request without a valid device signature.
    BadSignature,
    /// A sign-in that was refused although the device key signed it.
    LoginRefused,
    /// An address reached a limit.
    Limited,
    /// A device reached a limit by its own valid signatures: no stranger, so no reason to ban its address.
    DeviceLimited,
}

impl Event {
    fn word(self) -> &'static str {
        match self {
            Self::WrongCode => "wrong_code",
            Self::BadSignature => "bad_signature",
            Self::LoginRefused => "login_refused",
            Self::Limited => "limited",
            Self::DeviceLimited => "device_limited",
        }
    }
}

/// Where the lines go; nowhere without a file.
#[derive(Debug)]
pub(crate) struct AuthLog {
    file: Option<PathBuf>,
}

impl AuthLog {
    /// Makes sure that lines can be written: an operator learns of a wrong path now, not after the attack.
    pub(crate) fn open(file: Option<PathBuf>) -> io::Result<Self> {
        file.as_deref().map(append_to).transpose()?;
        Ok(Self { file })
    }

    /// Appends a line.
    pub(crate) fn write(
        &self,
        event: Event,
        address: ClientAddress,
        now_ms: i64,
    ) -> io::Result<()> {
        match &self.file {
            Some(file) => append_to(file)?.write_all(line(event, address, now_ms).as_bytes()),
            None => Ok(()),
        }
    }
}

fn append_to(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    // Addresses are personal data: for the operator and the firewall only.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options.open(file)
}

fn line(event: Event, address: ClientAddress, now_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(now_ms)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%dT%H:%M:%SZ");
    format!("{time} {} {address}\n", event.word())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn address(text: &str) -> ClientAddress {
        ClientAddress::from(text.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn a_line_is_a_time_a_word_and_an_address() {
        let now_ms = 1_795_404_600_999;
        assert_eq!(
            line(Event::WrongCode, address("203.0.113.9"), now_ms),
            "2026-11-23T03:30:00Z wrong_code 203.0.113.9\n"
        );
        assert_eq!(
            line(Event::BadSignature, address("2001:db8:1:2:3::4"), now_ms),
            "2026-11-23T03:30:00Z bad_signature 2001:db8:1:2::/64\n"
        );
    }

    #[test]
    fn a_rotated_file_is_left_alone_and_the_next_line_begins_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let (file, old) = (
            folder.path().join("auth.log"),
            folder.path().join("auth.log.1"),
        );
        let log = AuthLog::open(Some(file.clone())).unwrap();
        log.write(Event::Limited, address("192.0.2.1"), 0).unwrap();
        std::fs::rename(&file, &old).unwrap();
        log.write(Event::Limited, address("192.0.2.2"), 0).unwrap();
        let read = |path| std::fs::read_to_string(path).unwrap();
        assert_eq!(read(old), "1970-01-01T00:00:00Z limited 192.0.2.1\n");
        assert_eq!(read(file), "1970-01-01T00:00:00Z limited 192.0.2.2\n");
    }

    #[cfg(unix)]
    #[test]
    fn others_cannot_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("auth.log");
        AuthLog::open(Some(file.clone())).unwrap();
        assert_eq!(
            std::fs::metadata(file).unwrap().permissions().mode() & 0o007,
            0
        );
    }

    #[test]
    fn a_path_that_cannot_be_written_is_refused_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        assert!(AuthLog::open(Some(folder.path().join("nowhere/auth.log"))).is_err());
    }
}
