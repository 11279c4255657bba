//! What a file is by its first bytes: a plain answer for what people drop here instead of a workbook.

use super::MAX_FILE_BYTES;
use super::error::{Found, WorkbookError};

/// # Errors
/// [`WorkbookError::Empty`], [`WorkbookError::TooManyBytes`], [`WorkbookError::Encrypted`] or [`WorkbookError::NotXlsx`].
pub(super) fn check(bytes: &[u8]) -> Result<(), WorkbookError> {
    if bytes.is_empty() {
        return Err(WorkbookError::Empty);
    }
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(WorkbookError::TooManyBytes {
            bytes: bytes.len() as u64,
            max: MAX_FILE_BYTES,
        });
    }
    let found = match bytes {
        [b'P', b'K', 3, 4, ..] => return Ok(()),
        // An archive of nothing.
        [b'P', b'K', 5, 6, ..] => Found::Zip,
        // [MS-CFB] 2.2. A workbook with a password is an archive in a stream of this name ([MS-OFFCRYPTO] 2.3.4.4).
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => {
            if has_stream(bytes, "EncryptedPackage") {
                return Err(WorkbookError::Encrypted);
            }
            Found::Xls
        }
        _ if is_text(bytes) => Found::Text,
        _ => Found::Other,
    };
    Err(WorkbookError::NotXlsx { found })
}

/// Names of streams are UTF-16.
fn has_stream(bytes: &[u8], name: &str) -> bool {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    memchr::memmem::find(bytes, &name).is_some()
}

fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4_096)).unwrap_or_default();
    head.starts_with(&[0xFF, 0xFE])
        || head.starts_with(&[0xFE, 0xFF])
        || head
            .iter()
            .all(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\r' | b'\n' | 0x0C))
}
