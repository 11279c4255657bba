//! The rows that are good as a workbook of their own, and the others as one that says what is wrong with each.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use serde::{Deserialize, Serialize};

use super::MAX_ERROR_ROWS;
use super::check::{Judged, Sink};
use super::error::WorkbookError;
use super::header::Header;
use super::value::{Problem, Value, as_text};

/// Words of an error workbook, in the person's language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Heads the column that says what is wrong.
    pub heading: String,
    /// By code of a [`Problem`]; `{max_chars}` and the like stand for its values. A code without words stands for itself.
    pub problems: BTreeMap<String, String>,
}

impl Words {
    fn say(&self, problem: &Problem) -> String {
        let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(problem) else {
            return String::new();
        };
        let shown = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let code = fields.get("code").map(shown).unwrap_or_default();
        let mut text = self.problems.get(&code).unwrap_or(&code).clone();
        for (name, value) in &fields {
            text = text.replace(&format!("{{{name}}}"), &shown(value));
        }
        text
    }
}

/// Collects the good rows.
pub(super) struct GoodRows {
    out: Output,
    columns: usize,
    date: Format,
    time: Format,
}

impl GoodRows {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            out: Output::new(),
            columns,
            date: Format::new().set_num_format("yyyy-mm-dd"),
            time: Format::new().set_num_format("hh:mm:ss"),
        }
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, WorkbookError> {
        self.out.finish()
    }
}

impl Sink for GoodRows {
    fn begin(&mut self, header: &Header) -> Result<(), WorkbookError> {
        for (place, mapped) in (0..).zip(&header.mapped) {
            // As the person heads it, so that it is found again.
            let text = mapped.column.and_then(|at| header.texts.get(at as usize));
            let text = text.filter(|text| !text.is_empty()).unwrap_or(&mapped.id);
            self.out.text(0, place, text, None)?;
        }
        self.out.next = 1;
        Ok(())
    }

    fn row(&mut self, judged: &Judged<'_>) -> Result<(), WorkbookError> {
        if !judged.is_good {
            return Ok(());
        }
        let row = self.out.next;
        for (place, value) in (0..).zip(judged.values.iter().take(self.columns)) {
            let sheet = &mut self.out.sheet;
            let written = match value {
                None => continue,
                Some(Value::Text(text)) => {
                    self.out.text(row, place, text, None)?;
                    continue;
                }
                Some(Value::Number(number)) => sheet.write_number(row, place, *number),
                Some(Value::Date(year, month, day)) => ExcelDateTime::from_ymd(*year, *month, *day)
                    .and_then(|day| sheet.write_datetime_with_format(row, place, day, &self.date)),
                Some(Value::Time(seconds)) => {
                    let time = f64::from(*seconds) / 86_400.0;
                    sheet.write_number_with_format(row, place, time, &self.time)
                }
            };
            written.map_err(|error| not_written(&error))?;
        }
        self.out.next += 1;
        Ok(())
    }
}

/// Collects the other rows, with what is wrong.
pub(super) struct BadRows<'a> {
    out: Output,
    words: &'a Words,
    width: u16,
    bad: Format,
}

impl<'a> BadRows<'a> {
    pub(super) fn new(words: &'a Words) -> Self {
        Self {
            out: Output::new(),
            words,
            width: 0,
            // The cell also stands in the column of words: colour is not alone.
            bad: Format::new().set_background_color(Color::RGB(0x00FD_F1D8)),
        }
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, WorkbookError> {
        self.out.finish()
    }
}

impl Sink for BadRows<'_> {
    fn begin(&mut self, header: &Header) -> Result<(), WorkbookError> {
        self.width = u16::try_from(header.texts.len()).unwrap_or(u16::MAX);
        // First: rows may be longer than their header.
        self.out.text(0, 0, &self.words.heading, None)?;
        for (place, text) in (1..).zip(&header.texts) {
            self.out.text(0, place, text, None)?;
        }
        self.out.next = 1;
        Ok(())
    }

    fn row(&mut self, judged: &Judged<'_>) -> Result<(), WorkbookError> {
        if judged.errors.is_empty() || self.out.next > MAX_ERROR_ROWS {
            return Ok(());
        }
        let row = self.out.next;
        let said: Vec<String> = judged
            .errors
            .iter()
            .map(|error| {
                let place = usize::try_from(error.column).unwrap_or_default();
                format!(
                    "{}{}: {}",
                    letters(place),
                    error.row,
                    self.words.say(&error.problem)
                )
            })
            .collect();
        self.out.text(row, 0, &said.join("; "), None)?;
        for (column, cell) in (0_u32..).zip(&judged.row.cells) {
            let bad = judged.errors.iter().any(|error| error.column == column);
            let format = bad.then_some(&self.bad);
            let text = cell.as_ref().map(as_text).unwrap_or_default();
            let place = u16::try_from(column + 1).unwrap_or(u16::MAX);
            if bad || !text.is_empty() {
                self.out.text(row, place, &text, format)?;
            }
        }
        self.out.next += 1;
        Ok(())
    }
}

/// A column as a spreadsheet names it.
fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.insert(0, b'A' + u8::try_from(rest % 26).unwrap_or_default());
        rest /= 26;
    }
    String::from_utf8(letters).unwrap_or_default()
}

struct Output {
    sheet: Worksheet,
    next: u32,
    quoted: Format,
}

impl Output {
    fn new() -> Self {
        Self {
            sheet: Worksheet::new(),
            next: 0,
            quoted: Format::new().set_quote_prefix(),
        }
    }

    /// Text is never a formula, and what could become one when somebody edits the cell or saves it as CSV gets the apostrophe
    /// that spreadsheets keep for that (OWASP, CSV Injection).
    fn text(
        &mut self,
        row: u32,
        column: u16,
        text: &str,
        format: Option<&Format>,
    ) -> Result<(), WorkbookError> {
        let starts_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let text: String = text.chars().take(32_767).collect();
        let written = match (starts_formula, format) {
            (false, None) => self.sheet.write_string(row, column, text),
            (false, Some(format)) => self
                .sheet
                .write_string_with_format(row, column, text, format),
            (true, None) => self
                .sheet
                .write_string_with_format(row, column, text, &self.quoted),
            (true, Some(format)) => {
                let format = format.clone().set_quote_prefix();
                self.sheet
                    .write_string_with_format(row, column, text, &format)
            }
        };
        written.map(|_| ()).map_err(|error| not_written(&error))
    }

    fn finish(self) -> Result<Vec<u8>, WorkbookError> {
        let mut workbook = Workbook::new();
        workbook.push_worksheet(self.sheet);
        workbook
            .save_to_buffer()
            .map_err(|error| not_written(&error))
    }
}

fn not_written(_: &XlsxError) -> WorkbookError {
    WorkbookError::NotWritten
}
