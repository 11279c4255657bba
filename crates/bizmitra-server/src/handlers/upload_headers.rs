//! The header fields of uploads: structured fields (RFC 9651) of which each has one plain form.
//!
//! A value of another form counts as not sent, as the draft demands; what an operation needs is refused when it is missing.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bizmitra_contract::blob::{REPR_DIGEST, UPLOAD_COMPLETE, UPLOAD_LENGTH, UPLOAD_OFFSET};
use bizmitra_contract::ids::BlobId;
use bizmitra_contract::paths::PARTIAL_UPLOAD;

use crate::auth::single_header;
use crate::domain::upload::Declared;
use crate::error::{Result, ServerError};

/// Integers of structured fields have at most this many digits.
const MAX_DIGITS: usize = 15;

/// Reads a beginning: everything is demanded, and the key names the upload that the path names.
pub(super) fn read_beginning(headers: &HeaderMap, id: BlobId) -> Result<Declared> {
    let key: Option<BlobId> =
        single_header(headers, "idempotency-key").and_then(|key| key.parse().ok());
    let declared = read_length(headers).zip(read_digest(headers));
    match declared {
        Some((length, sha256)) if key == Some(id) && read_complete(headers) == Some(false) => {
            Ok(Declared { length, sha256 })
        }
        _ => Err(ServerError::INVALID),
    }
}

/// What an append says about its piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) offset: u64,
    pub(super) last: bool,
    pub(super) length: Option<u64>,
}

/// Reads an append.
pub(super) fn read_append(headers: &HeaderMap, is_empty: bool) -> Result<Placed> {
    let content_type = single_header(headers, "content-type").map(str::trim);
    if !is_empty && content_type != Some(PARTIAL_UPLOAD) {
        return Err(ServerError::INVALID);
    }
    let (offset, last) = read_integer(headers, UPLOAD_OFFSET)
        .zip(read_complete(headers))
        .ok_or(ServerError::INVALID)?;
    Ok(Placed {
        offset,
        last,
        length: read_length(headers),
    })
}

fn read_length(headers: &HeaderMap) -> Option<u64> {
    read_integer(headers, UPLOAD_LENGTH)
}

fn read_integer(headers: &HeaderMap, name: &str) -> Option<u64> {
    let text = single_header(headers, name)?.trim();
    let plain = text.len() <= MAX_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn read_complete(headers: &HeaderMap) -> Option<bool> {
    match single_header(headers, UPLOAD_COMPLETE)?.trim() {
        "?1" => Some(true),
        "?0" => Some(false),
        _ => None,
    }
}

fn read_digest(headers: &HeaderMap) -> Option<[u8; 32]> {
    let text = single_header(headers, REPR_DIGEST)?.trim();
    let digest = text.strip_prefix("sha-256=:")?.strip_suffix(':')?;
    STANDARD.decode(digest).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn one(name: &'static str, value: &str) -> HeaderMap {
        [(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )]
        .into_iter()
        .collect()
    }

    #[test]
    fn only_plain_integers_of_fifteen_digits_count() {
        for (text, value) in [
            ("0", Some(0)),
            ("65536", Some(65_536)),
            ("999999999999999", Some(999_999_999_999_999)),
            ("1000000000000000", None),
            ("18446744073709551616", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            ("0x10", None),
            ("1, 2", None),
            ("", None),
        ] {
            let headers = one("upload-offset", text);
            assert_eq!(read_integer(&headers, UPLOAD_OFFSET), value, "{text}");
        }
        let mut twice = one("upload-offset", "1");
        twice.append("upload-offset", HeaderValue::from_static("2"));
        assert_eq!(read_integer(&twice, UPLOAD_OFFSET), None);
    }

    #[test]
    fn only_structured_booleans_and_whole_digests_count() {
        for (text, value) in [
            ("?1", Some(true)),
            ("?0", Some(false)),
            ("1", None),
            ("true", None),
        ] {
            assert_eq!(
                read_complete(&one("upload-complete", text)),
                value,
                "{text}"
            );
        }
        let digest = STANDARD.encode([7; 32]);
        let good = format!("sha-256=:{digest}:");
        assert_eq!(read_digest(&one("repr-digest", &good)), Some([7; 32]));
        for bad in [
            digest.clone(),
            format!("sha-512=:{digest}:"),
            "sha-256=:AAAA:".to_owned(),
        ] {
            assert_eq!(read_digest(&one("repr-digest", &bad)), None, "{bad}");
        }
    }
}
