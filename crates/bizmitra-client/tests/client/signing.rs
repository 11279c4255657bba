//! Signatures as a server sees them, and a phone whose clock is wrong.

use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request as Incoming, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response as Answer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bizmitra_core::api::Refusal;
use ed25519_dalek::{Signature, Verifier as _};

use super::server::{JSON, OURS, serve};
use super::support::*;

/// What the server saw of one request: `Signature-Input`, and whether the signature holds over what arrived.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    input: String,
    created: i64,
    valid: bool,
}

/// A server that finds signatures stale when `created` is more than 120 s off and no nonce is signed.
#[derive(Default)]
struct Server {
    seen: Mutex<Vec<Seen>>,
    never_content: bool,
}

/// Rebuilds the base from the message as it arrived, not from the client's code.
async fn verify(request: Incoming) -> Seen {
    let (head, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let text = |name: &str| {
        head.headers
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let input = text("signature-input").unwrap();
    let params = input.strip_prefix("bz=").unwrap();
    let covered = params
        .strip_prefix('(')
        .unwrap()
        .split_once(')')
        .unwrap()
        .0
        .split(' ')
        .map(|name| name.trim_matches('"'));
    let mut base = String::new();
    for name in covered {
        let value = match name {
            "@method" => head.method.to_string(),
            "@authority" => text("host").unwrap(),
            "@path" => head.uri.path().to_owned(),
            "@query" => format!("?{}", head.uri.query().unwrap_or_default()),
            header => text(header).unwrap(),
        };
        base.push_str(&format!("\"{name}\": {value}\n"));
    }
    base.push_str(&format!("\"@signature-params\": {params}"));
    let signature = text("signature").unwrap();
    let signature = STANDARD
        .decode(
            signature
                .strip_prefix("bz=:")
                .unwrap()
                .strip_suffix(':')
                .unwrap(),
        )
        .unwrap();
    let holds = key()
        .verifying_key()
        .verify(base.as_bytes(), &Signature::from_slice(&signature).unwrap())
        .is_ok();
    let digest_holds = body.is_empty()
        || text("content-digest").unwrap() == bizmitra_client::signature::content_digest(&body);
    let created = params
        .split("created=")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    Seen {
        input,
        created,
        valid: holds && digest_holds,
    }
}

async fn handle(State(server): State<Arc<Server>>, request: Incoming) -> Answer {
    let seen = verify(request).await;
    let now = TestClock::default().now().wall_ms / 1000;
    let fresh = (seen.created - now).abs() <= 120 || seen.input.contains("nonce=\"fresh-nonce\"");
    server.seen.lock().unwrap().push(seen);
    if fresh && !server.never_content {
        return ([OURS, JSON], "{}").into_response();
    }
    let problem = r#"{"title":"stale","status":401,"code":"signature_stale","request_id":"r","nonce":"fresh-nonce"}"#;
    (
        StatusCode::UNAUTHORIZED,
        [OURS, ("content-type", "application/problem+json")],
        problem,
    )
        .into_response()
}

async fn start(server: Server) -> (Arc<Server>, String) {
    let server = Arc::new(server);
    let origin = serve(Router::new().fallback(handle).with_state(server.clone())).await;
    (server, origin)
}

fn signed(request: Request) -> Request {
    Request {
        sign_as: Some(device()),
        ..request
    }
}

#[tokio::test]
async fn a_signature_holds_over_what_arrives() {
    let (server, origin) = start(Server::default()).await;
    let api = api(&origin);
    let query = Request {
        query: Some("since=a%20b&x=%2F".to_owned()),
        ..get("/v1/changes")
    };
    let bearer = Request {
        bearer: Some("token".to_owned()),
        ..post("/v1/sync/batch")
    };
    for request in [get("/v1/me"), query, post("/v1/login"), bearer] {
        api.send(signed(request)).await.unwrap();
    }
    let seen = server.seen.lock().unwrap().clone();
    assert!(seen.iter().all(|seen| seen.valid), "{seen:?}");
    let components: Vec<_> = seen
        .iter()
        .map(|seen| seen.input.split(';').next().unwrap())
        .collect();
    assert_eq!(
        components,
        [
            r#"bz=("@method" "@authority" "@path" "@query")"#,
            r#"bz=("@method" "@authority" "@path" "@query")"#,
            r#"bz=("@method" "@authority" "@path" "@query" "content-digest" "content-type")"#,
            r#"bz=("@method" "@authority" "@path" "@query" "content-digest" "content-type" "authorization")"#,
        ]
    );
    assert!(seen[0].input.ends_with(
        r#";keyid="00000000-0000-0000-0000-0000000000d1";alg="ed25519";tag="bizmitra""#
    ));
}

#[tokio::test]
async fn a_phone_a_day_off_signs_once_more_and_remembers() {
    let (server, origin) = start(Server::default()).await;
    let clock = Arc::new(TestClock::default());
    clock.off_ms.store(-86_400_000, Ordering::Relaxed);
    let api = api_with(&origin, &Roots::bundled(), clock.clone());
    api.send(signed(post("/v1/login"))).await.unwrap();
    let nonces = |server: &Server| {
        server
            .seen
            .lock()
            .unwrap()
            .iter()
            .map(|seen| seen.input.contains("nonce="))
            .collect::<Vec<_>>()
    };
    assert_eq!(nonces(&server), [false, true]);
    api.send(signed(post("/v1/login"))).await.unwrap();
    assert_eq!(
        nonces(&server),
        [false, true, false],
        "the difference is known now"
    );
    // Setting the clock right makes what was learned wrong: it is learned again.
    clock.off_ms.store(0, Ordering::Relaxed);
    api.send(signed(post("/v1/login"))).await.unwrap();
    api.send(signed(post("/v1/login"))).await.unwrap();
    assert_eq!(nonces(&server), [false, true, false, false, true, false]);
    assert!(server.seen.lock().unwrap().iter().all(|seen| seen.valid));
}

#[tokio::test]
async fn a_server_that_is_never_content_gets_two_requests() {
    let (server, origin) = start(Server {
        never_content: true,
        ..Server::default()
    })
    .await;
    let refused = Err(ApiError::Refused {
        status: 401,
        code: Refusal::Signature,
        retry_after_ms: None,
    });
    assert_eq!(api(&origin).send(signed(post("/v1/login"))).await, refused);
    assert_eq!(server.seen.lock().unwrap().len(), 2);
}
