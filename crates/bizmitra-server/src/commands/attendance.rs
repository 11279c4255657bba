//! `attendance`: what was recorded.

use anyhow::Context;
use bizmitra_contract::ids::EmployeeId;
use bizmitra_server::admin;
use clap::Subcommand;

use super::{InCompany, print};

/// Attendance.
#[derive(Subcommand)]
pub(crate) enum AttendanceCommand {
    /// Lists taps, oldest first.
    List {
        #[command(flatten)]
        at: InCompany,
        /// Only of this person.
        #[arg(long)]
        employee: Option<EmployeeId>,
        /// As one JSON array.
        #[arg(long)]
        json: bool,
    },
}

/// Does it.
pub(crate) fn run(command: AttendanceCommand) -> anyhow::Result<()> {
    let AttendanceCommand::List { at, employee, json } = command;
    let rows = admin::attendance(&at.open()?, at.company, employee).context("cannot list")?;
    if json {
        return print(&serde_json::to_string_pretty(&rows)?);
    }
    for row in rows {
        let entry = &row.entry;
        let withdrawn = if entry.withdrawn { " withdrawn" } else { "" };
        print(&format!(
            "{} {} {:?} {:?}{withdrawn}",
            entry.day, entry.item, entry.kind, entry.grade
        ))?;
    }
    Ok(())
}
