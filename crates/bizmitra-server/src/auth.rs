//! Who asks: request signatures (RFC 9421), sessions and the only door to a [`CompanyScope`].

mod http_signature;
mod nonce;
mod scope;
mod session;
mod signed_request;

pub(crate) use nonce::{Nonces, Purpose};
pub use scope::CompanyScope;
pub(crate) use scope::{of_invitation, of_operator};
pub(crate) use session::{ABSOLUTE_MS, IDLE_MS, Session, token_hash};
pub(crate) use signed_request::{Caller, SignedRequest, is_signed, may_sign_in, scope_of_caller};
