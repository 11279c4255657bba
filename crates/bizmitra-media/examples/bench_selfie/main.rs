//! Selfies beside npm's sharp, which is libvips and mozjpeg: the same photos, the same size, one thread each, turn by turn in one
//! run. Ends with `sharp_ratio=… ssim=… bytes=… peak_mb=…`.
//!
//! The ratio is the geometric mean over photos as phones take them, of our least time over sharp's: whatever else the machine
//! does can only add to a time. SSIM and bytes are means over all photos; sharp's stand beside them.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measure that breaks says so by ending"
)]

mod photos;
mod ssim;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use bizmitra_media::{Crop, prepare_selfie};
use serde_json::{Value, json};

const TURNS: usize = 15;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--peak", photo] => peak(Path::new(photo)),
        [sharp, fixtures, work] => measure(Path::new(sharp), Path::new(fixtures), Path::new(work)),
        _ => anyhow::bail!("bench_selfie SHARP FIXTURES WORK"),
    }
}

/// Prepares one photo and says how much memory this process needed at most, kB.
fn peak(photo: &Path) -> Result<()> {
    let selfie = prepare_selfie(&std::fs::read(photo)?, Crop::Centre)?;
    ensure!(selfie.side_px == 512);
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    say(peak.context("this system does not tell")?.trim());
    Ok(())
}

fn measure(sharp: &Path, fixtures: &Path, work: &Path) -> Result<()> {
    std::fs::create_dir_all(work)?;
    let photos = photos::make(fixtures, work)?;
    let mut sharp = Sharp::start(sharp)?;
    let (mut ratios, mut others) = (Vec::new(), Vec::new());
    let (mut ssim, mut bytes) = ([0.0; 2], [0_usize; 2]);
    let mut peak_mb = 0.0_f64;
    for photo in &photos {
        let other = work.join("sharp.jpg");
        sharp.ask(&json!({ "load": photo.path, "save": other }))?;
        let input = std::fs::read(&photo.path)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let mut selfie = None;
        for _ in 0..TURNS {
            let start = Instant::now();
            selfie = Some(prepare_selfie(&input, Crop::Centre)?);
            ours.push(start.elapsed().as_secs_f64() * 1e3);
            let answer = sharp.ask(&json!({}))?;
            theirs.push(answer["ms"].as_f64().context("a time")?);
        }
        let selfie = selfie.context("no turn")?;
        let exact = photos::by_the_book(&input)?;
        let seen = [selfie.jpeg, std::fs::read(&other)?];
        let mut marks = [0.0; 2];
        for (place, jpeg) in seen.iter().enumerate() {
            marks[place] = ssim::of(&exact, &image::load_from_memory(jpeg)?.into_luma8());
            ssim[place] += marks[place];
            bytes[place] += jpeg.len();
        }
        let mb = peak_of(&photo.path)?;
        let (ours, theirs) = (Times::of(ours), Times::of(theirs));
        let ratio = ours.least / theirs.least;
        if photo.from_a_phone {
            ratios.push(ratio);
            peak_mb = peak_mb.max(mb);
        } else {
            others.push(ratio);
        }
        say(&format!(
            "{:<22} {:>6.1}/{:>6.1} ms, sharp {:>6.1}/{:>6.1} ms (least/median), ratio {ratio:.2}; ssim {:.4}, sharp {:.4}; {} bytes, sharp {}; peak {mb:.0} MB",
            photo.name,
            ours.least,
            ours.median,
            theirs.least,
            theirs.median,
            marks[0],
            marks[1],
            seen[0].len(),
            seen[1].len()
        ));
    }
    let count = photos.len() as f64;
    say(&format!(
        "sharp_ratio={:.2} ssim={:.4} bytes={} peak_mb={peak_mb:.0} sharp_ssim={:.4} sharp_bytes={} other_formats_ratio={:.2} photos={}",
        mean(&ratios),
        ssim[0] / count,
        bytes[0] / photos.len(),
        ssim[1] / count,
        bytes[1] / photos.len(),
        mean(&others),
        photos.len()
    ));
    Ok(())
}

/// The geometric mean.
fn mean(ratios: &[f64]) -> f64 {
    let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    (sum / ratios.len() as f64).exp()
}

struct Times {
    least: f64,
    median: f64,
}

impl Times {
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Self {
            least: times[0],
            median: times[times.len() / 2],
        }
    }
}

fn peak_of(photo: &Path) -> Result<f64> {
    let mut command = Command::new(std::env::current_exe()?);
    let answer = command.arg("--peak").arg(photo).output()?;
    let text = String::from_utf8(answer.stdout)?;
    let kb: f64 = text.split_whitespace().next().context("a size")?.parse()?;
    Ok(kb / 1024.0)
}

struct Sharp {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Sharp {
    fn start(package: &Path) -> Result<Self> {
        let script =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/bench_selfie/sharp.cjs");
        let mut child = Command::new("node")
            .arg(script)
            .arg(package)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node cannot be started")?;
        Ok(Self {
            input: child.stdin.take().context("a pipe")?,
            output: BufReader::new(child.stdout.take().context("a pipe")?),
            child,
        })
    }

    fn ask(&mut self, request: &Value) -> Result<Value> {
        writeln!(self.input, "{request}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).context("sharp did not answer")
    }
}

impl Drop for Sharp {
    fn drop(&mut self) {
        // It ends by itself when its input ends; this run does not wait for that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::print_stdout, reason = "a measure is printed")]
fn say(line: &str) {
    println!("{line}");
}
