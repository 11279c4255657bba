//! What one address and one device may ask for, and that no stranger can use it against others.

use axum::http::StatusCode;
use bizmitra_contract::encoding::Bytes64;
use bizmitra_contract::enrolment::{EnrolmentResponse, InvitationResponse, Platform};
use bizmitra_contract::ids::DeviceId;
use bizmitra_contract::login::{ChallengeRequest, Role};
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_server::admin::{self, NewPerson};

use crate::device::{HOST, Signing, TestDevice, enrolment, keys};
use crate::world::{Reply, World};

const OFFICE: &str = "203.0.113.9";

fn retry_after_s(reply: &Reply) -> i64 {
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.code(), ProblemCode::TooManyRequests);
    let seconds = reply.headers["retry-after"].to_str().unwrap();
    seconds.parse().unwrap()
}

/// A device that knows the victim's id and has keys of its own.
fn thief_of(victim: &TestDevice) -> TestDevice {
    let (dik, upk) = keys("thief");
    TestDevice {
        dik,
        upk,
        ..victim.clone()
    }
}

#[tokio::test]
async fn ten_thousand_requests_without_a_valid_signature_keep_nobody_out_even_next_door() {
    let world = World::new();
    let mut victim = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let code = world.invite(world.asha);
    let (office, thief) = (world.at(OFFICE), thief_of(&victim));
    let forged = enrolment(world.company, "0000000000", "AAAA", "thief", Platform::Ios);
    let start = std::time::Instant::now();
    let mut refused_early = 0;
    for number in 0..10_000 {
        let reply = match number % 5 {
            0 => office.get(&thief, paths::THIS_DEVICE).await,
            1 => {
                let garbage = [("signature", "bz=:AAAA:"), ("signature-input", "bz=()")];
                office.post_with(paths::SYNC_BATCH, &garbage, &"{}").await
            }
            2 => office.challenge(victim.device).await,
            3 => office.check("0000000000").await,
            _ => office.post_with(paths::ENROLMENT, &[], &forged).await,
        };
        refused_early += usize::from(reply.status == StatusCode::TOO_MANY_REQUESTS);
    }
    println!(
        "10,000 requests of a stranger: {} ms, {refused_early} answered 429",
        start.elapsed().as_millis()
    );
    assert!(refused_early > 8_000, "{refused_early}");

    // From the very address of the flood, while it is at its limits.
    retry_after_s(&office.check("0000000000").await);
    retry_after_s(&office.challenge(victim.device).await);
    retry_after_s(&office.get(&thief, paths::THIS_DEVICE).await);
    assert_eq!(office.sign_in(&mut victim).await.status, StatusCode::OK);
    assert_eq!(office.get(&victim, paths::ME).await.status, StatusCode::OK);
    let item = victim.check_in(world.now_ms());
    assert_eq!(victim.deliver(&world, &[&item]).await.len(), 1);
    // A new phone has no signature yet: from any other address its code works.
    let enrolled = world.at("198.51.100.7").enrol(&code, "Asha").await;
    let _: EnrolmentResponse = enrolled.json();
}

#[tokio::test]
async fn two_hundred_phones_behind_one_address_activate_and_come_back_at_nine() {
    let world = World::new();
    let office = world.at(OFFICE);
    let mut phones = Vec::new();
    for number in 0..200 {
        let person = NewPerson {
            name: format!("Person {number}"),
            role: Role::Employee,
            shift: None,
            sites: Vec::new(),
        };
        let person = admin::add_person(&world.server, world.company, &person).unwrap();
        let code = world.invite(person);
        if number % 5 == 0 {
            assert_eq!(
                office.check("0000000000").await.code(),
                ProblemCode::CodeUnknown
            );
        }
        let enrolled: EnrolmentResponse =
            office.enrol(&code, &format!("phone {number}")).await.json();
        phones.push((number, enrolled));
    }
    for (number, enrolled) in phones {
        let (dik, upk) = keys(&format!("phone {number}"));
        let mut phone = TestDevice {
            dik,
            upk,
            employee: enrolled.employee,
            device: enrolled.device,
            ..placeholder(&world)
        };
        // Each loses the first answer and asks again.
        for _ in 0..2 {
            assert_eq!(office.challenge(phone.device).await.status, StatusCode::OK);
            assert_eq!(office.sign_in(&mut phone).await.status, StatusCode::OK);
            assert_eq!(
                office.get(&phone, paths::CHANGES).await.status,
                StatusCode::OK
            );
        }
    }
}

