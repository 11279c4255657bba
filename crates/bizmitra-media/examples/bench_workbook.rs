//! A workbook of 100,000 rows checked by a worker, and bombs refused by one. Ends with
//! `check_s=… peak_mb=… bomb_s=… good_rows_s=…`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measure that breaks says so by ending"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bizmitra_media::workbook::worker::{ARGUMENT, in_process, serve};
use bizmitra_media::workbook::{Budget, Column, Job, Kind, Request, WorkbookError, run};
use flate2::Compression;
use rust_xlsxwriter::{Format, Workbook};

const ROWS: u32 = 100_000;
const TURNS: usize = 5;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [ARGUMENT] => return Ok(serve()),
        ["--peak", job, file] => peak(job, Path::new(file))?,
        [work] => measure(Path::new(work))?,
        _ => anyhow::bail!("bench_workbook WORK"),
    }
    Ok(ExitCode::SUCCESS)
}

fn job(name: &str) -> Job {
    match name {
        "check" => Job::Check { request: request() },
        _ => Job::GoodRows { request: request() },
    }
}

fn peak(name: &str, file: &Path) -> Result<()> {
    let budget = Budget::new(Duration::from_secs(60));
    run(&job(name), &std::fs::read(file)?, &budget)?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    say(peak.context("this system does not tell")?.trim());
    Ok(())
}

fn measure(work: &Path) -> Result<()> {
    std::fs::create_dir_all(work)?;
    let program = std::env::current_exe()?;
    let bytes = people()?;
    let file = work.join("people.xlsx");
    std::fs::write(&file, &bytes)?;
    let mut seconds = Vec::new();
    for name in ["check", "good_rows"] {
        let mut times = Vec::new();
        for _ in 0..TURNS {
            let start = Instant::now();
            let budget = Budget::new(Duration::from_secs(60));
            let outcome = in_process(&program, &job(name), &bytes, &budget)?;
            times.push(start.elapsed().as_secs_f64());
            ensure!(outcome.report.rows == ROWS, "{} rows", outcome.report.rows);
            ensure!(outcome.report.error_count == ROWS / 1_000);
        }
        times.sort_by(f64::total_cmp);
        let mb = peak_of(&program, name, &file)?;
        say(&format!(
            "{name}: {ROWS} rows of 10 columns, {} kB: {:.2}/{:.2} s (least/median), peak {mb:.0} MB",
            bytes.len() / 1_000,
            times[0],
            times[TURNS / 2]
        ));
        seconds.push((times[TURNS / 2], mb));
    }
    let mut worst = 0.0_f64;
    for (name, bomb) in bombs() {
        let start = Instant::now();
        let refused = in_process(
            &program,
            &job("check"),
            &bomb,
            &Budget::new(Duration::from_secs(60)),
        );
        let took = start.elapsed().as_secs_f64();
        worst = worst.max(took);
        let refused = refused.err().context("a bomb was taken")?;
        ensure!(
            refused != WorkbookError::WorkerEnded,
            "{name}: the worker ended"
        );
        say(&format!(
            "{name}, {} kB: refused in {took:.3} s: {refused}",
            bomb.len() / 1_000
        ));
    }
    let [(check_s, peak_mb), (good_s, good_mb)] = seconds[..] else {
        anyhow::bail!("two jobs are measured");
    };
    say(&format!(
        "check_s={check_s:.2} peak_mb={peak_mb:.0} bomb_s={worst:.2} good_rows_s={good_s:.2} good_rows_peak_mb={good_mb:.0}"
    ));
    Ok(())
}

fn peak_of(program: &Path, name: &str, file: &Path) -> Result<f64> {
    let answer = Command::new(program)
        .args(["--peak", name])
        .arg(file)
        .output()?;
    let text = String::from_utf8(answer.stdout)?;
    let kb: f64 = text.split_whitespace().next().context("a size")?.parse()?;
    Ok(kb / 1024.0)
}

fn request() -> Request {
    let text = Kind::Text { max_chars: 120 };
    let columns = [
        ("employee_code", Kind::EmployeeCode, true),
        ("name", text, true),
        ("joined_on", Kind::Date, true),
        ("check_in", Kind::Time, true),
        ("check_out", Kind::Time, false),
        ("phone", Kind::Phone, false),
        ("email", Kind::Email, false),
        ("site", text, false),
        ("shift", text, false),
        ("wage", Kind::Number { min: 0.0, max: 1e7 }, false),
    ];
    Request {
        columns: columns
            .map(|(id, kind, required)| Column {
                id: id.to_owned(),
                names: Vec::new(),
                kind,
                required,
            })
            .into(),
        sheet: None,
        mapping: Vec::new(),
        unique: vec!["employee_code".to_owned()],
    }
}

