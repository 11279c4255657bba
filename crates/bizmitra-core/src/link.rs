//! Reads the link of an invitation's QR code: server, code, and the print of the key that the server must have.
//!
//! ```text
//! bizmitra:?v=1&server=https://attendance.example.in&code=7F3A09C211&key=8f0e1c…
//! ```
//!
//! It comes from a camera or a clipboard, so anything may stand in it. There is one way to write a link, without escapes, and
//! everything else is refused.

use sha2::{Digest as _, Sha256};

use crate::enrolment::canonical_code;
use crate::keys::PublicKey;

const SCHEME: &str = "bizmitra:";
const MAX_BYTES: usize = 512;

/// What a link says.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// `https://host[:port]`; `http` for the loopback only.
    pub server: String,
    /// The activation code, in canonical form.
    pub code: String,
    /// The key that the server must have.
    pub key: KeyPrint,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The code is a secret until it is used.
        f.debug_struct("Link")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// Print of a server statement key: the first half of a hash over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPrint([u8; 16]);

impl KeyPrint {
    /// Of a key.
    pub fn of(key: &PublicKey) -> Self {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(b"bz/server-key/v1")
            .chain_update(key.0)
            .finalize()
            .into();
        let [first, _] = halves(digest);
        Self(first)
    }
}

impl std::fmt::Display for KeyPrint {
    /// Eight groups of four, to be compared by people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, pair) in self.0.chunks(2).enumerate() {
            let dash = if number > 0 { "-" } else { "" };
            write!(f, "{dash}{}", hex::encode(pair))?;
        }
        Ok(())
    }
}

/// What was typed is no print of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the print of a key has 32 hexadecimal digits")]
pub struct NotAPrint;

impl std::str::FromStr for KeyPrint {
    type Err = NotAPrint;

    /// As people type it: case, spaces and hyphens do not matter.
    fn from_str(typed: &str) -> Result<Self, NotAPrint> {
        let typed = typed.replace([' ', '-'], "").to_ascii_lowercase();
        read_print(&typed).ok_or(NotAPrint)
    }
}

fn halves(digest: [u8; 32]) -> [[u8; 16]; 2] {
    let mut halves = [[0; 16]; 2];
    for (half, bytes) in halves.iter_mut().zip(digest.chunks_exact(16)) {
        half.copy_from_slice(bytes);
    }
    halves
}

/// Not a link that this version reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the invitation's link cannot be read")]
pub struct LinkError;

/// Whether a text wants to be a link rather than a code.
pub fn is_link(text: &str) -> bool {
    text.trim_start()
        .get(..SCHEME.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
}

/// Reads a link.
///
/// # Errors
/// For everything that is not exactly one.
pub fn read(text: &str) -> Result<Link, LinkError> {
    let text = text.trim();
    if text.len() > MAX_BYTES || !is_link(text) {
        return Err(LinkError);
    }
    let query = text
        .get(SCHEME.len()..)
        .and_then(|rest| rest.strip_prefix('?'))
        .ok_or(LinkError)?;
    let (mut version, mut server, mut code, mut key) = (None, None, None, None);
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').ok_or(LinkError)?;
        if !value.bytes().all(is_plain) {
            return Err(LinkError);
        }
        let place = match name {
            "v" => &mut version,
            "server" => &mut server,
            "code" => &mut code,
            "key" => &mut key,
            // Of a newer server.
            _ if !name.is_empty() && name.bytes().all(is_plain) => continue,
            _ => return Err(LinkError),
        };
        if place.replace(value).is_some() {
            return Err(LinkError);
        }
    }
    if version != Some("1") {
        return Err(LinkError);
    }
    Ok(Link {
        server: server
            .filter(|server| is_origin(server))
            .ok_or(LinkError)?
            .to_owned(),
        code: code.and_then(canonical_code).ok_or(LinkError)?,
        key: key.and_then(read_print).ok_or(LinkError)?,
    })
}

/// Unreserved characters of RFC 3986 and what an address needs.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/[]".contains(&byte)
}

fn read_print(hex: &str) -> Option<KeyPrint> {
    let mut print = [0; 16];
    // One way to write it: lower case.
    if hex.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    hex::decode_to_slice(hex, &mut print).ok()?;
    Some(KeyPrint(print))
}

