#![doc = include_str!("../README.md")]

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

mod android;
mod bench;
mod bundle;
mod claim;
mod demo;
mod faults;
mod firewall;
mod fuzz;
mod icons;
mod process;
mod products;
mod rules;
mod say;
mod setup;
mod suites;
mod window;
mod workspace;

use workspace::Workspace;

/// The project's commands.
#[derive(Parser)]
#[command(name = "x", disable_help_subcommand = false)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts a demo server and the app.
    Run {
        /// No display: the main journey in a real window under Xvfb, told step by step.
        #[arg(long)]
        headless: bool,
    },
    /// Runs every suite that must pass before a change lands.
    Test {
        /// Also what takes long: every kill, every PIN, fuzzing.
        #[arg(long)]
        long: bool,
    },
    /// Drives the real window.
    E2e {
        /// Only journeys whose name contains this.
        filter: Option<String>,
    },
    /// Breaks things on purpose.
    Faults {
        /// What to break.
        #[arg(long, value_enum, default_value = "kill")]
        suite: FaultSuite,
        /// The lab: this world alone, told line by line.
        #[arg(long)]
        seed: Option<u64>,
        /// The lab: until 100,000 crashes and a million deliveries, going on where it stopped; writes docs/RELIABILITY.md.
        #[arg(long)]
        full: bool,
    },
    /// Fuzzes the parsers of outside bytes.
    Fuzz {
        /// Only this one.
        target: Option<String>,
        /// How long each.
        #[arg(long, default_value_t = fuzz::LONG_SECONDS)]
        seconds: u32,
    },
    /// Measures.
    Bench {
        /// What to measure.
        #[arg(value_enum)]
        what: Measure,
    },
    /// Type-checks the whole shell for Android.
    CheckAndroid,
    /// Makes every icon size from icons/source.svg.
    Icons,
    /// Builds the web bundle into dist/.
    Ui,
    /// Installs what is missing.
    Setup,
}

#[derive(Clone, Copy, ValueEnum)]
enum FaultSuite {
    /// SIGKILL at each write, fsync and rename of a check-in.
    Kill,
    /// SIGKILL at each of them in a wrong PIN, a right PIN, a PIN change and an activation.
    Vault,
    /// SIGKILL at each of them while a file is captured and sent.
    Files,
    /// Simulated phones, server, disks and network: kills, power cuts, errors, wrong answers, planted bugs.
    Lab,
}

#[derive(Clone, Copy, ValueEnum)]
enum Measure {
    /// Process start to an interactive screen, sizes, memory.
    Start,
    /// Tap to saved, against a bare commit of the same bytes.
    Checkin,
    /// Unlocking against the bare key derivation, signatures, seals.
    Security,
    /// Appending a file to a real server, against a bare write and fsync of the same pieces.
    Blobs,
    /// Selfies, against npm's sharp on one thread.
    Selfie,
    /// A workbook of 100,000 rows, and bombs.
    Workbook,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // One line: what failed has shown its own output above.
        Err(error) => {
            eprintln!("x: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    let _claim = claim::claim(&workspace.target, &workspace.root)?;
    match arguments.command {
        Command::Run { headless } => demo::run(&workspace, headless),
        Command::Test { long } => suites::test(&workspace, long),
        Command::E2e { filter } => window::e2e(&workspace, filter.as_deref()),
        Command::Faults { suite, seed, full } => match suite {
            FaultSuite::Kill => faults::kill(&workspace),
            FaultSuite::Vault => faults::vault(&workspace),
            FaultSuite::Files => faults::files(&workspace),
            FaultSuite::Lab => faults::lab(&workspace, seed, full),
        },
        Command::Fuzz { target, seconds } => fuzz::run(&workspace, target.as_deref(), seconds),
        Command::Bench { what } => match what {
            Measure::Start => bench::start(&workspace),
            Measure::Checkin => bench::checkin(&workspace),
            Measure::Security => bench::security(&workspace),
            Measure::Blobs => bench::blobs(&workspace),
            Measure::Selfie => bench::selfie(&workspace),
            Measure::Workbook => bench::workbook(&workspace),
        },
        Command::CheckAndroid => suites::check_android(&workspace),
        Command::Icons => icons::make(&workspace),
        Command::Ui => bundle::build(&workspace),
        Command::Setup => setup::all(&workspace),
    }
}