fn placeholder(world: &World) -> TestDevice {
    let (dik, upk) = keys("nobody");
    TestDevice {
        dik,
        upk,
        company: world.company,
        employee: world.ravi,
        device: DeviceId(uuid::Uuid::nil()),
        sealing_key: [0; 32],
        server_key: [0; 32],
        fingerprint: String::new(),
        chain: bizmitra_contract::ids::ChainId(uuid::Uuid::nil()),
        seq: 0,
        prev_hash: bizmitra_contract::encoding::Bytes32([0; 32]),
        follows: None,
        anchor: None,
        token: None,
    }
}

#[tokio::test]
async fn who_waits_as_long_as_retry_after_says_is_served() {
    let world = World::new();
    let device = DeviceId(uuid::Uuid::new_v4());
    let office = world.at(OFFICE);
    while office.challenge(device).await.status == StatusCode::OK {}
    let seconds = retry_after_s(&office.challenge(device).await);
    assert!((1..60).contains(&seconds), "{seconds}");
    world.advance_ms(seconds * 1000);
    assert_eq!(office.challenge(device).await.status, StatusCode::OK);
}

#[tokio::test]
async fn asking_again_and_again_never_lengthens_the_wait() {
    let world = World::new();
    let office = world.at(OFFICE);
    while office.check("0000000000").await.status != StatusCode::TOO_MANY_REQUESTS {}
    let first = retry_after_s(&office.check("0000000000").await);
    for _ in 0..500 {
        assert_eq!(retry_after_s(&office.check("0000000000").await), first);
    }
}

#[tokio::test]
async fn every_address_of_one_64_shares_one_budget_and_its_neighbour_has_its_own() {
    let world = World::new();
    let device = DeviceId(uuid::Uuid::new_v4());
    let mut served = 0_u32;
    for number in 0..2_000_u32 {
        let place = format!("2001:db8:1:2:{number:x}::{number:x}");
        if world.at(&place).challenge(device).await.status == StatusCode::OK {
            served += 1;
        }
    }
    assert_eq!(served, 500);
    let neighbour = world.at("2001:db8:1:3::1").challenge(device).await;
    assert_eq!(neighbour.status, StatusCode::OK);
}

#[tokio::test]
async fn an_ipv4_address_in_ipv6_clothes_is_that_ipv4_address() {
    let world = World::new();
    let device = DeviceId(uuid::Uuid::new_v4());
    while world.at(OFFICE).challenge(device).await.status == StatusCode::OK {}
    let dressed = world.at(&format!("::ffff:{OFFICE}"));
    retry_after_s(&dressed.challenge(device).await);
    let other = world.at("::ffff:203.0.113.10").challenge(device).await;
    assert_eq!(other.status, StatusCode::OK);
}

/// The same code with its last character changed.
fn wrong(code: &str) -> String {
    let (head, last) = code.split_at(code.len() - 1);
    format!("{head}{}", if last == "0" { "1" } else { "0" })
}

#[tokio::test]
async fn five_wrong_tries_burn_a_code_wherever_they_come_from() {
    let world = World::new();
    let code = world.invite(world.ravi);
    for number in 1..=5 {
        let place = format!("203.0.113.{number}");
        let expected = if number < 5 {
            ProblemCode::CodeUnknown
        } else {
            ProblemCode::CodeBurned
        };
        assert_eq!(world.at(&place).check(&wrong(&code)).await.code(), expected);
    }
    assert_eq!(
        world.at("198.51.100.7").check(&code).await.code(),
        ProblemCode::CodeBurned
    );
}

