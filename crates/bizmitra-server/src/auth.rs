//! Who asks: request signatures (RFC 9421), sessions and the only door to a [`CompanyScope`].

mod http_signature;
mod nonce;
mod scope;
mod session;
mod signed_request;

pub(crate) use http_signature::single as single_header;
pub(crate) use nonce::{Nonces, Purpose};
pub use scope::CompanyScope;
pub(crate) use scope::{of_invitation, of_operator};
pub(crate) use session::{ABSOLUTE_MS, IDLE_MS, Session, token_hash};
pub(crate) use signed_request::{Caller, SignedRequest, is_signed, may_sign_in, scope_of_caller};

/// The device, time, nonce and base of a request's signature headers, as far as they have the one allowed form.
#[cfg(feature = "test-hooks")]
pub(crate) fn read_signature(
    parts: &axum::http::request::Parts,
    body: &[u8],
) -> Option<(
    bizmitra_contract::ids::DeviceId,
    i64,
    Option<String>,
    String,
)> {
    let authority = http_signature::authority(parts, "https")?;
    let read = http_signature::read(parts, &authority, body)?;
    Some((read.device, read.created_s, read.nonce, read.base))
}
