//! What security costs: unlocking against the bare Argon2id call, a request signed and checked, a record sealed and opened.
//! Ends with `unlock_ratio=… sign_us=… verify_us=… seal_us=… open_us=… cell_us=…`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use bizmitra_client::signature::{Params, Parts, content_digest, signature_base};
use bizmitra_core::ids::ItemId;
use bizmitra_core::keys::{KeyPair, VaultKey};
use bizmitra_core::seal::OpeningKey;
use bizmitra_core::vault::{Column, Columns, Envelope, KdfParams, Pin, Unlock};
use bizmitra_device::platform::OsEntropy;
use bizmitra_e2e::journey::PIN;
use bizmitra_e2e::say;
use bizmitra_e2e::server::Server;
use bizmitra_tests::bench::{activate, ms, quantile};
use clap::Parser;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Unlocks measured.
const UNLOCKS: usize = 30;
/// Everything else.
const ROUNDS: usize = 2_000;
/// Bytes of a usual record.
const RECORD: usize = 700;

/// Measures cryptography.
#[derive(Parser)]
struct Arguments {
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let (unlock, argon) = unlocking(&arguments.server).await?;
    let (sign, verify) = requests()?;
    let (seal, open, cell) = sealing()?;
    say::line(&format!(
        "unlocking at the floor's cost (19 MiB, 2 passes): p50 {unlock:.1} ms, the bare Argon2id call {argon:.1} ms"
    ));
    say::line(&format!(
        "unlock_ratio={:.2} sign_us={sign:.0} verify_us={verify:.0} seal_us={seal:.0} open_us={open:.0} cell_us={cell:.0}",
        unlock / argon
    ));
    Ok(())
}

/// Milliseconds of an unlock, with its counting on disk and in the keystore, and of the key derivation alone.
async fn unlocking(program: &std::path::Path) -> Result<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    let mut server = Server::start(
        program,
        folder.path().join("server"),
        folder.path().join("server.log"),
    )?;
    let device = activate(&folder.path().join("device"), &server).await?;
    server.stop()?;
    let (mut unlocks, mut derivations) = (Vec::new(), Vec::new());
    for _ in 0..UNLOCKS {
        device.lock();
        let start = Instant::now();
        let opened = device.unlock(Pin::new(PIN.to_owned())).await?;
        unlocks.push(ms(start));
        ensure!(opened == Unlock::Open, "the PIN did not open");
        let start = Instant::now();
        Envelope::probe(KdfParams::FLOOR)?;
        derivations.push(ms(start));
    }
    device.close().await;
    Ok((quantile(&mut unlocks, 50)?, quantile(&mut derivations, 50)?))
}

/// Microseconds to sign a batch of one record, and to check that.
fn requests() -> Result<(f64, f64)> {
    let key = KeyPair::from_seed(&[1; 32]);
    let public = key.public();
    let body = vec![b'.'; 2 * RECORD];
    let device = Uuid::from_u128(7).to_string();
    let base = || {
        let digest = content_digest(&body);
        let parts = Parts {
            method: "POST",
            authority: "attendance.example",
            path: "/v1/sync/batch",
            query: None,
            body: Some((&digest, "application/json")),
            authorization: None,
            idempotency_key: None,
            upload: &[],
        };
        let params = Params {
            created: 1_790_000_000,
            nonce: None,
            key_id: &device,
        };
        signature_base(&parts, &params).context("a header that cannot be written")
    };
    let signature = key.sign(base()?.text.as_bytes());
    let sign = microseconds(|| {
        key.sign(base()?.text.as_bytes());
        Ok(())
    })?;
    let verify = microseconds(|| {
        ensure!(
            public.verifies(base()?.text.as_bytes(), &signature),
            "a signature that does not hold"
        );
        Ok(())
    })?;
    Ok((sign, verify))
}

/// Microseconds to seal a record to its company, to open it there, and to seal its private cell.
fn sealing() -> Result<(f64, f64, f64)> {
    let record = vec![b'.'; RECORD];
    let company = OpeningKey::from_seed(Zeroizing::new([2; 32]));
    let public = company.public();
    let sealed = public.seal(b"info", b"aad", &record, &OsEntropy)?;
    let seal = microseconds(|| {
        public.seal(b"info", b"aad", &record, &OsEntropy)?;
        Ok(())
    })?;
    let open = microseconds(|| {
        company
            .open(b"info", b"aad", &sealed)
            .context("a seal that does not open")?;
        Ok(())
    })?;
    let columns = Columns::open(&VaultKey::from_bytes([3; 32]), Arc::new(OsEntropy));
    let id = ItemId(Uuid::from_u128(9));
    let cell = microseconds(|| {
        columns.seal(Column::Record, id, &record)?;
        Ok(())
    })?;
    Ok((seal, open, cell))
}

fn microseconds(work: impl Fn() -> Result<()>) -> Result<f64> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work()?;
        times.push(ms(start) * 1e3);
    }
    quantile(&mut times, 50)
}
