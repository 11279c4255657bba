//! What a cell may hold, and what is wrong with it otherwise.

use bizmitra_media::workbook::{CellError, Kind, Problem};

use crate::make::{
    TEXT, archive, book, check, number, one, parts, parts_with, people, row, rows, text,
};

/// The first problem with a column of `kind` whose only cell is `cell`.
fn problem(cell: &str, kind: Kind) -> Option<Problem> {
    let cells = format!(
        "{}{}",
        row(1, &[text("Wanted"), text("Beside")]),
        row(2, &[cell.to_owned(), text("x")])
    );
    let report = check(&book(&cells), &one("wanted", kind)).unwrap();
    assert_eq!(report.rows, 1);
    report.errors.into_iter().next().map(|error| error.problem)
}

#[test]
fn numbers_are_numbers_also_as_text_and_in_the_digits_of_india() {
    let kind = Kind::Number { min: 0.0, max: 2e6 };
    for good in ["12", "12.5", "1,23,456.50", " 7 ", "१२३", "৪২"] {
        assert_eq!(problem(&text(good), kind), None, "{good}");
    }
    assert_eq!(problem(&number("1e3", 0), kind), None);
    for bad in ["twelve", "12 kg", "1e5", "NaN", "inf", "--1", "-"] {
        assert_eq!(
            problem(&text(bad), kind),
            Some(Problem::NotANumber),
            "{bad}"
        );
    }
    let out = Some(Problem::OutOfRange { min: 0.0, max: 2e6 });
    assert_eq!(problem(&number("-1", 0), kind), out);
    assert_eq!(problem(&text("2000001"), kind), out);
    let whole = Kind::Whole { min: 1, max: 31 };
    assert_eq!(problem(&number("2.5", 0), whole), Some(Problem::NotWhole));
    assert_eq!(problem(&number("31", 0), whole), None);
    assert_eq!(
        problem(&number("45000", 1), whole),
        Some(Problem::NotANumber)
    );
}

#[test]
fn days_are_read_as_people_write_them() {
    for good in [
        "31/12/2026",
        "31-12-2026",
        "31.12.2026",
        "2026-12-31",
        "2026-12-31T00:00:00",
        "29/2/2024",
        "१/४/२०२६",
    ] {
        assert_eq!(problem(&text(good), Kind::Date), None, "{good}");
    }
    for bad in [
        "12/31/2026",
        "29/2/2026",
        "0/1/2026",
        "31/12",
        "soon",
        "2026-12",
        "-1-2-2026",
    ] {
        assert_eq!(
            problem(&text(bad), Kind::Date),
            Some(Problem::NotADate),
            "{bad}"
        );
    }
    assert_eq!(
        problem(&text("1/2/26"), Kind::Date),
        Some(Problem::ShortYear)
    );
    let unlikely = |year| Some(Problem::UnlikelyYear { year });
    assert_eq!(problem(&text("1/2/1926"), Kind::Date), unlikely(1926));
    assert_eq!(problem(&number("46022", 1), Kind::Date), None);
    assert_eq!(
        problem(&number("46022", 0), Kind::Date),
        Some(Problem::NotADate),
        "a bare number is no day"
    );
    assert_eq!(
        problem(&number("0.5", 2), Kind::Date),
        Some(Problem::NotADate),
        "a time is no day"
    );
    // 29 February 1900 never was, and Excel counts it.
    assert_eq!(
        problem(&number("60", 1), Kind::Date),
        Some(Problem::NotADate)
    );
    assert_eq!(problem(&number("61", 1), Kind::Date), unlikely(1900));
    assert!(problem(&number("-5", 1), Kind::Date).is_some());
    assert!(problem(&number("1e300", 1), Kind::Date).is_some());
}

#[test]
fn times_are_read_as_people_write_them() {
    for good in ["9:05", "09:05:30", "9:05 pm", "12:00 AM", "23:59", "९:०५"] {
        assert_eq!(problem(&text(good), Kind::Time), None, "{good}");
    }
    for bad in [
        "24:00", "9:60", "13:00 pm", "0:30 am", "9.05", "9", "late", "9:5:",
    ] {
        assert_eq!(
            problem(&text(bad), Kind::Time),
            Some(Problem::NotATime),
            "{bad}"
        );
    }
    assert_eq!(problem(&number("0.378472222", 2), Kind::Time), None);
    assert_eq!(problem(&number("46022.5", 3), Kind::Time), None);
    assert_eq!(
        problem(&number("46022", 1), Kind::Time),
        Some(Problem::NotATime)
    );
}

#[test]
fn codes_telephones_and_addresses_have_a_form() {
    for good in ["E-17", "EMP/2026/4", "कर्म१", "1.2_3"] {
        assert_eq!(
            problem(&text(good), Kind::EmployeeCode).is_none(),
            !good.contains('्'),
            "{good}"
        );
    }
    assert_eq!(problem(&number("1023", 0), Kind::EmployeeCode), None);
    for bad in ["E 17", "=1+1", "E;17", &"9".repeat(33)] {
        assert_eq!(
            problem(&text(bad), Kind::EmployeeCode),
            Some(Problem::NotACode),
            "{bad}"
        );
    }
    for good in ["+91 98765 43210", "098765-43210", "९८७६५४३२१०"] {
        assert_eq!(problem(&text(good), Kind::Phone), None, "{good}");
    }
    assert_eq!(problem(&number("9876543210", 0), Kind::Phone), None);
    for bad in ["12345", "98765x43210", "++919876543210"] {
        assert_eq!(
            problem(&text(bad), Kind::Phone),
            Some(Problem::NotAPhone),
            "{bad}"
        );
    }
    assert_eq!(problem(&text("ravi@sahyadri.example"), Kind::Email), None);
    for bad in [
        "ravi", "ravi@", "@b.c", "a@b", "a@b..c", "a b@c.d", "a@b@c.d",
    ] {
        assert_eq!(
            problem(&text(bad), Kind::Email),
            Some(Problem::NotAnEmail),
            "{bad}"
        );
    }
    assert_eq!(
        problem(&text(&"x".repeat(61)), TEXT),
        Some(Problem::TooLong { max_chars: 60 })
    );
}

