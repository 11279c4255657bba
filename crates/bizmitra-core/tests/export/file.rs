//! Files that are none: cut off, nested, of another kind, too large.

use std::time::{Duration, Instant};

use bizmitra_core::export::{Export, ExportError, MAX_BYTES};
use serde_json::{Value, json};

use super::story::*;

fn file() -> String {
    story().export.encode().unwrap()
}

/// The file with one value replaced.
fn with(pointer: &str, value: Value) -> Result<Export, ExportError> {
    let mut file: Value = serde_json::from_str(&file()).unwrap();
    *file.pointer_mut(pointer).unwrap() = value;
    Export::decode(file.to_string().as_bytes())
}

fn unreadable_at(result: Result<Export, ExportError>) -> String {
    match result {
        Err(ExportError::Unreadable { at, .. }) => at,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_cut_off_anywhere_says_that_it_is_cut_off() {
    let file = file();
    for length in 0..file.len() {
        let cut = Export::decode(&file.as_bytes()[..length]);
        let Err(error) = cut else {
            panic!("{length} bytes of {} were read", file.len())
        };
        assert!(
            matches!(error, ExportError::CutOff { .. }),
            "{length}: {error}"
        );
    }
    let longer = Export::decode(format!("{file}{{}}").as_bytes());
    assert_eq!(unreadable_at(longer), "what follows the end");
}

#[test]
fn a_value_that_cannot_be_read_is_named_by_its_place_and_its_content_is_not_repeated() {
    for (pointer, value, at) in [
        ("/records/2/seq", json!("three"), "records[2].seq"),
        ("/records/2/seq", json!(-1), "records[2].seq"),
        ("/records/2/seq", json!(1.5), "records[2].seq"),
        ("/records/2/hash", json!("AAAA"), "records[2].hash"),
        ("/records/2/bytes", json!("not base64!"), "records[2].bytes"),
        (
            "/records/1/sigs/0/sig",
            json!(null),
            "records[1].sigs[0].sig",
        ),
        (
            "/records/0/receipts/0/received_at_ms",
            json!(u64::MAX),
            "records[0].receipts[0].received_at_ms",
        ),
        ("/company", json!("Sahyadri"), "company"),
        (
            "/bindings/0/server_key",
            json!([1, 2]),
            "bindings[0].server_key",
        ),
        ("/version", json!(-1), "version"),
    ] {
        let result = with(pointer, value);
        let text = result.clone().map(|_| ()).unwrap_err().to_string();
        assert_eq!(unreadable_at(result), at, "{text}");
        assert!(!text.contains("Sahyadri") && !text.contains("three"));
    }
}

#[test]
fn huge_numbers_are_refused_where_they_stand() {
    let text = file();
    for huge in [
        "18446744073709551616",
        "1e999",
        "-9223372036854775809",
        &"9".repeat(400),
    ] {
        let seq = text.replacen("\"seq\":5", &format!("\"seq\":{huge}"), 1);
        assert_ne!(seq, text);
        assert!(
            unreadable_at(Export::decode(seq.as_bytes())).contains("seq"),
            "{huge}"
        );
    }
}

#[test]
fn other_files_and_other_versions_are_told_apart() {
    assert_eq!(
        with("/format", json!("holiday-photos")),
        Err(ExportError::OtherFile)
    );
    assert_eq!(
        with("/version", json!(2)),
        Err(ExportError::OtherVersion(2))
    );
    for nothing in ["null", "[]", "7", "\"x\"", "\u{feff}{}", "<html>"] {
        assert!(Export::decode(nothing.as_bytes()).is_err(), "{nothing}");
    }
}

#[test]
fn a_field_that_nobody_would_check_is_refused_and_so_is_one_that_stands_there_twice() {
    let text = file();
    let unknown = text.replacen("\"records\":[{", "\"records\":[{\"approved\":true,", 1);
    assert!(unreadable_at(Export::decode(unknown.as_bytes())).starts_with("records[0]"));
    let twice = text.replacen("\"records\":[{", "\"records\":[{\"seq\":1,", 1);
    assert!(unreadable_at(Export::decode(twice.as_bytes())).starts_with("records[0]"));
}

#[test]
fn sixty_megabytes_of_nesting_end_in_an_error_and_at_once() {
    let deep = 60 * 1024 * 1024;
    let head = r#"{"format":"bizmitra-attendance-export","version":1,"records":"#;
    let began = Instant::now();
    for opening in ["[", "{\"a\":"] {
        let nested = opening.repeat(deep / opening.len());
        assert!(Export::decode(nested.as_bytes()).is_err());
        assert!(Export::decode(format!("{head}{nested}").as_bytes()).is_err());
    }
    // Closed again, so that only the second, typed reading can object.
    let half = deep / 2;
    let whole = format!("{head}{}{}}}", "[".repeat(half), "]".repeat(half));
    assert!(unreadable_at(Export::decode(whole.as_bytes())).starts_with("records"));
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    let large = vec![b'['; MAX_BYTES + 1];
    assert_eq!(Export::decode(&large), Err(ExportError::TooLarge));
}
