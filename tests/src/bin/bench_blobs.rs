//! Appending files of 25 MiB to a real server in pieces of 1 MiB, each beside a bare write and fsync of the same piece on the
//! same disk; then a file of 25 MiB from a device, over a line that breaks after every MiB. Ends with
//! `mb_per_s=… ratio=… resend_pct=…`: what was acknowledged per second, time per piece over the bare time, and what the line
//! carried beyond the file.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bizmitra_core::enrolment::Platform;
use bizmitra_core::vault::Pin;
use bizmitra_device::keystores::FileKeystore;
use bizmitra_device::platform::{NoBiometry, NoGps, OsEntropy, SystemClock, Unmetered};
use bizmitra_device::{Config, Device, FileInput, FileRole, Kdf, Ports};
use bizmitra_e2e::journey::{PERSON, PIN};
use bizmitra_e2e::say;
use bizmitra_e2e::server::Server;
use bizmitra_tests::network::{Mood, Network};
use clap::Parser;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Bytes of a piece.
const PIECE: usize = 1024 * 1024;
/// Pieces of a file.
const PIECES: usize = 25;
/// Files measured.
const FILES: usize = 5;

/// Measures appending.
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
    let data = folder.path().join("server");
    let server = Server::start(
        &arguments.server,
        data.clone(),
        folder.path().join("server.log"),
    )?;
    let keys = folder.path().join("keys");
    activate(&folder.path().join("device"), &keys, &server).await?;
    let mut uploader = Uploader::open(&server, &keys, &data)?;

    let (mut ours, mut bare, mut ends) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for seed in 0..FILES {
        let bytes = make_bytes(seed);
        let mut beside = File::create(folder.path().join(format!("bare-{seed}")))?;
        let id = Uuid::now_v7().to_string();
        uploader.begin(&id, &bytes)?;
        for (place, piece) in bytes.chunks(PIECE).enumerate() {
            let start = Instant::now();
            uploader.append(&id, place * PIECE, piece)?;
            ours += start.elapsed();
            let start = Instant::now();
            beside.write_all(piece)?;
            beside.sync_data()?;
            bare += start.elapsed();
        }
        let start = Instant::now();
        uploader.end(&id, bytes.len())?;
        ends += start.elapsed();
    }
    let bytes = f64::from(u32::try_from(FILES * PIECES * PIECE)?);
    let per_s = |time: Duration| bytes / 1e6 / time.as_secs_f64();
    say::line(&format!(
        "bare write and fsync of the same pieces: {:.0} MB/s; reading a whole file back and checking it: {:.0} ms",
        per_s(bare),
        ends.as_secs_f64() * 1e3 / f64::from(u32::try_from(FILES)?)
    ));
    let resend = resent_percent(folder.path(), &server).await?;
    say::line(&format!(
        "mb_per_s={:.1} ratio={:.2} resend_pct={resend:.1}",
        per_s(ours),
        ours.as_secs_f64() / bare.as_secs_f64()
    ));
    ensure!(resend <= 10.0, "more than a tenth travelled twice");
    Ok(())
}

/// What a line that breaks after every MiB carries beyond a file, heads of requests included, in percent of the file.
async fn resent_percent(folder: &Path, server: &Server) -> Result<f64> {
    let network = Network::before(([127, 0, 0, 1], server.port()).into()).await?;
    let (_, code) = server.add_person("Breaking line")?;
    let (data, keys) = (folder.join("second"), folder.join("second-keys"));
    let device = open(&data, &keys).await?;
    device.check_code(&network.origin(), &code).await?;
    device.activate(Pin::new(PIN.to_owned())).await?;
    device.sync_now().await?;
    network.set(Mood::Cut);
    let input = FileInput {
        id: device.home()?.form_id,
        role: FileRole::Workbook,
        about: None,
        name: None,
        media_type: "application/octet-stream".to_owned(),
    };
    let file = device.add_file(&mut make_bytes(FILES).as_slice(), input)?;
    let start = Instant::now();
    network.set(Mood::CutAfter(PIECE as u64));
    let mut rounds = 0;
    while device.sync_now().await?.files.waiting > 0 {
        rounds += 1;
        ensure!(rounds < 5_000, "the file does not arrive");
    }
    let carried = network.carried();
    device.close().await;
    let length = f64::from(u32::try_from(file.length)?);
    let over = f64::from(u32::try_from(carried.saturating_sub(file.length))?);
    say::line(&format!(
        "{:.1} MB over a line that breaks after every MiB: it carried {:.1} MB in {:.1} s",
        length / 1e6,
        f64::from(u32::try_from(carried)?) / 1e6,
        start.elapsed().as_secs_f64()
    ));
    Ok(over * 100.0 / length)
}

