//! The server's command line.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use bizmitra_contract::enrolment::Approval;
use bizmitra_contract::ids::{CompanyId, EmployeeId};
use bizmitra_contract::login::Role;
use bizmitra_server::admin::{self, NewPerson};
use bizmitra_server::demo::{self, Demo};
use bizmitra_server::{Server, ServerConfig, SystemClock, TlsFiles, serve, stop_signal};
use clap::{Args, Parser, Subcommand};

/// The reference API of Bizmitra.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the API until SIGTERM or ctrl-c.
    Serve(ServeArgs),
    /// Companies.
    #[command(subcommand)]
    Company(CompanyCommand),
    /// Makes an activation code for a person and prints it.
    Invite {
        #[command(flatten)]
        data: Data,
        /// The company.
        #[arg(long)]
        company: CompanyId,
        /// The person.
        #[arg(long)]
        employee: EmployeeId,
        /// A manager has to approve the device by its fingerprint.
        #[arg(long)]
        manual_approval: bool,
    },
    /// Attendance.
    #[command(subcommand)]
    Attendance(AttendanceCommand),
}

#[derive(Args)]
struct Data {
    /// Folder of the database and keys.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

#[derive(Args)]
struct ServeArgs {
    #[command(flatten)]
    data: Data,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Makes a demo company, with codes in `demo.json`.
    #[arg(long)]
    demo: bool,
    /// Prints the demo codes of everyone, not only of the main people.
    #[arg(long, requires = "demo")]
    print_codes: bool,
    /// Public `scheme://host[:port]`, when it is not what clients put into `Host`.
    #[arg(long)]
    origin: Option<String>,
    /// Certificate chain (PEM).
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key (PEM).
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

#[derive(Subcommand)]
enum CompanyCommand {
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

#[derive(Subcommand)]
enum AttendanceCommand {
    /// Lists taps, oldest first.
    List {
        #[command(flatten)]
        data: Data,
        /// The company.
        #[arg(long)]
        company: CompanyId,
        /// Only of this person.
        #[arg(long)]
        employee: Option<EmployeeId>,
        /// As one JSON array.
        #[arg(long)]
        json: bool,
    },
}

fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .json()
        .with_writer(io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .init();
    match Cli::parse().command {
        Command::Serve(args) => run_server(args),
        Command::Company(CompanyCommand::Create {
            data,
            name,
            admin,
            zone,
        }) => {
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
        Command::Invite {
            data,
            company,
            employee,
            manual_approval,
        } => {
            let server = open(ServerConfig::loopback(data.data))?;
            let approval = if manual_approval {
                Approval::Manual
            } else {
                Approval::Automatic
            };
            print(&admin::invite(&server, company, employee, approval).context("cannot invite")?)
        }
        Command::Attendance(AttendanceCommand::List {
            data,
            company,
            employee,
            json,
        }) => {
            let server = open(ServerConfig::loopback(data.data))?;
            list(&server, company, employee, json)
        }
    }
}

fn open(config: ServerConfig) -> anyhow::Result<Server> {
    Server::open(config, Arc::new(SystemClock)).context("cannot open the data folder")
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

fn run_server(args: ServeArgs) -> anyhow::Result<()> {
    let tls = args
        .tls_cert
        .zip(args.tls_key)
        .map(|(cert, key)| TlsFiles { cert, key });
    if tls.is_none() && args.origin.is_none() && !args.listen.ip().is_loopback() {
        bail!(
            "plain HTTP only on the loopback: give --tls-cert and --tls-key, or --origin when a proxy ends TLS"
        );
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    let origin = args
        .origin
        .map(|origin| origin.trim_end_matches('/').to_ascii_lowercase());
    let server = open(ServerConfig {
        data: args.data.data,
        listen: args.listen,
        origin,
        tls,
    })?;
    if args.demo {
        print(&demo_text(
            &demo::open(&server).context("cannot make the demo")?,
            args.print_codes,
        ))?;
    }
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async move {
            let listener = tokio::net::TcpListener::bind(args.listen)
                .await
                .context("cannot listen")?;
            print(&format!(
                "listening on {scheme}://{}",
                listener.local_addr()?
            ))?;
            serve(listener, server, stop_signal())
                .await
                .context("cannot serve")
        })
}

fn demo_text(demo: &Demo, everyone: bool) -> String {
    let mut text = format!(
        "demo company {}\n{:<20} {:<14} {:<12} {}\n",
        demo.company, "name", "role", "phone", "desktop"
    );
    let people: Vec<_> = if everyone {
        demo.people.iter().collect()
    } else {
        demo.main_people().collect()
    };
    for person in people {
        let role = match person.role {
            Role::Employee => "employee",
            Role::SiteManager => "site manager",
            Role::Admin => "admin",
            Role::PrivacyOfficer => "privacy officer",
            Role::Unknown => "unknown",
        };
        text.push_str(&format!(
            "{:<20} {:<14} {:<12} {}\n",
            person.name, role, person.code, person.desktop_code
        ));
    }
    text.push_str("All codes are in demo.json of the data folder.");
    text
}

fn list(
    server: &Server,
    company: CompanyId,
    employee: Option<EmployeeId>,
    json: bool,
) -> anyhow::Result<()> {
    let rows = admin::attendance(server, company, employee).context("cannot list")?;
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
