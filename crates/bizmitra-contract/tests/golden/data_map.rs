//! `data-map.toml` against the goldens of everything that leaves a device: neither may know a field that the other does not.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::registry::{goldens, goldens_of, here, snake, type_stem};
use crate::source;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DataMap {
    version: u32,
    grounds: BTreeMap<String, String>,
    field: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    paths: Vec<String>,
    what: String,
    why: String,
    ground: String,
    kept: String,
    seen_by: String,
}

/// A whole request: everything of it that another computer can see, its body by name; `bytes` are a file's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Http {
    method: String,
    path: String,
    #[serde(default)]
    path_parameters: BTreeMap<String, String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    connection: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

/// Body of a request that carries a piece of a file.
const BYTES: &str = "bytes";

fn data_map() -> DataMap {
    toml::from_str(&std::fs::read_to_string(here("data-map.toml")).unwrap()).unwrap()
}

fn requests() -> Vec<Http> {
    goldens()
        .iter()
        .filter(|(stem, _)| type_stem(stem) == "http")
        .map(|(stem, text)| {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{stem}: {error}"))
        })
        .collect()
}

/// Adds the path of every leaf: `a.b`, and `a[].b` inside a list of objects.
fn walk(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, inner)| walk(inner, &format!("{path}.{name}"), found)),
        Value::Array(list) if list.iter().any(Value::is_object) => list
            .iter()
            .for_each(|inner| walk(inner, &format!("{path}[]"), found)),
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            found.insert(path.to_owned());
        }
    }
}

/// Fields that every kind of record has are `record.x`, those of one kind `record.<kind>.x`.
fn walk_records(found: &mut BTreeSet<String>) {
    let common: BTreeSet<String> = source::read().structs["Record"]
        .iter()
        .cloned()
        .chain(["kind".to_owned()])
        .collect();
    for (_, record) in goldens_of("Record") {
        let kind = record["kind"].as_str().unwrap();
        for (name, value) in record.as_object().unwrap() {
            let path = if common.contains(name) {
                format!("record.{name}")
            } else {
                format!("record.{kind}.{name}")
            };
            walk(value, &path, found);
        }
    }
}

/// Every field that leaves a device, by the goldens.
fn leaving() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for name in source::read()
        .structs
        .keys()
        .filter(|name| name.ends_with("Request"))
    {
        for (_, value) in goldens_of(name) {
            walk(&value, &snake(name), &mut found);
        }
    }
    walk_records(&mut found);
    for request in requests() {
        for (part, fields) in [
            ("connection", request.connection),
            ("headers", request.headers),
            ("path", request.path_parameters),
            ("query", request.query),
        ] {
            found.extend(fields.into_keys().map(|name| format!("http.{part}.{name}")));
        }
        if request.body.as_deref() == Some(BYTES) {
            found.insert(format!("http.body.{BYTES}"));
        }
    }
    found
}

#[test]
fn the_data_map_names_every_field_that_leaves_a_device_and_no_other() {
    let mapped: BTreeSet<String> = data_map()
        .field
        .into_iter()
        .flat_map(|entry| entry.paths)
        .collect();
    let leaving = leaving();
    let unmapped: Vec<_> = leaving
        .difference(&mapped)
        .map(|path| format!("+ {path}"))
        .collect();
    let stale: Vec<_> = mapped
        .difference(&leaving)
        .map(|path| format!("- {path}"))
        .collect();
    assert!(
        unmapped.is_empty() && stale.is_empty(),
        "data-map.toml and the goldens differ.\n\
         Leaves the device but is not in the map (say why it must, and change the privacy notice):\n{}\n\
         In the map but in no golden:\n{}\n",
        unmapped.join("\n"),
        stale.join("\n"),
    );
}

