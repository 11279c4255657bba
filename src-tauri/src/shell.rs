//! The state every command works on: the device, once it is open.
//!
//! The window and the device open side by side: a command that comes first waits. A device that failed to open is tried
//! again when the UI asks for its status, because a keystore can be unlocked and another copy of the app can be closed.

use std::sync::Arc;

use bizmitra_core::api::BoxFuture;
use bizmitra_core::clock::Clock;
use bizmitra_device::{Device, OpenError};
use bizmitra_ipc::error::CommandError;
use tokio::sync::Mutex;

use crate::error;

/// What came of opening the device.
pub type Opened = Result<Device, OpenError>;

/// Opens the device; called again after a failure.
pub type Opener = Box<dyn Fn() -> BoxFuture<'static, Opened> + Send + Sync>;

/// State of the app, managed by Tauri.
pub struct Shell {
    opener: Opener,
    opened: Mutex<Option<Result<Device, CommandError>>>,
    /// The open device again, for hints, which must neither wait for an opening nor be lost to one.
    in_use: std::sync::Mutex<Option<Device>>,
    clock: Arc<dyn Clock>,
    default_server: String,
}

impl Shell {
    /// Nothing is opened yet. `default_server` is what the activation form offers.
    pub fn new(opener: Opener, clock: Arc<dyn Clock>, default_server: String) -> Self {
        Self {
            opener,
            opened: Mutex::new(None),
            in_use: std::sync::Mutex::new(None),
            clock,
            default_server,
        }
    }

    /// The device, as soon as it is open.
    ///
    /// # Errors
    /// Why the last try to open it failed.
    pub async fn device(&self) -> Result<Device, CommandError> {
        self.open(false).await
    }

    /// Like [`Self::device`], but tries again when the last try failed.
    ///
    /// # Errors
    /// Why this try failed.
    pub async fn device_again(&self) -> Result<Device, CommandError> {
        self.open(true).await
    }

    async fn open(&self, again: bool) -> Result<Device, CommandError> {
        let mut opened = self.opened.lock().await;
        match opened.as_ref() {
            Some(Ok(device)) => return Ok(device.clone()),
            Some(Err(failure)) if !again => return Err(failure.clone()),
            Some(Err(_)) | None => {}
        }
        let outcome = (self.opener)().await.map_err(|failure| {
            tracing::warn!(%failure, "the device did not open");
            error::open_refused(&failure)
        });
        *self.in_use() = outcome.as_ref().ok().cloned();
        *opened = Some(outcome.clone());
        outcome
    }

    /// The device when it is open already: for hints of the platform, which must not wait.
    pub fn device_now(&self) -> Option<Device> {
        self.in_use().clone()
    }

    fn in_use(&self) -> std::sync::MutexGuard<'_, Option<Device>> {
        self.in_use
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Takes the device out, to close it.
    pub async fn take(&self) -> Option<Device> {
        self.in_use().take();
        self.opened.lock().await.take()?.ok()
    }

    /// The device's clock.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// What the activation form offers.
    pub fn default_server(&self) -> &str {
        &self.default_server
    }
}
