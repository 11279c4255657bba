//! Tells the web view that something changed; it asks for the view it shows.

use bizmitra_device::{Device, Topic as Changed};
use bizmitra_ipc::event::{CHANGED, Changed as ChangedEvent, Topic};
use tauri::{AppHandle, Emitter as _, Runtime};
use tokio::sync::broadcast::error::RecvError;

/// Passes changes of the device on to the window until the device is closed.
pub fn forward<R: Runtime>(app: AppHandle<R>, device: &Device) {
    let mut changes = device.changes();
    tauri::async_runtime::spawn(async move {
        loop {
            match changes.recv().await {
                Ok(changed) => emit(&app, topic(changed)),
                // A burst was too long for the channel: everything may have changed.
                Err(RecvError::Lagged(_)) => [Topic::Status, Topic::Attendance, Topic::Settings]
                    .into_iter()
                    .for_each(|topic| emit(&app, topic)),
                Err(RecvError::Closed) => break,
            }
        }
    });
}

fn emit<R: Runtime>(app: &AppHandle<R>, what: Topic) {
    if let Err(failure) = app.emit(CHANGED, ChangedEvent { what }) {
        tracing::warn!(%failure, "the window was not told of a change");
    }
}

fn topic(changed: Changed) -> Topic {
    match changed {
        Changed::Status => Topic::Status,
        Changed::Attendance => Topic::Attendance,
        Changed::Settings => Topic::Settings,
    }
}
