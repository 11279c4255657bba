//! Nonces: for one purpose, one subject, once, for two or ten minutes, from this process.

use bizmitra_contract::enrolment::{InvitationResponse, Platform};
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use libtest_mimic::Trial;

use crate::device::{HOST, Signing, TestDevice, check, enrolment};
use crate::support::{attack, everything};
use crate::world::World;

/// What somebody does to a nonce.
type Bend = fn(&str) -> Vec<String>;

const BENT: [(&str, Bend); 7] = [
    ("with any one letter altered", altered),
    ("cut anywhere", |nonce| {
        (0..nonce.len())
            .map(|end| nonce.chars().take(end).collect())
            .collect()
    }),
    ("with a letter behind it", |nonce| {
        ["A", "=", " ", "."]
            .iter()
            .map(|more| format!("{nonce}{more}"))
            .collect()
    }),
    ("doubled", |nonce| vec![nonce.repeat(2)]),
    ("reversed", |nonce| vec![nonce.chars().rev().collect()]),
    ("of ten thousand letters", |_| vec!["A".repeat(10_000)]),
    ("that nobody made", |_| {
        vec![
            String::new(),
            "0".to_owned(),
            "AAAA".repeat(14),
            "null".to_owned(),
        ]
    }),
];

fn altered(nonce: &str) -> Vec<String> {
    let letters: Vec<char> = nonce.chars().collect();
    (0..letters.len())
        .map(|at| {
            let mut bent = letters.clone();
            // The last letter carries unused bits: its neighbour in value could be the same bytes to a lax decoder.
            bent[at] = if bent[at] == 'Q' { 'g' } else { 'Q' };
            bent.into_iter().collect()
        })
        .collect()
}

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (words, bend) in BENT {
        trials.push(attack(
            format!("a login over a nonce {words} is refused"),
            move || login(bend),
        ));
        trials.push(attack(
            format!("an enrolment over a nonce {words} is refused"),
            move || enrol(bend),
        ));
        trials.push(attack(
            format!("a request over a nonce {words} is refused"),
            move || request(bend),
        ));
    }
    trials.extend([
        attack("a nonce for one purpose serves no other", purposes),
        attack("a login nonce of another device is refused", another_device),
        attack(
            "an enrolment nonce of another code is refused",
            another_code,
        ),
        attack(
            "a nonce that has expired is refused to the millisecond",
            expired,
        ),
        attack("a nonce from before a restart is refused", restarted),
        attack(
            "a used nonce stays used although the server's clock goes back",
            clock_back,
        ),
        attack(
            "a thousand questions for a nonce cost the server no row",
            questions,
        ),
    ]);
    trials
}

async fn try_login(world: &World, device: &TestDevice, nonce: &str) -> ProblemCode {
    let request = device.login_request(nonce, &format!("http://{HOST}"));
    device.post(world, paths::LOGIN, &request).await.code()
}

async fn login(bend: Bend) {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let good = ravi.nonce(&world).await;
    for nonce in bend(&good) {
        assert_eq!(
            try_login(&world, &ravi, &nonce).await,
            ProblemCode::NonceInvalid,
            "{nonce}"
        );
    }
    assert!(everything(world.folder())["session"].is_empty());
    let request = ravi.login_request(&good, &format!("http://{HOST}"));
    assert!(
        ravi.post(&world, paths::LOGIN, &request)
            .await
            .status
            .is_success(),
        "the good one was not used up"
    );
    ravi.sign_in(&world).await;
}

async fn enrol(bend: Bend) {
    let world = World::new();
    let code = world.invite(world.ravi);
    let good: InvitationResponse = check(&world, &code).await.json();
    for nonce in bend(&good.nonce) {
        let request = enrolment(world.company, &code, &nonce, "Ravi", Platform::Android);
        assert_eq!(
            world.post(paths::ENROLMENT, &request).await.code(),
            ProblemCode::NonceInvalid,
            "{nonce}"
        );
    }
    assert!(everything(world.folder())["device"].is_empty());
    let request = enrolment(world.company, &code, &good.nonce, "Ravi", Platform::Android);
    assert!(
        world
            .post(paths::ENROLMENT, &request)
            .await
            .status
            .is_success()
    );
}

