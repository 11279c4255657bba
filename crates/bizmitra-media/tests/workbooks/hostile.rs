//! Files that mean harm, and files that are not workbooks: each is refused, with its own reason.

use std::time::{Duration, Instant};

use bizmitra_media::workbook::{Found, MAX_FILE_BYTES, MAX_ROWS, WorkbookError};

use crate::make::{
    MAIN, Part, TEXT, archive, book, check, column, part, parts, parts_with, people, refused, row,
    rows, sheet, text,
};

const HEADER: &[&str] = &["Employee code", "Name"];

pub fn honest() -> Vec<Part> {
    parts(&rows(&[HEADER, &["E1", "Ravi"]]), "")
}

pub fn with(name: &str, content: impl Into<Vec<u8>>) -> Vec<u8> {
    let mut parts = honest();
    parts.retain(|part| part.name != name);
    parts.push(part(name, content));
    archive(&parts)
}

fn not_xlsx(found: Found) -> WorkbookError {
    WorkbookError::NotXlsx { found }
}

#[test]
fn the_honest_one_is_taken() {
    assert_eq!(check(&archive(&honest()), &people()).unwrap().good, 1);
}

#[test]
fn what_is_no_xlsx_is_called_by_its_name() {
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let ole = |stream: &str| {
        let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        bytes.extend([0; 1_016]);
        bytes.extend(utf16(stream));
        bytes.extend([0; 512]);
        bytes
    };
    assert_eq!(refused(b""), WorkbookError::Empty);
    assert_eq!(refused(&ole("Workbook")), not_xlsx(Found::Xls));
    assert_eq!(refused(&ole("EncryptedPackage")), WorkbookError::Encrypted);
    assert_eq!(
        refused("Code,Name\nE1,रवि\n".as_bytes()),
        not_xlsx(Found::Text)
    );
    assert_eq!(refused(b"%PDF-1.7\n\x00\x01"), not_xlsx(Found::Other));
    assert_eq!(refused(b"PK\x05\x06\0\0"), not_xlsx(Found::Zip));
    let ods = [
        part("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        part("content.xml", "<office/>"),
    ];
    assert_eq!(refused(&archive(&ods)), not_xlsx(Found::Ods));
    assert_eq!(
        refused(&archive(&[part("a.txt", "a")])),
        not_xlsx(Found::Zip)
    );
    let word = [
        part("[Content_Types].xml", "<Types/>"),
        part("word/document.xml", "<d/>"),
    ];
    assert_eq!(refused(&archive(&word)), not_xlsx(Found::Zip));
    assert_eq!(
        refused(&with("xl/workbook.bin", "x")),
        not_xlsx(Found::Xlsb)
    );
    let large = vec![b'P'; usize::try_from(MAX_FILE_BYTES).unwrap() + 1];
    assert!(matches!(
        refused(&large),
        WorkbookError::TooManyBytes { .. }
    ));
}

#[test]
fn what_runs_or_reaches_outside_is_refused() {
    for name in [
        "xl/vbaProject.bin",
        "xl/macrosheets/sheet1.xml",
        "XL/VBAPROJECT.BIN",
        "xl/activeX/activeX1.xml",
    ] {
        assert_eq!(refused(&with(name, "x")), WorkbookError::Macros, "{name}");
    }
    for name in [
        "xl/externalLinks/externalLink1.xml",
        "xl/connections.xml",
        "xl/queryTables/queryTable1.xml",
    ] {
        assert_eq!(
            refused(&with(name, "x")),
            WorkbookError::ExternalLinks,
            "{name}"
        );
    }
    assert_eq!(
        refused(&with("xl/embeddings/oleObject1.bin", "x")),
        WorkbookError::EmbeddedObjects
    );
    let types = "<Types><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.ms-excel.sheet.macroEnabled.main+xml\"/></Types>";
    assert_eq!(
        refused(&with("[Content_Types].xml", types)),
        WorkbookError::Macros
    );
    let relation = "<Relationships><Relationship Id=\"rId9\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLink\" Target=\"other/one.xml\"/></Relationships>";
    assert_eq!(
        refused(&with("xl/_rels/other.xml.rels", relation)),
        WorkbookError::ExternalLinks
    );
}

#[test]
fn entities_are_refused_wherever_they_are_declared() {
    let bomb = "<!DOCTYPE lol [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
    for name in [
        "xl/sharedStrings.xml",
        "xl/worksheets/sheet1.xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
    ] {
        let content = format!("{bomb}<sst xmlns=\"{MAIN}\"><si><t>&b;</t></si></sst>");
        assert_eq!(
            refused(&with(name, content)),
            WorkbookError::DocumentType,
            "{name}"
        );
    }
    // Where pieces of unpacking meet.
    for shift in 0..20 {
        let pad = " ".repeat(65_536 - 10 + shift);
        let content = format!("<!-- {pad} -->{bomb}<sst/>");
        assert_eq!(
            refused(&with("xl/sharedStrings.xml", content)),
            WorkbookError::DocumentType,
            "{shift}"
        );
    }
    let wide: Vec<u8> = format!("\u{FEFF}{bomb}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(
        refused(&with("xl/sharedStrings.xml", wide)),
        WorkbookError::Damaged
    );
}

#[test]
fn room_for_strings_is_made_only_for_strings_that_are_there() {
    let table = |announced: &str, strings: usize| {
        format!(
            "<sst xmlns=\"{MAIN}\" {announced}>{}</sst>",
            "<si><t>a</t></si>".repeat(strings)
        )
    };
    for announced in [
        "uniqueCount=\"99999999999999999999\"",
        "uniqueCount=\"1152921504606846975\"",
        "uniqueCount=\"4000000\"",
        "uniqueCount =  '4000000'",
        &format!("uniqueCount{}=\"4000000\"", " ".repeat(70_000)),
    ] {
        let bytes = with("xl/sharedStrings.xml", table(announced, 3));
        let shown: String = announced.chars().take(40).collect();
        assert_eq!(refused(&bytes), WorkbookError::Bomb, "{shown}");
    }
    assert!(
        check(
            &with("xl/sharedStrings.xml", table("uniqueCount=\"3\"", 3)),
            &people()
        )
        .is_ok()
    );
}

#[test]
fn tables_too_large_to_keep_are_refused() {
    // Varied enough not to be refused for its packing alone.
    let mut seed = 1_u64;
    let noise: String = (0..5 << 20)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'a' + u8::try_from(seed >> 40 & 15).unwrap())
        })
        .collect();
    let twice = format!("<a>{noise}{noise}</a>");
    for name in [
        "xl/styles.xml",
        "xl/theme/theme1.xml",
        "xl/worksheets/styles.xml",
    ] {
        assert_eq!(
            refused(&with(name, twice.clone())),
            WorkbookError::Bomb,
            "{name}"
        );
    }
    let strings = format!("<sst>{}</sst>", twice.repeat(5));
    assert_eq!(
        refused(&with("xl/sharedStrings.xml", strings)),
        WorkbookError::Bomb
    );
}

