#![doc = include_str!("../README.md")]
#![expect(
    clippy::indexing_slicing,
    reason = "a lab that indexes wrongly should stop"
)]

mod answers;
mod clock;
mod disk;
mod network;
mod phone;
mod random;
mod report;
mod runs;
mod site;
mod syscalls;
mod template;
mod trace;
mod worker;
mod world;

use std::path::PathBuf;

use clap::Parser;

/// Phones, a server, disks and a network in one process, all of which fail on order.
#[derive(Parser)]
pub struct Arguments {
    /// Runs this world alone and tells it.
    #[arg(long)]
    seed: Option<u64>,
    /// The bug that is planted in it.
    #[arg(long, requires = "seed")]
    bug: Option<String>,
    /// First seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// So many worlds.
    #[arg(long)]
    seeds: Option<u64>,
    /// No new worlds after so many seconds.
    #[arg(long)]
    seconds: Option<u64>,
    /// No new worlds once so many processes died and...
    #[arg(long, default_value_t = u64::MAX)]
    crashes: u64,
    /// ...so many items were delivered.
    #[arg(long, default_value_t = u64::MAX)]
    deliveries: u64,
    /// Goes on with the figures in this file, and keeps them there.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Writes a page about all this.
    #[arg(long, requires_all = ["commit", "date"])]
    report: Option<PathBuf>,
    /// The commit, for the page.
    #[arg(long, default_value = "")]
    commit: String,
    /// The day, for the page.
    #[arg(long, default_value = "")]
    date: String,
    /// Also plants each bug and looks for it, in at most so many worlds.
    #[arg(long, default_value_t = 0)]
    planted: u64,
    /// So many of the worlds are run twice more, to be the same.
    #[arg(long, default_value_t = 10)]
    repeated: u64,
    /// Worlds at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.seed {
        Some(seed) => runs::tell(seed, arguments.bug.as_deref()),
        None => runs::all(&arguments),
    }
}
