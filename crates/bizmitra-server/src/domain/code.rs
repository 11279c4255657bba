//! Activation codes: 10 characters of Crockford's base32, 4 to find one and 6 to prove it.

use crate::keys::{KeysError, make_random};

/// <https://www.crockford.com/base32.html>
const ALPHABET: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J',
    'K', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
];

/// Characters of a code.
const LENGTH: usize = 10;
/// Characters that find it.
const TAG_LENGTH: usize = 4;

/// The character of a 5 bit value.
pub(crate) fn symbol(value: u32) -> char {
    usize::try_from(value & 31)
        .ok()
        .and_then(|index| ALPHABET.get(index))
        .copied()
        .unwrap_or('0')
}

/// Upper case without spaces and hyphens, letters that look alike read as digits; anything that is not base32 stays `None`.
fn canonical_text(text: &str) -> Option<String> {
    text.chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(|c| match c.to_ascii_uppercase() {
            'O' => Some('0'),
            'I' | 'L' => Some('1'),
            c if ALPHABET.contains(&c) => Some(c),
            _ => None,
        })
        .collect()
}

/// An activation code in canonical form.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Code(String);

impl Code {
    /// Reads what a person typed.
    pub(crate) fn read(text: &str) -> Option<Self> {
        canonical_text(text)
            .filter(|code| code.len() == LENGTH)
            .map(Self)
    }

    /// Makes a new one: 50 random bits.
    pub(crate) fn make() -> Result<Self, KeysError> {
        let random: [u8; LENGTH] = make_random()?;
        Ok(Self(
            random.iter().map(|byte| symbol(u32::from(*byte))).collect(),
        ))
    }

    /// The whole code.
    pub(crate) fn canonical(&self) -> &str {
        &self.0
    }

    /// What finds it; proves nothing.
    pub(crate) fn tag(&self) -> String {
        self.0.chars().take(TAG_LENGTH).collect()
    }

    /// As shown to people: two groups of five.
    pub(crate) fn shown(&self) -> String {
        let (head, tail) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        format!("{head}-{tail}")
    }
}

/// A fingerprint as typed, in a form that can be compared.
pub(crate) fn canonical_fingerprint(text: &str) -> Option<String> {
    canonical_text(text)
}
