//! The only file that touches Tauri's JavaScript: a typed `call` and a typed `listen`.
//!
//! Arguments and answers cross as JSON text: `serde_json` is linked anyway, a second serialiser would only add bytes.

use bizmitra_ipc::{
    command::Command,
    error::{CommandError, ErrorCode},
    event::{CHANGED, Changed},
};
use serde::de::DeserializeOwned;
use serde_json::json;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI_INTERNALS__"], js_name = invoke)]
    fn invoke(name: &str, arguments: JsValue) -> Result<js_sys::Promise, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI_INTERNALS__"], js_name = transformCallback)]
    fn transform_callback(callback: &JsValue, once: bool) -> Result<f64, JsValue>;
}

/// Calls the shell.
///
/// # Errors
/// What the shell answered; anything that is no answer of ours (refused by the access list, unreadable) is `Internal`.
pub(crate) async fn call<C: Command>(arguments: C) -> Result<C::Answer, CommandError> {
    let arguments = serde_json::to_value(arguments).map_err(|e| internal(&e.to_string()))?;
    send(C::NAME, &json!({ "args": arguments })).await
}

/// Runs `on_change` at each event of the shell, for as long as the window lives.
///
/// # Errors
/// As [`call`].
pub(crate) async fn listen(on_change: impl Fn(Changed) + 'static) -> Result<(), CommandError> {
    let callback = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
        let payload =
            js_sys::Reflect::get(&event, &JsValue::from_str("payload")).unwrap_or(JsValue::NULL);
        if let Ok(changed) = read::<Changed>(&payload) {
            on_change(changed);
        }
    });
    let handler = transform_callback(&callback.into_js_value(), false).map_err(|e| refused(&e))?;
    // The id is a whole number: as a float it would not deserialise on the other side.
    let arguments =
        js_sys::JSON::parse(&json!({ "event": CHANGED, "target": { "kind": "Any" } }).to_string())
            .map_err(|e| refused(&e))?;
    js_sys::Reflect::set(
        &arguments,
        &JsValue::from_str("handler"),
        &JsValue::from_f64(handler),
    )
    .map_err(|e| refused(&e))?;
    let promise = invoke("plugin:event|listen", arguments).map_err(|e| refused(&e))?;
    JsFuture::from(promise).await.map_err(|e| refused(&e))?;
    Ok(())
}

async fn send<A: DeserializeOwned>(
    name: &str,
    arguments: &serde_json::Value,
) -> Result<A, CommandError> {
    let arguments = js_sys::JSON::parse(&arguments.to_string()).map_err(|e| refused(&e))?;
    let promise = invoke(name, arguments).map_err(|e| refused(&e))?;
    let answer = JsFuture::from(promise).await.map_err(|e| refused(&e))?;
    read(&answer)
}

fn read<A: DeserializeOwned>(value: &JsValue) -> Result<A, CommandError> {
    let text = js_sys::JSON::stringify(value)
        .ok()
        .and_then(|text| JsValue::from(text).as_string());
    serde_json::from_str(text.as_deref().unwrap_or("null")).map_err(|e| internal(&e.to_string()))
}

fn refused(reason: &JsValue) -> CommandError {
    read(reason).unwrap_or_else(|_| internal(&reason.as_string().unwrap_or_default()))
}

fn internal(message: &str) -> CommandError {
    CommandError {
        code: ErrorCode::Internal,
        message: message.to_owned(),
    }
}
