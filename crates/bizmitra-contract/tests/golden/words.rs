//! The words of the enums: each in the golden, and what happens to one that nobody knows yet.

use std::collections::BTreeMap;

use bizmitra_contract::attendance::{CorrectionState, EntryFlag, TapKind, TimeGrade};
use bizmitra_contract::blob::BlobState;
use bizmitra_contract::enrolment::{Approval, DeviceState, Platform};
use bizmitra_contract::login::Role;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::record::{FileRole, NoPlaceReason, PlaceFlag, PlaceVerdict, Purpose};
use bizmitra_contract::statement::EndReason;
use bizmitra_contract::sync::{Verdict, VerdictCode};
use serde_json::Value;

use crate::registry::{goldens, snake};
use crate::source;

/// Reads one word: the variant's name and the word it writes.
type ReadWord = fn(&str) -> Option<(String, Value)>;

fn read_word<T: serde::Serialize + serde::de::DeserializeOwned + std::fmt::Debug>(
    word: &str,
) -> Option<(String, Value)> {
    let read: T = serde_json::from_value(Value::from(word)).ok()?;
    Some((format!("{read:?}"), serde_json::to_value(&read).ok()?))
}

macro_rules! enums {
    ($($name:ident),* $(,)?) => {
        const ENUMS: &[(&str, ReadWord)] = &[$((stringify!($name), read_word::<$name>)),*];
    };
}

enums! {
    Approval, BlobState, CorrectionState, DeviceState, EndReason, EntryFlag, FileRole, NoPlaceReason, PlaceFlag, PlaceVerdict, Platform, ProblemCode, Purpose, Role, TapKind, TimeGrade,
    Verdict, VerdictCode,
}

fn words() -> BTreeMap<String, Vec<String>> {
    serde_json::from_str(&goldens()["words"]).unwrap()
}

fn reader(name: &str) -> ReadWord {
    ENUMS
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap_or_else(|| panic!("{name}: no such enum"))
        .1
}

#[test]
fn every_word_is_read_and_written_again() {
    for (name, words) in words() {
        for word in words {
            let (variant, written) =
                reader(&name)(&word).unwrap_or_else(|| panic!("{name}: {word}"));
            assert_eq!(written, Value::from(word.as_str()), "{name}");
            assert_ne!(variant, "Unknown", "{name}: {word}");
        }
    }
}

#[test]
fn every_variant_of_every_enum_has_its_word_in_the_golden() {
    let golden = words();
    let mut in_source = source::read().enums;
    for variants in in_source.values_mut() {
        variants.retain(|variant| variant != "Unknown");
        variants
            .iter_mut()
            .for_each(|variant| *variant = snake(variant));
    }
    let in_golden: BTreeMap<_, Vec<_>> = golden
        .into_iter()
        .map(|(name, words)| (name, words.iter().map(|word| word.to_lowercase()).collect()))
        .collect();
    assert_eq!(in_golden, in_source);
}

#[test]
fn a_word_of_tomorrow_reads_as_unknown() {
    let source = source::read();
    let open: Vec<_> = source
        .enums
        .iter()
        .filter(|(_, variants)| variants.iter().any(|variant| variant == "Unknown"))
        .collect();
    assert!(open.len() >= 9, "{open:?}");
    for (name, _) in open {
        let (variant, _) = reader(name)("a_word_of_tomorrow").unwrap_or_else(|| panic!("{name}"));
        assert_eq!(variant, "Unknown", "{name}");
    }
}

#[test]
fn enums_without_unknown_refuse_a_word_of_tomorrow() {
    for (name, _) in source::read()
        .enums
        .iter()
        .filter(|(_, variants)| !variants.iter().any(|variant| variant == "Unknown"))
    {
        assert!(reader(name)("a_word_of_tomorrow").is_none(), "{name}");
    }
}
