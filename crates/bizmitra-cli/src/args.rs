//! The command line's grammar.

use std::path::PathBuf;

use bizmitra_core::ids::ItemId;
use bizmitra_core::link::KeyPrint;
use clap::{Parser, Subcommand, ValueEnum};

/// A Bizmitra device without a window.
#[derive(Debug, Clone, Parser)]
#[command(name = "bizmitra-cli", version, about, max_term_width = 100)]
pub struct Args {
    /// Folder of the device's data; one device a folder.
    #[arg(
        long,
        env = "BIZMITRA_DATA",
        default_value = "bizmitra-data",
        global = true
    )]
    pub data: PathBuf,
    /// One JSON object a line.
    #[arg(long, global = true)]
    pub json: bool,
    /// Where the keys lie.
    #[arg(long, env = "BIZMITRA_KEYSTORE", value_enum, default_value_t = KeystoreKind::Os, global = true)]
    pub keystore: KeystoreKind,
    /// Positions from a GPX recording.
    #[cfg(feature = "simulate")]
    #[arg(long, value_name = "FILE", global = true)]
    pub simulate_gpx: Option<PathBuf>,
    /// Seconds into the recording.
    #[cfg(feature = "simulate")]
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, global = true)]
    pub simulate_start: f64,
    /// Speed of the recording; 0 stands still.
    #[cfg(feature = "simulate")]
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, global = true)]
    pub simulate_speed: f64,
    /// Least cost of a new PIN: load simulation only.
    #[arg(long, hide = true, global = true)]
    pub cheap_pin: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where the keys lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeystoreKind {
    /// The operating system's keystore.
    Os,
    /// Plain files beside the data: protects nothing.
    File,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Bind this device with an activation code; asks for a new PIN.
    Activate {
        /// `https://host[:port]`; a link names its server itself.
        #[arg(long, default_value = "")]
        server: String,
        /// The code on the invitation, or its link (`bizmitra:…`).
        #[arg(long)]
        code: String,
        /// What you will recognise this device by.
        #[arg(long)]
        device_name: Option<String>,
    },
    /// Change the PIN; asks for the current and the new one.
    SetPin,
    /// Start of work.
    CheckIn(TapArgs),
    /// End of work.
    CheckOut(TapArgs),
    /// Start of a break.
    BreakStart(TapArgs),
    /// End of a break.
    BreakEnd(TapArgs),
    /// Take the latest tap back, within 90 s.
    Undo,
    /// Ask for a tap to be put right; a manager decides. Without `--kind` and `--at` the tap should not be there.
    Correct(CorrectArgs),
    /// Where the device stands; needs no PIN.
    Status,
    /// Today's taps.
    Day {
        /// `YYYY-MM-DD`; today without.
        day: Option<String>,
    },
    /// Send what waits, now.
    Sync {
        /// Ask for the PIN and also fetch what changed.
        #[arg(long)]
        unlock: bool,
    },
    /// Stay, keep sending, print every change.
    Watch {
        /// Ask for the PIN and also fetch what changed.
        #[arg(long)]
        unlock: bool,
        /// End as soon as everything is confirmed.
        #[arg(long)]
        until_sent: bool,
    },
    /// All records with signatures and receipts, as a file that `verify` checks.
    Export {
        /// A file instead of the standard output; must not exist.
        #[arg(long)]
        output: Option<PathBuf>,
    },
    /// Check an exported file; needs no server, no device and no PIN.
    Verify {
        /// The file.
        file: PathBuf,
        /// Print that the server's key must have: `bizmitra-server company show` prints it.
        #[arg(long, value_name = "PRINT")]
        server_key: Option<KeyPrint>,
    },
    /// Capture a file; it is sent by itself.
    Upload {
        /// The file.
        file: PathBuf,
        /// What it is; told by its name without.
        #[arg(long, value_enum)]
        kind: Option<FileKind>,
        /// Stay until the server has it, or it needs you.
        #[arg(long)]
        wait: bool,
    },
    /// Captured files and how far they are.
    Files,
    /// Let a file wait.
    Pause {
        /// Its id.
        id: ItemId,
    },
    /// Let a file go, or try one again that was refused.
    Resume {
        /// Its id.
        id: ItemId,
    },
    /// Take a file back that the server does not have yet.
    Cancel {
        /// Its id.
        id: ItemId,
    },
    /// Write a file out, fetching it from the server if it is not here any more.
    Download {
        /// Its id.
        id: ItemId,
        /// Where to; must not exist.
        #[arg(long)]
        out: PathBuf,
    },
    /// Location at the tap.
    Consent {
        /// Given or taken back.
        decision: Decision,
    },
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileKind {
    /// A picture.
    Image,
    /// A workbook.
    Workbook,
}

/// How to tap.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct TapArgs {
    /// Do not look for the location.
    #[arg(long)]
    pub without_location: bool,
    /// Wait until the location is known, at most 10 s.
    #[arg(long, conflicts_with = "without_location")]
    pub wait_location: bool,
}

/// What should be right.
#[derive(Debug, Clone, clap::Args)]
pub struct CorrectArgs {
    /// Id of the tap that is wrong; without it one is missing.
    #[arg(long, required_unless_present = "kind")]
    pub tap: Option<uuid::Uuid>,
    /// `YYYY-MM-DD` that it concerns; without it the day of the tap.
    #[arg(long, required_unless_present = "tap")]
    pub day: Option<String>,
    /// What it should be.
    #[arg(long, value_name = "KIND", requires = "at")]
    pub kind: Option<Kind>,
    /// When it should have been, `HH:MM` of the day or `YYYY-MM-DDTHH:MM`.
    #[arg(long, value_name = "TIME", requires = "kind")]
    pub at: Option<String>,
    /// Time zone of `--at` (IANA); this device's without.
    #[arg(long, requires = "at")]
    pub zone: Option<String>,
    /// Why, at most 500 characters.
    #[arg(long)]
    pub why: String,
}

/// Kinds of taps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Start of work.
    CheckIn,
    /// End of work.
    CheckOut,
    /// Start of a break.
    BreakStart,
    /// End of a break.
    BreakEnd,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Decision {
    /// Given.
    On,
    /// Taken back.
    Off,
}
