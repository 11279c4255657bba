//! `verify`: what an exported file proves, and what it does not.
//!
//! The file may be anybody's: nothing of its text reaches the terminal but what passes [`printable`].

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::Result;
use bizmitra_core::attendance::TimeTrust;
use bizmitra_core::export::{
    Export, ExportError, Finding, Kind, MAX_BYTES, RecordReport, Report, Stated, Verdict, verify,
};
use bizmitra_core::link::KeyPrint;
use serde_json::{Value, json};

use crate::exit::{Exit, Refused};
use crate::output::Output;
use crate::trust;

/// What no file can show.
const NOT_PROVEN: &[&str] = &[
    "that the server key above is your company's: compare its print, or give it with --server-key",
    "that the device keys above are this person's: compare the fingerprint with the device or the manager's screen",
    "that a device's wall clock was right: it is a claim; the receipt shows only that the record existed when the server got it",
    "the time grade and its tolerance: they are what the server said",
    "that nothing was recorded after the last record here",
    "names of people and companies, and taps of other devices",
];

/// Checks a file.
pub(crate) fn run(
    file: &Path,
    expected: Option<&KeyPrint>,
    output: &mut Output<'_>,
) -> Result<Exit> {
    let export = Export::decode(&read(file)?).map_err(|error| Refused {
        code: code(&error),
        // It names a place in the file, and a key there may be anything.
        message: printable(&format!("not verified: {error}")),
        exit: Exit::Unsound,
    })?;
    let report = verify(&export, expected);
    show(&export, &report, output)?;
    Ok(if report.is_sound() {
        Exit::Done
    } else {
        Exit::Unsound
    })
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let unreadable = |error: std::io::Error| {
        Refused::new(
            "input",
            format!("the file cannot be read: {}", error.kind()),
        )
    };
    let mut bytes = Vec::new();
    // One byte more than is allowed is enough to know.
    let limit = u64::try_from(MAX_BYTES)?.saturating_add(1);
    let file = File::open(file).map_err(unreadable)?;
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

fn code(error: &ExportError) -> &'static str {
    match error {
        ExportError::TooLarge => "too_large",
        ExportError::OtherFile => "other_file",
        ExportError::OtherVersion(_) => "other_version",
        ExportError::CutOff { .. } => "cut_off",
        ExportError::Unreadable { .. } => "unreadable",
    }
}

fn show(export: &Export, report: &Report, output: &mut Output<'_>) -> Result<()> {
    output.say(
        &format!(
            "attendance of {} at {}, as exported by the device at {} (names and this time are not signed)",
            printable(&export.employee_name),
            printable(&export.company_name),
            instant(export.made_at_ms, 0),
        ),
        &json!({
            "event": "export",
            "company": export.company,
            "employee": export.employee,
            "made_at_ms": export.made_at_ms,
        }),
    )?;
    for server in &report.servers {
        let expected = match server.expected {
            Some(true) => ", the expected one",
            Some(false) => ", NOT THE EXPECTED ONE",
            None => "",
        };
        output.say(
            &format!("server key  {}{expected}", server.print),
            &json!({ "event": "server_key", "print": server.print, "expected": server.expected }),
        )?;
    }
    for device in &report.devices {
        output.say(
            &format!("device key  {}", device.fingerprint),
            &json!({ "event": "device_key", "device": device.device, "fingerprint": device.fingerprint }),
        )?;
    }
    for record in &report.records {
        output.say(&record_sentence(record), &record_object(record))?;
    }
    for chain in report
        .chains
        .iter()
        .filter(|chain| !chain.findings.is_empty())
    {
        output.say(
            &format!(
                "chain of {} records: {}",
                chain.records,
                findings(&chain.findings)
            ),
            &json!({
                "event": "chain",
                "chain_id": chain.chain_id,
                "records": chain.records,
                "last_seq": chain.last_seq,
                "findings": words(&chain.findings),
            }),
        )?;
    }
    for chain in &report.chains {
        let Some((before, seq)) = chain.follows else {
            continue;
        };
        output.say(
            &format!("a chain of {} records goes on from no. {seq} of another one", chain.records),
            &json!({ "event": "chain_follows", "chain_id": chain.chain_id, "follows": before, "seq": seq }),
        )?;
    }
    for tap in &report.elsewhere {
        let trust = TimeTrust::decide(tap.grade.map(|grade| (grade, tap.tolerance_ms)), None);
        let differs = if tap.differs {
            ": THE SERVER SAYS IT CAME FROM THIS DEVICE, WHICH DOES NOT KNOW IT"
        } else {
            ""
        };
        output.say(
            &format!(
                "{} {}  {:<12} not verifiable here: of another device, as the server said{differs}",
                instant(tap.wall_ms, tap.offset_min),
                trust::beside(trust),
                printable(&tap.kind),
            ),
            &json!({ "event": "elsewhere", "id": tap.tap, "verifiable": false, "wall_ms": tap.wall_ms, "differs": tap.differs }),
        )?;
    }
    for finding in &report.findings {
        output.say(
            &format!("file: {finding}"),
            &json!({ "event": "file", "finding": finding.to_string(), "kind": finding.verdict().name() }),
        )?;
    }
    show_end(report, output)
}

