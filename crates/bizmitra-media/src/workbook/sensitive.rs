//! Columns that look like numbers a workbook of attendance should not carry.

use serde::{Deserialize, Serialize};

use super::names::plain;

/// What a column looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// A number of the identity register: twelve digits, the last one Verhoeff's.
    Aadhaar,
    /// A number of the income tax department.
    Pan,
    /// A number of a bank account.
    BankAccount,
    /// A code of a bank's branch.
    Ifsc,
}

/// A column that looks like one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sensitive {
    /// Column of the sheet, from 0.
    pub column: u32,
    /// What it looks like.
    pub secret: Secret,
    /// Cells that do.
    pub cells: u32,
}

const ALL: [Secret; 4] = [
    Secret::Aadhaar,
    Secret::Pan,
    Secret::BankAccount,
    Secret::Ifsc,
];

/// What was seen of a column.
#[derive(Clone, Default)]
pub(super) struct Seen {
    hinted: Option<Secret>,
    filled: u32,
    hits: [u32; 4],
}

impl Seen {
    pub(super) fn new(header: &str) -> Self {
        Self {
            hinted: hint(&plain(header)),
            ..Self::default()
        }
    }

    /// Whether its header says that it is one.
    pub(super) fn is_hinted(&self) -> bool {
        self.hinted.is_some()
    }

    pub(super) fn cell(&mut self, text: &str) {
        self.filled += 1;
        // The shortest of them has nine characters, the longest with its spaces 23.
        if !(9..=23).contains(&text.len()) {
            return;
        }
        for (secret, hits) in ALL.into_iter().zip(&mut self.hits) {
            // Digits alone are an account only in a column that says so.
            let possible = secret != Secret::BankAccount || self.hinted == Some(secret);
            *hits += u32::from(possible && looks_like(text, secret));
        }
    }

    /// A header that says so and one cell that fits, or a third of the cells: one in ten numbers of twelve digits is an Aadhaar
    /// number by chance.
    pub(super) fn warnings(&self, column: u32) -> impl Iterator<Item = Sensitive> {
        ALL.into_iter()
            .zip(self.hits)
            .filter(|(secret, cells)| {
                let said = self.hinted == Some(*secret);
                *cells > 0 && (said || u64::from(*cells) * 3 >= u64::from(self.filled))
            })
            .map(move |(secret, cells)| Sensitive {
                column,
                secret,
                cells,
            })
    }
}

fn hint(header: &str) -> Option<Secret> {
    let has = |words: &[&str]| words.iter().any(|word| header.contains(word));
    if has(&["aadhaar", "aadhar", "adhar", "uidai", "आधार"]) {
        Some(Secret::Aadhaar)
    } else if has(&["ifsc", "आईएफएससी"]) {
        Some(Secret::Ifsc)
    } else if has(&["account", "acno", "bankac", "खाता"]) {
        Some(Secret::BankAccount)
    } else if header == "pan" || has(&["panno", "pannumber", "pancard", "पैन"]) {
        Some(Secret::Pan)
    } else {
        None
    }
}

/// Whether a text looks like one.
pub(super) fn looks_like(text: &str, secret: Secret) -> bool {
    let bytes: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b' ' | b'-'))
        .map(|byte| byte.to_ascii_uppercase())
        .collect();
    match secret {
        // UIDAI: twelve digits, the first not 0 or 1.
        Secret::Aadhaar => {
            bytes.len() == 12
                && bytes.iter().all(u8::is_ascii_digit)
                && matches!(bytes.first(), Some(b'2'..=b'9'))
                && verhoeff(&bytes)
        }
        // Income Tax Department: three letters, one for the kind of holder, the initial, four digits, a letter.
        Secret::Pan => match *bytes {
            [a, b, c, kind, initial, ref rest @ ..] => {
                let (digits, last) = rest.split_at(rest.len().min(4));
                [a, b, c, initial].iter().all(u8::is_ascii_uppercase)
                    && b"ABCFGHJLPT".contains(&kind)
                    && digits.iter().all(u8::is_ascii_digit)
                    && matches!(*last, [letter] if letter.is_ascii_uppercase())
            }
            _ => false,
        },
        Secret::BankAccount => {
            (9..=18).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit)
        }
        // Reserve Bank of India: four letters of the bank, a zero, six characters of the branch.
        Secret::Ifsc => match *bytes {
            [ref bank @ .., b'0', _, _, _, _, _, _] => {
                bank.len() == 4
                    && bank.iter().all(u8::is_ascii_uppercase)
                    && bytes.iter().all(u8::is_ascii_alphanumeric)
            }
            _ => false,
        },
    }
}

/// J. Verhoeff, Error Detecting Decimal Codes (1969): digits from the right, permuted by place, multiplied in the dihedral group of
/// order ten, give 0.
fn verhoeff(digits: &[u8]) -> bool {
    /// The permutation of place 1; that of place n is it n times.
    const STEP: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let permuted = |mut digit: u8, place: usize| {
        for _ in 0..place % 8 {
            digit = STEP.get(usize::from(digit)).copied().unwrap_or_default();
        }
        digit
    };
    // Elements under 5 turn a pentagon, the others also mirror it.
    let product = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - 5 + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let sum = digits
        .iter()
        .rev()
        .enumerate()
        .fold(0, |sum, (place, digit)| {
            product(sum, permuted(digit - b'0', place))
        });
    sum == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verhoeffs_own_digit_is_taken_and_any_other_refused() {
        // The usual example: 236 takes 3.
        assert!(verhoeff(b"2363"));
        let good = b"234567890124";
        assert!(verhoeff(good));
        for place in 0..12 {
            for digit in b'0'..=b'9' {
                let mut bent = *good;
                bent[place] = digit;
                assert_eq!(verhoeff(&bent), bent == *good, "{place} {digit}");
            }
        }
        for place in 0..11 {
            let mut swapped = *good;
            swapped.swap(place, place + 1);
            assert_eq!(verhoeff(&swapped), swapped == *good, "{place}");
        }
    }

    #[test]
    fn each_secret_is_known_by_its_form() {
        for (text, secret) in [
            ("2345 6789 0124", Secret::Aadhaar),
            ("2345-6789-0124", Secret::Aadhaar),
            ("ABCPD1234E", Secret::Pan),
            ("abcpd1234e", Secret::Pan),
            ("SBIN0001234", Secret::Ifsc),
            ("HDFC0ABC123", Secret::Ifsc),
            ("123456789012", Secret::BankAccount),
        ] {
            assert!(looks_like(text, secret), "{text}");
        }
        for (text, secret) in [
            ("2345 6789 0125", Secret::Aadhaar),
            ("1345 6789 0124", Secret::Aadhaar),
            ("ABCXD1234E", Secret::Pan),
            ("ABCPD12345", Secret::Pan),
            ("SBIN1001234", Secret::Ifsc),
            ("SBIN000123", Secret::Ifsc),
            ("12345678", Secret::BankAccount),
        ] {
            assert!(!looks_like(text, secret), "{text}");
        }
    }
}
