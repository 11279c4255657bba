//! Activation codes: guessed, raced for, altered, too late, in the wrong hands.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use bizmitra_contract::enrolment::{Approval, EnrolmentResponse, InvitationResponse, Platform};
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use libtest_mimic::Trial;
use tower::ServiceExt as _;

use crate::device::{TestDevice, check, enrolment};
use crate::support::{attack, attack_on_devices, everything};
use crate::world::World;

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        attack_on_devices(
            "a hundred who redeem one code at the same moment make one device",
            || race(false),
        ),
        attack_on_devices(
            "a hundred times the same request at the same moment make one device",
            || race(true),
        ),
        attack_on_devices(
            "a hundred wrong guesses at the same moment burn the code and open nothing",
            guesses,
        ),
        attack(
            "the right code after five wrong ones is burned, and the clock does not heal it",
            burned,
        ),
        attack(
            "wrong guesses at a code that was used do not keep its holder from the answer",
            used,
        ),
        attack("a code is over after a day, to the millisecond", expired),
        attack("a code opens only its own company's person", whose),
        attack(
            "a device that waits for approval can neither sign in nor send",
            pending,
        ),
    ];
    for at in 0..10 {
        let sentence = format!(
            "a code with another letter at place {} opens nothing",
            at + 1
        );
        trials.push(attack(sentence, move || altered(at)));
    }
    for (words, text) in [
        ("empty", String::new()),
        ("of hyphens only", "-".repeat(10)),
        ("of ten thousand letters", "A".repeat(10_000)),
        ("with a letter of another alphabet", "7F3A09C2Ⅹ1".to_owned()),
        ("with a zero byte", "7F3A0\u{0}9C21".to_owned()),
        ("that is SQL", "' OR 1=1 --".to_owned()),
        ("with full-width digits", "７３８９０９２３１１".to_owned()),
        ("with an excluded letter", "7F3A09C2U1".to_owned()),
    ] {
        let sentence = format!("a code {words} is not known and counts for nobody");
        trials.push(attack(sentence, move || odd(text)));
    }
    trials
}

/// The request of one of many who hold the same code.
async fn requests(world: &World, same: bool) -> Vec<axum::http::Request<axum::body::Body>> {
    let code = world.invite(world.ravi);
    let mut requests = Vec::new();
    for number in 0..100 {
        let nonce = check(world, &code).await.json::<InvitationResponse>().nonce;
        let seed = if same {
            "Ravi".to_owned()
        } else {
            format!("Ravi {number}")
        };
        let body = enrolment(world.company, &code, &nonce, &seed, Platform::Android);
        let request =
            axum::http::Request::post(paths::ENROLMENT).header("content-type", "application/json");
        requests.push(
            request
                .body(serde_json::to_vec(&body).unwrap().into())
                .unwrap(),
        );
    }
    requests
}

async fn race(same: bool) {
    let world = World::new();
    let started: Vec<_> = requests(&world, same)
        .await
        .into_iter()
        .map(|request| tokio::spawn(world.router.clone().oneshot(request)))
        .collect();
    let (mut devices, mut refused) = (BTreeSet::new(), 0);
    for answer in started {
        let answer = answer.await.unwrap().unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX)
            .await
            .unwrap();
        if status == StatusCode::OK {
            devices.insert(
                serde_json::from_slice::<EnrolmentResponse>(&body)
                    .unwrap()
                    .device,
            );
        } else {
            assert_eq!(status, StatusCode::CONFLICT);
            refused += 1;
        }
    }
    assert_eq!(devices.len(), 1);
    assert_eq!(refused, if same { 0 } else { 99 });
    assert_eq!(everything(world.folder())["device"].len(), 1);
}

/// The code with another secret half: its first four letters find it.
fn guess(code: &str, number: usize) -> String {
    let letters: Vec<char> = code.chars().filter(|letter| *letter != '-').collect();
    let wrong = format!("{number:06}");
    let tag: String = letters[..4].iter().collect();
    let secret: String = letters[4..].iter().collect();
    if wrong == secret {
        format!("{tag}ZZZZZZ")
    } else {
        format!("{tag}{wrong}")
    }
}

async fn guesses() {
    let world = World::new();
    let code = world.invite(world.ravi);
    let started: Vec<_> = (0..100)
        .map(|number| {
            let body = serde_json::json!({"code": guess(&code, number)});
            let body = axum::body::Body::from(serde_json::to_vec(&body).unwrap());
            let request = axum::http::Request::post(paths::INVITATION)
                .body(body)
                .unwrap();
            tokio::spawn(world.router.clone().oneshot(request))
        })
        .collect();
    for answer in started {
        assert!(!answer.await.unwrap().unwrap().status().is_success());
    }
    assert_eq!(check(&world, &code).await.code(), ProblemCode::CodeBurned);
    assert!(everything(world.folder())["device"].is_empty());
}

