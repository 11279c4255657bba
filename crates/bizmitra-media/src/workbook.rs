#![doc = include_str!("workbook/README.md")]

mod budget;
mod check;
mod content;
mod error;
mod header;
mod merges;
mod names;
mod package;
mod request;
mod rows;
mod sensitive;
mod sniff;
mod split;
mod value;
pub mod worker;

use serde::{Deserialize, Serialize};

pub use budget::Budget;
pub use check::{CellError, Report};
pub use error::{Found, WorkbookError};
pub use header::{Found as FoundColumn, Mapped};
pub use names::known_names;
pub use request::{Column, Kind, Mapping, Request};
pub use rows::Sheet;
pub use sensitive::{Secret, Sensitive};
pub use split::Words;
pub use value::Problem;

/// Largest file, bytes.
pub const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;
/// Most parts of an archive.
pub const MAX_PARTS: u32 = 1_000;
/// Largest part when unpacked, bytes.
pub const MAX_PART_BYTES: u64 = 256 * 1024 * 1024;
/// All of them, bytes.
pub const MAX_UNPACKED_BYTES: u64 = 384 * 1024 * 1024;
/// Largest table of strings, bytes: it is kept while the sheet is read.
pub const MAX_STRINGS_BYTES: u64 = 48 * 1024 * 1024;
/// Largest of the other parts that are kept while they are read, bytes.
pub const MAX_KEPT_PART_BYTES: u64 = 8 * 1024 * 1024;
/// How much larger a part may become. Rows of repeated values reach 40.
pub const MAX_RATIO: u64 = 120;
/// Parts up to this size may be packed as tight as they like.
pub const RATIO_FREE_BYTES: u64 = 1024 * 1024;
/// Most rows that are not blank.
pub const MAX_ROWS: u32 = 200_000;
/// Most columns.
pub const MAX_COLUMNS: u32 = 256;
/// Most cells, also formatted ones that are empty.
pub const MAX_CELLS: u32 = 6_000_000;
/// Most merged regions.
pub const MAX_MERGES: u32 = 10_000;
/// Most errors that a report lists; all are counted.
pub const MAX_ERRORS: usize = 500;
/// Most rows of an error workbook.
pub const MAX_ERROR_ROWS: u32 = 10_000;
/// Characters of a cell that an error repeats.
pub const MAX_SHOWN_CHARS: usize = 40;

/// What is to be done with a workbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Say what is in it.
    Check {
        /// What is wanted.
        request: Request,
    },
    /// Also write its good rows as a workbook of their own.
    GoodRows {
        /// What is wanted.
        request: Request,
    },
    /// Also write a workbook of the other rows that says what is wrong with each.
    BadRows {
        /// What is wanted.
        request: Request,
        /// How it is said.
        words: Words,
    },
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What was found.
    pub report: Report,
    /// The workbook that was asked for, xlsx; empty when none was.
    pub workbook: Vec<u8>,
}

/// Does a job here and now. Bytes of strangers belong into a [`worker`].
///
/// # Errors
/// [`WorkbookError`] with the reason.
pub fn run(job: &Job, bytes: &[u8], budget: &Budget) -> Result<Outcome, WorkbookError> {
    match job {
        Job::Check { request } => Ok(Outcome {
            report: check::judge(bytes, request, budget, &mut check::Nothing)?,
            workbook: Vec::new(),
        }),
        Job::GoodRows { request } => {
            let mut rows = split::GoodRows::new(request.columns.len());
            let report = check::judge(bytes, request, budget, &mut rows)?;
            budget.check()?;
            let workbook = rows.finish()?;
            Ok(Outcome { report, workbook })
        }
        Job::BadRows { request, words } => {
            let mut rows = split::BadRows::new(words);
            let report = check::judge(bytes, request, budget, &mut rows)?;
            let workbook = rows.finish()?;
            Ok(Outcome { report, workbook })
        }
    }
}
