//! `serve`: the API on a listener.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, bail};
use bizmitra_server::demo::{self, Demo};
use bizmitra_server::{IpNet, ServerConfig, TlsFiles, admin, serve, stop_signal};
use clap::Args;

use super::people::role_name;
use super::{Data, open, print};

#[derive(Args)]
pub(crate) struct ServeArgs {
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
    /// Certificate chain (PEM), leaf first. Read again when it changes, without a restart.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key (PEM).
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy in front of this server: only its X-Forwarded-For is believed. Give it once for each proxy.
    #[arg(long, value_name = "CIDR", value_parser = read_network)]
    trusted_proxy: Vec<IpNet>,
    /// Most devices that share one public address (an office, a carrier's gateway). The limits of an address follow
    /// from it.
    #[arg(long, value_name = "N", default_value_t = ServerConfig::DEVICES_PER_ADDRESS)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    devices_per_address: u32,
    /// File for a line about each refused stranger, for fail2ban. May be moved away at any time.
    #[arg(long, value_name = "FILE")]
    auth_log: Option<PathBuf>,
}

pub(crate) fn run(args: ServeArgs) -> anyhow::Result<()> {
    let tls = args
        .tls_cert
        .zip(args.tls_key)
        .map(|(cert, key)| TlsFiles { cert, key });
    if tls.is_none() && args.origin.is_none() && !args.listen.ip().is_loopback() {
        bail!(
            "plain HTTP only on the loopback: give --tls-cert and --tls-key, or --origin when a proxy ends TLS"
        );
    }
    let is_behind_tls = args
        .origin
        .as_deref()
        .is_some_and(|origin| origin.to_ascii_lowercase().starts_with("https://"));
    if tls.is_none() && is_behind_tls && args.trusted_proxy.is_empty() {
        bail!(
            "--origin says that a proxy ends TLS: name its address with --trusted-proxy, or all clients share one limit"
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
        trusted_proxies: args.trusted_proxy,
        devices_per_address: args.devices_per_address,
        auth_log: args.auth_log,
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
            let address = format!("{scheme}://{}", listener.local_addr()?);
            let public = server.config().origin.clone();
            admin::note_origin(&server, public.as_deref().unwrap_or(&address))?;
            print(&format!("listening on {address}"))?;
            serve(listener, server, stop_signal())
                .await
                .context("cannot serve")
        })
}

/// A network, or one address. Not everyone: that would believe whatever a stranger writes.
fn read_network(text: &str) -> Result<IpNet, String> {
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text
            .parse::<IpNet>()
            .map_err(|_| "not an address or a network like 10.0.0.0/8".to_owned())?,
    };
    if network.prefix_len() == 0 {
        return Err("this is everyone".to_owned());
    }
    Ok(network)
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
        let role = role_name(person.role);
        text.push_str(&format!(
            "{:<20} {:<14} {:<12} {}\n",
            person.name, role, person.code, person.desktop_code
        ));
    }
    text.push_str("All codes are in demo.json of the data folder.");
    text
}
