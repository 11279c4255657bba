//! `file`: what takes room.

use anyhow::Context;
use bizmitra_contract::ids::EmployeeId;
use bizmitra_server::admin;
use clap::Subcommand;

use super::{InCompany, print};

/// Files.
#[derive(Subcommand)]
pub(crate) enum FileCommand {
    /// Lists files with their size; what is in them is not shown.
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
pub(crate) fn run(command: FileCommand) -> anyhow::Result<()> {
    let FileCommand::List { at, employee, json } = command;
    let rows = admin::files(&at.open()?, at.company, employee).context("cannot list")?;
    if json {
        return print(&serde_json::to_string_pretty(&rows)?);
    }
    for row in rows {
        let state = if row.complete { "whole" } else { "open" };
        print(&format!(
            "{} {} {} of {} bytes {state}",
            row.id, row.employee, row.received, row.length
        ))?;
    }
    Ok(())
}
