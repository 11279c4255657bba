//! An activation under way. Kept outside its screens, so that changing the language loses nothing that was typed.

use bizmitra_ipc::view::InvitationView;
use leptos::prelude::*;

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
    /// A new code is entered although a vault was destroyed.
    pub(crate) entering_code: RwSignal<bool>,
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
            entering_code: RwSignal::new(false),
            asks_location: RwSignal::new(false),
        }
    }

    /// The device took the code: only the question about location is left.
    pub(crate) fn finish(self) {
        self.code.try_set(String::new());
        self.invitation.try_set(None);
        self.accepted.try_set(false);
        self.entering_code.try_set(false);
        self.asks_location.try_set(true);
    }

    /// Back to the code.
    pub(crate) fn restart(self) {
        self.invitation.set(None);
        self.accepted.set(false);
    }
}

/// A code as it is shown while typed: Crockford letters, `XXXXX-XXXXX`. Look-alikes are read as what they stand for,
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

/// All ten characters are there.
pub(crate) fn is_complete(code: &str) -> bool {
    code.chars().filter(|c| *c != '-').count() == 10
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
    fn a_code_is_complete_with_ten_characters() {
        assert!(is_complete("ABCDE-12345"));
        assert!(!is_complete("ABCDE-1234"));
    }
}
