//! Whether the phone can recognise somebody. The plugin blocks and the question must be cheap: the last answer is kept and
//! asked again behind each call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bizmitra_core::vault::biometric::Biometry;
use tauri::{AppHandle, Runtime};
use tauri_plugin_biometric::BiometricExt as _;

/// The last answer.
pub struct Availability<R: Runtime> {
    app: AppHandle<R>,
    ready: Arc<AtomicBool>,
}

impl<R: Runtime> Availability<R> {
    /// Asks once in the background.
    pub fn new(app: AppHandle<R>) -> Self {
        let availability = Self {
            app,
            ready: Arc::default(),
        };
        availability.refresh();
        availability
    }

    /// The last answer.
    pub fn biometry(&self) -> Biometry {
        self.refresh();
        if self.ready.load(Ordering::Relaxed) {
            Biometry::Ready
        } else {
            Biometry::Missing
        }
    }

    fn refresh(&self) {
        let (app, ready) = (self.app.clone(), Arc::clone(&self.ready));
        tauri::async_runtime::spawn_blocking(move || {
            let status = app.biometric().status();
            ready.store(
                status.is_ok_and(|status| status.is_available),
                Ordering::Relaxed,
            );
        });
    }
}
