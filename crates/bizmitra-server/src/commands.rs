//! The commands: arguments in, one call of [`bizmitra_server::admin`], text out. All but `serve` work beside a running
//! server.

mod attendance;
mod backup;
mod company;
mod devices;
mod files;
mod people;
mod plan;
mod qr;
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
    /// Makes an activation code for a person; prints it, its link and the link's QR code.
    Invite(people::InviteArgs),
    /// Devices.
    #[command(subcommand)]
    Device(devices::DeviceCommand),
    /// Attendance.
    #[command(subcommand)]
    Attendance(attendance::AttendanceCommand),
    /// Files.
    #[command(subcommand)]
    File(files::FileCommand),
    /// Copies database and files to a new folder, beside a running server. The keys are not in it: keep them elsewhere.
    Backup(backup::BackupArgs),
    /// Puts a backup into a data folder that has its keys and no running server. Devices then send again what is missing.
    Restore(backup::RestoreArgs),
}

#[derive(Args)]
struct Data {
    /// Folder of the database and keys.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl Data {
    /// A mistyped folder must not become an empty one.
    fn must_be_one(&self) -> anyhow::Result<()> {
        let data = &self.data;
        if !data.join("bizmitra.db").is_file() {
            bail!("{} is not a data folder of this server", data.display());
        }
        Ok(())
    }
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
    fn open(&self) -> anyhow::Result<Server> {
        self.data.must_be_one()?;
        open(ServerConfig::loopback(&self.data.data))
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
        Command::Invite(args) => people::invite(args),
        Command::Device(command) => devices::run(command),
        Command::Attendance(command) => attendance::run(command),
        Command::File(command) => files::run(command),
        Command::Backup(args) => backup::make(&args),
        Command::Restore(args) => backup::restore(&args),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The last command that a unit starts.
    fn exec_start(unit: &str) -> Vec<String> {
        let unit = unit.replace("\\\n", " ");
        let command = unit
            .lines()
            .filter_map(|line| line.strip_prefix("ExecStart="))
            .next_back()
            .unwrap();
        command.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_units_of_deploy_start_this_program_with_options_it_has() {
        for unit in [
            include_str!("../../../deploy/systemd/bizmitra-server.service"),
            include_str!("../../../deploy/systemd/own-tls.conf"),
        ] {
            let command = exec_start(unit);
            assert!(command.len() > 5, "{command:?}");
            if let Err(error) = Cli::try_parse_from(&command) {
                panic!("{command:?}: {error}");
            }
        }
    }

    fn serve(options: &[&str]) -> Result<Cli, clap::Error> {
        let command = ["bizmitra-server", "serve", "--data", "/dev/null/bizmitra"];
        Cli::try_parse_from(command.iter().chain(options))
    }

    #[test]
    fn a_trusted_proxy_is_an_address_or_a_network_and_never_everyone() {
        for good in ["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"] {
            assert!(serve(&["--trusted-proxy", good]).is_ok(), "{good}");
        }
        for bad in [
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/33",
            "proxy.example.com",
            "",
            "127.0.0.1:80",
        ] {
            assert!(serve(&["--trusted-proxy", bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn behind_an_https_origin_the_proxy_must_be_named() {
        let behind = ["--origin", "https://attendance.example.com"];
        let error = run(serve(&behind).unwrap()).unwrap_err().to_string();
        assert!(error.contains("--trusted-proxy"), "{error}");
        let named = [&behind[..], &["--trusted-proxy", "127.0.0.1"]].concat();
        // It gets as far as the folder, which cannot be made.
        let error = run(serve(&named).unwrap()).unwrap_err().to_string();
        assert!(error.contains("data folder"), "{error}");
    }
}
