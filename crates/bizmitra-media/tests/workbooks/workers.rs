//! The worker: the same answers from a process and a thread, and an end when it takes too long or too much.

use std::path::Path;
use std::time::{Duration, Instant};

use bizmitra_media::workbook::worker::{in_process, in_thread};
use bizmitra_media::workbook::{Budget, Job, WorkbookError, run};

use crate::make::{archive, book, budget, check, part, parts, people, row, rows, text};

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_bizmitra-workbook"))
}

fn job() -> Job {
    Job::Check { request: people() }
}

fn long() -> Vec<u8> {
    let mut lines = vec![row(1, &[text("Employee code"), text("Name")])];
    lines.extend(
        (2..60_000).map(|n| row(n, &[text(&format!("E{n}")), text(&format!("Person {n}"))])),
    );
    book(&lines.concat())
}

#[test]
fn a_process_and_a_thread_give_the_same_answer() {
    let bytes = book(&rows(&[
        &["Employee code", "Name"],
        &["E1", "Ravi"],
        &["E2", ""],
    ]));
    for job in [job(), Job::GoodRows { request: people() }] {
        let here = run(&job, &bytes, &budget()).unwrap();
        assert_eq!(here.report.good, 1);
        let there = in_process(program(), &job, &bytes, &budget()).unwrap();
        assert_eq!(there.report, here.report);
        assert_eq!(there.workbook.is_empty(), here.workbook.is_empty());
        if !there.workbook.is_empty() {
            assert_eq!(check(&there.workbook, &people()).unwrap().good, 1);
        }
        assert_eq!(
            in_thread(&job, &bytes, &budget()).unwrap().report,
            here.report
        );
    }
}

#[test]
fn a_refusal_comes_through_with_its_reason() {
    for (bytes, reason) in [
        (Vec::new(), WorkbookError::Empty),
        (
            vec![b'P'; 40 << 20],
            WorkbookError::TooManyBytes {
                bytes: 32 * 1024 * 1024 + 1,
                max: 32 * 1024 * 1024,
            },
        ),
    ] {
        assert_eq!(
            in_process(program(), &job(), &bytes, &budget()),
            Err(reason)
        );
    }
    let mut parts = parts("", "");
    parts.push(part("xl/vbaProject.bin", "x"));
    assert_eq!(
        in_process(program(), &job(), &archive(&parts), &budget()),
        Err(WorkbookError::Macros)
    );
}

#[test]
fn a_worker_that_takes_too_long_is_ended() {
    let bytes = long();
    let start = Instant::now();
    for refused in [
        in_process(
            program(),
            &job(),
            &bytes,
            &Budget::new(Duration::from_millis(5)),
        ),
        in_thread(&job(), &bytes, &Budget::new(Duration::from_millis(5))),
    ] {
        assert_eq!(refused, Err(WorkbookError::TimedOut));
    }
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_job_that_is_taken_back_ends_soon() {
    let bytes = long();
    let budget = budget();
    budget.cancel();
    assert_eq!(
        in_process(program(), &job(), &bytes, &budget),
        Err(WorkbookError::Cancelled)
    );
    assert_eq!(
        in_thread(&job(), &bytes, &budget),
        Err(WorkbookError::Cancelled)
    );
}

#[test]
fn a_host_without_a_worker_says_so_and_one_that_answers_nonsense_ended() {
    let absent = Path::new("/nonexistent/worker");
    assert_eq!(
        in_process(absent, &job(), b"x", &budget()),
        Err(WorkbookError::NoWorker)
    );
    for program in ["/bin/true", "/bin/cat"] {
        // One says nothing, the other the job itself.
        let ended = in_process(Path::new(program), &job(), b"x", &budget());
        assert_eq!(ended, Err(WorkbookError::WorkerEnded), "{program}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_takes_its_own_memory_time_and_files_away() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut child = Command::new(program())
        .arg("workbook-worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It waits for the rest of the frame's length; by then its limits hold.
    let mut input = child.stdin.take().unwrap();
    input.write_all(&[9]).unwrap();
    let path = format!("/proc/{}/limits", child.id());
    let deadline = Instant::now() + Duration::from_secs(10);
    let limits = loop {
        let limits = std::fs::read_to_string(&path).unwrap();
        if limits
            .lines()
            .any(|line| line.starts_with("Max open files") && line.contains(" 3 "))
        {
            break limits;
        }
        assert!(Instant::now() < deadline, "{limits}");
        std::thread::yield_now();
    };
    for (name, most) in [
        ("Max data size", "402653184"),
        ("Max cpu time", "60"),
        ("Max file size", "0"),
        ("Max core file size", "0"),
    ] {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.split_whitespace().any(|word| word == most), "{line}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
