//! What holds for any workbook.

use bizmitra_media::workbook::worker::in_thread;
use bizmitra_media::workbook::{Job, Outcome, WorkbookError, run};
use proptest::prelude::*;

use crate::make::{archive, book, budget, check, parts, people, row, rows, text};

fn honest() -> Vec<u8> {
    book(&rows(&[
        &["Employee code", "Name", "DOJ", "In time"],
        &["E1", "Ravi", "1/4/2026", "9:00"],
        &["E2", "Asha", "x", ""],
    ]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_archive_gives_a_report_or_a_reason_and_never_a_crash(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = honest();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let job = Job::Check { request: people() };
        prop_assert_ne!(in_thread(&job, &bytes, &budget()), Err(WorkbookError::WorkerEnded));
    }

    #[test]
    fn damaged_xml_in_a_whole_archive_gives_a_report_or_a_reason(
        which in 0..6_usize,
        at in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 1..8),
    ) {
        let mut parts = parts(&rows(&[&["Employee code", "Name"], &["E1", "Ravi"]]), "");
        let content = &mut parts[which].content;
        let at = at.index(content.len());
        let end = (at + bytes.len()).min(content.len());
        content.splice(at..end, bytes);
        let job = Job::Check { request: people() };
        // An overflow in a reader built with checks is caught by the thread, and is nonsense in one without.
        let _ = in_thread(&job, &archive(&parts), &budget());
    }

    #[test]
    fn good_rows_stay_good_and_rows_are_good_or_bad(
        cells in prop::collection::vec(("[A-Z0-9=@ -]{0,6}", "\\PC{0,12}", "[0-9/:.apm-]{0,10}", "[0-9/:.apm-]{0,8}"), 0..30)
    ) {
        let mut lines = vec![row(1, &["Employee code", "Name", "DOJ", "In time"].map(text))];
        for (number, (code, name, joined, time)) in (2..).zip(&cells) {
            lines.push(row(number, &[code, name, joined, time].map(|cell| text(cell))));
        }
        let job = Job::GoodRows { request: people() };
        let Outcome { report, workbook } = run(&job, &book(&lines.concat()), &budget()).unwrap();
        let mut bad: Vec<u32> = report.errors.iter().map(|error| error.row).collect();
        bad.dedup();
        prop_assert_eq!(report.good as usize + bad.len(), report.rows as usize);
        let again = check(&workbook, &people()).unwrap();
        prop_assert_eq!((again.rows, again.good), (report.good, report.good));
    }
}
