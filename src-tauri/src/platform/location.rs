//! Where positions come from in the app: the phone's receiver, an honest "no GPS" on a desktop, and a recording in
//! development.

#[cfg(mobile)]
mod mobile;

use std::sync::Arc;

use bizmitra_core::location::PositionSource;
use tauri::{AppHandle, Runtime};

/// The platform's source.
#[cfg(mobile)]
pub fn source<R: Runtime>(app: &AppHandle<R>) -> Arc<dyn PositionSource> {
    Arc::new(mobile::Receiver::new(app.clone()))
}

/// A desktop has no receiver: the plugin would answer with 0/0, so it is not even part of the build.
#[cfg(desktop)]
pub fn source<R: Runtime>(_app: &AppHandle<R>) -> Arc<dyn PositionSource> {
    Arc::new(bizmitra_device::platform::NoGps)
}
