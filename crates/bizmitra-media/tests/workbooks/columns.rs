//! Which column is which, and which ones should not be there.

use bizmitra_media::workbook::{FoundColumn, Kind, Mapping, Request, Secret, Sensitive};

use crate::make::{TEXT, archive, book, check, column, one, part, parts, people, rows, sheet};

/// Where each wanted column was found under a header.
fn mapped(header: &[&str], request: &Request) -> Vec<(Option<u32>, FoundColumn)> {
    let report = check(&book(&rows(&[header])), request).unwrap();
    report
        .mapped
        .iter()
        .map(|mapped| (mapped.column, mapped.found))
        .collect()
}

#[test]
fn columns_are_found_by_their_names_in_two_languages_and_any_order() {
    use FoundColumn::{ByName, Nearly, Not};
    for (header, expected) in [
        (
            [
                "EMP. CODE",
                "Name of Employee",
                "D.O.J",
                "In-Time",
                "Mobile No.",
            ],
            [
                (0, ByName),
                (1, ByName),
                (2, ByName),
                (3, ByName),
                (4, ByName),
            ],
        ),
        (
            [
                "मोबाइल नंबर",
                "चेक इन",
                "नियुक्ति तिथि",
                "कर्मचारी का नाम",
                "कर्मचारी कोड",
            ],
            [
                (4, ByName),
                (3, ByName),
                (2, ByName),
                (1, ByName),
                (0, ByName),
            ],
        ),
        (
            [
                "Emploee Code",
                "Full Nme",
                "Date of Joning",
                "In Time",
                "Mobil Number",
            ],
            [
                (0, Nearly),
                (1, Nearly),
                (2, Nearly),
                (3, ByName),
                (4, Nearly),
            ],
        ),
    ] {
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(at, found)| (Some(at), found))
            .collect();
        assert_eq!(mapped(&header, &people()), expected, "{header:?}");
    }
    assert_eq!(
        mapped(&["Nme", "Town"], &one("name", TEXT)),
        [(None, Not)],
        "short names must be right"
    );
}

#[test]
fn what_the_person_says_about_a_column_counts() {
    let mut request = people();
    let said = |id: &str, column| Mapping {
        id: id.to_owned(),
        column,
    };
    request.mapping = vec![said("name", Some(2)), said("phone", None)];
    let found = mapped(&["Employee code", "Name", "Called", "Mobile"], &request);
    assert_eq!(found[1], (Some(2), FoundColumn::Said));
    assert_eq!(
        found[4],
        (None, FoundColumn::Said),
        "left out although it would be found"
    );
}

#[test]
fn names_of_the_caller_count_like_the_known_ones() {
    let mut request = one("badge", TEXT);
    request.columns[0].names = vec!["Badge No".to_owned(), "ஊழியர் எண்".to_owned()];
    assert_eq!(
        mapped(&["x", "badge-no"], &request)[0],
        (Some(1), FoundColumn::ByName)
    );
    assert_eq!(
        mapped(&["ஊழியர் எண்"], &request)[0],
        (Some(0), FoundColumn::ByName)
    );
}

#[test]
fn a_needed_column_that_is_not_there_makes_no_row_good() {
    let cells = rows(&[&["Name"], &["Ravi"], &["Asha"]]);
    let report = check(&book(&cells), &people()).unwrap();
    assert_eq!(report.missing, ["employee_code"]);
    assert_eq!((report.rows, report.good, report.error_count), (2, 0, 0));
}

#[test]
fn the_first_sheet_that_is_shown_is_read_unless_another_is_named() {
    let mut parts = parts(&rows(&[&["Name"], &["Hidden"]]), "");
    for part in &mut parts {
        let text = String::from_utf8(part.content.clone()).unwrap();
        part.content = text
            .replace("<sheet name=\"People\" sheetId=\"1\"", "<sheet name=\"Old\" sheetId=\"1\" state=\"hidden\"")
            .replace("</sheets>", "<sheet name=\"लोग\" sheetId=\"2\" r:id=\"rId7\"/></sheets>")
            .replace("</Relationships>", "<Relationship Id=\"rId7\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet2.xml\"/></Relationships>")
            .into_bytes();
        if part.name == "_rels/.rels" {
            let text = String::from_utf8(part.content.clone()).unwrap();
            let (own, _) = text.split_once("<Relationship Id=\"rId7\"").unwrap();
            part.content = format!("{own}</Relationships>").into_bytes();
        }
    }
    parts.push(part(
        "xl/worksheets/sheet2.xml",
        sheet(&rows(&[&["Name"], &["A"], &["B"]]), ""),
    ));
    let bytes = archive(&parts);
    let mut request = one("name", TEXT);
    let shown = check(&bytes, &request).unwrap();
    assert_eq!((shown.sheet.as_str(), shown.rows), ("लोग", 2));
    let names: Vec<_> = shown
        .sheets
        .iter()
        .map(|s| (s.name.as_str(), s.visible))
        .collect();
    assert_eq!(names, [("Old", false), ("लोग", true)]);
    request.sheet = Some("Old".to_owned());
    assert_eq!(check(&bytes, &request).unwrap().rows, 1);
}

#[test]
fn columns_of_secrets_are_warned_of_and_not_repeated() {
    let cells = rows(&[
        &[
            "Name",
            "Aadhaar No",
            "PAN",
            "Bank account",
            "Branch",
            "Mobile",
        ],
        &[
            "Ravi",
            "2345 6789 0124",
            "ABCPD1234E",
            "123456789012",
            "SBIN0001234",
            "9876543210",
        ],
        &[
            "Asha",
            "234567890124",
            "",
            "998877665544",
            "SBIN0009999",
            "9876543211",
        ],
        &["Meera", "a mistake", "", "", "", "9876543212"],
    ]);
    let mut request = one("name", TEXT);
    request.columns.push(column("id_number", Kind::Date, false));
    request.columns[1].names = vec!["Aadhaar No".to_owned()];
    let report = check(&book(&cells), &request).unwrap();
    let warning = |column, secret, cells| Sensitive {
        column,
        secret,
        cells,
    };
    assert_eq!(
        report.sensitive,
        [
            warning(1, Secret::Aadhaar, 2),
            warning(2, Secret::Pan, 1),
            warning(3, Secret::BankAccount, 2),
            warning(4, Secret::Ifsc, 2),
        ]
    );
    assert_eq!(report.error_count, 3);
    assert!(report.errors.iter().all(|error| error.shown.is_empty()));
    let words = serde_json::to_string(&report).unwrap();
    assert!(!words.contains("2345"), "{words}");
}

#[test]
fn one_number_among_many_that_fits_by_chance_is_no_warning() {
    let numbers = [
        "234567890124",
        "234567890125",
        "234567890126",
        "234567890127",
        "x",
    ];
    let mut lines: Vec<&[&str]> = vec![&["Order"]];
    let cells: Vec<[&str; 1]> = numbers.iter().map(|n| [*n]).collect();
    lines.extend(cells.iter().map(|line| line.as_slice()));
    let report = check(&book(&rows(&lines)), &one("order", TEXT)).unwrap();
    assert_eq!(report.sensitive, []);
}