#[test]
fn a_formula_counts_by_its_result_and_one_that_failed_is_an_error() {
    let kind = Kind::Number { min: 0.0, max: 9.0 };
    assert_eq!(problem("<c><f>1+1</f><v>2</v></c>", kind), None);
    assert_eq!(problem("<c t=\"str\"><f>A1</f><v>3</v></c>", kind), None);
    for shown in ["#REF!", "#DIV/0!", "#N/A", "#VALUE!"] {
        let cell = format!("<c t=\"e\"><f>A1</f><v>{shown}</v></c>");
        let shown = shown.to_owned();
        assert_eq!(problem(&cell, kind), Some(Problem::FormulaFailed { shown }));
    }
    // Never calculated: as if it were blank.
    assert_eq!(problem("<c><f>1+1</f></c>", kind), Some(Problem::Missing));
}

#[test]
fn a_day_is_the_same_in_both_epochs() {
    // 1 December 2026 is day 46357 since 1900 and 44895 since 1904.
    for (properties, day) in [("", 46_357), ("<workbookPr date1904=\"1\"/>", 44_895)] {
        let header = row(1, &[text("Code"), text("Name"), text("Joined on")]);
        let line = |n: usize, joined: String| row(n, &[text("E1"), text("Ravi"), joined]);
        let cells = format!(
            "{header}{}{}",
            line(2, number(day, 1)),
            line(3, text("1/12/2026"))
        );
        let bytes = archive(&parts_with(&cells, "", properties));
        let mut request = people();
        request.columns[0].id = "code".to_owned();
        // Equal days make equal rows.
        request.unique = vec!["joined_on".to_owned()];
        let report = check(&bytes, &request).unwrap();
        assert_eq!(report.error_count, 1, "{properties}");
        assert_eq!(report.errors[0].problem, Problem::Duplicate { of_row: 2 });
    }
}

#[test]
fn an_error_says_where_and_what() {
    let cells = rows(&[
        &["A title"],
        &[],
        &["Employee code", "Name", "Joined on"],
        &["E1", "Ravi", "1/4/2026"],
        &["E2", "", "tomorrow"],
        &["e1", "Asha", ""],
    ]);
    let report = check(&book(&cells), &people()).unwrap();
    assert_eq!((report.header_row, report.rows, report.good), (3, 3, 1));
    let error = |row, column, id: &str, shown: &str, problem| CellError {
        row,
        column,
        id: id.to_owned(),
        shown: shown.to_owned(),
        problem,
    };
    assert_eq!(
        report.errors,
        [
            error(5, 1, "name", "", Problem::Missing),
            error(5, 2, "joined_on", "tomorrow", Problem::NotADate),
            error(
                6,
                0,
                "employee_code",
                "e1",
                Problem::Duplicate { of_row: 4 }
            ),
        ]
    );
}

#[test]
fn cells_that_are_one_with_others_are_said_to_be() {
    let cells = rows(&[
        &["Employee code", "Name"],
        &["E1", "Ravi"],
        &["E2", ""],
        &["E3", "Meera"],
    ]);
    let merged = "<mergeCells count=\"1\"><mergeCell ref=\"B2:B3\"/></mergeCells>";
    let report = check(&archive(&parts(&cells, merged)), &people()).unwrap();
    assert_eq!(report.error_count, 1);
    assert_eq!(
        (report.errors[0].row, &report.errors[0].problem),
        (3, &Problem::Merged)
    );
}

#[test]
fn blanks_behind_and_below_are_nothing() {
    let cells = format!(
        "{}{}{}{}",
        row(1, &[text("Employee code"), text("Name"), text("  ")]),
        row(
            2,
            &[text("E1"), text(" Ravi\u{A0}"), "<c s=\"1\"/>".to_owned()]
        ),
        row(3, &[text(" "), "<c/>".to_owned()]),
        "<row r=\"900\"/>",
    );
    let report = check(&book(&cells), &people()).unwrap();
    assert_eq!((report.rows, report.good), (1, 1));
}

#[test]
fn all_errors_are_counted_and_the_first_are_listed() {
    let mut lines = vec![row(1, &[text("Wanted")])];
    lines.extend((2..=1_202).map(|n| row(n, &[text("no")])));
    let request = one("wanted", Kind::Date);
    let report = check(&book(&lines.concat()), &request).unwrap();
    assert_eq!(
        (report.error_count, report.errors.len(), report.good),
        (1_201, 500, 0)
    );
}

#[test]
fn a_very_wide_sheet_is_read_as_far_as_it_may_be() {
    let mut header: Vec<String> = (0..255).map(|n| text(&format!("Column {n}"))).collect();
    header.push(text("Wanted"));
    let mut line = vec!["<c/>".to_owned(); 255];
    line.push(number(5, 0));
    let cells = format!("{}{}", row(1, &header), row(2, &line));
    let request = one("wanted", Kind::Whole { min: 0, max: 9 });
    assert_eq!(check(&book(&cells), &request).unwrap().good, 1);
}
