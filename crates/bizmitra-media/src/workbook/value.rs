//! A cell as the type its column needs, or why it is none.

use serde::{Deserialize, Serialize};

use super::request::Kind;
use super::rows::{Cell, Moment};

/// A cell that fits its column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(f64),
    /// Year, month, day.
    Date(u16, u8, u8),
    /// Seconds since midnight.
    Time(u32),
}

/// Why a cell does not fit, for the caller to put into words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Problem {
    /// A needed cell is blank.
    Missing,
    /// Longer than allowed.
    TooLong {
        /// Most characters.
        max_chars: u32,
    },
    /// Not a number.
    NotANumber,
    /// A number with a fraction where none may be.
    NotWhole,
    /// Outside of what is allowed.
    OutOfRange {
        /// The least.
        min: f64,
        /// The most.
        max: f64,
    },
    /// Not a day; days are written 31/12/2026, 31-12-2026, 31.12.2026 or 2026-12-31.
    NotADate,
    /// A day whose year has two digits.
    ShortYear,
    /// Before 1950 or after 2099.
    UnlikelyYear {
        /// The year that was read.
        year: u16,
    },
    /// Not a time of day; times are written 9:05, 09:05:00 or 9:05 pm.
    NotATime,
    /// Characters that no employee code has.
    NotACode,
    /// Not a telephone number.
    NotAPhone,
    /// Not an e-mail address.
    NotAnEmail,
    /// The formula failed.
    FormulaFailed {
        /// As Excel shows it, such as `#REF!`.
        shown: String,
    },
    /// One with other cells: only the first of them holds the value.
    Merged,
    /// The same as an earlier row.
    Duplicate {
        /// The earlier row, as Excel counts.
        of_row: u32,
    },
}

/// A cell as `kind` needs it.
///
/// # Errors
/// [`Problem`].
pub(super) fn read(cell: &Cell, kind: Kind) -> Result<Value, Problem> {
    if let Cell::Failed(shown) = cell {
        return Err(Problem::FormulaFailed {
            shown: shown.clone(),
        });
    }
    match kind {
        Kind::Text { max_chars } => {
            let text = as_text(cell);
            if text.chars().count() > max_chars as usize {
                return Err(Problem::TooLong { max_chars });
            }
            Ok(Value::Text(text))
        }
        Kind::Number { min, max } => in_range(number(cell)?, min, max),
        #[expect(clippy::cast_precision_loss, reason = "limits of a person's numbers")]
        Kind::Whole { min, max } => {
            let number = number(cell)?;
            if number.fract() != 0.0 {
                return Err(Problem::NotWhole);
            }
            in_range(number, min as f64, max as f64)
        }
        Kind::Date => date(cell),
        Kind::Time => time(cell),
        Kind::EmployeeCode => {
            let code = as_text(cell);
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
            if code.chars().count() > 32 || !code.chars().all(plain) {
                return Err(Problem::NotACode);
            }
            Ok(Value::Text(code))
        }
        Kind::Phone => phone(&as_text(cell)),
        Kind::Email => {
            let text = as_text(cell);
            let plain = !text.contains(char::is_whitespace) && text.len() <= 254;
            match text.split_once('@') {
                Some((name, place))
                    if plain
                        && !name.is_empty()
                        && !place.contains('@')
                        && place.split('.').count() > 1
                        && place.split('.').all(|step| !step.is_empty()) =>
                {
                    Ok(Value::Text(text))
                }
                _ => Err(Problem::NotAnEmail),
            }
        }
    }
}

fn in_range(number: f64, min: f64, max: f64) -> Result<Value, Problem> {
    if (min..=max).contains(&number) {
        Ok(Value::Number(number))
    } else {
        Err(Problem::OutOfRange { min, max })
    }
}

/// A cell as a person would read it aloud.
pub(super) fn as_text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) | Cell::Failed(text) => text.clone(),
        // Fifteen digits are all that a spreadsheet keeps; without an exponent, as it shows them in a wide column.
        Cell::Number(number) => format!("{number}"),
        Cell::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Cell::Moment(moment) => {
            let (hour, minute) = (moment.seconds / 3_600, moment.seconds / 60 % 60);
            let day = format!("{:04}-{:02}-{:02}", moment.year, moment.month, moment.day);
            match (moment.only_time, moment.has_time) {
                (true, _) => format!("{hour:02}:{minute:02}"),
                (_, true) => format!("{day} {hour:02}:{minute:02}"),
                (_, false) => day,
            }
        }
    }
}

