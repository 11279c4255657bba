//! What can go wrong inside an operation, and what the caller is told.

use std::io;

use bizmitra_core::store::StoreError;
use bizmitra_core::vault::ColumnError;
use rusqlite::ErrorCode;

/// An error on its way out of a transaction.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Of the database.
    Sql(rusqlite::Error),
    /// Already in the caller's words.
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ColumnError> for Fault {
    fn from(error: ColumnError) -> Self {
        Self::Store(match error {
            ColumnError::Locked => StoreError::Locked,
            ColumnError::Unreadable | ColumnError::Unwritable => {
                StoreError::Failed(error.to_string())
            }
        })
    }
}

impl Fault {
    /// A stored value that this version cannot read. Names the column, never the value.
    pub(crate) fn unreadable(column: &str) -> Self {
        Self::Store(StoreError::Failed(format!(
            "{column} holds a value that cannot be read"
        )))
    }

    /// The caller broke a rule of the port.
    pub(crate) fn misuse(rule: &str) -> Self {
        Self::Store(StoreError::Failed(rule.to_owned()))
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Sql(error) => error.sqlite_error_code(),
            Self::Store(_) => None,
        }
    }

    /// The disk or the system failed under the connection: what it believes about the file can no longer be trusted. A page
    /// that did not verify is one of these: SQLCipher refuses everything on that connection from then on, and a second look
    /// tells a bad read from a bad page.
    pub(crate) fn taints_connection(&self) -> bool {
        matches!(
            self.code(),
            Some(
                ErrorCode::SystemIoFailure
                    | ErrorCode::CannotOpen
                    | ErrorCode::DatabaseCorrupt
                    | ErrorCode::NotADatabase
            )
        )
    }

    /// In the caller's words. SQLite's messages can quote values: only its code passes.
    pub(crate) fn into_store_error(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Sql(rusqlite::Error::SqliteFailure(failure, _)) => match failure.code {
                ErrorCode::DiskFull => StoreError::DiskFull,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged,
                _ => StoreError::Failed(format!("database code {}", failure.extended_code)),
            },
            Self::Sql(_) => StoreError::Failed("a value does not fit its column".to_owned()),
        }
    }
}

/// A file operation's error in the caller's words; the path stays out of it.
pub(crate) fn from_io(error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::DiskFull,
        kind => StoreError::Failed(kind.to_string()),
    }
}
