//! Workbooks for the tests, byte by byte, so that each byte can be wrong.

use std::io::Write as _;
use std::time::Duration;

use bizmitra_media::workbook::{
    Budget, Column, Job, Kind, Outcome, Report, Request, WorkbookError, run,
};
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// A part of an archive; what its headers say may differ from what it holds.
#[derive(Clone)]
pub struct Part {
    pub name: String,
    pub content: Vec<u8>,
    pub stored: bool,
    pub claimed_bytes: Option<u32>,
    pub flags: u16,
}

pub fn part(name: &str, content: impl Into<Vec<u8>>) -> Part {
    Part {
        name: name.to_owned(),
        content: content.into(),
        stored: false,
        claimed_bytes: None,
        flags: 0,
    }
}

/// An archive as spreadsheet programs write it.
pub fn archive(parts: &[Part]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for part in parts {
        let packed = if part.stored {
            part.content.clone()
        } else {
            deflated(&part.content)
        };
        let mut crc = flate2::Crc::new();
        crc.update(&part.content);
        let mut fields = Vec::new();
        fields.extend(20_u16.to_le_bytes());
        fields.extend(part.flags.to_le_bytes());
        fields.extend(if part.stored { 0_u16 } else { 8 }.to_le_bytes());
        fields.extend([0; 4]);
        fields.extend(crc.sum().to_le_bytes());
        fields.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
        let size = u32::try_from(part.content.len()).unwrap();
        fields.extend(part.claimed_bytes.unwrap_or(size).to_le_bytes());
        fields.extend(u16::try_from(part.name.len()).unwrap().to_le_bytes());
        fields.extend([0; 2]);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&fields);
        directory.extend([0; 10]);
        directory.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        directory.extend(part.name.as_bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&fields);
        bytes.extend(part.name.as_bytes());
        bytes.extend(packed);
    }
    let offset = u32::try_from(bytes.len()).unwrap();
    let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
    let size = u32::try_from(directory.len()).unwrap();
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].concat());
    bytes.extend(size.to_le_bytes());
    bytes.extend(offset.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

pub fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// The parts of a workbook of one sheet; `cells` is what stands in its `sheetData`, `behind` what follows it.
pub fn parts(cells: &str, behind: &str) -> Vec<Part> {
    parts_with(cells, behind, "")
}

pub fn parts_with(cells: &str, behind: &str, properties: &str) -> Vec<Part> {
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    // Styles 1 and 2 are a day and a time of day (built-in formats 14 and 20), 3 is both.
    let formats =
        "<xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"20\"/><xf numFmtId=\"22\"/>";
    vec![
        part(
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
            ),
        ),
        part(
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"rId1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        part(
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{office}\">{properties}<sheets><sheet name=\"People\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        part(
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"rId1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"{office}/styles\" Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        part(
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{MAIN}\"><cellXfs count=\"4\">{formats}</cellXfs></styleSheet>"
            ),
        ),
        part("xl/worksheets/sheet1.xml", sheet(cells, behind)),
    ]
}

pub fn sheet(cells: &str, behind: &str) -> String {
    format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{cells}</sheetData>{behind}</worksheet>")
}

/// Rows of text cells from the first row on.
pub fn rows(rows: &[&[&str]]) -> String {
    (1..)
        .zip(rows)
        .map(|(number, cells)| {
            row(
                number,
                &cells.iter().map(|cell| text(cell)).collect::<Vec<_>>(),
            )
        })
        .collect()
}

/// A row of cells without places: from the left.
pub fn row(number: usize, cells: &[String]) -> String {
    format!("<row r=\"{number}\">{}</row>", cells.concat())
}

pub fn text(value: &str) -> String {
    let value = value.replace('&', "&amp;").replace('<', "&lt;");
    format!("<c t=\"inlineStr\"><is><t>{value}</t></is></c>")
}

/// A number with a style: 1 a day, 2 a time, 3 both.
pub fn number(value: impl std::fmt::Display, style: u8) -> String {
    format!("<c s=\"{style}\"><v>{value}</v></c>")
}

pub fn book(cells: &str) -> Vec<u8> {
    archive(&parts(cells, ""))
}

pub fn column(id: &str, kind: Kind, required: bool) -> Column {
    Column {
        id: id.to_owned(),
        names: Vec::new(),
        kind,
        required,
    }
}

pub const TEXT: Kind = Kind::Text { max_chars: 60 };

/// What the tests ask for, unless they say otherwise.
pub fn people() -> Request {
    Request {
        columns: vec![
            column("employee_code", Kind::EmployeeCode, true),
            column("name", TEXT, true),
            column("joined_on", Kind::Date, false),
            column("check_in", Kind::Time, false),
            column("phone", Kind::Phone, false),
        ],
        sheet: None,
        mapping: Vec::new(),
        unique: vec!["employee_code".to_owned()],
    }
}

pub fn one(id: &str, kind: Kind) -> Request {
    Request {
        columns: vec![column(id, kind, true)],
        sheet: None,
        mapping: Vec::new(),
        unique: Vec::new(),
    }
}

pub fn budget() -> Budget {
    Budget::new(Duration::from_secs(60))
}

pub fn check(bytes: &[u8], request: &Request) -> Result<Report, WorkbookError> {
    let job = Job::Check {
        request: request.clone(),
    };
    run(&job, bytes, &budget()).map(|Outcome { report, .. }| report)
}

/// The reason for which a workbook is refused.
pub fn refused(bytes: &[u8]) -> WorkbookError {
    check(bytes, &people()).expect_err("it should be refused")
}
