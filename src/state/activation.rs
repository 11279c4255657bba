//! An activation under way. Kept outside its screens, so that changing the language loses nothing that was typed.

use bizmitra_ipc::view::InvitationView;
use leptos::prelude::*;

use crate::route::Entering;

/// Signals of the activation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Activation {
    /// Server as typed; empty means the default of the status.
    pub(crate) server: RwSignal<String>,
    /// Code as typed.
    pub(crate) code: RwSignal<String>,
    /// What the code opens.
    pub(crate) invitation: RwSignal<Option<InvitationView>>,
    /// The notice was read and accepted.
    pub(crate) accepted: RwSignal<bool>,
    /// What the person chose on a screen that takes a code.
    pub(crate) entering: RwSignal<Entering>,
    /// The question about location is still to be put.
    pub(crate) asks_location: RwSignal<bool>,
}

impl Activation {
    /// Nothing typed yet.
    pub(crate) fn new() -> Self {
        Self {
            server: RwSignal::new(String::new()),
            code: RwSignal::new(String::new()),
            invitation: RwSignal::new(None),
            accepted: RwSignal::new(false),
            entering: RwSignal::new(Entering::No),
            asks_location: RwSignal::new(false),
        }
    }

    /// The device took the code: only the question about location is left.
    pub(crate) fn finish(self) {
        self.code.try_set(String::new());
        self.invitation.try_set(None);
        self.accepted.try_set(false);
        self.entering.try_set(Entering::No);
        self.asks_location.try_set(true);
    }

    /// Back to the code.
    pub(crate) fn restart(self) {
        self.invitation.set(None);
        self.accepted.set(false);
    }
}

/// A code as it is shown while typed: Crockford letters, `XXXXX-XXXXX`. Letters that look like digits are read as those,
/// everything else is dropped.
pub(crate) fn format_code(typed: &str) -> String {
    let mut out = String::with_capacity(11);
    let read = typed.chars().filter_map(|c| match c.to_ascii_uppercase() {
        'O' => Some('0'),
        'I' | 'L' => Some('1'),
        'U' => None,
        c if c.is_ascii_alphanumeric() => Some(c),
        _ => None,
    });
    for (index, c) in read.take(10).enumerate() {
        if index == 5 {
            out.push('-');
        }
        out.push(c);
    }
    out
}

/// What is typed or pasted into the field: a code, or the link of an invitation as it is. The device reads the link.
pub(crate) fn read_typed(typed: &str) -> String {
    if is_link(typed) {
        typed.trim().chars().take(512).collect()
    } else {
        format_code(typed)
    }
}

/// A link rather than a code.
pub(crate) fn is_link(typed: &str) -> bool {
    typed
        .trim_start()
        .get(.."bizmitra:".len())
        .is_some_and(|start| start.eq_ignore_ascii_case("bizmitra:"))
}

/// All ten characters are there, or it is a link.
pub(crate) fn is_complete(code: &str) -> bool {
    is_link(code) || code.chars().filter(|c| *c != '-').count() == 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for typed in [
            "abcde12345",
            "ABCDE-12345",
            " abcde 12345 ",
            "abcde—l2345",
            "abcde-i2345xyz",
        ] {
            assert_eq!(format_code(typed), "ABCDE-12345");
        }
        assert_eq!(format_code("o0oab"), "000AB");
    }

    #[test]
    fn a_pasted_link_stays_as_it_is() {
        let link = "bizmitra:?v=1&server=https://attendance.example.in&code=7F3A09C211&key=00";
        assert_eq!(read_typed(&format!(" {link}\n")), link);
        assert!(is_complete(link) && is_complete("Bizmitra:whatever"));
        assert_eq!(read_typed("abcde12345"), "ABCDE-12345");
        assert!(!is_link("बिज़मित्र:") && !is_link("b"));
        assert_eq!(
            read_typed(&format!("bizmitra:{}", "é".repeat(600)))
                .chars()
                .count(),
            512
        );
    }

    #[test]
    fn a_code_is_complete_with_ten_characters() {
        assert!(is_complete("ABCDE-12345"));
        assert!(!is_complete("ABCDE-1234"));
    }
}
