//! Signatures judged by an implementation of RFC 9421 that is not ours: the crate `httpsig`, in tests only.
//!
//! It writes a signature's parameters in an order of its own when it makes a base; the RFC (section 2.5) wants them as they
//! stand in `Signature-Input`, so that one line is taken from the header. Everything else is the oracle's: it reads both
//! headers, says which components are covered, writes their lines and verifies.

use std::sync::Mutex;

use axum::Router;
use axum::extract::{Request as Incoming, State};
use axum::response::{IntoResponse, Response as Answer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use httpsig::prelude::message_component::HttpMessageComponent;
use httpsig::prelude::{AlgorithmName, HttpSignatureHeaders, PublicKey, VerifyingKey as _};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sha2::{Digest as _, Sha256};

use super::server::{JSON, OURS, serve};
use super::support::*;

/// What the oracle says of the last request: nothing when it is content.
#[derive(Default)]
struct Court(Mutex<Vec<Result<(), String>>>);

async fn judge(request: Incoming) -> Result<(), String> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let header = |name: &str| {
        let value = head.headers.get(name).ok_or(format!("no {name}"))?;
        Ok::<_, String>(value.to_str().map_err(|_| name.to_owned())?.to_owned())
    };
    let (signature, input) = (header("signature")?, header("signature-input")?);
    let parsed = HttpSignatureHeaders::try_parse(&signature, &input).map_err(|e| e.to_string())?;
    let ours = parsed.get("bz").ok_or("no signature of ours")?;
    let params = ours.signature_params();
    if params.alg.as_deref() != Some("ed25519") || params.tag.as_deref() != Some("bizmitra") {
        return Err(format!("{params}"));
    }
    if params.keyid.as_deref() != Some(&device().to_string()) || params.created.is_none() {
        return Err(format!("{params}"));
    }
    let mut base = String::new();
    for id in &params.covered_components {
        let name = id.to_string();
        let value = match name.trim_matches('"') {
            "@method" => head.method.to_string(),
            "@authority" => header("host")?,
            "@path" => head.uri.path().to_owned(),
            "@query" => format!("?{}", head.uri.query().unwrap_or_default()),
            field => header(field)?,
        };
        let line =
            HttpMessageComponent::try_from((id, [value].as_slice())).map_err(|e| e.to_string())?;
        base.push_str(&format!("{line}\n"));
    }
    let as_sent = input.strip_prefix("bz=").ok_or("another label")?;
    base.push_str(&format!("\"@signature-params\": {as_sent}"));
    let bytes = signature
        .strip_prefix("bz=:")
        .and_then(|rest| rest.strip_suffix(':'));
    let bytes = STANDARD
        .decode(bytes.ok_or("no byte sequence")?)
        .map_err(|e| e.to_string())?;
    let key = key().verifying_key().to_bytes();
    let key = PublicKey::from_bytes(&AlgorithmName::Ed25519, &key).map_err(|e| e.to_string())?;
    key.verify(base.as_bytes(), &bytes)
        .map_err(|e| e.to_string())?;
    // RFC 9530, section 2.
    if !body.is_empty() {
        let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&body)));
        let covered = input.contains("\"content-digest\"") && input.contains("\"content-type\"");
        if header("content-digest")? != digest || !covered {
            return Err("the body is not covered".to_owned());
        }
    }
    if head.headers.contains_key("authorization") && !input.contains("\"authorization\"") {
        return Err("the token is not covered".to_owned());
    }
    Ok(())
}

async fn handle(State(court): State<Arc<Court>>, request: Incoming) -> Answer {
    let verdict = judge(request).await;
    court.0.lock().unwrap().push(verdict);
    ([OURS, JSON], "{}").into_response()
}

/// Any path, query, body and token, as far as HTTP can carry them.
fn requests() -> impl Strategy<Value = Request> {
    (
        "/(\\PC){0,30}",
        proptest::option::of("(\\PC){0,40}"),
        proptest::option::of(proptest::collection::vec(any::<u8>(), 1..300)),
        proptest::option::of("[A-Za-z0-9_~+/.-]{1,60}"),
    )
        .prop_map(|(path, query, body, bearer)| Request {
            method: if body.is_some() {
                Method::Post
            } else {
                Method::Get
            },
            path,
            query,
            body,
            bearer,
            sign_as: Some(device()),
        })
}

#[test]
fn whatever_is_asked_an_independent_implementation_verifies_the_signature() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let court = Arc::new(Court::default());
    let router = Router::new().fallback(handle).with_state(court.clone());
    let origin = runtime.block_on(serve(router));
    let api = api(&origin);
    let config = Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let judged = TestRunner::new(config).run(&requests(), |request| {
        let answered = runtime.block_on(api.send(request));
        prop_assert!(answered.is_ok(), "{answered:?}");
        let verdict = court.0.lock().unwrap().pop();
        prop_assert_eq!(verdict, Some(Ok(())));
        Ok(())
    });
    judged.unwrap();
}

#[test]
fn the_oracle_itself_agrees_with_rfc_9421_b_2_6_and_refuses_another_message() {
    let base = concat!(
        "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\"@authority\": example.com\n",
        "\"content-type\": application/json\n\"content-length\": 18\n",
        "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")",
        ";created=1618884473;keyid=\"test-key-ed25519\""
    );
    let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let key = url_safe
        .decode("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs")
        .unwrap();
    let key = PublicKey::from_bytes(&AlgorithmName::Ed25519, &key).unwrap();
    let sig =
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    let sig = STANDARD.decode(sig).unwrap();
    key.verify(base.as_bytes(), &sig).unwrap();
    assert!(
        key.verify(base.replace("POST", "GET").as_bytes(), &sig)
            .is_err()
    );
}
