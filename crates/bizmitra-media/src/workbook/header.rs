//! Which column is which.

use serde::{Deserialize, Serialize};

use super::WorkbookError;
use super::names::{known_names, plain};
use super::request::{Column, Request};
use super::rows::Row;
use super::value::as_text;

/// Rows among which the header is looked for: titles and dates may stand above it.
pub(super) const HEADER_ROWS: usize = 20;

/// How a wanted column was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// The person said so.
    Said,
    /// By one of its names.
    ByName,
    /// By a name that is nearly one of its names: worth a look.
    Nearly,
    /// Not at all, or left out.
    Not,
}

/// A wanted column and the one of the sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapped {
    /// Of the wanted column.
    pub id: String,
    /// Column of the sheet, from 0.
    pub column: Option<u32>,
    /// How it was found.
    pub found: Found,
}

/// The header and what it means.
pub(super) struct Header {
    /// Place among the rows looked at.
    pub(super) at: usize,
    /// As they stand there, by column.
    pub(super) texts: Vec<String>,
    pub(super) mapped: Vec<Mapped>,
}

/// The header among a sheet's first rows: the one that names most of what is wanted, and the first of equals.
pub(super) fn find(rows: &[Row], request: &Request) -> Result<Header, WorkbookError> {
    let mut best: Option<(usize, Header)> = None;
    for (at, row) in rows.iter().enumerate() {
        let texts = texts(row);
        let mapped = map(&texts, request);
        let hits = mapped.iter().filter(|m| m.column.is_some()).count();
        if best.as_ref().is_none_or(|(most, _)| hits > *most) {
            best = Some((hits, Header { at, texts, mapped }));
        }
    }
    best.map(|(_, header)| header)
        .ok_or(WorkbookError::EmptySheet)
}

fn texts(row: &Row) -> Vec<String> {
    row.cells
        .iter()
        .map(|cell| cell.as_ref().map(as_text).unwrap_or_default())
        .collect()
}

/// First what the person said, then names, then what is nearly a name; each column of the sheet serves once.
fn map(texts: &[String], request: &Request) -> Vec<Mapped> {
    let headers: Vec<String> = texts.iter().map(|text| plain(text)).collect();
    let mut taken: Vec<u32> = Vec::new();
    let mut mapped: Vec<Mapped> = request
        .columns
        .iter()
        .map(|column| {
            let said = request.mapping.iter().find(|said| said.id == column.id);
            taken.extend(said.and_then(|said| said.column));
            Mapped {
                id: column.id.clone(),
                column: said.and_then(|said| said.column),
                found: if said.is_some() {
                    Found::Said
                } else {
                    Found::Not
                },
            }
        })
        .collect();
    for how in [Found::ByName, Found::Nearly] {
        for (mapped, column) in mapped.iter_mut().zip(&request.columns) {
            if mapped.found != Found::Not {
                continue;
            }
            let names = names(column);
            let hit = (0_u32..).zip(&headers).find(|(at, header)| {
                !header.is_empty()
                    && !taken.contains(at)
                    && names.iter().any(|name| match how {
                        Found::ByName => *header == name,
                        _ => is_nearly(header, name),
                    })
            });
            if let Some((at, _)) = hit {
                taken.push(at);
                mapped.column = Some(at);
                mapped.found = how;
            }
        }
    }
    mapped
}

fn names(column: &Column) -> Vec<String> {
    let said = column.names.iter().map(String::as_str);
    let known = known_names(&column.id).iter().copied();
    std::iter::once(column.id.as_str())
        .chain(said)
        .chain(known)
        .map(plain)
        .collect()
}

/// One slip in five letters, two in nine: `Emploee Code`. Short names must be right.
fn is_nearly(header: &str, name: &str) -> bool {
    let longest = header.chars().count().max(name.chars().count());
    let allowed = match longest {
        0..5 => return false,
        5..9 => 1,
        9..=64 => 2,
        _ => return false,
    };
    distance(header, name) <= allowed
}

/// Damerau's distance as Wagner and Fischer compute it, of adjacent swaps only.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (row, from) in (1..).zip(a.chars()) {
        let mut line = vec![row];
        for (at, to) in b.iter().enumerate() {
            let get = |line: &[usize], at: usize| line.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best = (get(&above, at + 1) + 1)
                .min(get(&line, at) + 1)
                .min(get(&above, at) + usize::from(from != *to));
            let swapped = at > 0 && last == Some(*to) && b.get(at - 1) == Some(&from);
            if swapped {
                best = best.min(get(&before, at - 1) + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut above, line);
        last = Some(from);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_still_names_the_column_and_another_word_does_not() {
        for (header, name) in [
            ("employecode", "employeecode"),
            ("emplyoeecode", "employeecode"),
            ("mobil", "mobile"),
            ("depatrment", "department"),
        ] {
            assert!(is_nearly(header, name), "{header}");
        }
        for (header, name) in [
            ("out", "in"),
            ("date", "name"),
            ("intime", "outtime"),
            ("site", "shift"),
        ] {
            assert!(!is_nearly(header, name), "{header}");
        }
        assert_eq!(distance("नाम", "नाम"), 0);
        assert_eq!(distance("in", "ni"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}
