//! A company on a real server that can be stopped and started again on the same port.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use bizmitra_contract::changes::{Fence, Shift};
use bizmitra_contract::enrolment::Approval;
use bizmitra_contract::ids::{CompanyId, EmployeeId, ShiftId, SiteId};
use bizmitra_contract::login::Role;
use bizmitra_server::admin::{self, AttendanceRow, NewPerson};
use bizmitra_server::{Server, ServerConfig, TlsFiles, backup};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::TestClock;

/// Where the recorded walk begins.
pub const PLANT: Fence = Fence::Circle {
    latitude_deg: 45.4526,
    longitude_deg: 14.0182,
    radius_m: 500.0,
};

/// The recorded walk.
#[must_use]
pub fn recording() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/korita-zbevnica.gpx")
}

/// A company: its morning shift and its plant.
#[derive(Debug, Clone, Copy)]
pub struct Company {
    /// Its id.
    pub id: CompanyId,
    /// The plant.
    pub plant: SiteId,
    /// The morning shift.
    pub shift: ShiftId,
}

/// A person with an open activation code.
#[derive(Debug, Clone)]
pub struct Person {
    /// Whose.
    pub company: CompanyId,
    /// The person.
    pub id: EmployeeId,
    /// An activation code.
    pub code: String,
}

/// Everything but the devices.
pub struct World {
    /// The server's clock; devices fork it.
    pub clock: TestClock,
    /// Folder of everything; gone with the world.
    pub folder: TempDir,
    address: SocketAddr,
    server: Server,
    running: Option<Running>,
}

struct Running {
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl World {
    /// A server that runs, without companies.
    ///
    /// # Errors
    /// Of disk or network.
    pub async fn new() -> Result<Self> {
        Self::with_tls(None).await
    }

    /// The same behind TLS.
    ///
    /// # Errors
    /// Of disk, network or certificate.
    pub async fn with_tls(tls: Option<TlsFiles>) -> Result<Self> {
        let clock = TestClock::default();
        let folder = tempfile::tempdir()?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let config = ServerConfig {
            tls,
            listen: address,
            // Every device and every stranger of a test shares the loopback.
            devices_per_address: 10_000,
            ..ServerConfig::loopback(folder.path().join("server"))
        };
        let server = Server::open(config, Arc::new(clock.clone()))?;
        let mut world = Self {
            clock,
            folder,
            address,
            server,
            running: None,
        };
        world.serve_on(listener);
        Ok(world)
    }

    fn serve_on(&mut self, listener: TcpListener) {
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(bizmitra_server::serve(
            listener,
            self.server.clone(),
            async {
                // A dropped world stops it too.
                stopped.await.ok();
            },
        ));
        self.running = Some(Running { stop, serving });
    }

    /// Stops the server; its port refuses connections.
    ///
    /// # Errors
    /// When it had failed.
    pub async fn stop_server(&mut self) -> Result<()> {
        let Some(Running { stop, mut serving }) = self.running.take() else {
            return Ok(());
        };
        stop.send(()).ok();
        // Connections kept alive are not waited for: a power cut would not either.
        match tokio::time::timeout(std::time::Duration::from_millis(500), &mut serving).await {
            Ok(served) => served??,
            Err(_) => serving.abort(),
        }
        Ok(())
    }

    /// Starts it again, on the same port and data.
    ///
    /// # Errors
    /// When the port was taken meanwhile.
    pub async fn start_server(&mut self) -> Result<()> {
        let listener = TcpListener::bind(self.address)
            .await
            .context("the server's port was taken")?;
        self.serve_on(listener);
        Ok(())
    }

    /// Goes on with a backup and a copy of the keys, as on a new machine.
    ///
    /// # Errors
    /// When the backup is refused, or the port was taken meanwhile.
    pub async fn restore(&mut self, backup: &Path) -> Result<()> {
        self.stop_server().await?;
        let data = self.folder.path().join("restored");
        let keys = self.server.config().data.join("keys");
        copy_folder(&keys, &data.join("keys"))?;
        backup::restore(&data, backup, self.server.now_ms())?;
        let config = ServerConfig {
            data,
            ..self.server.config().clone()
        };
        self.server = Server::open(config, Arc::new(self.clock.clone()))?;
        self.start_server().await
    }

    /// As devices address it.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = if self.server.config().tls.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For what the operator does.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The server's database, for those who change it behind the server's back.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.server.config().data.join("bizmitra.db")
    }

    /// A company with a plant at the recorded walk and a morning shift.
    ///
    /// # Errors
    /// Of the server's storage.
    pub fn company(&self, name: &str) -> Result<Company> {
        let id = admin::create_company(&self.server, name, "Asia/Kolkata")?;
        let plant = admin::add_site(&self.server, id, "Bhosari plant", &PLANT)?;
        let shift = Shift {
            id: ShiftId(uuid::Uuid::new_v4()),
            name: "Morning".to_owned(),
            start_min: 9 * 60,
            end_min: 17 * 60 + 30,
            days: (1..=7).collect(),
            grace_min: 10,
            zone: "Asia/Kolkata".to_owned(),
        };
        admin::add_shift(&self.server, id, &shift)?;
        Ok(Company {
            id,
            plant,
            shift: shift.id,
        })
    }

    /// A person of a company, with a code that needs no approval.
    ///
    /// # Errors
    /// Of the server's storage.
    pub fn person(&self, company: &Company, name: &str) -> Result<Person> {
        let person = NewPerson {
            name: name.to_owned(),
            role: Role::Employee,
            shift: Some(company.shift),
            sites: vec![company.plant],
        };
        let id = admin::add_person(&self.server, company.id, &person)?;
        let code = self.invite(company.id, id, Approval::Automatic)?;
        Ok(Person {
            company: company.id,
            id,
            code,
        })
    }

    /// A further code for a person.
    ///
    /// # Errors
    /// Of the server's storage.
    pub fn invite(
        &self,
        company: CompanyId,
        person: EmployeeId,
        approval: Approval,
    ) -> Result<String> {
        Ok(admin::invite(&self.server, company, person, approval)?)
    }

    /// The taps of one person, as the server's boards read them.
    ///
    /// # Errors
    /// Of the server's storage.
    pub fn taps_of(&self, person: &Person) -> Result<Vec<AttendanceRow>> {
        Ok(admin::attendance(
            &self.server,
            person.company,
            Some(person.id),
        )?)
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            std::fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.serving.abort();
        }
    }
}

/// A certificate for the loopback address (no name: a bare machine resolves none) that nobody else vouches for: the server's files and the root (DER) to trust.
///
/// # Errors
/// When it cannot be made or written.
pub fn make_certificate(folder: &Path) -> Result<(TlsFiles, Vec<u8>)> {
    make_certificate_valid(folder, (1990, 1, 1), (2090, 1, 1))
}

/// The same, valid from the beginning of one day to the beginning of another: year, month, day.
///
/// # Errors
/// When it cannot be made or written.
pub fn make_certificate_valid(
    folder: &Path,
    from: (i32, u8, u8),
    to: (i32, u8, u8),
) -> Result<(TlsFiles, Vec<u8>)> {
    let key = rcgen::KeyPair::generate()?;
    let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
    params.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
    params.not_after = rcgen::date_time_ymd(to.0, to.1, to.2);
    let made = params.self_signed(&key)?;
    let files = TlsFiles {
        cert: folder.join("cert.pem"),
        key: folder.join("key.pem"),
    };
    std::fs::write(&files.cert, made.pem())?;
    std::fs::write(&files.key, key.serialize_pem())?;
    Ok((files, made.der().to_vec()))
}
