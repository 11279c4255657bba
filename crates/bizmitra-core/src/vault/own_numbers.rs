//! Numbers of the person that others know: a code on a badge, a telephone, the activation code in an e-mail.

/// Fewest digits that say something about a PIN.
const TELLING: usize = 4;

/// Digits that a PIN must not be taken from. Gathered from whatever texts the device knows of the person at that moment.
#[derive(Clone, Default)]
pub struct OwnNumbers {
    /// Runs of digits.
    runs: Vec<Vec<u8>>,
    /// All digits of a text in a row, because numbers are written in groups.
    rows: Vec<Vec<u8>>,
}

impl OwnNumbers {
    /// From texts with numbers in them; what is too short says nothing.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut numbers = Self::default();
        for text in texts {
            let runs = text.as_bytes().split(|byte| !byte.is_ascii_digit());
            let runs: Vec<Vec<u8>> = runs.map(<[u8]>::to_vec).collect();
            numbers.rows.push(runs.concat());
            numbers.runs.extend(runs);
        }
        numbers.rows.retain(|row| row.len() >= TELLING);
        numbers.runs.retain(|run| run.len() >= TELLING);
        numbers
    }

    /// Whether these digits lie in one of the numbers, forwards or backwards, or are a run of them with something around it.
    pub(super) fn tell(&self, digits: &[u8]) -> bool {
        let backwards: Vec<u8> = digits.iter().rev().copied().collect();
        let within = |row: &Vec<u8>| lies_in(digits, row) || lies_in(&backwards, row);
        self.rows.iter().any(within) || self.runs.iter().any(|run| lies_in(run, digits))
    }
}

impl std::fmt::Debug for OwnNumbers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnNumbers(..)")
    }
}

fn lies_in(part: &[u8], whole: &[u8]) -> bool {
    !part.is_empty() && whole.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::pin::{Pin, PinProblem, check_pin};

    fn check(digits: &str, own: &[&str]) -> Option<PinProblem> {
        let own = OwnNumbers::of(own.iter().copied());
        check_pin(&Pin::new(digits.to_owned()), 4, 8, &own)
    }

    #[test]
    fn a_pin_from_a_number_of_the_person_is_refused() {
        for (digits, own) in [
            // The end of a telephone, its groups joined, backwards.
            ("730498", "+91 98227 30498"),
            ("227304", "+91 98227 30498"),
            ("894037", "+91 98227 30498"),
            // The code of an employee, whole, in part, with something around it.
            ("4711", "EMP-4711"),
            ("47110", "EMP-4711"),
            ("904711", "EMP-4711"),
            ("7304", "K-730498"),
            // The digits of an activation code, whatever stands between.
            ("482916", "4A82-9B1K6Z"),
            // A name that carries a number.
            ("8302", "Ravi Patil 8302"),
        ] {
            assert_eq!(
                check(digits, &[own]),
                Some(PinProblem::Own),
                "{digits} of {own}"
            );
        }
    }

    #[test]
    fn few_digits_of_the_person_say_nothing_about_a_pin() {
        for (digits, own) in [
            ("482916", "7F3A-O9C2JK"),
            ("482916", "Unit 48, Gate 29"),
            ("482916", ""),
            ("482916", "+91 98227 30498"),
            ("730498", "4711"),
        ] {
            assert_eq!(check(digits, &[own]), None, "{digits} of {own}");
        }
    }

    #[test]
    fn other_reasons_are_said_first_and_numbers_do_not_print() {
        assert_eq!(check("1234", &["1234"]), Some(PinProblem::Run));
        assert_eq!(format!("{:?}", OwnNumbers::of(["4711"])), "OwnNumbers(..)");
    }
}
