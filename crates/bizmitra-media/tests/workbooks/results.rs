//! What is written: good rows that are good again, and the others with what is wrong.

use std::io::Cursor;

use bizmitra_media::workbook::{Job, Outcome, Words, run};
use calamine::{Data, Reader as _, Xlsx};

use crate::make::{book, budget, check, number, people, row, rows, text};

fn mixed() -> Vec<u8> {
    let cells = format!(
        "{}{}{}{}{}",
        row(
            1,
            &["Mobile", "Emp Code", "Name", "DOJ", "In time"].map(text)
        ),
        row(
            2,
            &[
                text("9876543210"),
                text("E1"),
                text("=HYPERLINK(\"x\")"),
                number(46_357, 1),
                number(0.375, 2)
            ]
        ),
        row(
            3,
            &[
                text("no"),
                text("E2"),
                text("Asha"),
                text("never"),
                text("")
            ]
        ),
        row(
            4,
            &[
                text(""),
                text("007"),
                text("+Meera"),
                text("1/4/2026"),
                text("9:30 pm")
            ]
        ),
        row(
            5,
            &[text(""), text("E1"), text("Ravi again"), text(""), text("")]
        ),
    );
    book(&cells)
}

fn cells(bytes: &[u8]) -> Vec<Vec<Data>> {
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

#[test]
fn good_rows_alone_are_a_workbook_that_is_good_again() {
    let job = Job::GoodRows { request: people() };
    let Outcome { report, workbook } = run(&job, &mixed(), &budget()).unwrap();
    assert_eq!((report.rows, report.good), (4, 2));
    let again = check(&workbook, &people()).unwrap();
    assert_eq!((again.rows, again.good, again.error_count), (2, 2, 0));
    assert_eq!(
        again.headers,
        ["Emp Code", "Name", "DOJ", "In time", "Mobile"]
    );
    let cells = cells(&workbook);
    assert_eq!(
        cells[1][1],
        Data::String("=HYPERLINK(\"x\")".to_owned()),
        "text stays text"
    );
    assert_eq!(cells[2][0], Data::String("007".to_owned()), "zeroes stay");
    // What could become a formula has the apostrophe of spreadsheets.
    let unpacked = styles(&workbook);
    assert!(unpacked.contains("quotePrefix=\"1\""), "{unpacked}");
}

fn styles(workbook: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let part = archive.by_name("xl/styles.xml").unwrap();
    std::io::read_to_string(part).unwrap()
}

#[test]
fn the_other_rows_say_what_is_wrong_with_them() {
    let words = Words {
        heading: "क्या ठीक करें".to_owned(),
        problems: [
            ("not_a_date", "not a day"),
            ("duplicate", "the same as row {of_row}"),
        ]
        .map(|(code, text)| (code.to_owned(), text.to_owned()))
        .into(),
    };
    let job = Job::BadRows {
        request: people(),
        words,
    };
    let Outcome { report, workbook } = run(&job, &mixed(), &budget()).unwrap();
    assert_eq!(report.error_count, 3);
    let cells = cells(&workbook);
    let text = |row: usize, column: usize| cells[row][column].to_string();
    assert_eq!(cells.len(), 3);
    assert_eq!(text(0, 0), "क्या ठीक करें");
    assert_eq!(text(0, 2), "Emp Code");
    assert_eq!(
        text(1, 0),
        "D3: not a day; A3: not_a_phone",
        "a code without words stands for itself"
    );
    assert_eq!(text(1, 3), "Asha");
    assert_eq!(text(2, 0), "B5: the same as row 2");
}

#[test]
fn nothing_good_is_an_empty_workbook_with_its_header() {
    let bytes = book(&rows(&[&["Emp Code", "Name"], &["E1", ""]]));
    let job = Job::GoodRows { request: people() };
    let Outcome { report, workbook } = run(&job, &bytes, &budget()).unwrap();
    assert_eq!((report.rows, report.good), (1, 0));
    assert_eq!(cells(&workbook).len(), 1);
}
