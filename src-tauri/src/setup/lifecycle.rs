//! What the platform says of the window, passed on as hints: the device decides when to lock.

use std::time::Duration;

use bizmitra_device::Device;
use tauri::{AppHandle, Manager as _, RunEvent, Runtime, Window, WindowEvent};

use crate::shell::Shell;

/// Longest wait for the device to close. Nothing is lost when it takes longer: what was saved is saved.
const CLOSING: Duration = Duration::from_secs(2);

/// Focus on a desktop, pause and resume on a phone.
pub fn on_window_event<R: Runtime>(window: &Window<R>, event: &WindowEvent) {
    match event {
        WindowEvent::Focused(true) => hint(window.app_handle(), Device::on_foreground),
        WindowEvent::Focused(false) | WindowEvent::CloseRequested { .. } => {
            hint(window.app_handle(), Device::on_background)
        }
        #[cfg(mobile)]
        WindowEvent::Resumed => hint(window.app_handle(), Device::on_foreground),
        #[cfg(mobile)]
        WindowEvent::Suspended => hint(window.app_handle(), Device::on_background),
        _ => {}
    }
}

/// Locks when the screen goes off, where that is heard outside of a plugin.
pub fn watch_screen<R: Runtime>(app: &AppHandle<R>) {
    #[cfg(target_os = "linux")]
    {
        let app = app.clone();
        crate::platform::screen::linux::watch(move || screen_off(&app));
    }
    #[cfg(not(target_os = "linux"))]
    let _nothing_to_hear = app;
}

/// The screen went off, or the system locked it.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn screen_off<R: Runtime>(app: &AppHandle<R>) {
    hint(app, Device::on_screen_off);
}

/// Closes the device in good order when the app ends.
pub fn on_event<R: Runtime>(app: &AppHandle<R>, event: RunEvent) {
    if let RunEvent::Exit = event
        && let Some(shell) = app.try_state::<Shell>()
    {
        let closed = tauri::async_runtime::block_on(async {
            tokio::time::timeout(CLOSING, async {
                if let Some(device) = shell.take().await {
                    device.close().await;
                }
            })
            .await
        });
        if closed.is_err() {
            tracing::warn!("the device did not close in time");
        }
    }
}

/// One after the other on this thread, so that "front" and "back" never change places. The hints start timers, which need
/// the runtime that events of the window system do not come with.
fn hint<R: Runtime>(app: &AppHandle<R>, tell: fn(&Device)) {
    if let Some(device) = app
        .try_state::<Shell>()
        .and_then(|shell| shell.device_now())
    {
        let runtime = tauri::async_runtime::handle();
        let _entered = runtime.inner().enter();
        tell(&device);
    }
}
