//! What the caller wants to find in a workbook.

use serde::{Deserialize, Serialize};

/// What to look for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The columns that are needed, in the order of the result.
    pub columns: Vec<Column>,
    /// Which sheet; the first visible one when nothing is said.
    pub sheet: Option<String>,
    /// Which column of the sheet each wanted one is, where the person has said so; `None`: found by its header.
    #[serde(default)]
    pub mapping: Vec<Mapping>,
    /// Columns, by id, that together make a row one of a kind; empty: equal rows are fine.
    #[serde(default)]
    pub unique: Vec<String>,
}

/// The person's word about a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// Of the wanted column.
    pub id: String,
    /// Column of the sheet, from 0; none: it is left out.
    pub column: Option<u32>,
}

/// A wanted column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// What the caller calls it.
    pub id: String,
    /// How people call it: headers that mean it, in any language, case and punctuation. The id is one by itself, and so are the
    /// names that [`super::known_names`] has for it.
    #[serde(default)]
    pub names: Vec<String>,
    /// What its cells must be.
    pub kind: Kind,
    /// Whether every row needs it.
    pub required: bool,
}

/// What a cell must be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Kind {
    /// Any text.
    Text {
        /// Most characters.
        max_chars: u32,
    },
    /// A number.
    Number {
        /// The least.
        min: f64,
        /// The most.
        max: f64,
    },
    /// A number without a fraction.
    Whole {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A day from 1950 to 2099.
    Date,
    /// A time of day.
    Time,
    /// Letters, digits, `-`, `_`, `/` and `.`, at most 32; a number counts as its digits.
    EmployeeCode,
    /// A telephone number: 10 to 15 digits, `+` before them allowed.
    Phone,
    /// Something like `a@b.c`.
    Email,
}
