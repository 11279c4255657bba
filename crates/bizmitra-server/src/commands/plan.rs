//! `site` and `shift`: where and when a company works.

use anyhow::Context;
use bizmitra_contract::changes::{Fence, Shift};
use bizmitra_contract::ids::ShiftId;
use bizmitra_server::admin;
use clap::Subcommand;
use uuid::Uuid;

use super::{InCompany, print};

/// Places of work.
#[derive(Subcommand)]
pub(crate) enum SiteCommand {
    /// Adds a site with a round fence and prints its id.
    Add {
        #[command(flatten)]
        at: InCompany,
        /// Name of the site.
        #[arg(long)]
        name: String,
        /// Middle of the fence, degrees north (WGS 84).
        #[arg(long, allow_negative_numbers = true)]
        latitude_deg: f64,
        /// Middle of the fence, degrees east (WGS 84).
        #[arg(long, allow_negative_numbers = true)]
        longitude_deg: f64,
        /// Radius of the fence, 75 to 1524 metres.
        #[arg(long, allow_negative_numbers = true)]
        radius_m: f64,
    },
}

/// Working times.
#[derive(Subcommand)]
pub(crate) enum ShiftCommand {
    /// Adds a shift and prints its id.
    Add {
        #[command(flatten)]
        at: InCompany,
        /// Name of the shift.
        #[arg(long)]
        name: String,
        /// When it starts.
        #[arg(long, value_name = "HH:MM", value_parser = minute_of_day)]
        start: u16,
        /// When it ends; at or before the start means the next day.
        #[arg(long, value_name = "HH:MM", value_parser = minute_of_day)]
        end: u16,
        /// Weekdays on which it starts, 1 (Monday) to 7 (Sunday).
        #[arg(long, value_delimiter = ',', default_value = "1,2,3,4,5")]
        days: Vec<u8>,
        /// A check-in up to this many minutes after the start is on time.
        #[arg(long, default_value_t = 10)]
        grace_min: u16,
        /// Zone of its times (IANA); the company's when not given.
        #[arg(long)]
        zone: Option<String>,
    },
}

/// Adds a site.
pub(crate) fn run_site(command: SiteCommand) -> anyhow::Result<()> {
    let SiteCommand::Add {
        at,
        name,
        latitude_deg,
        longitude_deg,
        radius_m,
    } = command;
    let fence = Fence::Circle {
        latitude_deg,
        longitude_deg,
        radius_m,
    };
    let site =
        admin::add_site(&at.open()?, at.company, &name, &fence).context("cannot add the site")?;
    print(&format!("site     {site}"))
}

/// Adds a shift.
pub(crate) fn run_shift(command: ShiftCommand) -> anyhow::Result<()> {
    let ShiftCommand::Add {
        at,
        name,
        start,
        end,
        days,
        grace_min,
        zone,
    } = command;
    let server = at.open()?;
    let zone = match zone {
        Some(zone) => zone,
        None => admin::zone(&server, at.company).context("cannot add the shift")?,
    };
    let shift = Shift {
        id: ShiftId(Uuid::new_v4()),
        name,
        start_min: start,
        end_min: end,
        days,
        grace_min,
        zone,
    };
    admin::add_shift(&server, at.company, &shift).context("cannot add the shift")?;
    print(&format!("shift    {}", shift.id))
}

fn minute_of_day(text: &str) -> Result<u16, &'static str> {
    text.split_once(':')
        .and_then(|(hour, minute)| Some(two_digits(hour, 23)? * 60 + two_digits(minute, 59)?))
        .ok_or("must be HH:MM between 00:00 and 23:59")
}

fn two_digits(text: &str, most: u16) -> Option<u16> {
    // The parser alone takes a plus sign.
    let plain = text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|number| plain && *number <= most)
}
