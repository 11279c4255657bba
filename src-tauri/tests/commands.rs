//! The real commands behind the real access control list, on a runtime without a window.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bizmitra_app_lib::{Opener, Shell, context, wire};
use bizmitra_core::enrolment::Platform;
use bizmitra_core::keys::KeystoreError;
use bizmitra_device::keystores::MemoryKeystore;
use bizmitra_device::platform::{NoBiometry, NoGps, OsEntropy, SystemClock, Unmetered};
use bizmitra_device::{Config, Device, Kdf, OpenError, Ports};
use bizmitra_ipc::command::NAMES;
use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{App, WebviewWindow, WebviewWindowBuilder};

/// An app whose device opens as told; the window is kept with it.
struct Page {
    window: WebviewWindow<MockRuntime>,
    _app: App<MockRuntime>,
    _folder: tempfile::TempDir,
}

impl Page {
    /// The first `failures` tries to open the device fail.
    fn open(failures: usize, failure: fn() -> OpenError) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            data: folder.path().to_path_buf(),
            app_version: "0.1.0".into(),
            platform: Platform::Desktop,
            device_name: "Ravi's desk".into(),
            kdf: Kdf::Floor,
            extra_roots: vec![],
        };
        let keystore = MemoryKeystore::new();
        let tries = Arc::new(AtomicUsize::new(0));
        let opener: Opener = Box::new(move || {
            let (config, tries) = (config.clone(), Arc::clone(&tries));
            let ports = Ports {
                clock: Arc::new(SystemClock::new()),
                entropy: Arc::new(OsEntropy),
                keystore: Arc::new(keystore.clone()),
                position: Arc::new(NoGps),
                biometry: Arc::new(NoBiometry),
                network: Arc::new(Unmetered),
            };
            Box::pin(async move {
                if tries.fetch_add(1, Ordering::SeqCst) < failures {
                    return Err(failure());
                }
                Device::open(config, ports).await
            })
        });
        let shell = Shell::new(
            opener,
            Arc::new(SystemClock::new()),
            "https://bizmitra.example".into(),
        );
        let app = wire(mock_builder()).manage(shell).build(context()).unwrap();
        let window = WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default())
            .build()
            .unwrap();
        Self {
            window,
            _app: app,
            _folder: folder,
        }
    }

    fn working() -> Self {
        Self::open(0, || OpenError::InUse)
    }

    fn call(&self, command: &str, args: Value) -> Result<Value, Value> {
        self.call_from("tauri://localhost", command, json!({ "args": args }))
    }

    fn call_from(&self, origin: &str, command: &str, body: Value) -> Result<Value, Value> {
        let request = InvokeRequest {
            cmd: command.into(),
            callback: CallbackFn(0),
            error: CallbackFn(1),
            url: origin.parse().unwrap(),
            body: InvokeBody::Json(body),
            headers: tauri::http::HeaderMap::default(),
            invoke_key: INVOKE_KEY.to_string(),
        };
        get_ipc_response(&self.window, request).map(|body| body.deserialize().unwrap())
    }
}

