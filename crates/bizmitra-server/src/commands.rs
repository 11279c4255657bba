//! The commands: arguments in, one call of [`bizmitra_server::admin`], text out. All but `serve` work beside a running
//! server.

mod attendance;
mod company;
mod people;
mod plan;
mod serving;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use bizmitra_contract::ids::CompanyId;
use bizmitra_server::{Server, ServerConfig, SystemClock};
use clap::{Args, Parser, Subcommand};

/// The reference API of Bizmitra.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the API until SIGTERM or ctrl-c.
    Serve(serving::ServeArgs),
    /// Companies.
    #[command(subcommand)]
    Company(company::CompanyCommand),
    /// Places of work.
    #[command(subcommand)]
    Site(plan::SiteCommand),
    /// Working times.
    #[command(subcommand)]
    Shift(plan::ShiftCommand),
    /// People.
    #[command(subcommand)]
    Person(people::PersonCommand),
    /// Makes an activation code for a person and prints it.
    Invite(people::InviteArgs),
    /// Attendance.
    #[command(subcommand)]
    Attendance(attendance::AttendanceCommand),
}

#[derive(Args)]
struct Data {
    /// Folder of the database and keys.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

#[derive(Args)]
struct InCompany {
    #[command(flatten)]
    data: Data,
    /// The company.
    #[arg(long, value_name = "ID")]
    company: CompanyId,
}

impl InCompany {
    /// Opens a data folder that is one already: a mistyped folder must not become an empty one.
    fn open(&self) -> anyhow::Result<Server> {
        let data = &self.data.data;
        if !data.join("bizmitra.db").is_file() {
            bail!("{} is not a data folder of this server", data.display());
        }
        open(ServerConfig::loopback(data))
    }
}

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve(args) => serving::run(args),
        Command::Company(command) => company::run(command),
        Command::Site(command) => plan::run_site(command),
        Command::Shift(command) => plan::run_shift(command),
        Command::Person(command) => people::run(command),
        Command::Invite(args) => people::invite(&args),
        Command::Attendance(command) => attendance::run(command),
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