async fn open(data: &Path, keys: &Path) -> Result<Device> {
    let config = Config {
        data: data.to_path_buf(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: Platform::Desktop,
        device_name: "Bench".to_owned(),
        kdf: Kdf::Floor,
        extra_roots: Vec::new(),
    };
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        entropy: Arc::new(OsEntropy),
        keystore: Arc::new(FileKeystore::open(keys)),
        position: Arc::new(NoGps),
        biometry: Arc::new(NoBiometry),
        network: Arc::new(Unmetered),
    };
    Ok(Device::open(config, ports).await?)
}

async fn activate(data: &Path, keys: &Path, server: &Server) -> Result<()> {
    let device = open(data, keys).await?;
    device
        .check_code(&server.address(), &server.code_of(PERSON)?)
        .await?;
    device.activate(Pin::new(PIN.to_owned())).await?;
    device.close().await;
    Ok(())
}

/// Bytes that differ from file to file: equal files of one person would not travel.
fn make_bytes(seed: usize) -> Vec<u8> {
    (0..PIECES * PIECE / 32)
        .flat_map(|block| <[u8; 32]>::from(Sha256::digest(format!("{seed} {block}"))))
        .collect()
}

fn digest(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(bytes)))
}

/// Signs and sends as a device does, on one connection.
struct Uploader {
    key: SigningKey,
    device: Uuid,
    host: String,
    stream: BufReader<TcpStream>,
}

impl Uploader {
    /// With the identity of the device that was just activated.
    fn open(server: &Server, keys: &Path, data: &Path) -> Result<Self> {
        let entry = fs::read_dir(keys)?
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.to_string_lossy().contains("device-identity-"))
            .context("no device key in the keystore")?;
        let secret = hex::decode(fs::read_to_string(entry)?.trim())?;
        let secret = <[u8; 32]>::try_from(secret)
            .ok()
            .context("a key of 32 bytes")?;
        let key = SigningKey::from_bytes(&secret);
        let db = rusqlite::Connection::open(data.join("bizmitra.db"))?;
        let device: [u8; 16] = db.query_row(
            "SELECT device_id FROM device WHERE device_key = ?1",
            [key.verifying_key().to_bytes()],
            |row| row.get(0),
        )?;
        let stream = TcpStream::connect(("127.0.0.1", server.port()))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            key,
            device: Uuid::from_bytes(device),
            host: format!("127.0.0.1:{}", server.port()),
            stream: BufReader::new(stream),
        })
    }

    fn begin(&mut self, id: &str, bytes: &[u8]) -> Result<()> {
        let fields = [
            ("idempotency-key", id.to_owned()),
            ("upload-complete", "?0".to_owned()),
            ("upload-length", bytes.len().to_string()),
            ("repr-digest", digest(bytes)),
        ];
        self.send(("PUT", &format!("/v1/blobs/{id}")), &fields, &[])
    }

    fn append(&mut self, id: &str, offset: usize, piece: &[u8]) -> Result<()> {
        self.piece(id, offset, "?0", piece)
    }

    fn end(&mut self, id: &str, length: usize) -> Result<()> {
        self.piece(id, length, "?1", &[])
    }

    fn piece(&mut self, id: &str, offset: usize, complete: &str, piece: &[u8]) -> Result<()> {
        let mut fields = Vec::new();
        if !piece.is_empty() {
            fields.push(("content-digest", digest(piece)));
            fields.push(("content-type", "application/partial-upload".to_owned()));
        }
        fields.push(("upload-complete", complete.to_owned()));
        fields.push(("upload-offset", offset.to_string()));
        self.send(("PATCH", &format!("/v1/uploads/{id}")), &fields, piece)
    }

    /// Sends a signed request and waits for its success.
    fn send(
        &mut self,
        (method, path): (&str, &str),
        fields: &[(&str, String)],
        body: &[u8],
    ) -> Result<()> {
        let mut covered = vec![
            ("@method", method.to_owned()),
            ("@authority", self.host.clone()),
            ("@path", path.to_owned()),
            ("@query", "?".to_owned()),
        ];
        covered.extend(fields.iter().cloned());
        let names: Vec<String> = covered
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        let created = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)?
            .as_secs();
        let parameters = format!(
            "({});created={created};keyid=\"{}\";alg=\"ed25519\";tag=\"bizmitra\"",
            names.join(" "),
            self.device
        );
        let mut base = String::new();
        for (name, value) in &covered {
            base.push_str(&format!("\"{name}\": {value}\n"));
        }
        base.push_str(&format!("\"@signature-params\": {parameters}"));
        let signature = STANDARD.encode(self.key.sign(base.as_bytes()).to_bytes());
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.host);
        for (name, value) in fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!(
            "signature-input: bz={parameters}\r\nsignature: bz=:{signature}:\r\ncontent-length: {}\r\n\r\n",
            body.len()
        ));
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        self.read_success()
    }

    fn read_success(&mut self) -> Result<()> {
        let (mut status, mut length) = (String::new(), 0_usize);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.parse()?;
            }
            if line.starts_with("http/") {
                status = line;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        ensure!(
            status.starts_with("http/1.1 20"),
            "{status}: {}",
            String::from_utf8_lossy(&body)
        );
        Ok(())
    }
}
