//! The one window, and what it may not do: leave our pages or open others.

use tauri::webview::NewWindowResponse;
use tauri::{App, Runtime, Url, WebviewWindowBuilder};
#[cfg(desktop)]
use tauri::{AppHandle, Manager as _};

const LABEL: &str = "main";

/// Opens the window that tauri.conf.json describes.
pub fn open<R: Runtime>(app: &App<R>) -> tauri::Result<()> {
    let config = app
        .config()
        .app
        .windows
        .iter()
        .find(|window| window.label == LABEL)
        .ok_or(tauri::Error::WindowNotFound)?;
    let builder = WebviewWindowBuilder::from_config(app, config)?.on_navigation(is_ours);
    builder
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    Ok(())
}

/// Brings the window to the front: a second start asked for it.
#[cfg(desktop)]
pub fn show<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = app.get_webview_window(LABEL) else {
        return;
    };
    for step in [window.unminimize(), window.show(), window.set_focus()] {
        if let Err(failure) = step {
            tracing::warn!(%failure, "the window did not come to the front");
        }
    }
}

/// Only pages from inside the binary: `tauri://localhost`, on Android and Windows `http://tauri.localhost`.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" | "https" => url.host_str() == Some("tauri.localhost") && url.port().is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_stays_on_our_pages() {
        for ours in [
            "tauri://localhost/",
            "tauri://localhost/home",
            "http://tauri.localhost/home",
            "https://tauri.localhost/",
        ] {
            assert!(is_ours(&ours.parse().unwrap()), "{ours}");
        }
        let strangers = [
            "https://bizmitra.example/",
            "https://tauri.localhost.example/",
            "http://tauri.localhost:8080/",
            "http://localhost/",
            "tauri://elsewhere/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:blank",
        ];
        for stranger in strangers {
            assert!(!is_ours(&stranger.parse().unwrap()), "{stranger}");
        }
    }
}
