//! Logins and enrolments, sent again.

use axum::http::StatusCode;
use bizmitra_contract::enrolment::{
    DeviceState, EnrolmentRequest, EnrolmentResponse, InvitationResponse, Platform,
};
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use libtest_mimic::Trial;

use super::state_of;
use crate::device::{HOST, TestDevice, check, enrolment};
use crate::support::{attack, everything};
use crate::wire::Sent;
use crate::world::World;

pub fn trials() -> Vec<Trial> {
    vec![
        attack("a login sent again opens no second session", login_again),
        attack(
            "a login proof made for another server is refused",
            login_elsewhere,
        ),
        attack(
            "an enrolment sent again gets the same device",
            enrolment_again,
        ),
        attack(
            "an enrolment sent again after a revocation brings no device back",
            enrolment_after_revocation,
        ),
        attack(
            "an enrolment under the same keys and another code is a conflict",
            keys_again,
        ),
        attack(
            "an enrolment with other words under the first signatures is refused",
            enrolment_otherwise,
        ),
    ]
}

async fn login_again() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let login = ravi.login_request(&ravi.nonce(&world).await, &format!("http://{HOST}"));
    let body = serde_json::to_vec(&login).unwrap();
    let sent =
        Sent::of(ravi.request("POST", paths::LOGIN, Some(body), &ravi.signing(&world))).await;
    assert!(world.call(sent.request()).await.status.is_success());
    let before = everything(world.folder());
    assert_eq!(
        world.call(sent.request()).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(everything(world.folder()), before);
    assert_eq!(before["session"].len(), 1);
}

async fn login_elsewhere() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    for origin in [
        "https://localhost:8787",
        "http://localhost",
        "http://evil.example",
        "HTTP://localhost:8787",
        "",
    ] {
        let login = ravi.login_request(&ravi.nonce(&world).await, origin);
        assert_eq!(
            ravi.post(&world, paths::LOGIN, &login).await.code(),
            ProblemCode::LoginRefused,
            "{origin}"
        );
    }
    assert!(everything(world.folder())["session"].is_empty());
}

async fn enrolment_request(world: &World) -> EnrolmentRequest {
    let code = world.invite(world.ravi);
    let invitation: InvitationResponse = check(world, &code).await.json();
    enrolment(
        world.company,
        &code,
        &invitation.nonce,
        "Ravi",
        Platform::Android,
    )
}

async fn enrolment_again() {
    let world = World::new();
    let request = enrolment_request(&world).await;
    let first: EnrolmentResponse = world.post(paths::ENROLMENT, &request).await.json();
    for later_ms in [0, 60_000, 86_400_000] {
        world.advance_ms(later_ms);
        let again: EnrolmentResponse = world.post(paths::ENROLMENT, &request).await.json();
        assert_eq!(
            (again.device, again.state),
            (first.device, DeviceState::Active)
        );
    }
    assert_eq!(everything(world.folder())["device"].len(), 1);
}

async fn enrolment_after_revocation() {
    let world = World::new();
    let request = enrolment_request(&world).await;
    let first: EnrolmentResponse = world.post(paths::ENROLMENT, &request).await.json();
    let newer = TestDevice::enrol(&world, world.ravi, "Ravi's next").await;
    let again: EnrolmentResponse = world.post(paths::ENROLMENT, &request).await.json();
    assert_eq!(
        (again.device, again.state),
        (first.device, DeviceState::Replaced)
    );
    assert_eq!(state_of(&world, &newer).await, DeviceState::Active);
}

async fn keys_again() {
    let world = World::new();
    assert!(
        world
            .post(paths::ENROLMENT, &enrolment_request(&world).await)
            .await
            .status
            .is_success()
    );
    let reply = world
        .post(paths::ENROLMENT, &enrolment_request(&world).await)
        .await;
    assert_eq!(reply.code(), ProblemCode::Conflict);
    assert_eq!(everything(world.folder())["device"].len(), 1);
}

async fn enrolment_otherwise() {
    let world = World::new();
    let good = enrolment_request(&world).await;
    let mut renamed = good.clone();
    renamed.device_name = "Ravi's other phone".to_owned();
    let mut moved = good.clone();
    moved.platform = Platform::Desktop;
    let mut swapped = good.clone();
    (swapped.device_key, swapped.presence_key) = (good.presence_key, good.device_key);
    (swapped.device_sig, swapped.presence_sig) = (good.presence_sig, good.device_sig);
    let mut crossed = good.clone();
    (crossed.device_sig, crossed.presence_sig) = (good.presence_sig, good.device_sig);
    for request in [renamed, moved, swapped, crossed] {
        assert_eq!(
            world.post(paths::ENROLMENT, &request).await.code(),
            ProblemCode::SignatureInvalid
        );
    }
    assert!(everything(world.folder())["device"].is_empty());
    assert!(
        world
            .post(paths::ENROLMENT, &good)
            .await
            .status
            .is_success(),
        "and the right one still works"
    );
}
