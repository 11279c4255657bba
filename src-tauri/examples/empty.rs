//! An empty window of the same kind as the app's: the floor that `bench start` compares with.

use tauri::http::Response;
use tauri::{WebviewUrl, WebviewWindowBuilder};

const PAGE: &[u8] = b"<!doctype html><title>Empty</title><body data-phase=\"empty\"></body>";

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .register_uri_scheme_protocol("empty", |_, _| {
            Response::builder()
                .header("content-type", "text/html")
                .body(PAGE)
                .unwrap_or_else(|_| Response::new(PAGE))
        })
        .setup(|app| {
            let page = "empty://localhost/"
                .parse()
                .map(WebviewUrl::CustomProtocol)?;
            WebviewWindowBuilder::new(app, "empty", page)
                .title("Empty")
                .inner_size(390.0, 844.0)
                .build()?;
            Ok(())
        })
        .run(bizmitra_app_lib::context())
}
