//! Turns `locales/*.words` into one Rust module, so that a wrong word is a build error.
//!
//! A key that one language lacks or has alone, a placeholder that differs, a plural form that a language does not have:
//! each stops the build here. A key nobody uses is dead code there, and dead code is denied in that module.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Write as _,
    fs,
    path::Path,
};

/// File stem and variant of `bizmitra_ipc::view::Language`; the first is the reference.
const LANGUAGES: &[(&str, &str)] = &[("en", "English"), ("hi", "Hindi")];

type Words = BTreeMap<String, String>;

fn main() -> Result<(), Box<dyn Error>> {
    let out = std::env::var("OUT_DIR")?;
    let mut all = Vec::new();
    for (stem, variant) in LANGUAGES {
        let file = format!("locales/{stem}.words");
        rerun_if_changed(&file);
        all.push((*stem, *variant, parse(&file, &fs::read_to_string(&file)?)?));
    }
    let Some((_, _, reference)) = all.first() else {
        return Err("no language".into());
    };
    for (stem, _, words) in &all {
        compare(stem, reference, words)?;
    }
    fs::write(Path::new(&out).join("words.rs"), generate(&all)?)?;
    Ok(())
}

fn rerun_if_changed(file: &str) {
    println!("cargo:rerun-if-changed={file}");
}

/// `key = words`, one a line; `#` starts a comment line.
fn parse(file: &str, text: &str) -> Result<Words, Box<dyn Error>> {
    let mut words = Words::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line
            .split_once(" = ")
            .ok_or_else(|| format!("{file}:{}: not `key = words`", number + 1))?;
        if words
            .insert(key.trim().to_owned(), value.trim().to_owned())
            .is_some()
        {
            return Err(format!("{file}:{}: `{key}` is there twice", number + 1).into());
        }
    }
    Ok(words)
}

fn compare(stem: &str, reference: &Words, words: &Words) -> Result<(), Box<dyn Error>> {
    let (theirs, ours): (BTreeSet<_>, BTreeSet<_>) =
        (reference.keys().collect(), words.keys().collect());
    if let Some(key) = theirs.difference(&ours).next() {
        return Err(format!("locales/{stem}.words: `{key}` is missing").into());
    }
    if let Some(key) = ours.difference(&theirs).next() {
        return Err(format!("locales/{stem}.words: `{key}` is surplus").into());
    }
    for (key, value) in words {
        let other = reference.get(key).map_or("", String::as_str);
        if placeholders(value)? != placeholders(other)? {
            return Err(format!(
                "locales/{stem}.words: `{key}` has other placeholders than the first language"
            )
            .into());
        }
        if key.ends_with("_list") && value.split('|').count() != other.split('|').count() {
            return Err(format!(
                "locales/{stem}.words: `{key}` has another length than the first language"
            )
            .into());
        }
    }
    Ok(())
}

fn placeholders(value: &str) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut found = BTreeSet::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, tail) = after
            .split_once('}')
            .ok_or_else(|| format!("an open brace in `{value}`"))?;
        found.insert(name.to_owned());
        rest = tail;
    }
    Ok(found)
}

/// Name, whether it is a plural, placeholders in alphabetical order: the order of the method's arguments.
type Method = (String, bool, BTreeSet<String>);

fn generate(all: &[(&str, &str, Words)]) -> Result<String, Box<dyn Error>> {
    let Some((_, _, reference)) = all.first() else {
        return Err("no language".into());
    };
    let mut out = String::from("impl Words {\n");
    for (name, plural, holes) in methods(reference)? {
        if name.ends_with("_list") {
            write_method(
                &mut out,
                all,
                &name,
                "&'static [&'static str]",
                "",
                |words| {
                    let items = words.get(&name).map_or("", String::as_str);
                    format!("&{:?}", items.split('|').map(str::trim).collect::<Vec<_>>())
                },
            )?;
        } else if plural {
            let arguments: String = holes
                .iter()
                .filter(|h| *h != "n")
                .map(|h| format!(", {h}: &str"))
                .collect();
            write_method(
                &mut out,
                all,
                &name,
                "String",
                &format!(", n: u64{arguments}"),
                |words| {
                    let form = |kind| {
                        words
                            .get(&format!("{name}.{kind}"))
                            .map_or("", String::as_str)
                    };
                    let (one, other) = (form("one"), form("other"));
                    let chosen = if one == other {
                        format!("{other:?}")
                    } else {
                        format!("if self.is_one(n) {{ {one:?} }} else {{ {other:?} }}")
                    };
                    format!("fill({chosen}, &{})", pairs(&holes, true))
                },
            )?;
        } else if holes.is_empty() {
            write_method(&mut out, all, &name, "&'static str", "", |words| {
                format!("{:?}", words.get(&name).map_or("", String::as_str))
            })?;
        } else {
            let arguments: String = holes.iter().map(|h| format!(", {h}: &str")).collect();
            write_method(&mut out, all, &name, "String", &arguments, |words| {
                format!(
                    "fill({:?}, &{})",
                    words.get(&name).map_or("", String::as_str),
                    pairs(&holes, false)
                )
            })?;
        }
    }
    out.push_str("}\n");
    Ok(out)
}

/// Keys without their plural form. A plural has exactly `one` and `other`: the forms of both languages.
fn methods(words: &Words) -> Result<Vec<Method>, Box<dyn Error>> {
    let mut methods: Vec<Method> = Vec::new();
    for (key, value) in words {
        match key.split_once('.') {
            None => methods.push((key.clone(), false, placeholders(value)?)),
            Some((name, "other")) if words.contains_key(&format!("{name}.one")) => {
                let mut holes = placeholders(value)?;
                holes.insert("n".to_owned());
                methods.push((name.to_owned(), true, holes));
            }
            Some((name, "one")) if words.contains_key(&format!("{name}.other")) => {}
            Some(_) => return Err(format!("`{key}`: a plural has `.one` and `.other`").into()),
        }
    }
    Ok(methods)
}

fn pairs(holes: &BTreeSet<String>, plural: bool) -> String {
    let pairs: Vec<String> = holes
        .iter()
        .map(|h| {
            if plural && h == "n" {
                "(\"n\", &group(n))".to_owned()
            } else {
                format!("(\"{h}\", {h})")
            }
        })
        .collect();
    format!("[{}]", pairs.join(", "))
}

fn write_method(
    out: &mut String,
    all: &[(&str, &str, Words)],
    name: &str,
    answer: &str,
    arguments: &str,
    body: impl Fn(&Words) -> String,
) -> Result<(), Box<dyn Error>> {
    let constness = if answer.starts_with("&'static") {
        "const "
    } else {
        ""
    };
    writeln!(
        out,
        "    pub(crate) {constness}fn {name}(self{arguments}) -> {answer} {{\n        match self.0 {{"
    )?;
    for (_, variant, words) in all {
        writeln!(out, "            Language::{variant} => {},", body(words))?;
    }
    writeln!(out, "        }}\n    }}")?;
    Ok(())
}