async fn burned() {
    let world = World::new();
    let code = world.invite(world.ravi);
    let nonce = check(&world, &code)
        .await
        .json::<InvitationResponse>()
        .nonce;
    for number in 0..4 {
        assert_eq!(
            check(&world, &guess(&code, number)).await.code(),
            ProblemCode::CodeUnknown
        );
    }
    assert!(
        check(&world, &code).await.status.is_success(),
        "four leave it whole"
    );
    assert_eq!(
        check(&world, &guess(&code, 4)).await.code(),
        ProblemCode::CodeBurned
    );
    for _ in 0..3 {
        assert_eq!(check(&world, &code).await.code(), ProblemCode::CodeBurned);
        let request = enrolment(world.company, &code, &nonce, "Ravi", Platform::Android);
        assert_eq!(
            world.post(paths::ENROLMENT, &request).await.code(),
            ProblemCode::CodeBurned
        );
        world.advance_ms(60_000);
    }
    assert!(everything(world.folder())["device"].is_empty());
}

async fn used() {
    let world = World::new();
    let code = world.invite(world.ravi);
    let nonce = check(&world, &code)
        .await
        .json::<InvitationResponse>()
        .nonce;
    let request = enrolment(world.company, &code, &nonce, "Ravi", Platform::Android);
    let first: EnrolmentResponse = world.post(paths::ENROLMENT, &request).await.json();
    for number in 0..20 {
        check(&world, &guess(&code, number)).await.code();
    }
    let again: EnrolmentResponse = world.post(paths::ENROLMENT, &request).await.json();
    assert_eq!(again.device, first.device);
}

async fn expired() {
    let world = World::new();
    let code = world.invite(world.ravi);
    world.advance_ms(86_400_000 - 1);
    let nonce = check(&world, &code)
        .await
        .json::<InvitationResponse>()
        .nonce;
    world.advance_ms(1);
    assert_eq!(check(&world, &code).await.code(), ProblemCode::CodeExpired);
    let request = enrolment(world.company, &code, &nonce, "Ravi", Platform::Android);
    assert_eq!(
        world.post(paths::ENROLMENT, &request).await.code(),
        ProblemCode::CodeExpired
    );
}

async fn whose() {
    let world = World::new();
    let code = world.invite(world.ravi);
    let nonce = check(&world, &code)
        .await
        .json::<InvitationResponse>()
        .nonce;
    let request = enrolment(world.other_company, &code, &nonce, "Dev", Platform::Android);
    assert_eq!(
        world.post(paths::ENROLMENT, &request).await.code(),
        ProblemCode::SignatureInvalid
    );
    let device = TestDevice::enrol(&world, world.dev, "Dev").await;
    assert_eq!(device.company, world.other_company);
}

async fn pending() {
    let world = World::new();
    let mut ravi = TestDevice::enrol_as(
        &world,
        world.ravi,
        "Ravi",
        Platform::Android,
        Approval::Manual,
    )
    .await;
    let login = ravi.login_request(
        &ravi.nonce(&world).await,
        &format!("http://{}", crate::device::HOST),
    );
    assert_eq!(
        ravi.post(&world, paths::LOGIN, &login).await.code(),
        ProblemCode::DevicePending
    );
    let item = ravi.check_in(world.now_ms());
    assert_eq!(
        ravi.send(&world, &[&item]).await.code(),
        ProblemCode::DevicePending
    );
    assert!(world.attendance(world.ravi).is_empty());
}

async fn altered(at: usize) {
    let world = World::new();
    let code = world.invite(world.ravi);
    let mut letters: Vec<char> = code.chars().filter(|letter| *letter != '-').collect();
    letters[at] = if letters[at] == 'Q' { '7' } else { 'Q' };
    let bent: String = letters.into_iter().collect();
    assert_eq!(check(&world, &bent).await.code(), ProblemCode::CodeUnknown);
    assert!(check(&world, &code).await.status.is_success());
}

async fn odd(text: String) {
    let world = World::new();
    let code = world.invite(world.ravi);
    let before = everything(world.folder());
    let reply = check(&world, &text).await;
    assert_eq!(reply.code(), ProblemCode::CodeUnknown);
    let after = everything(world.folder());
    assert_eq!(after["invitation"], before["invitation"]);
    assert!(check(&world, &code).await.status.is_success());
}
