//! A stranger's flood: ten thousand requests without a valid device signature, and the victim still signs in and checks in.

use axum::body::Body;
use axum::http::Request;
use bizmitra_contract::ids::DeviceId;
use bizmitra_contract::login::ChallengeRequest;
use bizmitra_contract::paths;
use bizmitra_contract::sync::Verdict;
use libtest_mimic::Trial;
use serde_json::json;
use uuid::Uuid;

use crate::device::{HOST, TestDevice, keys};
use crate::support::{attack, everything};
use crate::wire::Sent;
use crate::world::World;

const REQUESTS: usize = 10_000;

pub fn trials() -> Vec<Trial> {
    vec![
        attack(
            "ten thousand requests in a person's name do not keep that person from signing in",
            || flood(in_the_name),
        ),
        attack(
            "ten thousand login proofs by a stranger do not keep a person from signing in",
            || flood(proofs),
        ),
        attack(
            "ten thousand requests of unknown devices do not keep a person from signing in",
            || flood(unknown),
        ),
        attack(
            "ten thousand questions for the victim's nonce do not keep a person from signing in",
            || flood(challenges),
        ),
        attack(
            "ten thousand guessed codes do not keep a person from signing in",
            || flood(codes),
        ),
        attack(
            "ten thousand requests of garbage do not keep a person from signing in",
            || flood(garbage),
        ),
    ]
}

/// Request number `n` of a flood.
type Wave = fn(&Victim, usize) -> Request<Body>;

struct Victim {
    device: TestDevice,
    /// Signed by a stranger.
    forged: Sent,
    login: Sent,
    unknown: Sent,
}

async fn flood(wave: Wave) {
    let world = World::new();
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let stranger = TestDevice {
        dik: keys("stranger").0,
        ..ravi.clone()
    };
    let nobody = TestDevice {
        device: DeviceId(Uuid::new_v4()),
        ..stranger.clone()
    };
    let body = serde_json::to_vec(&ravi.login_request("AAAA", &format!("http://{HOST}"))).unwrap();
    let login = stranger.request("POST", paths::LOGIN, Some(body), &stranger.signing(&world));
    let victim = Victim {
        forged: Sent::of(stranger.request("GET", paths::ME, None, &stranger.signing(&world))).await,
        login: Sent::of(login).await,
        unknown: Sent::of(nobody.request("GET", paths::ME, None, &nobody.signing(&world))).await,
        device: ravi.clone(),
    };
    let before = everything(world.folder());
    for number in 0..REQUESTS {
        let status = world.call(wave(&victim, number)).await.status;
        assert!(!status.is_server_error(), "request {number}: {status}");
    }
    let after = everything(world.folder());
    for table in ["device", "session", "employee", "anchor", "audit", "ingest"] {
        assert_eq!(after[table], before[table], "{table}");
    }
    // The open session goes on, a new one opens, a record arrives.
    assert!(ravi.get(&world, paths::ME).await.status.is_success());
    ravi.sign_in(&world).await;
    let item = ravi.check_in(world.now_ms());
    assert_eq!(
        ravi.deliver(&world, &[&item]).await[0].verdict,
        Verdict::Applied
    );
}

fn in_the_name(victim: &Victim, _: usize) -> Request<Body> {
    victim.forged.request()
}

fn proofs(victim: &Victim, _: usize) -> Request<Body> {
    victim.login.request()
}

fn unknown(victim: &Victim, _: usize) -> Request<Body> {
    victim.unknown.request()
}

fn post(path: &str, body: Vec<u8>) -> Request<Body> {
    let request = Request::post(path)
        .header("host", HOST)
        .header("content-type", "application/json");
    request.body(Body::from(body)).unwrap()
}

fn challenges(victim: &Victim, _: usize) -> Request<Body> {
    let question = ChallengeRequest {
        device: victim.device.device,
    };
    post(
        paths::LOGIN_CHALLENGE,
        serde_json::to_vec(&question).unwrap(),
    )
}

fn codes(_: &Victim, number: usize) -> Request<Body> {
    let body = json!({"code": format!("{number:010}")});
    post(paths::INVITATION, serde_json::to_vec(&body).unwrap())
}

fn garbage(victim: &Victim, number: usize) -> Request<Body> {
    let path = [
        paths::SYNC_BATCH,
        paths::LOGIN,
        paths::ENROLMENT,
        "/v1/devices/x/revoke",
        "/nowhere",
    ][number % 5];
    let mut sent = victim.forged.clone();
    sent.method = "POST".to_owned();
    sent.target = path.to_owned();
    sent.body = number.to_be_bytes().repeat(number % 97);
    sent.request()
}
