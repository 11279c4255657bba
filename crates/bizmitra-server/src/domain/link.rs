//! Writes the link of an invitation (form: [`bizmitra_contract::link`]).

use bizmitra_contract::link::{SCHEME, VERSION};

use super::code::Code;
use crate::signed::key_print;

/// The link that a QR code holds.
pub(crate) fn write(origin: &str, code: &Code, server_key: &[u8; 32]) -> String {
    format!(
        "{SCHEME}:?v={VERSION}&server={origin}&code={}&key={}",
        code.canonical(),
        key_print(server_key)
    )
}
