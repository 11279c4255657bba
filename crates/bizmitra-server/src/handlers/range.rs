//! The `Range` header (RFC 9110, section 14.2): one range of bytes. Several, other units and nonsense mean the whole.

/// What of a file is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// At least one byte.
    Part {
        /// First byte.
        from: u64,
        /// How many.
        length: u64,
    },
    /// A range that the file does not have.
    Nothing,
}

/// Reads a `Range` header for a file of `length` bytes.
pub(super) fn read_range(text: &str, length: u64) -> Wanted {
    let Some((first, last)) = text
        .trim()
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return Wanted::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    match (first.is_empty(), last.is_empty()) {
        (true, true) => Wanted::Whole,
        (true, false) => match read_number(last) {
            Some(0) => Wanted::Nothing,
            Some(_) if length == 0 => Wanted::Nothing,
            Some(count) => part(length.saturating_sub(count), length.saturating_sub(1)),
            None => Wanted::Whole,
        },
        (false, is_open) => {
            let end = if is_open {
                Some(u64::MAX)
            } else {
                read_number(last)
            };
            match read_number(first).zip(end) {
                Some((first, end)) if first <= end => {
                    if first >= length {
                        Wanted::Nothing
                    } else {
                        part(first, end.min(length.saturating_sub(1)))
                    }
                }
                _ => Wanted::Whole,
            }
        }
    }
}

fn part(from: u64, last: u64) -> Wanted {
    Wanted::Part {
        from,
        length: last.saturating_sub(from).saturating_add(1),
    }
}

/// A number larger than any file is as good as the largest one.
fn read_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_as_the_standard_says() {
        let part = |from, length| Wanted::Part { from, length };
        for (text, wanted) in [
            ("bytes=0-0", part(0, 1)),
            ("bytes=0-99", part(0, 100)),
            ("bytes=10-19", part(10, 10)),
            ("bytes=90-", part(90, 10)),
            ("bytes=90-1000", part(90, 10)),
            ("bytes=-10", part(90, 10)),
            ("bytes=-1000", part(0, 100)),
            ("bytes=99-99999999999999999999999999", part(99, 1)),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=99999999999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=0-1,4-5", Wanted::Whole),
            ("bytes=--1", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("rows=1-2", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(read_range(text, 100), wanted, "{text}");
        }
    }

    #[test]
    fn an_empty_file_has_no_range() {
        for text in ["bytes=0-0", "bytes=0-", "bytes=-5"] {
            assert_eq!(read_range(text, 0), Wanted::Nothing, "{text}");
        }
    }
}
