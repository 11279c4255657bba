//! A workbook judged row by row.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::error::WorkbookError;
use super::header::{self, HEADER_ROWS, Header, Mapped};
use super::merges::Merges;
use super::request::Request;
use super::rows::{Cell, Go, Row, Sheet, Workbook};
use super::sensitive::{Seen, Sensitive};
use super::value::{Problem, Value, as_text, read};
use super::{MAX_ERRORS, MAX_SHOWN_CHARS};

/// What was found in a workbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The workbook's sheets.
    pub sheets: Vec<Sheet>,
    /// The one that was read.
    pub sheet: String,
    /// The row of the header, as Excel counts.
    pub header_row: u32,
    /// The header, by column of the sheet.
    pub headers: Vec<String>,
    /// Which wanted column is which of the sheet's.
    pub mapped: Vec<Mapped>,
    /// Needed columns that were not found: without them no row is good.
    pub missing: Vec<String>,
    /// Rows under the header that are not blank.
    pub rows: u32,
    /// Those without an error.
    pub good: u32,
    /// How many cells do not fit.
    pub error_count: u32,
    /// The first of them, at most [`MAX_ERRORS`].
    pub errors: Vec<CellError>,
    /// Columns that look like numbers a workbook should not carry.
    pub sensitive: Vec<Sensitive>,
}

/// A cell that does not fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellError {
    /// As Excel counts.
    pub row: u32,
    /// Column of the sheet, from 0.
    pub column: u32,
    /// The wanted column.
    pub id: String,
    /// What the cell holds, shortened.
    pub shown: String,
    /// Why.
    pub problem: Problem,
}

/// A row with what was said about it.
pub(super) struct Judged<'a> {
    pub(super) row: &'a Row,
    /// By wanted column.
    pub(super) values: &'a [Option<Value>],
    pub(super) errors: &'a [CellError],
    pub(super) is_good: bool,
}

/// What is done with rows beside counting them.
pub(super) trait Sink {
    fn begin(&mut self, header: &Header) -> Result<(), WorkbookError>;
    fn row(&mut self, judged: &Judged<'_>) -> Result<(), WorkbookError>;
}

/// Only counting.
pub(super) struct Nothing;

impl Sink for Nothing {
    fn begin(&mut self, _: &Header) -> Result<(), WorkbookError> {
        Ok(())
    }

    fn row(&mut self, _: &Judged<'_>) -> Result<(), WorkbookError> {
        Ok(())
    }
}

/// Reads a workbook and judges each row.
pub(super) fn judge(
    bytes: &[u8],
    request: &Request,
    budget: &Budget,
    sink: &mut impl Sink,
) -> Result<Report, WorkbookError> {
    let mut workbook = Workbook::open(bytes, budget)?;
    let sheets = workbook.sheets();
    let sheet = match &request.sheet {
        Some(name) => sheets.iter().find(|sheet| sheet.name == *name),
        None => sheets.iter().find(|sheet| sheet.visible),
    };
    let sheet = sheet.ok_or(WorkbookError::NoSheet)?.name.clone();
    let merges = Merges::new(workbook.merged(&sheet)?);
    let mut judge = Judge {
        request,
        merges,
        first: Vec::new(),
        run: None,
    };
    workbook.for_each_row(&sheet, budget, |row| {
        judge.row(row, sink)?;
        Ok(Go::On)
    })?;
    judge.begin(sink)?;
    let run = judge.run.ok_or(WorkbookError::EmptySheet)?;
    Ok(run.report(sheets, sheet))
}

struct Judge<'a> {
    request: &'a Request,
    merges: Merges,
    /// Rows until the header is known.
    first: Vec<Row>,
    run: Option<Run<'a>>,
}

impl Judge<'_> {
    fn row(&mut self, row: Row, sink: &mut impl Sink) -> Result<(), WorkbookError> {
        if let Some(run) = &mut self.run {
            return run.row(&row, &mut self.merges, sink);
        }
        self.first.push(row);
        if self.first.len() == HEADER_ROWS {
            self.begin(sink)?;
        }
        Ok(())
    }

    /// Finds the header among the first rows and judges those under it.
    fn begin(&mut self, sink: &mut impl Sink) -> Result<(), WorkbookError> {
        if self.run.is_some() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.first);
        let header = header::find(&rows, self.request)?;
        sink.begin(&header)?;
        let number = rows.get(header.at).map_or(1, |row| row.number);
        let under = header.at + 1;
        let mut run = Run::new(self.request, header, number);
        for row in rows.iter().skip(under) {
            run.row(row, &mut self.merges, sink)?;
        }
        self.run = Some(run);
        Ok(())
    }
}

/// Everything under the header.
struct Run<'a> {
    request: &'a Request,
    header: Header,
    header_row: u32,
    missing: Vec<String>,
    seen: Vec<Seen>,
    keys: HashMap<String, u32>,
    unique: Vec<usize>,
    rows: u32,
    good: u32,
    error_count: u32,
    errors: Vec<CellError>,
}