fn show_end(report: &Report, output: &mut Output<'_>) -> Result<()> {
    let summary = report.summary();
    let counts: Vec<(Verdict, usize)> = Verdict::ALL
        .into_iter()
        .map(|verdict| (verdict, summary.count(verdict)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let said: Vec<String> = counts
        .iter()
        .map(|(verdict, count)| format!("{count} {}", verdict_words(*verdict)))
        .collect();
    let verdict = if report.is_sound() {
        "SOUND: nothing in the file speaks against it"
    } else if report.is_incomplete() {
        "INCOMPLETE: what is in the file holds, but the content of some records is not in it"
    } else {
        "NOT SOUND"
    };
    let mut sentence = format!(
        "{} records: {}\n{verdict}",
        report.records.len(),
        said.join(", ")
    );
    sentence.push_str("\nnot proven by this file:");
    for line in NOT_PROVEN {
        sentence.push_str("\n  - ");
        sentence.push_str(line);
    }
    let by_verdict: serde_json::Map<String, Value> = counts
        .iter()
        .map(|(verdict, count)| (verdict.name().to_owned(), json!(count)))
        .collect();
    output.say(
        &sentence,
        &json!({
            "event": "verification",
            "sound": report.is_sound(),
            "incomplete": report.is_incomplete(),
            "records": report.records.len(),
            "verdicts": by_verdict,
            "not_proven": NOT_PROVEN,
        }),
    )
}

fn record_sentence(record: &RecordReport) -> String {
    let verdict = verdict_words(record.verdict());
    let Some(stated) = &record.stated else {
        return format!(
            "no. {}  {verdict}: {}",
            record.seq,
            findings(&record.findings)
        );
    };
    let mut sentence = format!(
        "no. {}  {} {}  {:<12} {verdict}",
        record.seq,
        instant(stated.wall_ms, stated.offset_min),
        if stated.kind.is_tap() {
            trust::beside(TimeTrust::decide(record.graded, None))
        } else {
            String::new()
        },
        stated.kind.name(),
    );
    if let Some(received_at_ms) = record.received_at_ms {
        sentence.push_str(&format!(
            ", received {}",
            instant(received_at_ms, stated.offset_min)
        ));
    }
    if !record.findings.is_empty() {
        sentence.push_str(&format!(": {}", findings(&record.findings)));
    }
    if stated.kind == Kind::Correction {
        sentence.push_str(&correction_words(stated));
    }
    sentence
}

/// What a correction asks for, behind its verdict.
fn correction_words(stated: &Stated) -> String {
    let asks = stated
        .should_be
        .as_ref()
        .map_or("should not be there".to_owned(), |right| {
            let at = instant(right.wall_ms, right.offset_min);
            format!("should be {} at {at}", right.kind.name())
        });
    let which = if stated.about.is_some() {
        "a tap"
    } else {
        "a missing tap"
    };
    let day = printable(stated.day.as_deref().unwrap_or_default());
    let why = printable(stated.why.as_deref().unwrap_or_default());
    format!("\n      {which} of {day} {asks}: \"{why}\"")
}

fn record_object(record: &RecordReport) -> Value {
    let stated = record.stated.as_ref();
    json!({
        "event": "record",
        "verdict": record.verdict().name(),
        "findings": words(&record.findings),
        "id": record.id,
        "chain_id": record.chain_id,
        "seq": record.seq,
        "kind": stated.map(|stated| stated.kind.name()),
        "wall_ms": stated.map(|stated| stated.wall_ms),
        "offset_min": stated.map(|stated| stated.offset_min),
        "about": stated.and_then(|stated| stated.about),
        "place": stated.and_then(|stated| stated.place.as_deref()),
        "day": stated.and_then(|stated| stated.day.as_deref()),
        "should_be": stated.and_then(|stated| stated.should_be.as_ref()).map(|right| json!({
            "kind": right.kind.name(), "wall_ms": right.wall_ms, "offset_min": right.offset_min,
        })),
        "why": stated.and_then(|stated| stated.why.as_deref()),
        "received_at_ms": record.received_at_ms,
        "grade": record.graded.map(|(grade, _)| grade.name()),
        "tolerance_ms": record.graded.and_then(|(_, tolerance_ms)| tolerance_ms),
        "grade_verifiable": false,
    })
}

fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "verified and confirmed",
        Verdict::Unconfirmed => "verified, not yet confirmed",
        Verdict::Unreadable => "CONTENT NOT IN THE FILE",
        Verdict::Differs => "SERVER'S COPY DIFFERS",
        Verdict::Order => "ORDER WRONG",
        Verdict::Gap => "GAP",
        Verdict::Fork => "FORK",
        Verdict::Receipt => "RECEIPT WRONG",
        Verdict::Signature => "SIGNATURE MISSING OR WRONG",
        Verdict::Altered => "ALTERED",
    }
}

