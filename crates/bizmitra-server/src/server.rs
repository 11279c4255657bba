//! What every handler holds: the database, the key and blob folders, the clock, the books of nonces and limits, the auth log.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bizmitra_contract::ids::{AnchorId, DeviceId};
use bizmitra_contract::statement::{SignedStatement, TimeAnchor};
use ipnet::IpNet;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::auth::{CompanyScope, Nonces};
use crate::auth_log::AuthLog;
use crate::backup::{self, DataLock};
use crate::blobs::{BlobFolder, UploadLocks};
use crate::clock::Clock;
use crate::error::{Result, ServerError};
use crate::keys::Keys;
use crate::limits::Limits;
use crate::marker::{Mark, Marker};
use crate::planted::{self, Bug};
use crate::{signed, storage};

/// The database's file in the data folder.
pub(crate) const DATABASE: &str = "bizmitra.db";

/// How a server is set up.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Folder of the database, the keys and the files; made when absent.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Public `scheme://host[:port]` when it is not what the `Host` header says (behind a proxy).
    pub origin: Option<String>,
    /// Certificate and key, as PEM files; plain HTTP without.
    pub tls: Option<TlsFiles>,
    /// Proxies whose word about a client's address counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Most devices that share one address (an office, a carrier's gateway): what an address may ask for follows from it.
    pub devices_per_address: u32,
    /// File of the auth log.
    pub auth_log: Option<PathBuf>,
}

/// PEM files of the server's certificate chain and private key.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// Certificate chain, leaf first.
    pub cert: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

impl ServerConfig {
    /// An office behind one address.
    pub const DEVICES_PER_ADDRESS: u32 = 250;

    /// Plain HTTP on a free port of the loopback, for development and tests.
    pub fn loopback(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            origin: None,
            tls: None,
            trusted_proxies: Vec::new(),
            devices_per_address: Self::DEVICES_PER_ADDRESS,
            auth_log: None,
        }
    }
}

/// An open server; cheap to clone.
#[derive(Clone)]
pub struct Server(Arc<Inner>);

struct Inner {
    config: ServerConfig,
    db: Mutex<Connection>,
    /// A commit failed on it.
    distrusted: AtomicBool,
    marker: Marker,
    keys: Keys,
    blobs: BlobFolder,
    uploads: UploadLocks,
    nonces: Nonces,
    limits: Limits,
    auth_log: AuthLog,
    clock: Arc<dyn Clock>,
    epoch: u64,
    _lock: DataLock,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Opens the data folder: database, schema, keys.
    ///
    /// # Errors
    /// When the folder, the database or the keys cannot be read or written.
    pub fn open(config: ServerConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        std::fs::create_dir_all(&config.data)?;
        let lock = DataLock::shared(&config.data)?.ok_or(ServerError::Restoring)?;
        if backup::is_half_restored(&config.data) {
            return Err(ServerError::Restoring);
        }
        let folder = config.data.join("keys");
        let keys = Keys::open(&folder)?;
        let marker = Marker::open(&folder)?;
        let blobs = BlobFolder::open(&config.data.join("blobs"))?;
        let mut db = storage::open(&config.data.join(DATABASE), clock.now_ms())?;
        let epoch = storage::settle_epoch(&mut db, &marker, clock.now_ms())?;
        let auth_log = AuthLog::open(config.auth_log.clone()).map_err(ServerError::AuthLog)?;
        Ok(Self(Arc::new(Inner {
            limits: Limits::new(config.devices_per_address),
            auth_log,
            config,
            db: Mutex::new(db),
            distrusted: AtomicBool::new(false),
            marker,
            keys,
            blobs,
            uploads: UploadLocks::default(),
            nonces: Nonces::default(),
            clock,
            epoch,
            _lock: lock,
        })))
    }

    /// How it was set up.
    pub fn config(&self) -> &ServerConfig {
        &self.0.config
    }

    /// Milliseconds since 1970-01-01T00:00:00Z by the server's clock.
    pub fn now_ms(&self) -> i64 {
        self.0.clock.now_ms()
    }

    /// Changes after a restore from backup.
    pub fn epoch(&self) -> u64 {
        self.0.epoch
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn blobs(&self) -> &BlobFolder {
        &self.0.blobs
    }

    pub(crate) fn uploads(&self) -> &UploadLocks {
        &self.0.uploads
    }

    pub(crate) fn nonces(&self) -> &Nonces {
        &self.0.nonces
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn auth_log(&self) -> &AuthLog {
        &self.0.auth_log
    }

    /// Runs one transaction; it is on disk when this returns `Ok`, and nothing of it is otherwise.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut db = self.database()?;
        let mut tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&mut tx)?;
        let commits = storage::count_commit(&tx)?;
        match tx.commit() {
            Err(_) if planted::is(Bug::AnswersWithoutCommit) => {}
            committed => self.distrust(committed)?,
        }
        let mark = Mark {
            epoch: self.0.epoch,
            commits,
        };
        // What is committed stays so: a marker that lags only makes a restore harder to notice.
        if let Err(error) = self.0.marker.put(mark) {
            tracing::warn!(error = %error, "the commit marker could not be written");
        }
        Ok(done)
    }

    /// Reads one consistent state.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut db = self.database()?;
        let tx = db.transaction()?;
        work(&tx)
    }

    /// The one connection; another one after a commit that failed.
    fn database(&self) -> Result<MutexGuard<'_, Connection>> {
        let mut db = self.0.db.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.distrusted.load(Ordering::SeqCst) {
            *db = storage::open_settled(&self.0.config.data.join(DATABASE))?;
            self.0.distrusted.store(false, Ordering::SeqCst);
        }
        Ok(db)
    }

    /// After a commit that failed nothing more is written behind it: what its log holds may be on no disk.
    fn distrust<T>(&self, committed: rusqlite::Result<T>) -> rusqlite::Result<T> {
        if committed.is_err() {
            self.0.distrusted.store(true, Ordering::SeqCst);
        }
        committed
    }

    /// Runs blocking work off the runtime's own threads.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let server = self.clone();
        tokio::task::spawn_blocking(move || work(&server))
            .await
            .map_err(|_| ServerError::JobLost)?
    }

    /// Says what time it is, so that later records of the device can refer to it.
    pub(crate) fn make_anchor(
        &self,
        db: &Connection,
        scope: &CompanyScope,
        device: DeviceId,
    ) -> Result<SignedStatement> {
        let anchor = TimeAnchor {
            anchor_id: AnchorId(uuid::Uuid::now_v7()),
            device,
            server_time_ms: self.now_ms(),
        };
        storage::anchor::insert(db, scope, anchor.anchor_id, device, anchor.server_time_ms)?;
        self.sign(scope, "anchor", &anchor)
    }

    /// Signs a statement with the company's statement key.
    pub(crate) fn sign<T: serde::Serialize>(
        &self,
        scope: &CompanyScope,
        kind: &str,
        payload: &T,
    ) -> Result<SignedStatement> {
        let key = self.keys().statement_key(scope.id())?;
        Ok(signed::sign_statement(
            scope.id(),
            &key,
            kind,
            storage::json(payload)?.into_bytes(),
        ))
    }
}
