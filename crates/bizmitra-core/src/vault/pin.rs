//! PINs: what one is and which are refused.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::own_numbers::OwnNumbers;

/// Digits as typed. Never prints, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Pin(String);

impl Pin {
    /// Takes what was typed over.
    pub fn new(digits: String) -> Self {
        Self(digits)
    }

    /// The digits.
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// Why a PIN is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PinProblem {
    /// Something other than the digits 0 to 9.
    #[error("a PIN has digits only")]
    NotDigits,
    /// Too short.
    #[error("the PIN is too short")]
    TooShort,
    /// Too long.
    #[error("the PIN is too long")]
    TooLong,
    /// One digit or one group repeated, or a mirror.
    #[error("the PIN repeats itself")]
    Repeats,
    /// Digits in a run, up or down.
    #[error("the PIN is a run of digits")]
    Run,
    /// A year, or a date in a common order.
    #[error("the PIN looks like a year or a date")]
    Year,
    /// Among the commonest.
    #[error("the PIN is one of the commonest")]
    Common,
    /// In a number of the person's that others know.
    #[error("the PIN is in a number of the person")]
    Own,
}

/// Fewest digits any policy may allow.
pub const FEWEST_DIGITS: u8 = 4;
/// Most digits any policy may allow.
pub const MOST_DIGITS: u8 = 8;
/// Digits where no policy says otherwise.
pub const DEFAULT_DIGITS: u8 = 6;

/// What is wrong with a PIN under a policy of `min` to `max` digits (clamped to 4 to 8), for a person with `own` numbers.
pub fn check_pin(pin: &Pin, min: u8, max: u8, own: &OwnNumbers) -> Option<PinProblem> {
    let min = min.clamp(FEWEST_DIGITS, MOST_DIGITS);
    let max = max.clamp(min, MOST_DIGITS);
    let digits = pin.expose();
    if !digits.iter().all(u8::is_ascii_digit) {
        return Some(PinProblem::NotDigits);
    }
    if digits.len() < usize::from(min) {
        return Some(PinProblem::TooShort);
    }
    if digits.len() > usize::from(max) {
        return Some(PinProblem::TooLong);
    }
    if is_run(digits) {
        Some(PinProblem::Run)
    } else if repeats(digits) {
        Some(PinProblem::Repeats)
    } else if is_year_or_date(digits) {
        Some(PinProblem::Year)
    } else if is_common(digits) {
        Some(PinProblem::Common)
    } else if own.tell(digits) {
        Some(PinProblem::Own)
    } else {
        None
    }
}

fn repeats(digits: &[u8]) -> bool {
    let repeated = (1..=digits.len() / 2).any(|length| {
        digits.len().is_multiple_of(length)
            && digits.chunks(length).all(|group| digits.starts_with(group))
    });
    let mirrored = digits.iter().eq(digits.iter().rev());
    let few = digits
        .iter()
        .collect::<std::collections::BTreeSet<_>>()
        .len()
        < 3
        && digits.len() > 4;
    repeated || mirrored || few
}

fn is_run(digits: &[u8]) -> bool {
    [1_u8, 9].into_iter().any(|step| {
        digits
            .iter()
            .zip(digits.iter().skip(1))
            .all(|(one, next)| (one - b'0' + step) % 10 == next - b'0')
    })
}

fn is_year_or_date(digits: &[u8]) -> bool {
    let number = |part: &[u8]| {
        part.iter()
            .fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    };
    let year = |part: &[u8]| (1930..=2039).contains(&number(part));
    let day_month = |part: &[u8]| {
        let (first, second) = part.split_at(part.len() / 2);
        let (first, second) = (number(first), number(second));
        matches!((first, second), (1..=31, 1..=12) | (1..=12, 1..=31))
    };
    match digits.len() {
        4 => year(digits),
        6 => {
            let (head, tail) = digits.split_at(4);
            let (front, back) = digits.split_at(2);
            // DDMMYY and MMDDYY; YYMMDD; a year beside two digits. Only plausible dates, or half of all PINs would go.
            (day_month(head) && (number(tail) <= 39 || number(tail) >= 50))
                || (day_month(back) && (number(front) <= 39 || number(front) >= 50))
                || year(head)
        }
        8 => {
            let (head, tail) = digits.split_at(4);
            (day_month(head) && year(tail)) || (year(head) && day_month(tail))
        }
        _ => false,
    }
}

/// Keypad columns and patterns, and what lists of leaked PINs put on top.
fn is_common(digits: &[u8]) -> bool {
    const COMMON: &[&[u8]] = &[
        b"2580",
        b"0852",
        b"1379",
        b"1397",
        b"2468",
        b"1357",
        b"1590",
        b"7410",
        b"1478",
        b"3690",
        b"1470",
        b"5683",
        b"147258",
        b"258025",
        b"147852",
        b"159753",
        b"159357",
        b"142536",
        b"124578",
        b"134679",
        b"135790",
        b"246810",
        b"102030",
        b"741852",
        b"963852",
        b"112233",
        b"445566",
        b"778899",
        b"123654",
        b"123789",
        b"123098",
        b"134652",
        b"13579",
        b"24680",
        b"25800",
        b"1472580",
        b"14725836",
        b"12344321",
        b"11223344",
        b"1236987",
    ];
    COMMON.contains(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(digits: &str) -> Option<PinProblem> {
        check_pin(&Pin::new(digits.to_owned()), 4, 8, &OwnNumbers::default())
    }

    #[test]
    fn weak_pins_are_refused_with_their_reason() {
        for (digits, problem) in [
            ("12a4", PinProblem::NotDigits),
            ("١٢٣٤", PinProblem::NotDigits),
            ("", PinProblem::TooShort),
            ("123", PinProblem::TooShort),
            ("471193382", PinProblem::TooLong),
            ("0000", PinProblem::Repeats),
            ("121212", PinProblem::Repeats),
            ("483384", PinProblem::Repeats),
            ("122112", PinProblem::Repeats),
            ("1234", PinProblem::Run),
            ("987654", PinProblem::Run),
            ("8901", PinProblem::Run),
            ("1987", PinProblem::Year),
            ("150892", PinProblem::Year),
            ("15081992", PinProblem::Year),
            ("2580", PinProblem::Common),
            ("159753", PinProblem::Common),
        ] {
            assert_eq!(check(digits), Some(problem), "{digits}");
        }
    }

    #[test]
    fn ordinary_pins_are_accepted() {
        for digits in ["4711", "8302", "730498", "482916", "90514", "61739024"] {
            assert_eq!(check(digits), None, "{digits}");
        }
    }

    #[test]
    fn most_of_the_six_digit_pins_stay_free() {
        let free = (0..1_000_000)
            .filter(|number| check(&format!("{number:06}")).is_none())
            .count();
        assert!(free > 850_000, "{free}");
    }

    #[test]
    fn a_policy_outside_four_to_eight_is_clamped() {
        assert_eq!(
            check_pin(&Pin::new("47".into()), 0, 2, &OwnNumbers::default()),
            Some(PinProblem::TooShort)
        );
    }
}