#[tokio::test]
async fn a_try_that_met_the_limit_tells_nothing_and_burns_nothing() {
    let world = World::new();
    let (code, office) = (world.invite(world.ravi), world.at(OFFICE));
    while office.check("0000000000").await.status != StatusCode::TOO_MANY_REQUESTS {}
    for _ in 0..10 {
        retry_after_s(&office.check(&wrong(&code)).await);
        // The right one answers the same: the limit is no oracle.
        retry_after_s(&office.check(&code).await);
    }
    let _: InvitationResponse = world.at("198.51.100.7").check(&code).await.json();
}

#[tokio::test]
async fn right_codes_are_limited_too_but_by_the_number_of_an_office() {
    let world = World::with(|config| config.devices_per_address = 10);
    let (code, office) = (world.invite(world.ravi), world.at(OFFICE));
    for _ in 0..40 {
        let _: InvitationResponse = office.check(&code).await.json();
    }
    retry_after_s(&office.check(&code).await);
}

#[tokio::test]
async fn a_device_has_its_own_limit_and_pays_only_for_what_it_signed() {
    let world = World::new();
    let victim = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let other = TestDevice::enrol(&world, world.asha, "Asha").await;
    let (office, thief) = (world.at(OFFICE), thief_of(&victim));
    let stale = Signing {
        created_s: Some(world.now_ms() / 1000 - 3_600),
        ..Signing::default()
    };
    for _ in 0..1_300 {
        office.get(&thief, paths::THIS_DEVICE).await;
        // A request of the device that somebody kept: its signature holds, its time does not.
        let old = victim.request("GET", paths::THIS_DEVICE, None, &stale);
        assert_eq!(office.call(old).await.code(), ProblemCode::SignatureStale);
    }
    for _ in 0..1_200 {
        let reply = office.get(&victim, paths::THIS_DEVICE).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    let seconds = retry_after_s(&office.get(&victim, paths::THIS_DEVICE).await);
    // Wherever it goes, it is this device.
    retry_after_s(
        &world
            .at("198.51.100.7")
            .get(&victim, paths::THIS_DEVICE)
            .await,
    );
    let reply = office.get(&other, paths::THIS_DEVICE).await;
    assert_eq!(reply.status, StatusCode::OK);
    world.advance_ms(seconds * 1000);
    let reply = office.get(&victim, paths::THIS_DEVICE).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn sign_ins_refused_under_the_device_key_count_against_that_device_alone() {
    let world = World::new();
    let mut stolen = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let mut other = TestDevice::enrol(&world, world.asha, "Asha").await;
    let office = world.at(OFFICE);
    for _ in 0..20 {
        let nonce = stolen.nonce(&world).await;
        let mut login = stolen.login_request(&nonce, &format!("http://{HOST}"));
        login.presence_sig = Bytes64([7; 64]);
        assert_eq!(
            office.post(&stolen, paths::LOGIN, &login).await.code(),
            ProblemCode::LoginRefused
        );
    }
    assert_eq!(retry_after_s(&office.sign_in(&mut stolen).await), 60);
    assert_eq!(office.sign_in(&mut other).await.status, StatusCode::OK);
    // Attendance still arrives.
    let item = stolen.check_in(world.now_ms());
    assert_eq!(stolen.deliver(&world, &[&item]).await.len(), 1);
    world.advance_ms(60_000);
    assert_eq!(office.sign_in(&mut stolen).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_signed_challenge_is_for_its_own_device_only() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let request = ChallengeRequest {
        device: asha.device,
    };
    assert_eq!(
        ravi.post(&world, paths::LOGIN_CHALLENGE, &request)
            .await
            .code(),
        ProblemCode::Invalid
    );
    assert_eq!(
        thief_of(&asha)
            .post(&world, paths::LOGIN_CHALLENGE, &request)
            .await
            .code(),
        ProblemCode::SignatureInvalid
    );
    let stranger = TestDevice {
        device: DeviceId(uuid::Uuid::new_v4()),
        ..ravi.clone()
    };
    let request = ChallengeRequest {
        device: stranger.device,
    };
    assert_eq!(
        stranger
            .post(&world, paths::LOGIN_CHALLENGE, &request)
            .await
            .code(),
        ProblemCode::SignatureInvalid
    );
}