#[test]
fn absurd_places_are_refused_and_absurd_announcements_cost_nothing() {
    for (cell, expected) in [
        ("A1048577", WorkbookError::Damaged),
        ("XFE1", WorkbookError::Damaged),
        ("A99999999999", WorkbookError::WorkerEnded),
        ("ZZZZZZZZZZ1", WorkbookError::WorkerEnded),
        ("A0", WorkbookError::Damaged),
        ("1", WorkbookError::Damaged),
        ("IW1", WorkbookError::TooManyColumns { max: 256 }),
    ] {
        let cells = format!("<row r=\"1\"><c r=\"{cell}\"><v>1</v></c></row>");
        let job = bizmitra_media::workbook::Job::Check { request: people() };
        let worked = bizmitra_media::workbook::worker::in_thread(
            &job,
            &book(&cells),
            &crate::make::budget(),
        );
        let reason = worked.unwrap_err();
        // Overflowing arithmetic stops a reader built with checks, and ends as nonsense in one without.
        let nonsense = expected == WorkbookError::WorkerEnded
            && matches!(
                reason,
                WorkbookError::Damaged | WorkbookError::TooManyColumns { .. }
            );
        assert!(reason == expected || nonsense, "{cell}: {reason}");
    }
    let cells = rows(&[HEADER, &["E1", "Ravi"]]);
    for dimension in ["A1:XFD1048576", "A1"] {
        let content = sheet(&cells, "").replace(
            "<sheetData>",
            &format!("<dimension ref=\"{dimension}\"/><sheetData>"),
        );
        let start = Instant::now();
        let report = check(&with("xl/worksheets/sheet1.xml", content), &people()).unwrap();
        assert_eq!(report.rows, 1);
        assert!(start.elapsed() < Duration::from_secs(1));
    }
}

#[test]
fn cells_out_of_order_or_twice_are_damage() {
    let cell = |place: &str| format!("<c r=\"{place}\"><v>1</v></c>");
    for (first, second) in [("B1", "A1"), ("A1", "A1"), ("A2", "A1")] {
        let cells = format!("<row>{}{}</row>", cell(first), cell(second));
        assert_eq!(
            refused(&book(&cells)),
            WorkbookError::Damaged,
            "{first} {second}"
        );
    }
}

#[test]
fn too_many_rows_are_refused_and_blank_ones_do_not_count() {
    let line = |n: u32| format!("<row r=\"{n}\"><c t=\"str\"><v>E{n}</v></c></row>");
    let cells: String = (1..=MAX_ROWS + 1).map(line).collect();
    assert_eq!(
        refused(&book(&cells)),
        WorkbookError::TooManyRows { max: MAX_ROWS }
    );
    let blank: String = (2..=400_000)
        .map(|n| format!("<row r=\"{n}\"><c s=\"1\"/></row>"))
        .collect();
    let mut parts = parts(&format!("{}{blank}", row(1, &[text("Name")])), "");
    // Blank rows pack tighter than a bomb: stored, their number alone counts.
    parts.last_mut().unwrap().stored = true;
    let mut request = people();
    request.columns = vec![column("name", TEXT, true)];
    assert_eq!(check(&archive(&parts), &request).unwrap().rows, 0);
}

#[test]
fn broken_xml_is_damage() {
    for content in [
        "",
        "<worksheet>",
        "<worksheet><sheetData><row><c><v>1",
        "<a/>",
        "\u{1}\u{2}",
        "<worksheet><sheetData><row><c t=\"s\"><v>7</v></c></row></sheetData></worksheet>",
        "<worksheet><sheetData><row><c t=\"zz\"><v>7</v></c></row></sheetData></worksheet>",
    ] {
        assert_eq!(
            refused(&with("xl/worksheets/sheet1.xml", content)),
            WorkbookError::Damaged,
            "{content:?}"
        );
    }
    for name in ["xl/workbook.xml", "xl/_rels/workbook.xml.rels"] {
        let reason = refused(&with(name, "<a"));
        assert!(
            matches!(reason, WorkbookError::Damaged | WorkbookError::NoSheet),
            "{name}: {reason}"
        );
    }
    assert_eq!(
        refused(&archive(&parts_with("", "", ""))),
        WorkbookError::EmptySheet
    );
    let mut request = people();
    request.sheet = Some("Elsewhere".to_owned());
    assert_eq!(
        check(&archive(&honest()), &request).unwrap_err(),
        WorkbookError::NoSheet
    );
}
