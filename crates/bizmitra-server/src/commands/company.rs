//! `company`: a company and its first admin.

use anyhow::Context;
use bizmitra_contract::enrolment::Approval;
use bizmitra_contract::login::Role;
use bizmitra_server::ServerConfig;
use bizmitra_server::admin::{self, DeviceRules, NewPerson};
use clap::Subcommand;

use super::{Data, InCompany, open, print};

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
    /// Prints the fingerprint of the company's key: who checks an exported file compares it.
    Show {
        #[command(flatten)]
        company: InCompany,
    },
    /// Makes a new sealing key: devices seal to it from their next exchange on. Old keys stay, so that what was captured
    /// before still arrives.
    RotateSealingKey {
        #[command(flatten)]
        company: InCompany,
    },
    /// Makes a new statement key, signed in by the old one, which is removed. Devices follow at their next exchange, and so do
    /// open codes and links. Back the key folder up afterwards.
    RotateStatementKey {
        #[command(flatten)]
        company: InCompany,
    },
    /// Sets how many devices a person may have in use, and how long one goes without its server.
    Devices {
        #[command(flatten)]
        at: InCompany,
        /// Phones of a person.
        #[arg(long)]
        phones: Option<u8>,
        /// Desktops of a person.
        #[arg(long)]
        desktops: Option<u8>,
        /// Days without the server after which a device locks.
        #[arg(long)]
        lease_days: Option<u8>,
    },
}

/// Does it.
pub(crate) fn run(command: CompanyCommand) -> anyhow::Result<()> {
    match command {
        CompanyCommand::Create {
            data,
            name,
            admin,
            zone,
        } => create(data, &name, admin, &zone),
        CompanyCommand::Show { company } => {
            let print_of_key = admin::server_key_print(&company.open()?, company.company)
                .context("cannot read the company's key")?;
            print(&format!("server key {print_of_key}"))
        }
        CompanyCommand::RotateSealingKey { company } => {
            let key = admin::rotate_sealing_key(&company.open()?, company.company)?;
            print(&format!("sealing key {key}"))
        }
        CompanyCommand::RotateStatementKey { company } => {
            let print_of_key = admin::rotate_statement_key(&company.open()?, company.company)?;
            print(&format!("server key {print_of_key}"))
        }
        CompanyCommand::Devices {
            at,
            phones,
            desktops,
            lease_days,
        } => set_devices(&at, (phones, desktops, lease_days)),
    }
}

fn set_devices(
    at: &InCompany,
    (phones, desktops, lease_days): (Option<u8>, Option<u8>, Option<u8>),
) -> anyhow::Result<()> {
    let server = at.open()?;
    let known = admin::rules_for_devices(&server, at.company).context("cannot read the rules")?;
    let rules = DeviceRules {
        phones: phones.unwrap_or(known.phones),
        desktops: desktops.unwrap_or(known.desktops),
        lease_days: lease_days.unwrap_or(known.lease_days),
    };
    if rules != known {
        admin::set_rules_for_devices(&server, at.company, rules).context("cannot set the rules")?;
    }
    print(&format!(
        "phones {}, desktops {}, lease {} days",
        rules.phones, rules.desktops, rules.lease_days
    ))
}

fn create(data: Data, name: &str, admin: String, zone: &str) -> anyhow::Result<()> {
    // Before the company is made, so that none is left without an admin.
    admin::check_name(&admin).context("cannot make the admin")?;
    let server = open(ServerConfig::loopback(data.data))?;
    let company = admin::create_company(&server, name, zone).context("cannot make the company")?;
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
