//! Signing in and sessions.

use bizmitra_contract::ids::DeviceId;
use bizmitra_contract::login::{
    ChallengeRequest, ChallengeResponse, LoginResponse, MeResponse, Role,
};
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;

use crate::device::{HOST, TestDevice};
use crate::world::World;

#[tokio::test]
async fn a_signed_in_person_is_who_was_invited() {
    let world = World::new();
    let device = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let me: MeResponse = device.get(&world, paths::ME).await.json();
    assert_eq!(
        (me.company, me.employee, me.device),
        (world.company, world.meera, device.device)
    );
    assert_eq!((me.name.as_str(), me.role), ("Meera", Role::SiteManager));
}

#[tokio::test]
async fn a_challenge_looks_the_same_for_a_device_that_is_not_there() {
    let world = World::new();
    let device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let known: ChallengeResponse = world
        .post(
            paths::LOGIN_CHALLENGE,
            &ChallengeRequest {
                device: device.device,
            },
        )
        .await
        .json();
    let stranger = DeviceId(uuid::Uuid::new_v4());
    let unknown: ChallengeResponse = world
        .post(
            paths::LOGIN_CHALLENGE,
            &ChallengeRequest { device: stranger },
        )
        .await
        .json();
    assert_eq!(known.nonce.len(), unknown.nonce.len());
    assert_eq!(known.expires_in_ms, unknown.expires_in_ms);
}

#[tokio::test]
async fn a_login_proof_serves_once() {
    let world = World::new();
    let device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let request = device.login_request(&device.nonce(&world).await, &format!("http://{HOST}"));
    let _: LoginResponse = device.post(&world, paths::LOGIN, &request).await.json();
    assert_eq!(
        device.post(&world, paths::LOGIN, &request).await.code(),
        ProblemCode::NonceInvalid
    );
    let late = device.login_request(&device.nonce(&world).await, &format!("http://{HOST}"));
    world.advance_ms(2 * 60_000);
    assert_eq!(
        device.post(&world, paths::LOGIN, &late).await.code(),
        ProblemCode::NonceInvalid
    );
}

#[tokio::test]
async fn a_proof_for_another_server_or_by_another_key_is_refused() {
    let world = World::new();
    let device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let phishing = device.login_request(&device.nonce(&world).await, "https://bizmitra.example");
    assert_eq!(
        device.post(&world, paths::LOGIN, &phishing).await.code(),
        ProblemCode::LoginRefused
    );
    let mut thief = device.clone();
    thief.upk = asha.upk.clone();
    let forged = thief.login_request(&device.nonce(&world).await, &format!("http://{HOST}"));
    assert_eq!(
        device.post(&world, paths::LOGIN, &forged).await.code(),
        ProblemCode::LoginRefused
    );
    let of_asha = asha.login_request(&asha.nonce(&world).await, &format!("http://{HOST}"));
    assert_eq!(
        device.post(&world, paths::LOGIN, &of_asha).await.code(),
        ProblemCode::LoginRefused
    );
}

#[tokio::test]
async fn a_session_ends_when_idle_and_after_twelve_hours() {
    let world = World::new();
    let mut device = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    world.advance_ms(14 * 60_000);
    assert!(device.get(&world, paths::ME).await.status.is_success());
    world.advance_ms(14 * 60_000);
    assert!(device.get(&world, paths::ME).await.status.is_success());
    world.advance_ms(15 * 60_000);
    assert_eq!(
        device.get(&world, paths::ME).await.code(),
        ProblemCode::SessionInvalid
    );
    device.sign_in(&world).await;
    let mut minutes = 0;
    while device.get(&world, paths::ME).await.status.is_success() {
        world.advance_ms(10 * 60_000);
        minutes += 10;
    }
    assert_eq!(minutes, 12 * 60);
}

#[tokio::test]
async fn a_token_serves_only_the_device_it_was_made_for() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let mut asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    assert_eq!(
        asha.get(&world, paths::ME).await.code(),
        ProblemCode::SessionInvalid
    );
    asha.token = ravi.token.clone();
    assert_eq!(
        asha.get(&world, paths::ME).await.code(),
        ProblemCode::SessionInvalid
    );
    assert!(
        ravi.get(&world.restarted(), paths::ME)
            .await
            .status
            .is_success()
    );
}
