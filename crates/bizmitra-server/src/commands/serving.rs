//! `serve`: the API on a listener.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use bizmitra_server::demo::{self, Demo};
use bizmitra_server::{ServerConfig, TlsFiles, serve, stop_signal};
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
    /// Certificate chain (PEM).
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key (PEM).
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
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
        let role = role_name(person.role);
        text.push_str(&format!(
            "{:<20} {:<14} {:<12} {}\n",
            person.name, role, person.code, person.desktop_code
        ));
    }
    text.push_str("All codes are in demo.json of the data folder.");
    text
}
