//! `person` and `invite`: people and their activation codes.

use anyhow::Context;
use bizmitra_contract::enrolment::Approval;
use bizmitra_contract::ids::{EmployeeId, ShiftId, SiteId};
use bizmitra_contract::login::Role;
use bizmitra_server::admin::{self, NewPerson};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::{InCompany, print, qr};

/// People.
#[derive(Subcommand)]
pub(crate) enum PersonCommand {
    /// Adds a person and prints the person's id and activation code.
    Add {
        #[command(flatten)]
        at: InCompany,
        /// Display name.
        #[arg(long)]
        name: String,
        /// What the person may do.
        #[arg(long, value_enum, default_value_t)]
        role: RoleArg,
        /// The person's shift.
        #[arg(long, value_name = "ID")]
        shift: Option<ShiftId>,
        /// Where the person works, once for each site; for a site manager also whose people.
        #[arg(long = "site", value_name = "ID")]
        sites: Vec<SiteId>,
    },
    /// Lists people by name.
    List {
        #[command(flatten)]
        at: InCompany,
        /// As one JSON array.
        #[arg(long)]
        json: bool,
    },
}

/// A role, in the words of the wire.
#[derive(Clone, Copy, Default, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum RoleArg {
    /// One's own attendance.
    #[default]
    Employee,
    /// The people of one's sites.
    SiteManager,
    /// The company.
    Admin,
    /// Data requests and sealed positions.
    PrivacyOfficer,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Employee => Self::Employee,
            RoleArg::SiteManager => Self::SiteManager,
            RoleArg::Admin => Self::Admin,
            RoleArg::PrivacyOfficer => Self::PrivacyOfficer,
        }
    }
}

/// Arguments of `invite`.
#[derive(Args)]
pub(crate) struct InviteArgs {
    #[command(flatten)]
    at: InCompany,
    /// The person.
    #[arg(long)]
    employee: EmployeeId,
    /// A manager has to approve the device by its fingerprint.
    #[arg(long)]
    manual_approval: bool,
    /// Address of the server, when it is not the one it was last served at.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

#[derive(Serialize)]
struct Listed {
    id: EmployeeId,
    name: String,
    role: Role,
}

/// Adds or lists people.
pub(crate) fn run(command: PersonCommand) -> anyhow::Result<()> {
    match command {
        PersonCommand::Add {
            at,
            name,
            role,
            shift,
            sites,
        } => {
            let person = NewPerson {
                name,
                role: role.into(),
                shift,
                sites,
            };
            add(&at, &person)
        }
        PersonCommand::List { at, json } => list(&at, json),
    }
}

fn add(at: &InCompany, person: &NewPerson) -> anyhow::Result<()> {
    let server = at.open()?;
    let id = admin::add_person(&server, at.company, person).context("cannot add the person")?;
    // Printed at once: a person whose code could not be made is invited again, not added twice.
    print(&format!("employee {id}"))?;
    let code = admin::invite(&server, at.company, id, Approval::Automatic)
        .context("the person was added, but has no code yet: use invite")?;
    print(&format!("code     {code}"))
}

fn list(at: &InCompany, json: bool) -> anyhow::Result<()> {
    let people = admin::people(&at.open()?, at.company).context("cannot list")?;
    if json {
        let people: Vec<_> = people
            .into_iter()
            .map(|(id, name, role)| Listed { id, name, role })
            .collect();
        return print(&serde_json::to_string_pretty(&people)?);
    }
    for (id, name, role) in people {
        print(&format!("{id} {:<15} {name}", role_name(role)))?;
    }
    Ok(())
}

/// Makes a code for a person who is there. The code alone stands in the first line, for scripts.
pub(crate) fn invite(args: InviteArgs) -> anyhow::Result<()> {
    let approval = if args.manual_approval {
        Approval::Manual
    } else {
        Approval::Automatic
    };
    let server = args.at.open()?;
    let origin = qr::origin(&server, args.server)?;
    let code = admin::invite(&server, args.at.company, args.employee, approval)
        .context("cannot invite")?;
    print(&code)?;
    let Some(origin) = origin else {
        return print(
            "No link: the server was never served from here. Give its address by --server.",
        );
    };
    let link = admin::link(&server, args.at.company, &code, &origin)?;
    print(&link)?;
    qr::print(&link)
}

/// A role as people read it.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Employee => "employee",
        Role::SiteManager => "site manager",
        Role::Admin => "admin",
        Role::PrivacyOfficer => "privacy officer",
        Role::Unknown => "unknown",
    }
}
