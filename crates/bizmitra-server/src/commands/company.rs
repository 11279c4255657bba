//! `company`: a company and its first admin.

use anyhow::Context;
use bizmitra_contract::enrolment::Approval;
use bizmitra_contract::login::Role;
use bizmitra_server::ServerConfig;
use bizmitra_server::admin::{self, NewPerson};
use clap::Subcommand;

use super::{Data, open, print};

/// Companies.
#[derive(Subcommand)]
pub(crate) enum CompanyCommand {
    /// Makes a company and prints the activation code of its first admin.
    Create {
        #[command(flatten)]
        data: Data,
        /// Name of the company.
        #[arg(long)]
        name: String,
        /// Display name of the first admin.
        #[arg(long)]
        admin: String,
        /// Working zone (IANA).
        #[arg(long, default_value = "Asia/Kolkata")]
        zone: String,
    },
}

/// Does it.
pub(crate) fn run(command: CompanyCommand) -> anyhow::Result<()> {
    let CompanyCommand::Create {
        data,
        name,
        admin,
        zone,
    } = command;
    // Before the company is made, so that none is left without an admin.
    admin::check_name(&admin).context("cannot make the admin")?;
    let server = open(ServerConfig::loopback(data.data))?;
    let company =
        admin::create_company(&server, &name, &zone).context("cannot make the company")?;
    let person = NewPerson {
        name: admin,
        role: Role::Admin,
        shift: None,
        sites: Vec::new(),
    };
    let employee = admin::add_person(&server, company, &person)?;
    let code = admin::invite(&server, company, employee, Approval::Automatic)?;
    print(&format!(
        "company  {company}\nemployee {employee}\ncode     {code}"
    ))
}
