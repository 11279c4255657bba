//! The rows of a sheet, one after the other, so that a long sheet costs no more memory than a short one.

use std::io::Cursor;

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::error::WorkbookError;
use super::{MAX_CELLS, MAX_COLUMNS, MAX_ROWS, content, package};

/// A sheet of the workbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// As its tab says.
    pub name: String,
    /// Whether it is shown.
    pub visible: bool,
}

/// What a cell holds; a formula's last result stands for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(f64),
    Bool(bool),
    Moment(Moment),
    /// A formula that failed, as Excel shows it.
    Failed(String),
}

/// A day and a time, as a cell's format makes it of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moment {
    pub(super) year: u16,
    pub(super) month: u8,
    pub(super) day: u8,
    /// Since midnight.
    pub(super) seconds: u32,
    /// The number is less than a day: a time without a day.
    pub(super) only_time: bool,
    pub(super) has_time: bool,
}

/// A row that is not blank; a cell's place is its column.
pub(super) struct Row {
    /// As Excel counts: from 1.
    pub(super) number: u32,
    pub(super) cells: Vec<Option<Cell>>,
}

/// An archive that was looked through, opened by the reader of its cells.
pub(super) struct Workbook<'a> {
    xlsx: Xlsx<Cursor<&'a [u8]>>,
    has_merges: bool,
}

impl<'a> Workbook<'a> {
    /// # Errors
    /// [`WorkbookError`] with the reason.
    pub(super) fn open(bytes: &'a [u8], budget: &Budget) -> Result<Self, WorkbookError> {
        super::sniff::check(bytes)?;
        let parts = package::parts(bytes)?;
        let has_merges = content::check(&parts, budget)?;
        let xlsx = Xlsx::new(Cursor::new(bytes)).map_err(|error| reason(&error))?;
        Ok(Self { xlsx, has_merges })
    }

    /// Sheets with cells, in the order of their tabs.
    pub(super) fn sheets(&self) -> Vec<Sheet> {
        self.xlsx
            .sheets_metadata()
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet)
            .map(|sheet| Sheet {
                name: sheet.name.clone(),
                visible: sheet.visible == SheetVisible::Visible,
            })
            .collect()
    }

    /// Cells that are one with others: first row (from 1) and column, last row and column.
    pub(super) fn merged(&mut self, sheet: &str) -> Result<Vec<[u32; 4]>, WorkbookError> {
        if !self.has_merges {
            return Ok(Vec::new());
        }
        let regions = self.xlsx.merge_cells_by_sheet_name(sheet);
        let regions = regions.map_err(|error| reason(&error))?;
        Ok(regions
            .iter()
            .map(|region| {
                let [from, to] = [region.start, region.end];
                [
                    from.0.saturating_add(1),
                    from.1,
                    to.0.saturating_add(1),
                    to.1,
                ]
            })
            .collect())
    }

    /// Hands each row that is not blank to `each`, until it says that it has enough.
    ///
    /// # Errors
    /// [`WorkbookError`] with the reason, or what `each` says.
    pub(super) fn for_each_row(
        &mut self,
        sheet: &str,
        budget: &Budget,
        mut each: impl FnMut(Row) -> Result<Go, WorkbookError>,
    ) -> Result<(), WorkbookError> {
        let cells = self.xlsx.worksheet_cells_reader(sheet);
        let mut cells = cells.map_err(|error| reason(&error))?;
        let mut counts = Counts::default();
        let mut row: Option<Row> = None;
        while let Some((at, column, cell)) = next(&mut cells)? {
            counts.cell(budget)?;
            // Formatted, but empty.
            let Some(cell) = cell else { continue };
            if column >= MAX_COLUMNS {
                return Err(WorkbookError::TooManyColumns { max: MAX_COLUMNS });
            }
            let number = at.checked_add(1).ok_or(WorkbookError::Damaged)?;
            match &mut row {
                Some(row) if row.number == number => put(row, column, cell)?,
                Some(before) if before.number > number => return Err(WorkbookError::Damaged),
                _ => {
                    if let Some(done) = row.take()
                        && each(done)? == Go::Stop
                    {
                        return Ok(());
                    }
                    counts.row()?;
                    let mut begun = Row {
                        number,
                        cells: Vec::new(),
                    };
                    put(&mut begun, column, cell)?;
                    row = Some(begun);
                }
            }
        }
        if let Some(done) = row {
            each(done)?;
        }
        Ok(())
    }
}

