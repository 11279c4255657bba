//! The content of an invitation's QR code: a link that names the server, the code, and the key the server must have.
//!
//! ```text
//! bizmitra:?v=1&server=https://attendance.example.in&code=7F3A09C211&key=8f0e1c…
//! ```
//!
//! * The scheme is [`SCHEME`], in whatever case. The four parameters stand once each, in any order; further ones are skipped.
//! * `server` is `https://host[:port]` (`http` for the loopback only), nothing behind it.
//! * `code` is an activation code as people type it; `key` is the print of the server statement key, see [`crate::signing`]: the
//!   device refuses the activation when the server shows another key, so a wrong address or a false server binds nothing.
//! * Only unreserved characters (RFC 3986) and `:/[]` stand in it, none escaped: there is one way to write a link.

/// Scheme of the link.
pub const SCHEME: &str = "bizmitra";
/// Version of the link's form.
pub const VERSION: &str = "1";
/// Longest link that is read.
pub const MAX_CHARS: usize = 512;