#[test]
fn every_entry_says_what_why_on_what_ground_how_long_and_who_sees_it() {
    let map = data_map();
    assert_eq!(map.version, 1);
    let mut once = BTreeSet::new();
    for entry in &map.field {
        assert!(!entry.paths.is_empty(), "{}", entry.what);
        for path in &entry.paths {
            assert!(once.insert(path.clone()), "{path} stands twice");
        }
        for (name, text) in [
            ("what", &entry.what),
            ("why", &entry.why),
            ("kept", &entry.kept),
            ("seen_by", &entry.seen_by),
        ] {
            assert!(text.trim().len() > 2, "{:?}: {name} is empty", entry.paths);
        }
        assert!(
            map.grounds.contains_key(&entry.ground),
            "{:?}: no ground {}",
            entry.paths,
            entry.ground
        );
    }
    let used: BTreeSet<_> = map.field.iter().map(|entry| entry.ground.clone()).collect();
    assert_eq!(used, map.grounds.into_keys().collect(), "grounds");
}

#[test]
fn location_rests_on_consent_and_no_field_holds_a_position() {
    let map = data_map();
    for entry in &map.field {
        // Which tap it is about, and why there is no location, is said without consent too.
        let about_place = entry.paths.iter().any(|path| {
            path.starts_with("record.evidence.")
                && !matches!(
                    path.as_str(),
                    "record.evidence.about" | "record.evidence.reason"
                )
        });
        assert_eq!(about_place, entry.ground == "consent", "{:?}", entry.paths);
    }
    for path in leaving() {
        for word in ["latitude", "longitude", "position", "pin", "altitude"] {
            assert!(!path.split(['.', '_']).any(|part| part == word), "{path}");
        }
    }
}

#[test]
fn every_path_of_the_api_has_a_whole_request_as_golden() {
    let requests = requests();
    let shown: BTreeSet<String> = requests
        .iter()
        .map(|request| request.path.clone())
        .collect();
    assert_eq!(shown, source::read().paths.into_iter().collect());
    for request in &requests {
        assert!(
            matches!(
                request.method.as_str(),
                "GET" | "POST" | "PUT" | "HEAD" | "PATCH" | "DELETE"
            ),
            "{}",
            request.path
        );
        assert_eq!(
            request.body.is_some(),
            matches!(request.method.as_str(), "POST" | "PATCH"),
            "{}",
            request.path
        );
        assert_eq!(
            request.body.is_some(),
            request.headers.contains_key("content-digest"),
            "{}",
            request.path
        );
        assert_eq!(
            request.path.contains("{id}"),
            request.path_parameters.contains_key("id"),
            "{}",
            request.path
        );
        if let Some(body) = request.body.as_ref().filter(|body| *body != BYTES) {
            assert!(
                body.ends_with("_request") && goldens().contains_key(body),
                "{}: {body}",
                request.path
            );
        }
    }
}

#[test]
fn signed_requests_cover_what_the_contract_says_in_its_order() {
    let signed: Vec<_> = requests()
        .into_iter()
        .filter(|request| request.headers.contains_key("signature"))
        .collect();
    assert!(signed.len() >= 12);
    for request in signed {
        let input = &request.headers["signature-input"];
        let mut parts = vec!["@method", "@authority", "@path", "@query"];
        if request.body.is_some() {
            parts.extend(["content-digest", "content-type"]);
        }
        parts.extend(
            [
                "authorization",
                "idempotency-key",
                "upload-complete",
                "upload-length",
                "upload-offset",
                "repr-digest",
            ]
            .into_iter()
            .filter(|name| request.headers.contains_key(*name)),
        );
        let covered: Vec<_> = parts.iter().map(|part| format!("\"{part}\"")).collect();
        assert!(
            input.starts_with(&format!("bz=({});created=", covered.join(" "))),
            "{}: {input}",
            request.path
        );
        assert!(
            input.ends_with(";alg=\"ed25519\";tag=\"bizmitra\""),
            "{}: {input}",
            request.path
        );
    }
}
