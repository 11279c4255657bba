//! Measures the window from outside: start-up against an empty window of the same kind, sizes, memory, taps.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bizmitra_e2e::desktop::{Display, Keyring};
use bizmitra_e2e::journey::{Journey, PERSON, PIN, Rig, Size, id};
use bizmitra_e2e::{processes, say};
use clap::{Parser, Subcommand};

/// Starts of each window.
const STARTS: usize = 15;
/// Taps in the window.
const TAPS: usize = 1_000;

/// In the page, so that the driver's own time does not count: from the click to the receipt on the screen.
const TAP: &str = r#"
const done = arguments[arguments.length - 1];
const button = document.querySelector("[data-testid='tap-check_in'], [data-testid='tap-check_out']");
const shown = () => document.querySelector("[data-testid='receipt'] .mono")?.textContent;
const before = shown();
const start = performance.now();
const observer = new MutationObserver(() => {
    if (shown() && shown() !== before) {
        observer.disconnect();
        done(performance.now() - start);
    }
});
observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
button.click();
"#;

/// Measures the window.
#[derive(Parser)]
struct Arguments {
    /// The app's program, built for release.
    #[arg(long)]
    app: PathBuf,
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// Where screenshots and logs go.
    #[arg(long)]
    out: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Process start to an interactive PIN screen.
    Start {
        /// The program that opens an empty window.
        #[arg(long)]
        empty: PathBuf,
        /// The web bundle.
        #[arg(long)]
        bundle: PathBuf,
    },
    /// From the click to "Saved" on the screen.
    Taps,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    fs::create_dir_all(&arguments.out)?;
    let rig = Rig {
        app: arguments.app.canonicalize()?,
        server: arguments.server.canonicalize()?,
        gpx: None,
        out: arguments.out.canonicalize()?,
        display: Display::open()?,
    };
    let mut journey = Journey::start(&rig, "bench", Size::Phone, Keyring::Unlocked)?;
    journey.open_app()?;
    journey.activate(PERSON, PIN, false)?;
    match arguments.what {
        What::Start { empty, bundle } => start(&rig, &mut journey, &empty.canonicalize()?, &bundle),
        What::Taps => taps(&journey),
    }
}

fn start(rig: &Rig, journey: &mut Journey<'_>, empty: &Path, bundle: &Path) -> Result<()> {
    journey.kill_app()?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let arguments = journey.arguments();
    let mut resident = 0;
    for round in 0..STARTS {
        bare.push(start_once(journey, empty, &[], "[data-phase='empty']")?);
        end(journey, empty)?;
        ours.push(start_once(journey, &rig.app, &arguments, &id("key-1"))?);
        if round + 1 == STARTS {
            resident = idle_memory(journey);
        }
        end(journey, &rig.app)?;
    }
    let (ours, bare) = (median(&mut ours)?, median(&mut bare)?);
    let wasm = fs::read(bundle.join("bizmitra-ui_bg.wasm")).context("the bundle has no wasm")?;
    let mut small = Vec::new();
    let best = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut wasm.as_slice(), &mut small, &best)?;
    say::line(&format!(
        "start to PIN screen: median {ours:.0} ms; empty window: median {bare:.0} ms; {STARTS} starts each"
    ));
    say::line(&format!(
        "start_ratio={:.2} wasm_raw_kb={:.0} wasm_br_kb={:.0} binary_mb={:.1} rss_mb={:.0}",
        ours / bare,
        wasm.len() as f64 / 1e3,
        small.len() as f64 / 1e3,
        fs::metadata(&rig.app)?.len() as f64 / 1e6,
        resident as f64 / 1e6,
    ));
    Ok(())
}

/// Milliseconds from the request to start the program until the element is there.
fn start_once(
    journey: &mut Journey<'_>,
    program: &Path,
    arguments: &[String],
    element: &str,
) -> Result<f64> {
    let start = Instant::now();
    journey.desktop.driver.open(program, arguments)?;
    let deadline = start + Duration::from_secs(30);
    while !journey
        .window()
        .all(element)
        .is_ok_and(|found| !found.is_empty())
    {
        ensure!(
            Instant::now() < deadline,
            "{element} did not appear in {}",
            program.display()
        );
        thread::sleep(Duration::from_millis(2));
    }
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

fn end(journey: &mut Journey<'_>, program: &Path) -> Result<()> {
    for process in processes::running(program, &journey.desktop.home) {
        processes::kill_hard(process)?;
    }
    journey.desktop.driver.close();
    Ok(())
}

/// Resident bytes of the app and of the web view's processes, once it has nothing to do.
fn idle_memory(journey: &Journey<'_>) -> u64 {
    thread::sleep(Duration::from_secs(5));
    let is_ours = |id: &u32| {
        let program = fs::read_link(format!("/proc/{id}/exe")).unwrap_or_default();
        let name = program
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned();
        name == "bizmitra-app" || name == "WebKitWebProcess" || name == "WebKitNetworkProcess"
    };
    processes::under_home(&journey.desktop.home)
        .iter()
        .filter(|id| is_ours(id))
        .map(|id| processes::resident_bytes(*id))
        .sum()
}

fn taps(journey: &Journey<'_>) -> Result<()> {
    let mut times = Vec::with_capacity(TAPS);
    for _ in 0..TAPS {
        journey
            .window()
            .wait("[data-testid='tap-check_in'][data-state='idle'], [data-testid='tap-check_out'][data-state='idle']")?;
        let took = journey.window().run_until_called(TAP)?;
        times.push(
            took.as_f64()
                .context("the page did not answer with a time")?,
        );
    }
    let p50 = median(&mut times)?;
    let p99 = times.get(TAPS * 99 / 100).copied().unwrap_or(p50);
    say::line(&format!("window_p50_ms={p50:.1} window_p99_ms={p99:.1}"));
    Ok(())
}

fn median(times: &mut [f64]) -> Result<f64> {
    times.sort_by(f64::total_cmp);
    times
        .get(times.len() / 2)
        .copied()
        .context("nothing was measured")
}
