//! Tap to saved over 1,000 check-ins of the whole device, each beside a bare SQLCipher commit of as many bytes, and beside
//! its parts: the cryptography alone and the rows alone. Then the drain of what they left to a real server.
//! Ends with `p50_ms=… p99_ms=… ratio=… saved_ratio=… drain_per_s=…`; `saved_ratio` is to the bare commit with the same
//! signatures and sealing.

mod parts;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bizmitra_core::attendance::Action;
use bizmitra_core::clock::{Clock as _, make_random};
use bizmitra_core::ids::ItemId;
use bizmitra_device::platform::{OsEntropy, SystemClock};
use bizmitra_device::{Device, LocationWish};
use bizmitra_e2e::say;
use bizmitra_e2e::server::Server;
use bizmitra_tests::bench::{activate, ms, quantile};
use clap::Parser;
use parts::Parts;
use rusqlite::Connection;

/// Check-ins measured.
const TAPS: usize = 1_000;

/// Measures saving and draining.
#[derive(Parser)]
struct Arguments {
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir()?;
    let mut server = Server::start(
        &arguments.server,
        folder.path().join("server"),
        folder.path().join("server.log"),
    )?;
    let device = activate(&folder.path().join("device"), &server).await?;
    server.stop()?;

    let clock = SystemClock::new();
    let bare = Bare::open(&folder.path().join("bare.db"))?;
    let mut parts = Parts::open(&folder.path().join("parts/parts.db"))?;
    let (mut saved, mut committed) = (Vec::with_capacity(TAPS), Vec::with_capacity(TAPS));
    for round in 0..TAPS {
        // As home mints it when the form opens. Home itself would read a day of up to a thousand taps, which nobody has, and
        // leave the store's cache full of them.
        let form = ItemId::mint(clock.now().wall_ms, make_random(&OsEntropy));
        let action = if round % 2 == 0 {
            Action::CheckIn
        } else {
            Action::CheckOut
        };
        let start = Instant::now();
        let entry = device.tap(form, action, LocationWish::Skip)?;
        saved.push(ms(start));
        // The evidence that follows is another commit; it must not run into the others.
        settle(&device, entry.tap.id).await?;
        let record = parts.tap(action)?;
        let bytes = [record.item.payload, record.copy].concat();
        let start = Instant::now();
        bare.commit(round, &bytes)?;
        committed.push(ms(start));
    }
    let waiting = device.status()?.waiting;
    server.again()?;
    let start = Instant::now();
    let deadline = start + Duration::from_secs(300);
    while device.sync_now().await?.waiting > 0 {
        ensure!(Instant::now() < deadline, "the outbox did not drain");
    }
    let drain_per_s = f64::from(waiting) / start.elapsed().as_secs_f64();

    let (p50, p99) = (quantile(&mut saved, 50)?, quantile(&mut saved, 99)?);
    let (bare_p50, bare_p99) = (quantile(&mut committed, 50)?, quantile(&mut committed, 99)?);
    let crypto = quantile(&mut parts.crypto, 50)?;
    let rows = quantile(&mut parts.rows, 50)?;
    say::line(&format!(
        "bare commit of the same bytes: p50 {bare_p50:.2} ms, p99 {bare_p99:.2} ms; {waiting} records drained"
    ));
    say::line(&format!(
        "of a tap: cryptography {crypto:.2} ms (two signatures, one seal, two private cells), rows and their commit {rows:.2} ms, \
         reading what is due {:.2} ms",
        (p50 - crypto - rows).max(0.0)
    ));
    say::line(&format!(
        "p50_ms={p50:.2} p99_ms={p99:.2} ratio={:.2} saved_ratio={:.2} drain_per_s={drain_per_s:.0}",
        p50 / bare_p50,
        p50 / (bare_p50 + crypto)
    ));
    device.close().await;
    Ok(())
}

/// Waits until the location's record, here "skipped", is written too.
async fn settle(device: &Device, tap: ItemId) -> Result<()> {
    let start = Instant::now();
    while device.entry(tap)?.evidence.is_none() {
        ensure!(
            start.elapsed() < Duration::from_secs(20),
            "no evidence came"
        );
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    Ok(())
}

/// One table under SQLCipher with the settings of the product's store: what a commit costs at least.
struct Bare(Connection);

impl Bare {
    fn open(file: &Path) -> Result<Self> {
        let connection = Connection::open(file)?;
        connection.execute_batch(&format!("PRAGMA key = \"x'{}'\"", "5b".repeat(48)))?;
        let mode: String =
            connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        ensure!(mode == "wal", "no write-ahead log");
        connection.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON; PRAGMA mmap_size = 0;
             CREATE TABLE bare (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;",
        )?;
        Ok(Self(connection))
    }

    fn commit(&self, id: usize, bytes: &[u8]) -> Result<()> {
        self.0.execute_batch("BEGIN IMMEDIATE")?;
        self.0
            .prepare_cached("INSERT INTO bare (id, bytes) VALUES (?1, ?2)")?
            .execute((i64::try_from(id)?, bytes))?;
        Ok(self.0.execute_batch("COMMIT")?)
    }
}
