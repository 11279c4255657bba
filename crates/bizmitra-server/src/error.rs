//! Why an operation of the domain did not succeed. What the caller may know of it is decided in [`crate::problem`].

use bizmitra_contract::problem::ProblemCode;

use crate::blobs::BlobError;
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
    /// An append at another offset than the upload's.
    #[error("the upload is at another offset")]
    OffsetMismatch {
        /// Where the upload stands.
        expected: u64,
        /// Where the request wanted to append.
        provided: u64,
    },
    /// More than an upload takes.
    #[error("more than an upload takes")]
    UploadTooLarge,
    /// A range behind the end of a file of this many bytes.
    #[error("the file has no such range")]
    RangeUnsatisfiable(u64),
    /// The database refused or failed.
    #[error("storage failed")]
    Storage(#[from] rusqlite::Error),
    /// A stored value does not read back.
    #[error("stored {0} does not read back")]
    Damaged(&'static str),
    /// The key folder failed.
    #[error("key folder failed")]
    Keys(#[from] KeysError),
    /// Somebody exchanges what is in the data folder, or was killed while doing so.
    #[error("the data folder is being restored, or a restore was interrupted: run it again")]
    Restoring,
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

impl From<BlobError> for ServerError {
    fn from(error: BlobError) -> Self {
        use std::io::ErrorKind as K;
        match error {
            BlobError::Io(error)
                if matches!(
                    error.kind(),
                    K::StorageFull | K::QuotaExceeded | K::FileTooLarge
                ) =>
            {
                tracing::warn!(error = %error, "the blob folder is full");
                Self::Refused(ProblemCode::StorageFull)
            }
            BlobError::Io(error) => Self::DataFolder(error),
            BlobError::Damaged => Self::Damaged("file"),
            BlobError::Keys(error) => Self::Keys(error),
        }
    }
}

impl ServerError {
    /// Shorthand for the commonest failure.
    pub(crate) const NOT_FOUND: Self = Self::Refused(ProblemCode::NotFound);
    /// The body or a parameter is not what the operation takes.
    pub(crate) const INVALID: Self = Self::Refused(ProblemCode::Invalid);
}

/// Result of an operation of the domain.
pub type Result<T, E = ServerError> = std::result::Result<T, E>;
