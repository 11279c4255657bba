//! The tasks of a device: they end with it.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// Tasks on the runtime that opened the device. Dropping them aborts them.
pub(super) struct Tasks {
    runtime: Handle,
    set: Mutex<JoinSet<()>>,
}

impl Tasks {
    /// On the current runtime.
    pub(super) fn new() -> Self {
        Self {
            runtime: Handle::current(),
            set: Mutex::new(JoinSet::new()),
        }
    }

    /// Starts one; callable from any thread.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        // Finished ones are let go here, so that a long-lived device does not collect them.
        while set.try_join_next().is_some() {}
        set.spawn_on(task, &self.runtime);
    }

    /// Waits until all have ended by themselves.
    pub(super) async fn finish(&self) {
        let mut set = std::mem::take(&mut *self.set.lock().unwrap_or_else(PoisonError::into_inner));
        while set.join_next().await.is_some() {}
    }
}