impl<'a> Run<'a> {
    fn new(request: &'a Request, header: Header, header_row: u32) -> Self {
        let missing = request.columns.iter().zip(&header.mapped);
        let missing = missing
            .filter(|(column, mapped)| column.required && mapped.column.is_none())
            .map(|(column, _)| column.id.clone())
            .collect();
        let place = |id: &String| request.columns.iter().position(|column| column.id == *id);
        Self {
            request,
            seen: header.texts.iter().map(|text| Seen::new(text)).collect(),
            header,
            header_row,
            missing,
            keys: HashMap::new(),
            unique: request.unique.iter().filter_map(place).collect(),
            rows: 0,
            good: 0,
            error_count: 0,
            errors: Vec::new(),
        }
    }

    fn row(
        &mut self,
        row: &Row,
        merges: &mut Merges,
        sink: &mut impl Sink,
    ) -> Result<(), WorkbookError> {
        self.rows += 1;
        self.look_for_secrets(row);
        merges.go_to(row.number);
        let mut values = Vec::with_capacity(self.request.columns.len());
        let mut errors = Vec::new();
        for (wanted, mapped) in self.request.columns.iter().zip(&self.header.mapped) {
            let Some(column) = mapped.column else {
                values.push(None);
                continue;
            };
            let cell = row.cells.get(column as usize).and_then(Option::as_ref);
            let value = match cell {
                Some(cell) => read(cell, wanted.kind).map(Some),
                None if merges.hide(column) => Err(Problem::Merged),
                None if wanted.required => Err(Problem::Missing),
                None => Ok(None),
            };
            values.push(value.unwrap_or_else(|problem| {
                errors.push(self.error(row, column, &wanted.id, cell, problem));
                None
            }));
        }
        if let Some(of_row) = self.earlier(&values, row.number)
            && let Some((column, id)) = self.key_column()
        {
            let cell = row.cells.get(column as usize).and_then(Option::as_ref);
            errors.push(self.error(row, column, &id, cell, Problem::Duplicate { of_row }));
        }
        let is_good = errors.is_empty() && self.missing.is_empty();
        self.good += u32::from(is_good);
        sink.row(&Judged {
            row,
            values: &values,
            errors: &errors,
            is_good,
        })?;
        self.error_count = self
            .error_count
            .saturating_add(u32::try_from(errors.len()).unwrap_or(u32::MAX));
        let room = MAX_ERRORS.saturating_sub(self.errors.len());
        self.errors.extend(errors.into_iter().take(room));
        Ok(())
    }

    fn error(
        &self,
        row: &Row,
        column: u32,
        id: &str,
        cell: Option<&Cell>,
        problem: Problem,
    ) -> CellError {
        // A number that should not be there is not repeated either.
        let secret = self.seen.get(column as usize).is_some_and(Seen::is_hinted);
        let shown = match cell {
            Some(cell) if !secret => as_text(cell).chars().take(MAX_SHOWN_CHARS).collect(),
            _ => String::new(),
        };
        CellError {
            row: row.number,
            column,
            id: id.to_owned(),
            shown,
            problem,
        }
    }

    fn look_for_secrets(&mut self, row: &Row) {
        if self.seen.len() < row.cells.len() {
            self.seen.resize(row.cells.len(), Seen::default());
        }
        for (cell, seen) in row.cells.iter().zip(&mut self.seen) {
            match cell {
                Some(Cell::Text(text)) => seen.cell(text),
                // Nine digits are the shortest of them.
                Some(Cell::Number(number)) if *number >= 1e8 => seen.cell(&format!("{number}")),
                Some(_) => seen.cell(""),
                None => {}
            }
        }
    }

    /// The earlier row with the same key; a key with a blank or unreadable part is none.
    fn earlier(&mut self, values: &[Option<Value>], number: u32) -> Option<u32> {
        if self.unique.is_empty() {
            return None;
        }
        let mut key = String::new();
        for place in &self.unique {
            match values.get(*place)?.as_ref()? {
                // Case is no difference between people's codes.
                Value::Text(text) => key.push_str(&text.to_lowercase()),
                Value::Number(number) => key.push_str(&number.to_string()),
                Value::Date(year, month, day) => key.push_str(&format!("{year}-{month}-{day}")),
                Value::Time(seconds) => key.push_str(&seconds.to_string()),
            }
            key.push('\0');
        }
        let first = *self.keys.entry(key).or_insert(number);
        (first != number).then_some(first)
    }

    fn key_column(&self) -> Option<(u32, String)> {
        let mapped = self.header.mapped.get(*self.unique.first()?)?;
        Some((mapped.column?, mapped.id.clone()))
    }

    fn report(self, sheets: Vec<Sheet>, sheet: String) -> Report {
        let sensitive = (0..)
            .zip(&self.seen)
            .flat_map(|(column, seen)| seen.warnings(column))
            .collect();
        Report {
            sheets,
            sheet,
            header_row: self.header_row,
            headers: self.header.texts,
            mapped: self.header.mapped,
            missing: self.missing,
            rows: self.rows,
            good: self.good,
            error_count: self.error_count,
            errors: self.errors,
            sensitive,
        }
    }
}
