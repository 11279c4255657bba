//! The facade: what a shell, a cli or a background worker can ask of a device.

mod alive;
mod before;
mod biometrics;
mod connect;
mod consent;
mod correct;
mod devices;
mod enrol;
mod export;
mod files;
mod history;
mod home;
mod inner;
mod locate;
mod lock;
mod opening;
mod parked;
mod pin_change;
mod rebind;
mod runtime;
mod standing;
mod status;
mod taps;

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::config::{Config, Ports};
use crate::error::{DeviceError, OpenError};
use crate::views::{Appearance, Status, Topic};
use alive::Tasks;
use inner::Inner;

/// A device without a window. Cheap to clone; methods may be called from any thread. When the last clone is dropped, its
/// tasks end wherever they are: that is safe, and what a kill does.
#[derive(Clone)]
pub struct Device {
    inner: Arc<Inner>,
    tasks: Arc<Tasks>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Device(..)")
    }
}

impl Device {
    /// Opens or creates the store, writes the evidence that a killed process still owed, starts the drainer. Must be called
    /// inside a tokio runtime, which then runs the device's tasks.
    ///
    /// # Errors
    /// See [`OpenError`]. A damaged store is no error: it is moved aside and [`Status`] says so.
    pub async fn open(config: Config, ports: Ports) -> Result<Self, OpenError> {
        let (inner, owes) = tokio::task::spawn_blocking(move || opening::open_inner(config, ports))
            .await
            .map_err(opening::join_failed)??;
        let inner = Arc::new(inner);
        let tasks = Arc::new(Tasks::new());
        tasks.spawn(runtime::drain(Arc::clone(&inner)));
        if owes {
            tasks.spawn(locate::settle_owed(Arc::clone(&inner)));
        }
        Ok(Self { inner, tasks })
    }

    /// Where the device stands; answered also while locked.
    ///
    /// # Errors
    /// Of the store.
    pub fn status(&self) -> Result<Status, DeviceError> {
        self.inner.status()
    }

    /// Language and theme.
    #[must_use]
    pub fn appearance(&self) -> Appearance {
        self.inner.appearance()
    }

    /// Sets language and theme; allowed while locked.
    ///
    /// # Errors
    /// Of the store.
    pub fn set_appearance(&self, appearance: &Appearance) -> Result<(), DeviceError> {
        self.inner.set_appearance(appearance)
    }

    /// Clears network waits and tries now; returns when that round is over.
    ///
    /// # Errors
    /// Of the store. A server that does not answer is no error here: [`Status`] says it.
    pub async fn sync_now(&self) -> Result<Status, DeviceError> {
        self.inner.sync_now().await?;
        self.inner.status()
    }

    /// The app came to the front: locks when it was away too long, else tries to send.
    pub fn on_foreground(&self) {
        self.inner.on_foreground();
    }

    /// The app went to the background: it locks after the policy's minutes.
    pub fn on_background(&self) {
        if let Some(wait) = self.inner.on_background() {
            self.tasks
                .spawn(lock::lock_after(Arc::clone(&self.inner), wait));
        }
    }

    /// The screen went off, or the system locked it: locks at once, whatever the policy's minutes.
    pub fn on_screen_off(&self) {
        self.inner.on_screen_off();
    }

    /// The network changed.
    pub fn on_network_change(&self) {
        self.inner.hint();
    }

    /// What changed, from now on. A listener that falls behind asks for everything again.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Topic> {
        self.inner.topics.subscribe()
    }

    /// From here on the disk is full as far as the store goes; `false` takes that away.
    #[cfg(feature = "test-hooks")]
    pub fn fill_disk(&self, full: bool) {
        // Below what is there already: the database then keeps the size it has and cannot grow.
        self.inner.sqlcipher.limit_pages(u32::from(full));
    }

    /// Stops the tasks, gives locations that are there already their record, and closes the store once every clone is gone.
    pub async fn close(self) {
        self.inner.closing.send_replace(true);
        self.tasks.finish().await;
    }
}
