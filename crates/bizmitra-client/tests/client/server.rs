//! Answers of our server and of what stands in its place.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get as on_get, post as on_post};
use bizmitra_core::api::Refusal;
use tokio::net::TcpListener;

use super::support::*;

pub const OURS: (&str, &str) = ("bizmitra-server", "0.1.0");
pub const JSON: (&str, &str) = ("content-type", "application/json");

/// Serves on a free port of the loopback.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    origin
}

fn routes() -> Router {
    Router::new()
        .route("/ok", on_get(|| async { ([OURS, JSON], "{\"a\":1}") }))
        .route("/echo", on_post(|body: String| async move { ([OURS, JSON], body) }))
        .route("/portal", on_get(|| async { ([("content-type", "text/html")], "<html>sign in</html>") }))
        .route("/portal-json", on_get(|| async { ([JSON], "{}") }))
        .route("/redirect", on_get(|| async { (StatusCode::FOUND, [("location", "/ok")]) }))
        .route("/511", on_get(|| async { StatusCode::NETWORK_AUTHENTICATION_REQUIRED }))
        .route("/500", on_get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "oops") }))
        .route("/503", on_get(|| async { (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "120")], "") }))
        .route(
            "/503-date",
            on_get(|| async {
                let headers = [("retry-after", "Mon, 23 Nov 2026 10:01:00 GMT"), ("date", "Mon, 23 Nov 2026 10:00:00 GMT")];
                (StatusCode::SERVICE_UNAVAILABLE, headers, "")
            }),
        )
        .route(
            "/used",
            on_get(|| async {
                let problem = r#"{"type":"about:blank","title":"used","status":409,"code":"code_used","request_id":"r"}"#;
                (StatusCode::CONFLICT, [OURS, ("content-type", "application/problem+json")], problem)
            }),
        )
        .route("/huge", on_get(|| async { ([OURS, JSON], vec![b' '; 4 * 1024 * 1024 + 1]) }))
        .route("/large", on_get(|| async { ([OURS, JSON], vec![b' '; 4 * 1024 * 1024]) }))
        .route(
            "/headers",
            on_get(|headers: HeaderMap| async move {
                let unwanted = ["cookie", "referer", "signature", "authorization"].iter().any(|name| headers.contains_key(*name));
                ([OURS, JSON], if unwanted { "bad" } else { "clean" }).into_response()
            }),
        )
}

#[tokio::test]
async fn our_servers_answers_come_through_byte_by_byte() {
    let origin = serve(routes()).await;
    assert_eq!(
        send(&origin, get("/ok")).await,
        Ok(Response {
            body: b"{\"a\":1}".to_vec()
        })
    );
    let bytes = b"{ \"exact\" :1}".to_vec();
    let echo = send(
        &origin,
        Request {
            body: Some(bytes.clone()),
            ..post("/echo")
        },
    )
    .await;
    assert_eq!(echo, Ok(Response { body: bytes }));
    assert_eq!(
        send(&origin, get("/headers")).await,
        Ok(Response {
            body: b"clean".to_vec()
        })
    );
}

#[tokio::test]
async fn a_captive_portal_is_not_our_server() {
    let origin = serve(routes()).await;
    for path in ["/portal", "/portal-json", "/redirect", "/511", "/nowhere"] {
        assert_eq!(
            send(&origin, get(path)).await,
            Err(ApiError::NotOurServer),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_failing_server_says_when_to_come_again() {
    let origin = serve(routes()).await;
    let failing = |status, retry_after_ms| {
        Err(ApiError::Failing {
            status,
            retry_after_ms,
        })
    };
    assert_eq!(send(&origin, get("/500")).await, failing(500, None));
    assert_eq!(
        send(&origin, get("/503")).await,
        failing(503, Some(120_000))
    );
    assert_eq!(
        send(&origin, get("/503-date")).await,
        failing(503, Some(60_000))
    );
}

#[tokio::test]
async fn a_refusal_carries_its_reason() {
    let origin = serve(routes()).await;
    let refused = Err(ApiError::Refused {
        status: 409,
        code: Refusal::CodeUsed,
        retry_after_ms: None,
    });
    assert_eq!(send(&origin, get("/used")).await, refused);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_at_4_mib() {
    let origin = serve(routes()).await;
    assert_eq!(
        send(&origin, get("/large")).await.unwrap().body.len(),
        4 * 1024 * 1024
    );
    assert_eq!(send(&origin, get("/huge")).await, Err(ApiError::AnswerLost));
}

#[tokio::test]
async fn debug_shows_no_token_and_no_body() {
    let request = Request {
        bearer: Some("secret-token".to_owned()),
        body: Some(b"secret-body".to_vec()),
        ..post("/echo")
    };
    assert!(!format!("{request:?}").contains("secret"));
    let shown = format!("{:?}", api("https://user.example.com"));
    assert_eq!(
        shown,
        "HttpApi { origin: \"https://user.example.com\", .. }"
    );
}