/// A scheme and a host with a port or without: no path, no name before the host. What the host is, the client decides.
fn is_origin(server: &str) -> bool {
    let (host, plain) = match (
        server.strip_prefix("https://"),
        server.strip_prefix("http://"),
    ) {
        (Some(host), _) => (host, false),
        (None, Some(host)) => (host, true),
        (None, None) => return false,
    };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(name, _)| name),
        None => host.split(':').next(),
    };
    let is_loopback = name.is_some_and(|name| matches!(name, "localhost" | "127.0.0.1" | "::1"));
    !host.is_empty() && !host.contains('/') && (!plain || is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_print_is_read_however_it_is_typed_and_nothing_else_is_one() {
        let print = KeyPrint::of(&PublicKey([1; 32]));
        let shown = print.to_string();
        assert_eq!(shown.split('-').map(str::len).collect::<Vec<_>>(), [4; 8]);
        let sloppy = shown.replace('-', " ").to_ascii_uppercase();
        assert_eq!(sloppy.parse(), Ok(print));
        for wrong in ["", "7f3a", &format!("{shown}a"), "é", &"g".repeat(32)] {
            assert_eq!(wrong.parse::<KeyPrint>(), Err(NotAPrint), "{wrong}");
        }
        assert_ne!(print, KeyPrint::of(&PublicKey([2; 32])));
    }

    const GOOD: &str = "bizmitra:?v=1&server=https://attendance.example.in&code=7F3A09C211&key=00112233445566778899aabbccddeeff";

    #[test]
    fn a_link_names_server_code_and_key() {
        let link = read(GOOD).unwrap();
        assert_eq!(link.server, "https://attendance.example.in");
        assert_eq!(link.code, "7F3A09C211");
        assert_eq!(
            link.key,
            read_print("00112233445566778899aabbccddeeff").unwrap()
        );
    }

    #[test]
    fn form_is_forgiven_where_it_changes_nothing() {
        for same in [
            format!("  {GOOD}\n"),
            GOOD.replace("bizmitra:", "BIZMITRA:"),
            GOOD.replace("7F3A09C211", "7f3ao-9c2il"),
            GOOD.replace("v=1&", "campaign=x&v=1&"),
            "bizmitra:?key=00112233445566778899aabbccddeeff&code=7F3A09C211&server=https://attendance.example.in&v=1".to_owned(),
        ] {
            assert_eq!(read(&same), read(GOOD), "{same}");
        }
    }

    #[test]
    fn loopback_may_be_plain_and_nothing_else() {
        let at = |server: &str| read(&GOOD.replace("https://attendance.example.in", server));
        for good in [
            "http://127.0.0.1:8787",
            "http://localhost:8787",
            "http://[::1]:8787",
            "https://10.0.0.7:8443",
            "https://[2001:db8::1]:8443",
        ] {
            assert!(at(good).is_ok(), "{good}");
        }
        for bad in [
            "http://attendance.example.in",
            "http://127.0.0.1.example.in",
            "ftp://attendance.example.in",
            "https://",
            "https://example.in/path",
            "https://example.in/",
            "attendance.example.in",
            "javascript:alert",
            "",
        ] {
            assert_eq!(at(bad), Err(LinkError), "{bad}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            "",
            "bizmitra:",
            "bizmitra:?",
            "bizmitra:?&",
            "bizmitra://?v=1",
            "https://attendance.example.in",
            "7F3A09C211",
            &GOOD.replace("v=1", "v=2"),
            &GOOD.replace("v=1&", ""),
            &GOOD.replace("&code=7F3A09C211", ""),
            &GOOD.replace("code=7F3A09C211", "code=7F3A09C21"),
            &GOOD.replace("code=7F3A09C211", "code=7F3A09C211&code=7F3A09C211"),
            &GOOD.replace("&key=00112233445566778899aabbccddeeff", ""),
            &GOOD.replace("ddeeff", "ddeef"),
            &GOOD.replace("ddeeff", "ddeeffff"),
            &GOOD.replace("ddeeff", "DDEEFF"),
            &GOOD.replace("ddeeff", "ddeefg"),
            &GOOD.replace("https://", "https%3A%2F%2F"),
            &GOOD.replace("attendance", "user@attendance"),
            &GOOD.replace("attendance", "att endance"),
            &GOOD.replace("attendance", "attendancе"),
            &GOOD.replace("attendance", "attendance\0"),
            &GOOD.replace("example.in", "example.in?x"),
            &GOOD.replace("example.in", "example.in#x"),
            &format!("{GOOD}&"),
            &format!("{GOOD}&=x"),
            &format!("{GOOD}&{}", "a=b&".repeat(400)),
        ] {
            assert_eq!(read(bad), Err(LinkError), "{bad}");
        }
    }

    /// Every text near a good one: cut anywhere, one byte changed anywhere. None panics, and what is still a link names the
    /// same kind of things.
    #[test]
    fn no_text_near_a_link_breaks_the_reader() {
        for end in 0..GOOD.len() {
            assert_eq!(read(GOOD.split_at(end).0), Err(LinkError), "{end}");
        }
        for at in 0..GOOD.len() {
            for byte in 0..=127_u8 {
                let mut bytes = GOOD.as_bytes().to_vec();
                bytes[at] = byte;
                let text = String::from_utf8(bytes).unwrap();
                if let Ok(link) = read(&text) {
                    assert!(is_origin(&link.server) && link.code.len() == 10, "{text}");
                }
            }
        }
        for odd in [
            "ब",
            "bizmitraब",
            "\u{feff}bizmitra:?v=1",
            "bizmitra:\u{202e}?v=1",
        ] {
            assert_eq!(read(odd), Err(LinkError));
        }
    }

    #[test]
    fn a_text_that_begins_like_a_link_is_taken_for_one() {
        assert!(is_link(" Bizmitra:whatever"));
        assert!(!is_link("bizmitra"));
        assert!(!is_link("7F3A0-9C211"));
        assert!(!is_link("बिज़मित्र:"));
    }

    #[test]
    fn the_print_of_a_key_is_the_contract_s() {
        let key = PublicKey([7; 32]);
        let mut bytes = b"bz/server-key/v1".to_vec();
        bytes.extend([7; 32]);
        let wanted = hex::encode(
            Sha256::digest(&bytes)
                .iter()
                .take(16)
                .copied()
                .collect::<Vec<_>>(),
        );
        assert_eq!(Some(KeyPrint::of(&key)), read_print(&wanted));
        assert_ne!(KeyPrint::of(&key), KeyPrint::of(&PublicKey([8; 32])));
    }
}
