//! Why an exchange stopped, for whoever closes a gate or shows it.

use crate::api::{ApiError, DownloadError};
use crate::store::StoreError;
use crate::wire;

/// Why an exchange stopped.
#[derive(Debug)]
pub enum Stop {
    /// The server, or the way to it.
    Api(ApiError),
    /// Signed by a key that this device does not know.
    OtherKey,
    /// The store.
    Store(StoreError),
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<DownloadError> for Stop {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::Api(error) => Self::Api(error),
            DownloadError::Store(error) => Self::Store(error),
        }
    }
}

impl From<wire::WireError> for Stop {
    fn from(error: wire::WireError) -> Self {
        match error {
            wire::WireError::OtherKey => Self::OtherKey,
            // Well-formed HTTP with our header, and still not our server's word: somebody is in between.
            wire::WireError::Malformed
            | wire::WireError::Signature
            | wire::WireError::Mismatch
            | wire::WireError::Encode => Self::Api(ApiError::NotOurServer),
        }
    }
}