fn text(answer: Result<Value, Value>) -> String {
    answer.unwrap_err().as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_capability_grants_our_commands_listening_and_nothing_else() {
    let file: Value = serde_json::from_str(include_str!("../capabilities/main.json")).unwrap();
    let mut granted: Vec<&str> = file["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let mut wanted: Vec<String> = NAMES
        .iter()
        .map(|name| format!("allow-{}", name.replace('_', "-")))
        .collect();
    wanted.extend([
        "core:event:allow-listen".to_owned(),
        "core:event:allow-unlisten".to_owned(),
    ]);
    granted.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(granted, wanted);
    assert_eq!(file["windows"], json!(["main"]));
    assert!(file.get("remote").is_none());
}

#[test]
fn every_command_of_the_contract_is_answered_by_a_handler() {
    let page = Page::working();
    for name in NAMES {
        // A command without the `args` it needs is refused by its own handler, which shows that there is one.
        let refusal = text(page.call_from("tauri://localhost", name, json!({})));
        assert!(refusal.contains("args"), "{name}: {refusal}");
    }
}

#[test]
fn what_is_not_declared_or_not_granted_is_refused() {
    let page = Page::working();
    for command in [
        "wipe_device",
        "plugin:event|emit",
        "plugin:window|close",
        "plugin:webview|create_webview_window",
        "plugin:path|resolve",
    ] {
        let refusal = text(page.call(command, json!({})));
        assert!(
            refusal.contains("not allowed") || refusal.contains("not found"),
            "{command}: {refusal}"
        );
    }
}

#[test]
fn another_origin_may_call_nothing() {
    let page = Page::working();
    let refusal = text(page.call_from(
        "https://bizmitra.example",
        "get_status",
        json!({ "args": {} }),
    ));
    assert!(refusal.contains("not allowed"), "{refusal}");
}

#[test]
fn a_new_device_offers_activation_at_the_default_server() {
    let status = Page::working().call("get_status", json!({})).unwrap();
    assert_eq!(status["phase"], "not_activated");
    assert_eq!(status["default_server"], "https://bizmitra.example");
}

#[test]
fn commands_for_a_person_are_refused_by_the_shell_itself_while_no_one_is_bound() {
    let page = Page::working();
    for command in ["get_home", "get_me", "get_devices", "get_attention"] {
        let refusal = page.call(command, json!({})).unwrap_err();
        assert!(
            ["not_activated", "locked"].contains(&refusal["code"].as_str().unwrap()),
            "{command}: {refusal}"
        );
    }
}

#[test]
fn an_id_that_is_none_is_not_found() {
    let refusal = Page::working()
        .call("undo", json!({ "id": "../../etc" }))
        .unwrap_err();
    assert_eq!(refusal["code"], "not_found");
}

#[test]
fn a_missing_keystore_is_a_screen_of_its_own_and_heals_without_a_restart() {
    let page = Page::open(1, || OpenError::Keystore(KeystoreError::Unavailable));
    assert_eq!(
        page.call("get_me", json!({})).unwrap_err()["code"],
        "keystore_unavailable"
    );
    assert_eq!(
        page.call("get_me", json!({})).unwrap_err()["code"],
        "keystore_unavailable"
    );
    assert_eq!(
        page.call("get_status", json!({})).unwrap()["phase"],
        "not_activated"
    );

    let page = Page::open(2, || OpenError::Keystore(KeystoreError::Unavailable));
    assert_eq!(
        page.call("get_status", json!({})).unwrap()["phase"],
        "no_keystore"
    );
}

#[test]
fn a_second_copy_on_the_same_store_says_so() {
    let page = Page::open(usize::MAX, || OpenError::InUse);
    assert_eq!(
        page.call("get_status", json!({})).unwrap_err()["code"],
        "in_use"
    );
}

#[test]
fn appearance_is_kept_before_anyone_is_bound() {
    let page = Page::working();
    let status = page
        .call(
            "set_appearance",
            json!({ "language": "hi", "theme": "dark" }),
        )
        .unwrap();
    assert_eq!(
        (&status["language"], &status["theme"]),
        (&json!("hi"), &json!("dark"))
    );
    assert_eq!(
        page.call("get_status", json!({})).unwrap()["language"],
        "hi"
    );
}

#[test]
fn the_content_security_policy_is_the_one_of_the_design() {
    let file: Value = serde_json::from_str(include_str!("../tauri.conf.json")).unwrap();
    let security = &file["app"]["security"];
    assert_eq!(
        security["csp"],
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; \
         connect-src 'self' ipc: http://ipc.localhost; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    assert_eq!(security["freezePrototype"], true);
    assert_eq!(file["app"]["withGlobalTauri"], false);
}