/// A nonce for a request of a device whose clock is off.
async fn request_nonce(world: &World, device: &TestDevice) -> String {
    let signing = Signing {
        created_s: Some(0),
        ..Signing::default()
    };
    let stale = device.request("GET", paths::THIS_DEVICE, None, &signing);
    world.call(stale).await.problem().nonce.unwrap()
}

async fn call_over(world: &World, device: &TestDevice, nonce: &str) -> bool {
    let signing = Signing {
        created_s: Some(0),
        nonce: Some(nonce.to_owned()),
        ..Signing::default()
    };
    let reply = world
        .call(device.request("GET", paths::THIS_DEVICE, None, &signing))
        .await;
    assert!(
        reply.status.is_success() || reply.status == 401,
        "{}",
        reply.status
    );
    reply.status.is_success()
}

async fn request(bend: Bend) {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let good = request_nonce(&world, &ravi).await;
    for nonce in bend(&good) {
        assert!(!call_over(&world, &ravi, &nonce).await, "{nonce}");
    }
    assert!(call_over(&world, &ravi, &good).await);
    assert!(!call_over(&world, &ravi, &good).await, "once");
}

async fn purposes() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let code = world.invite(world.asha);
    let for_enrolment = check(&world, &code)
        .await
        .json::<InvitationResponse>()
        .nonce;
    let for_request = request_nonce(&world, &ravi).await;
    let for_login = ravi.nonce(&world).await;
    for nonce in [&for_enrolment, &for_request] {
        assert_eq!(
            try_login(&world, &ravi, nonce).await,
            ProblemCode::NonceInvalid
        );
    }
    for nonce in [&for_enrolment, &for_login] {
        assert!(!call_over(&world, &ravi, nonce).await);
    }
    for nonce in [&for_request, &for_login] {
        let request = enrolment(world.company, &code, nonce, "Asha", Platform::Android);
        assert_eq!(
            world.post(paths::ENROLMENT, &request).await.code(),
            ProblemCode::NonceInvalid
        );
    }
}

async fn another_device() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let nonce = asha.nonce(&world).await;
    assert_eq!(
        try_login(&world, &ravi, &nonce).await,
        ProblemCode::NonceInvalid
    );
}

async fn another_code() {
    let world = World::new();
    let (one, other) = (world.invite(world.ravi), world.invite(world.ravi));
    let nonce = check(&world, &one).await.json::<InvitationResponse>().nonce;
    let request = enrolment(world.company, &other, &nonce, "Ravi", Platform::Android);
    assert_eq!(
        world.post(paths::ENROLMENT, &request).await.code(),
        ProblemCode::NonceInvalid
    );
}

async fn expired() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let (early, late) = (ravi.nonce(&world).await, ravi.nonce(&world).await);
    world.advance_ms(2 * 60_000 - 1);
    let request = ravi.login_request(&early, &format!("http://{HOST}"));
    assert!(
        ravi.post(&world, paths::LOGIN, &request)
            .await
            .status
            .is_success()
    );
    world.advance_ms(1);
    assert_eq!(
        try_login(&world, &ravi, &late).await,
        ProblemCode::NonceInvalid
    );
}

async fn restarted() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let nonce = ravi.nonce(&world).await;
    // By a process beside the one that made it, and by one in its place.
    assert_eq!(
        try_login(&world.restarted(), &ravi, &nonce).await,
        ProblemCode::NonceInvalid
    );
    let world = world.while_stopped(|_| ());
    assert_eq!(
        try_login(&world, &ravi, &nonce).await,
        ProblemCode::NonceInvalid
    );
}

async fn clock_back() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let nonce = ravi.nonce(&world).await;
    let request = ravi.login_request(&nonce, &format!("http://{HOST}"));
    assert!(
        ravi.post(&world, paths::LOGIN, &request)
            .await
            .status
            .is_success()
    );
    world.advance_ms(-60_000);
    assert_eq!(
        try_login(&world, &ravi, &nonce).await,
        ProblemCode::NonceInvalid
    );
}

async fn questions() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let before = everything(world.folder());
    for _ in 0..1_000 {
        ravi.nonce(&world).await;
    }
    assert_eq!(everything(world.folder()), before);
}