/// As a person's export looks: names and addresses that differ, sites and shifts that repeat, a mistake in each thousandth row.
fn people() -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let (day, time) = (
        Format::new().set_num_format("dd/mm/yyyy"),
        Format::new().set_num_format("hh:mm"),
    );
    let heads = [
        "Employee Code",
        "Name",
        "DOJ",
        "In Time",
        "Out Time",
        "Mobile",
        "Email",
        "Site",
        "Shift",
        "Wage",
    ];
    for (column, head) in (0..).zip(heads) {
        sheet.write_string(0, column, head)?;
    }
    for row in 1..=ROWS {
        sheet.write_string(row, 0, format!("EMP{row:06}"))?;
        sheet.write_string(row, 1, format!("Person {} of {row}", row * 7_919 % 9_973))?;
        sheet.write_number_with_format(row, 2, 40_000 + row % 6_000, &day)?;
        sheet.write_number_with_format(row, 3, f64::from(row % 600) / 1_440.0 + 0.3, &time)?;
        sheet.write_number_with_format(row, 4, f64::from(row % 400) / 1_440.0 + 0.7, &time)?;
        sheet.write_number(row, 5, 9_000_000_000.0 + f64::from(row))?;
        let email = if row.is_multiple_of(1_000) {
            "nobody".to_owned()
        } else {
            format!("p{row}@sahyadri.example")
        };
        sheet.write_string(row, 6, email)?;
        sheet.write_string(row, 7, format!("Gate {}", row % 17))?;
        sheet.write_string(row, 8, ["General", "Night", "Morning"][row as usize % 3])?;
        sheet.write_number(row, 9, 12_000.0 + f64::from(row * 37 % 50_000) / 4.0)?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// Archives of one or many parts that unpack to far more than they are.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let spaces = |mib: usize| vec![b' '; mib << 20];
    let noise: Vec<u8> = (0_u32..1 << 20)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    vec![
        (
            "a sheet of 250 MiB of blanks",
            archive(&[("xl/worksheets/sheet1.xml", spaces(250))], None),
        ),
        (
            "the same, saying that it has 1 MB",
            archive(
                &[("xl/worksheets/sheet1.xml", spaces(250))],
                Some(1_000_000),
            ),
        ),
        ("as tight as is allowed, as large as is allowed", {
            // One part of noise to ninety of blanks, over and over.
            let piece = [noise, spaces(90)].concat();
            archive(
                &[("xl/worksheets/sheet1.xml", [piece.clone(), piece].concat())],
                None,
            )
        }),
        ("a thousand parts of 1 MiB", {
            let names: Vec<String> = (0..990).map(|n| format!("xl/media/{n}.xml")).collect();
            let parts: Vec<(&str, Vec<u8>)> = names
                .iter()
                .map(|name| (name.as_str(), spaces(1)))
                .collect();
            archive(&parts, None)
        }),
    ]
}

fn archive(parts: &[(&str, Vec<u8>)], claimed: Option<u32>) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    let frame = [
        ("[Content_Types].xml", b"<Types/>".to_vec()),
        ("xl/workbook.xml", b"<workbook/>".to_vec()),
    ];
    for (name, content) in frame.iter().chain(parts) {
        let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
        packed.write_all(content).expect("memory");
        let packed = packed.finish().expect("memory");
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let size = claimed
            .filter(|_| content.len() > 1_000)
            .unwrap_or(content.len() as u32);
        let mut fields = b"\x14\0\0\0\x08\0\0\0\0\0".to_vec();
        for number in [crc.sum(), packed.len() as u32, size, name.len() as u32] {
            fields.extend(number.to_le_bytes());
        }
        directory.extend([b"PK\x01\x02\x14\0".as_slice(), &fields, &[0; 10]].concat());
        directory.extend((bytes.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        bytes.extend([b"PK\x03\x04".as_slice(), &fields, name.as_bytes(), &packed].concat());
    }
    let count = (parts.len() as u16 + 2).to_le_bytes();
    let end = [
        (directory.len() as u32).to_le_bytes(),
        (bytes.len() as u32).to_le_bytes(),
    ]
    .concat();
    [
        bytes,
        directory,
        [
            b"PK\x05\x06\0\0\0\0".as_slice(),
            &count,
            &count,
            &end,
            &[0, 0],
        ]
        .concat(),
    ]
    .concat()
}

#[expect(clippy::print_stdout, reason = "a measure is printed")]
fn say(line: &str) {
    println!("{line}");
}
