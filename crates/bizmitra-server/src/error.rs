//! Why an operation of the domain did not succeed. What the caller may know of it is decided in [`crate::problem`].

use bizmitra_contract::problem::ProblemCode;

use crate::input::InputError;
use crate::keys::KeysError;
use crate::limits::Wait;

/// A refusal, or a failure whose cause stays inside.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The caller may act on the code.
    #[error("refused: {0:?}")]
    Refused(ProblemCode),
    /// The operator handed in what cannot be taken.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The signature holds but its time is off; sign again over the nonce.
    #[error("the signature's time is off")]
    Stale {
        /// A fresh nonce.
        nonce: String,
    },
    /// The address or the device asked too often.
    #[error("asked too often")]
    TooMany(Wait),
    /// The database refused or failed.
    #[error("storage failed")]
    Storage(#[from] rusqlite::Error),
    /// A stored value does not read back.
    #[error("stored {0} does not read back")]
    Damaged(&'static str),
    /// The key folder failed.
    #[error("key folder failed")]
    Keys(#[from] KeysError),
    /// A job was lost: it panicked or the runtime is going down.
    #[error("a job was lost")]
    JobLost,
    /// The auth log cannot be written.
    #[error("auth log cannot be written")]
    AuthLog(#[source] std::io::Error),
    /// The data folder cannot be used.
    #[error("data folder cannot be used")]
    DataFolder(#[from] std::io::Error),
}

impl ServerError {
    /// Shorthand for the commonest failure.
    pub(crate) const NOT_FOUND: Self = Self::Refused(ProblemCode::NotFound);
    /// The body or a parameter is not what the operation takes.
    pub(crate) const INVALID: Self = Self::Refused(ProblemCode::Invalid);
}

/// Result of an operation of the domain.
pub type Result<T, E = ServerError> = std::result::Result<T, E>;
