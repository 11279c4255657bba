//! What all worlds begin with, made once: a company, its server, and five phones that are activated.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use bizmitra_contract::changes::Fence;
use bizmitra_contract::enrolment::Approval;
use bizmitra_contract::ids::CompanyId;
use bizmitra_contract::login::Role;
use bizmitra_core::enrolment::Platform;
use bizmitra_core::vault::Pin;
use bizmitra_device::keystores::MemoryKeystore;
use bizmitra_device::platform::{NoBiometry, NoGps, Unmetered};
use bizmitra_device::{Config, Device, Kdf, Ports};
use bizmitra_server::admin::{self, NewPerson};
use bizmitra_server::{Server, ServerConfig, router};
use tempfile::TempDir;

use crate::clock::{self, PhoneClock, ServerClock};
use crate::disk::Disk;
use crate::network::{FIRST_PORT, network};
use crate::phone::Prepared;
use crate::random::{PhoneEntropy, Random, seed_all};

/// Phones of a world.
pub const PHONES: usize = 5;
/// When worlds begin, in milliseconds since the morning.
pub const BEGIN_MS: u64 = 600_000;

/// The beginning of all worlds.
pub struct Template {
    folder: TempDir,
    /// The company.
    pub company: CompanyId,
    /// Its phones.
    pub phones: Vec<Prepared>,
}

/// Where the parts of a world lie.
pub struct Folders {
    /// All of it.
    pub root: PathBuf,
}

impl Folders {
    /// The server's data.
    pub fn server(&self) -> PathBuf {
        self.root.join("server")
    }

    /// The server's backup.
    pub fn backup(&self) -> PathBuf {
        self.root.join("backup")
    }

    /// A phone's data.
    pub fn phone(&self, number: usize) -> PathBuf {
        self.root.join(format!("phone{number}"))
    }
}

impl Template {
    /// Makes it in memory.
    ///
    /// # Errors
    /// When the product fails although nothing stands in its way.
    pub async fn make() -> Result<Self> {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            tempfile::Builder::new()
                .prefix("bizmitra-lab-")
                .tempdir_in(memory)?
        } else {
            tempfile::tempdir()?
        };
        let folders = Folders {
            root: folder.path().join("template"),
        };
        clock::begin_at(0);
        seed_all(0, PHONES);
        fs::create_dir_all(folders.server())?;
        let server = Server::open(
            ServerConfig::loopback(folders.server()),
            Arc::new(ServerClock),
        )?;
        let disk = Disk::attach(&folder.path().join("nowhere"), Random::new(0, 0));
        network().serve(Some((router(server.clone()), disk)));
        let company = admin::create_company(&server, "Sahyadri Foods", "Asia/Kolkata")?;
        let plant = Fence::Circle {
            latitude_deg: 45.4526,
            longitude_deg: 14.0182,
            radius_m: 500.0,
        };
        let plant = admin::add_site(&server, company, "Bhosari plant", &plant)?;
        let mut phones = Vec::new();
        for number in 0..PHONES {
            let person = NewPerson {
                name: format!("Person {number}"),
                role: Role::Employee,
                shift: None,
                sites: vec![plant],
            };
            let person = admin::add_person(&server, company, &person)?;
            let code = admin::invite(&server, company, person, Approval::Automatic)?;
            let keystore = MemoryKeystore::new();
            let config = Config {
                data: folders.phone(number),
                app_version: "0.1.0".to_owned(),
                platform: Platform::Android,
                device_name: format!("Phone {number}"),
                kdf: Kdf::Floor,
                extra_roots: Vec::new(),
            };
            let ports = Ports {
                clock: Arc::new(PhoneClock::default()),
                entropy: Arc::new(PhoneEntropy(number)),
                keystore: Arc::new(keystore.clone()),
                position: Arc::new(NoGps),
                biometry: Arc::new(NoBiometry),
                network: Arc::new(Unmetered),
            };
            let device = Device::open(config, ports).await?;
            let origin = format!("http://127.0.0.1:{}", usize::from(FIRST_PORT) + number);
            device.check_code(&origin, &code).await?;
            device.activate(Pin::new("729461".to_owned())).await?;
            device.sync_now().await?;
            let notice = device.me()?.notice_version;
            device.set_location_consent(number % 2 == 0, &notice, "en")?;
            let status = device.sync_now().await?;
            ensure!(status.waiting == 0, "a phone of the template: {status:?}");
            let opened = device.opened().context("an activated phone is open")?;
            device.close().await;
            phones.push(Prepared {
                person,
                keystore,
                opened,
            });
        }
        network().serve(None);
        drop(server);
        Ok(Self {
            folder,
            company,
            phones,
        })
    }

    /// A copy for one world.
    ///
    /// # Errors
    /// Of the disk.
    pub fn copy(&self, name: &str) -> Result<Folders> {
        let root = self.folder.path().join(name);
        copy_folder(&self.folder.path().join("template"), &root)?;
        Ok(Folders { root })
    }

    /// Where worlds lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if entry.file_name() == "ballast" {
            // Its length is all that matters.
            fs::File::create(&target)?.set_len(entry.metadata()?.len())?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
