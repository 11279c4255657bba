//! Why a workbook cannot be used.

use serde::{Deserialize, Serialize};

/// Why a workbook cannot be used. The names are the words on the wire between a worker and its host; the values are for the
/// person who has to do something about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum WorkbookError {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// The file is larger than [`super::MAX_FILE_BYTES`].
    #[error("the file has {bytes} bytes, the most is {max}")]
    TooManyBytes {
        /// Size of the file.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// Not an xlsx workbook by its content.
    #[error("{found:?} instead of an xlsx workbook")]
    NotXlsx {
        /// What it looks like.
        found: Found,
    },
    /// Protected by a password: nobody can look into it.
    #[error("the workbook is protected by a password")]
    Encrypted,
    /// It carries programs.
    #[error("the workbook has macros")]
    Macros,
    /// It takes values from other files or servers.
    #[error("the workbook is linked to other files")]
    ExternalLinks,
    /// It carries other documents.
    #[error("the workbook has other documents in it")]
    EmbeddedObjects,
    /// Unpacked, it would be too large, or it is packed tighter than any honest workbook.
    #[error("the workbook would unpack to too much")]
    Bomb,
    /// More files in it than a workbook has.
    #[error("the workbook has {entries} parts")]
    TooManyParts {
        /// How many.
        entries: u32,
    },
    /// Two parts of one name, or a name that leaves the folder.
    #[error("the workbook has a part with a forbidden name")]
    BadPartName,
    /// A document type in its XML.
    #[error("the workbook declares a document type")]
    DocumentType,
    /// The content contradicts the format.
    #[error("the workbook is damaged")]
    Damaged,
    /// There is no sheet of that name, or none at all.
    #[error("there is no such sheet")]
    NoSheet,
    /// The sheet holds nothing.
    #[error("the sheet is empty")]
    EmptySheet,
    /// More rows than [`super::MAX_ROWS`].
    #[error("more than {max} rows")]
    TooManyRows {
        /// The limit.
        max: u32,
    },
    /// Wider than [`super::MAX_COLUMNS`].
    #[error("more than {max} columns")]
    TooManyColumns {
        /// The limit.
        max: u32,
    },
    /// More cells than [`super::MAX_CELLS`].
    #[error("more than {max} cells")]
    TooManyCells {
        /// The limit.
        max: u32,
    },
    /// It took longer than it may.
    #[error("checking took too long")]
    TimedOut,
    /// The person took it back.
    #[error("checking was cancelled")]
    Cancelled,
    /// The worker ended without an answer: the workbook needed more memory than it gets, or broke the reader.
    #[error("the workbook could not be read within the limits")]
    WorkerEnded,
    /// No worker could be started; it says nothing about the workbook.
    #[error("the worker could not be started")]
    NoWorker,
    /// The result could not be written.
    #[error("the workbook could not be written")]
    NotWritten,
}

/// What a file is when it is no xlsx workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// Excel 97 to 2003.
    Xls,
    /// Excel's binary workbook.
    Xlsb,
    /// OpenDocument.
    Ods,
    /// Text, such as CSV.
    Text,
    /// A ZIP archive of something else.
    Zip,
    /// Anything else.
    Other,
}