fn words(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

fn findings(findings: &[Finding]) -> String {
    words(findings).join("; ")
}

/// `2026-11-23 09:01:00 +05:30`; what is no date is shown as the number that it is.
fn instant(at_ms: i64, offset_min: i32) -> String {
    let zone = offset_min
        .checked_mul(60)
        .and_then(|seconds| jiff::tz::Offset::from_seconds(seconds).ok());
    match (jiff::Timestamp::from_millisecond(at_ms), zone) {
        (Ok(at), Some(zone)) => {
            zone.to_datetime(at).strftime("%F %T").to_string() + &offset_text(offset_min)
        }
        _ => format!("{at_ms} ms"),
    }
}

fn offset_text(offset_min: i32) -> String {
    let sign = if offset_min < 0 { '-' } else { '+' };
    let minutes = offset_min.unsigned_abs();
    format!(" {sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Text of a file on a terminal: no control characters, no marks that turn the reading around, and not endless.
fn printable(text: &str) -> String {
    const MOST: usize = 160;
    let turns = |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|letter| {
            if letter.is_control() || turns(letter) {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .take(MOST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_the_offset_of_its_record() {
        assert_eq!(
            instant(1_795_404_480_000, 330),
            "2026-11-23 08:58:00 +05:30"
        );
        assert_eq!(
            instant(1_795_404_480_000, -210),
            "2026-11-22 23:58:00 -03:30"
        );
        assert_eq!(instant(i64::MAX, 330), "9223372036854775807 ms");
        assert_eq!(instant(0, i32::MAX), "0 ms");
    }

    #[test]
    fn a_files_text_cannot_write_on_the_terminal() {
        assert_eq!(
            printable("Ravi \u{1b}[2JPatil\n"),
            "Ravi \u{fffd}[2JPatil\u{fffd}"
        );
        assert_eq!(printable("\u{202e}itaR"), "\u{fffd}itaR");
        assert_eq!(printable(&"a".repeat(1_000)).len(), 160);
    }
}
