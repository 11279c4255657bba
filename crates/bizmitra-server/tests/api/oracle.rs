//! What an implementation of RFC 9421 that is not ours signs, our server verifies: the crate `httpsig`, in tests only.
//!
//! The oracle writes the lines of the components and signs. The parameters are written here, in the order that the contract
//! fixes: the oracle has one of its own.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use httpsig::prelude::message_component::{HttpMessageComponent, HttpMessageComponentId};
use httpsig::prelude::{AlgorithmName, SecretKey, SigningKey as _};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sha2::{Digest as _, Sha256};

use crate::device::{HOST, TestDevice};
use crate::world::World;

/// One request before it is signed.
#[derive(Debug, Clone)]
struct Asked {
    query: Option<String>,
    body: Option<Vec<u8>>,
    authorization: Option<String>,
    idempotency_key: Option<String>,
}

/// What a URI may hold in its query (RFC 3986, section 3.4), and what a header may hold between its ends.
fn asked() -> impl Strategy<Value = Asked> {
    (
        proptest::option::of("([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2}){0,40}"),
        proptest::option::of(proptest::collection::vec(any::<u8>(), 1..400)),
        proptest::option::of("Bearer [A-Za-z0-9_~+/.-]{1,60}"),
        proptest::option::of("[!-~]([ -~]{0,30}[!-~])?"),
    )
        .prop_map(|(query, body, authorization, idempotency_key)| Asked {
            query,
            body,
            authorization,
            idempotency_key,
        })
}

/// Signed by the oracle with the device's key.
fn signed(world: &World, device: &TestDevice, path: &str, asked: &Asked) -> Request<Body> {
    let method = if asked.body.is_some() { "POST" } else { "GET" };
    let mut covered = vec![
        ("@method", method.to_owned()),
        ("@authority", HOST.to_owned()),
        ("@path", path.to_owned()),
        (
            "@query",
            format!("?{}", asked.query.as_deref().unwrap_or_default()),
        ),
    ];
    if let Some(body) = &asked.body {
        let digest = STANDARD.encode(Sha256::digest(body));
        covered.push(("content-digest", format!("sha-256=:{digest}:")));
        covered.push(("content-type", "application/json".to_owned()));
    }
    covered.extend(
        asked
            .authorization
            .clone()
            .map(|value| ("authorization", value)),
    );
    covered.extend(
        asked
            .idempotency_key
            .clone()
            .map(|value| ("idempotency-key", value)),
    );
    let mut base = String::new();
    for (name, value) in &covered {
        let id = HttpMessageComponentId::try_from(*name).unwrap();
        let line = HttpMessageComponent::try_from((&id, std::slice::from_ref(value))).unwrap();
        base.push_str(&format!("{line}\n"));
    }
    let names: Vec<String> = covered
        .iter()
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    let params = format!(
        "({});created={};keyid=\"{}\";alg=\"ed25519\";tag=\"bizmitra\"",
        names.join(" "),
        world.now_ms() / 1000,
        device.device,
    );
    base.push_str(&format!("\"@signature-params\": {params}"));
    let key = SecretKey::from_bytes(&AlgorithmName::Ed25519, &device.dik.to_bytes()).unwrap();
    let sig = STANDARD.encode(key.sign(base.as_bytes()).unwrap());
    let uri = match &asked.query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut request = Request::builder()
        .method(method)
        .uri(uri)
        .header("host", HOST);
    for (name, value) in covered.iter().filter(|(name, _)| !name.starts_with('@')) {
        request = request.header(*name, value);
    }
    request
        .header("signature-input", format!("bz={params}"))
        .header("signature", format!("bz=:{sig}:"))
        .body(Body::from(asked.body.clone().unwrap_or_default()))
        .unwrap()
}

#[test]
fn whatever_an_independent_implementation_signs_is_verified_and_nothing_else() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(async { World::new() });
    let device = runtime.block_on(TestDevice::enrol(&world, world.ravi, "Ravi"));
    let config = Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let verified = TestRunner::new(config).run(&asked(), |asked| {
        // A batch of random bytes is no batch; to say so the server must have taken the signature.
        let path = if asked.body.is_some() {
            paths::SYNC_BATCH
        } else {
            paths::THIS_DEVICE
        };
        let good = signed(&world, &device, path, &asked);
        let reply = runtime.block_on(world.call(good));
        if asked.body.is_some() {
            prop_assert_eq!(reply.code(), ProblemCode::Invalid);
        } else {
            prop_assert!(reply.status.is_success(), "{:?}", reply.status);
        }
        // The same signature over one part more or less is none.
        let mut other = signed(&world, &device, path, &asked);
        let query = asked.query.clone().unwrap_or_default();
        *other.uri_mut() = format!("{path}?{query}x").parse().unwrap();
        let reply = runtime.block_on(world.call(other));
        prop_assert_eq!(reply.code(), ProblemCode::SignatureInvalid);
        Ok(())
    });
    verified.unwrap();
}
