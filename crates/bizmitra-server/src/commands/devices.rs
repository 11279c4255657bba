//! `device`: listing, pausing, ending and replacing.

use anyhow::Context;
use bizmitra_contract::enrolment::DeviceState;
use bizmitra_contract::ids::DeviceId;
use bizmitra_server::admin::{self, DeviceDecision, Invited};
use clap::{Args, Subcommand};

use super::{InCompany, print, qr};

/// Devices.
#[derive(Subcommand)]
pub(crate) enum DeviceCommand {
    /// Lists devices with their people, those in use first.
    List {
        #[command(flatten)]
        at: InCompany,
        /// As one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Approves a device that waits, by the fingerprint on its screen.
    Approve {
        #[command(flatten)]
        at: InCompany,
        /// The device.
        #[arg(long, value_name = "ID")]
        device: DeviceId,
        /// 6 groups of 4 characters.
        #[arg(long)]
        fingerprint: String,
    },
    /// Pauses a device: it locks, and nothing is taken from it until it is resumed.
    Suspend(Decided),
    /// Ends the pause.
    Resume(Decided),
    /// Ends a device for good: it destroys what can be read on it, and delivers what it recorded before.
    Revoke(Decided),
    /// The same for a device that is lost.
    Lost(Decided),
    /// Makes a one-time code for the device that takes this one's place: a new phone, or the same one after a forgotten PIN.
    Replace {
        #[command(flatten)]
        decided: Decided,
        /// Address of the server, when it is not the one it was last served at.
        #[arg(long, value_name = "URL")]
        server: Option<String>,
    },
}

/// A device, and why.
#[derive(Args)]
pub(crate) struct Decided {
    #[command(flatten)]
    at: InCompany,
    /// The device.
    #[arg(long, value_name = "ID")]
    device: DeviceId,
    /// For the audit log.
    #[arg(long, default_value = "")]
    reason: String,
}

/// Does what the command line says.
pub(crate) fn run(command: DeviceCommand) -> anyhow::Result<()> {
    match command {
        DeviceCommand::List { at, json } => list(&at, json),
        DeviceCommand::Approve {
            at,
            device,
            fingerprint,
        } => {
            let state = admin::approve(&at.open()?, at.company, device, &fingerprint)
                .context("cannot approve")?;
            print_state(state)
        }
        DeviceCommand::Suspend(decided) => decide(&decided, DeviceDecision::Suspend),
        DeviceCommand::Resume(decided) => decide(&decided, DeviceDecision::Resume),
        DeviceCommand::Revoke(decided) => decide(&decided, DeviceDecision::Revoke),
        DeviceCommand::Lost(decided) => decide(&decided, DeviceDecision::ReportLost),
        DeviceCommand::Replace { decided, server } => replace(&decided, server),
    }
}

fn list(at: &InCompany, json: bool) -> anyhow::Result<()> {
    let devices = admin::devices(&at.open()?, at.company).context("cannot list")?;
    if json {
        return print(&serde_json::to_string_pretty(&devices)?);
    }
    for device in devices {
        let state = serde_json::to_value(device.state)?;
        print(&format!(
            "{} {:<10} {:<20} {}",
            device.device,
            state.as_str().unwrap_or_default(),
            device.employee_name,
            device.device_name
        ))?;
    }
    Ok(())
}

fn decide(decided: &Decided, decision: DeviceDecision) -> anyhow::Result<()> {
    let server = decided.at.open()?;
    let state = admin::decide_about(
        &server,
        decided.at.company,
        decided.device,
        decision,
        &decided.reason,
    )
    .context("cannot decide")?;
    print_state(state)
}

fn print_state(state: DeviceState) -> anyhow::Result<()> {
    print(serde_json::to_value(state)?.as_str().unwrap_or_default())
}

fn replace(decided: &Decided, address: Option<String>) -> anyhow::Result<()> {
    let server = decided.at.open()?;
    let origin = qr::origin(&server, address)?
        .context("the server was never served from here: give its address by --server")?;
    let invited = admin::replace(
        &server,
        decided.at.company,
        decided.device,
        &decided.reason,
        &origin,
    )
    .context("cannot make a code")?;
    let Invited { code, link } = invited;
    print(&code)?;
    print(&link)?;
    qr::print(&link)
}
