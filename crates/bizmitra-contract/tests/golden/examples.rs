//! Every golden is read and written again.

use std::collections::BTreeSet;

use bizmitra_contract::attendance::AttendanceEntry;
use bizmitra_contract::changes::Change;
use bizmitra_contract::problem::{Problem, ProblemCode};
use bizmitra_contract::record::Record;
use bizmitra_contract::sealing::{self, SealingKey};
use bizmitra_contract::sync::BatchItem;
use serde_json::{Value, json};

use crate::registry::{TYPES, goldens, goldens_of, snake, type_stem};
use crate::source;

/// Goldens that are not of a type: whole requests, and the words of the enums.
const OTHERS: [&str; 2] = ["http", "words"];

#[test]
fn every_golden_is_read_as_its_type_and_written_again_as_it_was() {
    for (stem, text) in goldens() {
        let kind = type_stem(&stem);
        if OTHERS.contains(&kind) {
            continue;
        }
        let (_, round_trip) = TYPES
            .iter()
            .find(|(name, _)| snake(name) == kind)
            .unwrap_or_else(|| panic!("{stem}: no such type"));
        let written = round_trip(&text).unwrap_or_else(|error| panic!("{stem}: {error}"));
        assert_eq!(
            written,
            serde_json::from_str::<Value>(&text).unwrap(),
            "{stem}"
        );
    }
}

#[test]
fn every_field_of_every_type_stands_in_a_golden() {
    let mut missing = Vec::new();
    for (name, fields) in source::read().structs {
        let seen: BTreeSet<String> = goldens_of(&name)
            .iter()
            .flat_map(|(_, value)| value.as_object().unwrap().keys().cloned())
            .collect();
        missing.extend(
            fields
                .into_iter()
                .filter(|field| !seen.contains(field))
                .map(|field| format!("{name}.{field}")),
        );
    }
    assert!(
        missing.is_empty(),
        "add them to tests/golden/: {missing:#?}"
    );
}

#[test]
fn a_field_of_a_newer_version_is_ignored_wherever_it_stands() {
    for (name, round_trip) in TYPES {
        for (stem, value) in goldens_of(name) {
            let mut newer = value.clone();
            add_unknown_fields(&mut newer);
            assert_ne!(newer, value, "{stem}");
            assert_eq!(round_trip(&newer.to_string()).unwrap(), value, "{stem}");
        }
    }
}

/// Adds a field to every object, except inside a change's value, which is passed through as it is.
fn add_unknown_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields
                .iter_mut()
                .filter(|(name, _)| *name != "value")
                .for_each(|(_, inner)| add_unknown_fields(inner));
            fields.insert("from_tomorrow".to_owned(), json!({ "deep": [1, null] }));
        }
        Value::Array(list) => list.iter_mut().for_each(add_unknown_fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The first golden of a type without some of its fields.
fn without<T: serde::de::DeserializeOwned>(name: &str, fields: &[&str]) -> T {
    let (_, mut value) = goldens_of(name).swap_remove(0);
    for field in fields {
        assert!(
            value.as_object_mut().unwrap().remove(*field).is_some(),
            "{name}.{field}"
        );
    }
    serde_json::from_value(value).unwrap()
}

#[test]
fn fields_with_a_default_may_be_missing() {
    let entry: AttendanceEntry = without("AttendanceEntry", &["withdrawn", "flags"]);
    assert!(!entry.withdrawn && entry.flags.is_empty());
    assert!(
        without::<BatchItem>("BatchItem", &["blobs"])
            .blobs
            .is_empty()
    );
    let change: Change = without("Change", &["deleted", "value"]);
    assert!(!change.deleted && change.value.is_null());
    assert_eq!(without::<Problem>("Problem", &["type"]).kind, "about:blank");
}

#[test]
fn every_other_field_is_demanded() {
    let mut value = goldens_of("BatchItem").swap_remove(0).1;
    let all: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
    for field in all.iter().filter(|field| *field != "blobs") {
        let kept = value.as_object_mut().unwrap().remove(field).unwrap();
        assert!(
            serde_json::from_value::<BatchItem>(value.clone()).is_err(),
            "{field}"
        );
        value[field] = kept;
    }
}

#[test]
fn a_kind_of_record_that_is_not_known_is_an_error_and_not_another_record() {
    let mut value = goldens_of("Withdrawal").swap_remove(0).1;
    value["kind"] = json!("selfie");
    let (_, record) = goldens_of("Record").swap_remove(0);
    for (name, field) in record.as_object().unwrap() {
        value
            .as_object_mut()
            .unwrap()
            .entry(name)
            .or_insert_with(|| field.clone());
    }
    assert!(serde_json::from_value::<Record>(value.clone()).is_err());
    value["kind"] = json!("withdrawal");
    assert!(
        serde_json::from_value::<Record>(value).is_ok(),
        "the rest was a good record"
    );
}

#[test]
fn the_payload_of_a_batch_item_begins_with_its_version_and_the_sealing_key_it_names() {
    let item: BatchItem = serde_json::from_str(&goldens()["batch_item"]).unwrap();
    let key: SealingKey = serde_json::from_str(&goldens()["sealing_key"]).unwrap();
    assert_eq!(item.content_type, sealing::CONTENT_TYPE);
    let (version, rest) = item.payload.0.split_first().unwrap();
    assert_eq!(*version, sealing::VERSION);
    let key_id: String = rest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(key_id, key.key_id);
    assert!(
        !item
            .payload
            .0
            .windows(8)
            .any(|window| window == b"check_in"),
        "a record on the wire is not readable"
    );
}

#[test]
fn bytes_of_the_wrong_length_or_alphabet_are_refused() {
    let (_, good) = goldens_of("LoginRequest").swap_remove(0);
    let signature = good["presence_sig"].as_str().unwrap().to_owned();
    for bad in [
        String::new(),
        signature.chars().take(84).collect(),
        format!("{signature}AAAA"),
        signature.replacen(|_: char| true, "+", 1),
        format!("{signature}=="),
    ] {
        let mut value = good.clone();
        value["presence_sig"] = json!(bad);
        let error = serde_json::from_value::<bizmitra_contract::login::LoginRequest>(value)
            .unwrap_err()
            .to_string();
        assert!(error.contains("base64url"), "{error}");
    }
}

#[test]
fn bytes_never_print_their_content() {
    let (_, value) = goldens_of("EnrolmentRequest").swap_remove(0);
    let request: bizmitra_contract::enrolment::EnrolmentRequest =
        serde_json::from_value(value.clone()).unwrap();
    let printed = format!("{request:?}");
    assert!(
        printed.contains("Bytes64(64 bytes)")
            && !printed.contains(value["device_sig"].as_str().unwrap()),
        "{printed}"
    );
}

#[test]
fn a_problem_of_a_newer_server_still_says_that_it_is_one() {
    let problem: Problem =
        serde_json::from_str(r#"{"title":"x","status":418,"code":"teapot","request_id":"1"}"#)
            .unwrap();
    assert_eq!(problem.code, ProblemCode::Unknown);
}
