//! Request signatures: every covered part counts.

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use bizmitra_contract::devices::ThisDeviceResponse;
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;

use crate::device::{Signing, TestDevice};
use crate::world::World;

#[tokio::test]
async fn every_covered_part_altered_in_turn_is_refused() {
    let world = World::new();
    let device = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let signing = Signing {
        idempotency_key: Some("one".to_owned()),
        ..device.signing(&world)
    };
    let body = br#"{"reason":"lost"}"#.to_vec();
    let path = format!("/v1/devices/{}/revoke?a=b", device.device);
    let good = || device.request("POST", &path, Some(body.clone()), &signing);
    let set = |name: &'static str, value: &'static str| {
        move |request: &mut Request<Body>| {
            request
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
    };
    type Alter = Box<dyn Fn(&mut Request<Body>)>;
    let alterations: Vec<(&str, Alter)> = vec![
        ("authority", Box::new(set("host", "localhost:9999"))),
        (
            "query",
            Box::new(move |r| {
                *r.uri_mut() = r.uri().to_string().replace("a=b", "a=c").parse().unwrap()
            }),
        ),
        (
            "path",
            Box::new(move |r| {
                *r.uri_mut() = r
                    .uri()
                    .to_string()
                    .replace("revoke", "approve")
                    .parse()
                    .unwrap()
            }),
        ),
        (
            "body",
            Box::new(|r| *r.body_mut() = Body::from(r#"{"reason":"sold"}"#)),
        ),
        ("no body", Box::new(|r| *r.body_mut() = Body::empty())),
        ("digest", Box::new(set("content-digest", "sha-256=:AAAA:"))),
        ("type", Box::new(set("content-type", "text/plain"))),
        (
            "authorization",
            Box::new(set("authorization", "Bearer other")),
        ),
        (
            "no authorization",
            Box::new(|r| drop(r.headers_mut().remove("authorization"))),
        ),
        ("idempotency", Box::new(set("idempotency-key", "two"))),
        (
            "no idempotency",
            Box::new(|r| drop(r.headers_mut().remove("idempotency-key"))),
        ),
        ("signature", Box::new(set("signature", "bz=:AAAA:"))),
        (
            "no input",
            Box::new(|r| drop(r.headers_mut().remove("signature-input"))),
        ),
        (
            "two inputs",
            Box::new(|r| {
                assert!(
                    r.headers_mut()
                        .append("signature-input", HeaderValue::from_static("bz=()"))
                )
            }),
        ),
    ];
    for (name, alter) in alterations {
        let mut request = good();
        alter(&mut request);
        assert_eq!(
            world.call(request).await.code(),
            ProblemCode::SignatureInvalid,
            "{name}"
        );
    }
    for (from, to) in [
        ("created=", "created=1"),
        ("ed25519", "ed25518"),
        ("bizmitra", "bizmitre"),
        (" \"@path\"", ""),
    ] {
        let mut request = good();
        let input = request.headers()["signature-input"]
            .to_str()
            .unwrap()
            .replace(from, to);
        request
            .headers_mut()
            .insert("signature-input", HeaderValue::from_str(&input).unwrap());
        assert_eq!(
            world.call(request).await.code(),
            ProblemCode::SignatureInvalid,
            "{from}"
        );
    }
    assert!(world.call(good()).await.status.is_success());
}

#[tokio::test]
async fn another_method_is_another_request() {
    let world = World::new();
    let device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let mut request = device.request("POST", paths::THIS_DEVICE, None, &device.signing(&world));
    *request.method_mut() = axum::http::Method::GET;
    assert_eq!(
        world.call(request).await.code(),
        ProblemCode::SignatureInvalid
    );
}

#[tokio::test]
async fn a_wrong_clock_signs_again_over_the_servers_nonce() {
    let world = World::new();
    let device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let get =
        |signing: Signing| world.call(device.request("GET", paths::THIS_DEVICE, None, &signing));
    let at = |off_s: i64| Signing {
        created_s: Some(world.now_ms() / 1000 + off_s),
        ..Signing::default()
    };
    for near in [-120, 120] {
        let _: ThisDeviceResponse = get(at(near)).await.json();
    }
    for far in [-121, 121, -86_400, i64::MAX / 4000] {
        let problem = get(at(far)).await.problem();
        assert_eq!(problem.code, ProblemCode::SignatureStale);
        let again = Signing {
            nonce: problem.nonce,
            ..at(far)
        };
        let _: ThisDeviceResponse = get(again.clone()).await.json();
        // Once.
        assert_eq!(get(again).await.code(), ProblemCode::SignatureStale);
    }
}

#[tokio::test]
async fn a_nonce_serves_one_device_for_two_minutes() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let old = Signing {
        created_s: Some(0),
        ..Signing::default()
    };
    let nonce = world
        .call(ravi.request("GET", paths::THIS_DEVICE, None, &old))
        .await
        .problem()
        .nonce;
    let over = Signing { nonce, ..old };
    let stolen = world
        .call(asha.request("GET", paths::THIS_DEVICE, None, &over))
        .await;
    assert_eq!(stolen.code(), ProblemCode::SignatureStale);
    world.advance_ms(2 * 60_000);
    let late = world
        .call(ravi.request("GET", paths::THIS_DEVICE, None, &over))
        .await;
    assert_eq!(late.code(), ProblemCode::SignatureStale);
}

#[tokio::test]
async fn strangers_learn_nothing_and_lock_nobody_out() {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let mut stranger = ravi.clone();
    stranger.dik = crate::device::keys("stranger").0;
    let mut unknown = ravi.clone();
    unknown.device = bizmitra_contract::ids::DeviceId(uuid::Uuid::new_v4());
    for _ in 0..50 {
        for device in [&stranger, &unknown] {
            let reply = device.get(&world, paths::THIS_DEVICE).await;
            assert_eq!(reply.code(), ProblemCode::SignatureInvalid);
        }
    }
    ravi.sign_in(&world).await;
}