/// Whether more rows are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Go {
    On,
    Stop,
}

#[derive(Default)]
struct Counts {
    cells: u32,
    rows: u32,
}

impl Counts {
    fn cell(&mut self, budget: &Budget) -> Result<(), WorkbookError> {
        self.cells += 1;
        if self.cells > MAX_CELLS {
            return Err(WorkbookError::TooManyCells { max: MAX_CELLS });
        }
        if self.cells.is_multiple_of(4_096) {
            budget.check()?;
        }
        Ok(())
    }

    fn row(&mut self) -> Result<(), WorkbookError> {
        self.rows += 1;
        if self.rows > MAX_ROWS {
            return Err(WorkbookError::TooManyRows { max: MAX_ROWS });
        }
        Ok(())
    }
}

/// From left to right, each place once.
fn put(row: &mut Row, column: u32, cell: Cell) -> Result<(), WorkbookError> {
    let place = column as usize;
    if place < row.cells.len() {
        return Err(WorkbookError::Damaged);
    }
    row.cells.resize(place, None);
    row.cells.push(Some(cell));
    Ok(())
}

/// Place and content of the next cell.
fn next(
    cells: &mut XlsxCellReader<'_, Cursor<&[u8]>>,
) -> Result<Option<(u32, u32, Option<Cell>)>, WorkbookError> {
    let Some(cell) = cells.next_cell().map_err(|error| reason(&error))? else {
        return Ok(None);
    };
    let (row, column) = cell.get_position();
    if row >= 1 << 20 || column >= 1 << 14 {
        return Err(WorkbookError::Damaged);
    }
    let text = |text: &str| {
        let text =
            text.trim_matches(|c: char| c.is_whitespace() || c == '\u{200B}' || c == '\u{FEFF}');
        (!text.is_empty()).then(|| Cell::Text(text.to_owned()))
    };
    let content = match cell.get_value() {
        DataRef::Empty => None,
        DataRef::String(value) => text(value),
        DataRef::SharedString(value) => text(value),
        DataRef::DateTimeIso(value) | DataRef::DurationIso(value) => text(value),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a spreadsheet has no other numbers"
        )]
        DataRef::Int(value) => Some(Cell::Number(*value as f64)),
        DataRef::Float(value) => Some(Cell::Number(*value)),
        DataRef::Bool(value) => Some(Cell::Bool(*value)),
        DataRef::Error(error) => Some(Cell::Failed(error.to_string())),
        DataRef::DateTime(moment) => Some(Cell::Moment(to_moment(moment))),
    };
    Ok(Some((row, column, content)))
}

/// ECMA-376 part 1, 18.17.4: days since 1900 with a 29 February that never was, or since 1904, as the workbook says.
fn to_moment(moment: &calamine::ExcelDateTime) -> Moment {
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let whole = u32::from(hour) * 3_600 + u32::from(minute) * 60 + u32::from(second);
    let seconds = (whole + u32::from(milli >= 500)).min(86_399);
    Moment {
        year,
        month,
        day,
        seconds,
        only_time: (0.0..1.0).contains(&moment.as_f64()),
        has_time: seconds > 0,
    }
}

fn reason(error: &XlsxError) -> WorkbookError {
    match error {
        XlsxError::WorksheetNotFound(_) => WorkbookError::NoSheet,
        XlsxError::Password => WorkbookError::Encrypted,
        _ => WorkbookError::Damaged,
    }
}
