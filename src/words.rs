//! Every word a person reads, generated from `locales/*.words` and checked while compiling (ADR 0002).

use bizmitra_ipc::view::Language;

/// The words of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Language);

impl Words {
    /// CLDR's `one`: English 1; Hindi 0 and 1.
    const fn is_one(self, n: u64) -> bool {
        match self.0 {
            Language::English => n == 1,
            Language::Hindi => n <= 1,
        }
    }

    /// Value of the `lang` attribute.
    pub(crate) const fn tag(self) -> &'static str {
        match self.0 {
            Language::English => "en",
            Language::Hindi => "hi",
        }
    }
}

/// Replaces `{name}`; a value is never read again for placeholders.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        out.push_str(
            values
                .iter()
                .find(|(key, _)| *key == name)
                .map_or("", |(_, value)| value),
        );
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Indian digit grouping: 1,23,456.
pub(crate) fn group(n: u64) -> String {
    let digits = n.to_string();
    let count = digits.len();
    let mut out = String::with_capacity(count + 4);
    for (index, digit) in digits.chars().enumerate() {
        let left = count - index;
        if index > 0 && (left == 3 || (left > 3 && left % 2 == 1)) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[deny(dead_code)]
mod generated {
    use super::{Language, Words, fill, group};
    include!(concat!(env!("OUT_DIR"), "/words.rs"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_follow_each_language() {
        let (en, hi) = (Words(Language::English), Words(Language::Hindi));
        assert!(!en.is_one(0) && en.is_one(1) && !en.is_one(2));
        assert!(hi.is_one(0) && hi.is_one(1) && !hi.is_one(2));
        assert_ne!(
            en.waiting_records(1),
            en.waiting_records(2).replace('2', "1")
        );
    }

    #[test]
    fn digits_group_the_indian_way() {
        let shown: Vec<String> = [0, 999, 1_000, 123_456, 12_345_678]
            .into_iter()
            .map(group)
            .collect();
        assert_eq!(shown, ["0", "999", "1,000", "1,23,456", "1,23,45,678"]);
    }

    #[test]
    fn a_value_with_braces_is_not_filled_again() {
        assert_eq!(fill("{a}-{b}", &[("a", "{b}"), ("b", "x")]), "{b}-x");
    }

    #[test]
    fn a_year_has_its_days_and_months_in_each_language() {
        for language in [Language::English, Language::Hindi] {
            assert_eq!(Words(language).weekday_list().len(), 7);
            assert_eq!(Words(language).month_list().len(), 12);
        }
    }
}
