//! The contract's own source, read for its struct fields, enum words and paths: a new one without a golden must fail,
//! and the compiler offers no list of them.

use std::collections::BTreeMap;

use crate::registry::here;

/// Fields of every struct and words of every unit enum that travels.
pub struct Source {
    /// Struct name to JSON field names.
    pub structs: BTreeMap<String, Vec<String>>,
    /// Enum name to variant names.
    pub enums: BTreeMap<String, Vec<String>>,
    /// Constants that begin with a slash.
    pub paths: Vec<String>,
}

/// Reads `src/`. It relies on rustfmt's layout: one field or variant a line, closing brace in the first column.
pub fn read() -> Source {
    let mut source = Source {
        structs: BTreeMap::new(),
        enums: BTreeMap::new(),
        paths: Vec::new(),
    };
    for entry in std::fs::read_dir(here("src")).unwrap() {
        read_file(
            &std::fs::read_to_string(entry.unwrap().path()).unwrap(),
            &mut source,
        );
    }
    source
}

fn read_file(text: &str, source: &mut Source) {
    let (mut travels, mut flatten, mut rename) = (false, false, None);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("#[derive(") {
            travels = line.contains("Serialize");
        } else if let Some(path) = line
            .strip_prefix("pub const ")
            .and_then(|rest| rest.split_once(": &str = \"/"))
        {
            source
                .paths
                .push(format!("/{}", path.1.trim_end_matches("\";")));
        } else if let Some(name) = block(line, "pub struct ").filter(|_| travels) {
            let mut fields = Vec::new();
            for line in lines.by_ref().take_while(|line| *line != "}") {
                if line.contains("#[serde(") {
                    flatten |= line.contains("flatten");
                    rename = rename.or_else(|| {
                        line.split_once("rename = \"")
                            .and_then(|(_, rest)| rest.split('"').next())
                    });
                } else if let Some((field, _)) = line
                    .trim()
                    .strip_prefix("pub ")
                    .and_then(|rest| rest.split_once(':'))
                {
                    if !flatten {
                        fields.push(rename.unwrap_or(field).to_owned());
                    }
                    (flatten, rename) = (false, None);
                }
            }
            source.structs.insert(name.to_owned(), fields);
        } else if let Some(name) = block(line, "pub enum ").filter(|_| travels) {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "}").collect();
            let variants: Vec<&str> = body
                .iter()
                .map(|line| line.trim())
                .filter(|line| line.starts_with(char::is_uppercase))
                .collect();
            if variants.iter().all(|line| {
                line.trim_end_matches(',')
                    .chars()
                    .all(char::is_alphanumeric)
            }) {
                source.enums.insert(
                    name.to_owned(),
                    variants
                        .iter()
                        .map(|line| line.trim_end_matches(',').to_owned())
                        .collect(),
                );
            }
        }
    }
}

/// The name behind `keyword` when the line opens its block.
fn block<'a>(line: &'a str, keyword: &str) -> Option<&'a str> {
    line.strip_prefix(keyword)?.strip_suffix(" {")
}

#[test]
fn the_reader_of_the_source_sees_what_is_there() {
    let source = read();
    assert_eq!(
        source.structs["Problem"],
        [
            "type",
            "title",
            "status",
            "code",
            "request_id",
            "nonce",
            "expected-offset",
            "provided-offset"
        ]
    );
    assert!(
        !source.structs["Record"].contains(&"body".to_owned()),
        "flattened"
    );
    assert_eq!(source.enums["Approval"], ["Automatic", "Manual"]);
    assert!(
        !source.enums.contains_key("RecordBody") && !source.structs.contains_key("EncodingError")
    );
    assert!(
        source.paths.contains(&"/v1/devices/{id}/revoke".to_owned()) && source.paths.len() >= 13
    );
}
