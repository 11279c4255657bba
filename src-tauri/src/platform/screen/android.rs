//! Android: `ScreenPlugin.kt` of this app hears `ACTION_SCREEN_OFF`, which a pause of the activity alone does not tell from
//! another app in front, and passes it on by a channel that needs no page.

use serde::Serialize;
use tauri::Runtime;
use tauri::ipc::Channel;
use tauri::plugin::{Builder, TauriPlugin};

/// Where `ScreenPlugin.kt` is.
const PACKAGE: &str = "io.bizmitra.client";

#[derive(Serialize)]
struct Watch {
    off: Channel,
}

/// Calls each time the screen goes off.
pub fn watch<R: Runtime>(
    on_off: impl Fn(&tauri::AppHandle<R>) + Send + Sync + 'static,
) -> TauriPlugin<R> {
    Builder::new("screen")
        .setup(|app, api| {
            let plugin = api.register_android_plugin(PACKAGE, "ScreenPlugin")?;
            let app = app.clone();
            let off = Channel::new(move |_| {
                on_off(&app);
                Ok(())
            });
            // Blocks until the activity answers, so not on this thread.
            std::thread::spawn(move || {
                if let Err(failure) = plugin.run_mobile_plugin::<()>("watch", Watch { off }) {
                    tracing::warn!(%failure, "a screen that goes off is not heard");
                }
            });
            Ok(())
        })
        .build()
}
