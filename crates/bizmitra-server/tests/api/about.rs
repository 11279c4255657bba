//! What every answer carries, and the description.

use axum::body::Body;
use axum::http::Request;
use bizmitra_contract::devices::HealthResponse;
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use serde_json::Value;

use crate::world::World;

const PATHS: &[(&str, &str)] = &[
    ("get", paths::HEALTH),
    ("get", paths::OPENAPI),
    ("post", paths::INVITATION),
    ("post", paths::ENROLMENT),
    ("get", paths::THIS_DEVICE),
    ("post", paths::LOGIN_CHALLENGE),
    ("post", paths::LOGIN),
    ("post", paths::SYNC_BATCH),
    ("get", paths::CHANGES),
    ("get", paths::ME),
    ("get", paths::PENDING_DEVICES),
    ("post", paths::APPROVE_DEVICE),
    ("post", paths::REVOKE_DEVICE),
    ("post", paths::SUSPEND_DEVICE),
    ("post", paths::RESUME_DEVICE),
    ("post", paths::REPORT_LOST_DEVICE),
    ("post", paths::REPLACE_DEVICE),
    ("get", paths::DEVICES),
    ("get", paths::MY_DEVICES),
    ("put", paths::BLOB),
    ("head", paths::UPLOAD),
];

/// Every `pub const X: &str = "/…"` of the contract's source.
fn paths_of_the_contract() -> Vec<String> {
    let source = include_str!("../../../bizmitra-contract/src/paths.rs");
    source
        .lines()
        .filter_map(|line| line.split_once("&str = \"/"))
        .map(|(_, rest)| format!("/{}", rest.trim_end_matches("\";")))
        .collect()
}

#[tokio::test]
async fn health_tells_version_epoch_and_time() {
    let world = World::new();
    let reply = world.get(paths::HEALTH).await;
    assert_eq!(
        reply.headers[paths::SERVER_HEADER],
        bizmitra_server::VERSION
    );
    assert_eq!(reply.headers["date"], "Mon, 23 Nov 2026 03:30:00 GMT");
    assert_eq!(reply.headers["content-type"], "application/json");
    let health: HealthResponse = reply.json();
    assert_eq!(
        (health.status.as_str(), health.server_time_ms),
        ("ok", world.now_ms())
    );
    assert_eq!(health.server_epoch, world.restarted().server.epoch());
}

#[tokio::test]
async fn every_path_of_the_contract_is_served_and_described() {
    let world = World::new();
    let api: Value = world.get(paths::OPENAPI).await.json();
    assert_eq!(api["openapi"], "3.1.0");
    let contract = paths_of_the_contract();
    assert_eq!(contract.len(), PATHS.len());
    for path in contract {
        let (method, _) = PATHS.iter().find(|(_, known)| *known == path).unwrap();
        assert!(
            api["paths"][&path][method]["operationId"].is_string(),
            "{path} is not described"
        );
        let uri = path.replace("{id}", "x");
        let reply = world
            .call(
                Request::builder()
                    .method(method.to_uppercase().as_str())
                    .uri(uri)
                    .body(Body::empty())
                    .unwrap(),
            )
            .await;
        assert!(
            ![404, 405].contains(&reply.status.as_u16()),
            "{path} is not served: {}",
            reply.status
        );
    }
    assert_eq!(api["paths"].as_object().unwrap().len(), PATHS.len());
}

#[tokio::test]
async fn every_schema_that_is_named_is_there() {
    let api = bizmitra_server::openapi::describe();
    let schemas = api["components"]["schemas"].as_object().unwrap();
    let text = api.to_string();
    let named: Vec<&str> = text
        .split("#/components/schemas/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(named.len() > 40);
    for name in named {
        assert!(schemas.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_of_ours_too() {
    let world = World::new();
    let reply = world.get("/nowhere").await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (404, ProblemCode::NotFound)
    );
    assert_eq!(
        reply.headers[paths::SERVER_HEADER],
        bizmitra_server::VERSION
    );
    assert_eq!(
        reply.headers["x-request-id"],
        reply.problem().request_id.as_str()
    );
    let reply = world.get(paths::LOGIN).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (405, ProblemCode::Invalid)
    );
    assert_eq!(reply.headers["allow"], "POST");
    let reply = world
        .call(
            Request::post(paths::INVITATION)
                .body(Body::from("{"))
                .unwrap(),
        )
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (400, ProblemCode::Invalid)
    );
    let reply = world
        .call(
            Request::post(paths::INVITATION)
                .body(Body::from(vec![b' '; 20_000]))
                .unwrap(),
        )
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (413, ProblemCode::TooLarge)
    );
}