fn number(cell: &Cell) -> Result<f64, Problem> {
    let number = match cell {
        Cell::Number(number) => *number,
        // A number stored as text is what people get from other programs: 1,23,456.50 as it is written in India, too.
        Cell::Text(text) => {
            let plain: String = western(text).replace([',', ' ', '\u{A0}'], "");
            if plain.contains(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '+')) {
                return Err(Problem::NotANumber);
            }
            plain.parse().map_err(|_| Problem::NotANumber)?
        }
        _ => return Err(Problem::NotANumber),
    };
    if number.is_finite() {
        Ok(number)
    } else {
        Err(Problem::NotANumber)
    }
}

/// Digits of Devanagari and the other scripts of India as 0 to 9; each script's ten digits follow one another.
fn western(text: &str) -> String {
    const ZEROES: [u32; 9] = [
        0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    ];
    text.chars()
        .map(|c| {
            let digit = ZEROES.iter().find_map(|zero| {
                let digit = u32::from(c).checked_sub(*zero)?;
                (digit < 10).then(|| char::from_digit(digit, 10)).flatten()
            });
            digit.unwrap_or(c)
        })
        .collect()
}

fn date(cell: &Cell) -> Result<Value, Problem> {
    let (year, month, day) = match cell {
        Cell::Moment(Moment {
            year,
            month,
            day,
            only_time: false,
            ..
        }) => (*year, *month, *day),
        Cell::Text(text) => written_date(&western(text))?,
        // A bare number may be a day whose format was lost, or anything else.
        _ => return Err(Problem::NotADate),
    };
    if day == 0 || day > days_of(year, month) {
        return Err(Problem::NotADate);
    }
    if !(1950..=2099).contains(&year) {
        return Err(Problem::UnlikelyYear { year });
    }
    Ok(Value::Date(year, month, day))
}

fn written_date(text: &str) -> Result<(u16, u8, u8), Problem> {
    // A time behind it (`2026-12-31T00:00:00`) says nothing about the day.
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    let fields: Vec<&str> = day.split(['/', '-', '.']).collect();
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| digits)
    };
    let small = |text: &str| number(text).and_then(|number| u8::try_from(number).ok());
    let (year, month, day) = match *fields {
        [year, month, day] if year.len() == 4 => (year, month, day),
        [day, month, year] if year.len() == 4 => (year, month, day),
        [day, month, year] if year.len() == 2 && small(day).is_some() && small(month).is_some() => {
            return Err(Problem::ShortYear);
        }
        _ => return Err(Problem::NotADate),
    };
    number(year)
        .zip(small(month))
        .zip(small(day))
        .map(|((year, month), day)| (year, month, day))
        .ok_or(Problem::NotADate)
}

/// Days of a month of the Gregorian calendar; 0 when there is no such month.
fn days_of(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        1..=12 => 31,
        _ => 0,
    }
}

fn time(cell: &Cell) -> Result<Value, Problem> {
    match cell {
        Cell::Moment(moment) if moment.only_time || moment.has_time => {
            Ok(Value::Time(moment.seconds))
        }
        Cell::Text(text) => written_time(&western(text).to_lowercase()).ok_or(Problem::NotATime),
        _ => Err(Problem::NotATime),
    }
}

fn written_time(text: &str) -> Option<Value> {
    let text = text.trim();
    let (clock, half) = match text {
        _ if text.ends_with("am") => (text.strip_suffix("am")?, Some(0)),
        _ if text.ends_with("pm") => (text.strip_suffix("pm")?, Some(12)),
        _ => (text, None),
    };
    let fields: Option<Vec<u32>> = clock
        .trim()
        .split(':')
        .map(|field| {
            let digits = matches!(field.len(), 1 | 2) && field.bytes().all(|b| b.is_ascii_digit());
            field.parse().ok().filter(|_| digits)
        })
        .collect();
    let (hour, minute, second) = match *fields? {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    (hour < 24 && minute < 60 && second < 60)
        .then_some(Value::Time(hour * 3_600 + minute * 60 + second))
}

fn phone(text: &str) -> Result<Value, Problem> {
    let written = western(text);
    let (plus, rest) = match written.strip_prefix('+') {
        Some(rest) => ("+", rest),
        None => ("", written.as_str()),
    };
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let plain = rest
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')'));
    if plain && (10..=15).contains(&digits.len()) {
        Ok(Value::Text(format!("{plus}{digits}")))
    } else {
        Err(Problem::NotAPhone)
    }
}
