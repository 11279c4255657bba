//! `backup` and `restore`.

use std::path::PathBuf;

use anyhow::Context;
use bizmitra_server::backup::{self, Manifest};
use bizmitra_server::{Clock as _, ServerConfig, SystemClock};
use clap::Args;
use jiff::Timestamp;

use super::{Data, open, print};

/// Where to.
#[derive(Args)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    data: Data,
    /// The backup: a folder that is not there yet.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Where from.
#[derive(Args)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    data: Data,
    /// The backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
}

/// Does it.
pub(crate) fn make(args: &BackupArgs) -> anyhow::Result<()> {
    args.data.must_be_one()?;
    let server = open(ServerConfig::loopback(&args.data.data))?;
    let made = backup::make(&server, &args.to).context("no backup was made")?;
    print(&format!(
        "backup   {}\n{}",
        args.to.display(),
        content(&made)?
    ))
}

/// Does it.
pub(crate) fn restore(args: &RestoreArgs) -> anyhow::Result<()> {
    let now_ms = SystemClock.now_ms();
    let restored =
        backup::restore(&args.data.data, &args.from, now_ms).context("nothing was restored")?;
    print(&format!(
        "restored {}\n{}",
        args.data.data.display(),
        content(&restored.backup)?
    ))?;
    if let Some(replaced) = restored.replaced {
        print(&format!(
            "kept     what was here before is in {}: delete it when all is well",
            replaced.display()
        ))?;
    }
    print(
        "check    what was decided since then is gone: a device revoked meanwhile is active again",
    )
}

fn content(backup: &Manifest) -> anyhow::Result<String> {
    let made = Timestamp::from_millisecond(backup.made_ms)?;
    let files = backup.files.len();
    let bytes: u64 =
        backup.database.bytes + backup.files.iter().map(|file| file.bytes).sum::<u64>();
    let missing = match backup.missing.len() {
        0 => String::new(),
        missing => format!("\nmissing  {missing} files that were lost before the backup"),
    };
    Ok(format!(
        "state of {made:.0}\nfiles    {files}\nbytes    {bytes}{missing}"
    ))
}
