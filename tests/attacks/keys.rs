//! Weak keys and bent signatures, at every place of the server that verifies one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bizmitra_contract::encoding::{Bytes32, Bytes64};
use bizmitra_contract::enrolment::{EnrolmentRequest, InvitationResponse, Platform};
use bizmitra_contract::login::LoginRequest;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::sync::Verdict;
use bizmitra_contract::{paths, signing};
use ed25519_dalek::Signer as _;
use libtest_mimic::Trial;

use crate::curve::{SMALL_ORDER, empty_signature, forgeries, point};
use crate::device::{HOST, TestDevice, check, enrolment, keys, message};
use crate::support::{attack, everything, kept_records};
use crate::wire::Sent;
use crate::world::World;

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (name, encoding) in SMALL_ORDER {
        for presence in [false, true] {
            let which = if presence { "presence" } else { "device" };
            let sentence = format!(
                "an enrolment whose {which} key is {name} is refused, whatever it is signed with"
            );
            trials.push(attack(sentence, move || {
                enrol_weak_key(point(encoding), presence)
            }));
        }
    }
    for words in places() {
        for (form, (name, _)) in forgeries(&[7; 64]).into_iter().enumerate() {
            let sentence = format!("{words} {name} is refused");
            trials.push(attack(sentence, move || offer(words, form)));
        }
    }
    trials
}

/// Where the server verifies.
fn places() -> [&'static str; 6] {
    [
        "a request signature",
        "an enrolment's device signature",
        "an enrolment's presence signature",
        "a login proof",
        "a record's device signature",
        "a record's presence signature",
    ]
}

async fn enrol_weak_key(key: [u8; 32], presence: bool) {
    let world = World::new();
    let code = world.invite(world.ravi);
    let invitation: InvitationResponse = check(&world, &code).await.json();
    let good = enrolment(
        world.company,
        &code,
        &invitation.nonce,
        "Ravi",
        Platform::Android,
    );
    let before = everything(world.folder());
    for sig in [empty_signature(), [0; 64], good.device_sig.0] {
        let mut request = with_keys(&good, key, presence, &world);
        if presence {
            request.presence_sig = Bytes64(sig);
        } else {
            request.device_sig = Bytes64(sig);
        }
        let reply = world.post(paths::ENROLMENT, &request).await;
        assert_eq!(reply.code(), ProblemCode::Invalid);
    }
    assert_eq!(count(&world, "device"), 0);
    assert_eq!(
        everything(world.folder())["invitation"],
        before["invitation"],
        "the code is as good as before"
    );
}

/// The good request with one key exchanged, and the other key's signature over that.
fn with_keys(
    good: &EnrolmentRequest,
    key: [u8; 32],
    presence: bool,
    world: &World,
) -> EnrolmentRequest {
    let mut request = good.clone();
    if presence {
        request.presence_key = Bytes32(key);
    } else {
        request.device_key = Bytes32(key);
    }
    let code: String = request
        .code
        .chars()
        .filter(|letter| *letter != '-')
        .collect();
    let fields: [&[u8]; 6] = [
        request.nonce.as_bytes(),
        code.as_bytes(),
        &request.device_key.0,
        &request.presence_key.0,
        b"android",
        request.device_name.as_bytes(),
    ];
    let signed = message(signing::ENROL, world.company, &fields);
    let (dik, upk) = keys("Ravi");
    request.device_sig = Bytes64(dik.sign(&signed).to_bytes());
    request.presence_sig = Bytes64(upk.sign(&signed).to_bytes());
    request
}

fn count(world: &World, table: &str) -> usize {
    everything(world.folder())[table].len()
}

async fn offer(place: &str, form: usize) {
    let forge = |sig: Bytes64| Bytes64(forgeries(&sig.0)[form].1);
    let world = World::new();
    match place {
        "a request signature" => bend_request(&world, form).await,
        "an enrolment's device signature" | "an enrolment's presence signature" => {
            let code = world.invite(world.ravi);
            let invitation: InvitationResponse = check(&world, &code).await.json();
            let good = enrolment(
                world.company,
                &code,
                &invitation.nonce,
                "Ravi",
                Platform::Android,
            );
            let mut bent = good.clone();
            if place.contains("presence") {
                bent.presence_sig = forge(good.presence_sig);
            } else {
                bent.device_sig = forge(good.device_sig);
            }
            let reply = world.post(paths::ENROLMENT, &bent).await;
            assert_eq!(reply.code(), ProblemCode::SignatureInvalid);
            assert_eq!(count(&world, "device"), 0);
            assert!(
                world
                    .post(paths::ENROLMENT, &good)
                    .await
                    .status
                    .is_success()
            );
        }
        "a login proof" => {
            let device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
            let good = device.login_request(&device.nonce(&world).await, &format!("http://{HOST}"));
            let bent = LoginRequest {
                presence_sig: forge(good.presence_sig),
                ..good.clone()
            };
            let reply = device.post(&world, paths::LOGIN, &bent).await;
            assert_eq!(reply.code(), ProblemCode::LoginRefused);
            assert!(
                device
                    .post(&world, paths::LOGIN, &good)
                    .await
                    .status
                    .is_success()
            );
        }
        _ => {
            let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
            let good = device.check_in(world.now_ms());
            let mut bent = good.clone();
            let which = usize::from(place.contains("presence"));
            bent.sigs[which].sig = forge(good.sigs[which].sig);
            let before = kept_records(world.folder());
            assert_eq!(
                device.deliver(&world, &[&bent]).await[0].verdict,
                Verdict::Rejected
            );
            assert_eq!(kept_records(world.folder()), before);
            assert_eq!(
                device.deliver(&world, &[&good]).await[0].verdict,
                Verdict::Applied
            );
        }
    }
}

async fn bend_request(world: &World, form: usize) {
    let device = TestDevice::enrol(world, world.ravi, "Ravi").await;
    let request = device.request("GET", paths::THIS_DEVICE, None, &device.signing(world));
    let good = Sent::of(request).await;
    let value = good.get("signature");
    let sig = STANDARD
        .decode(value.trim_start_matches("bz=:").trim_end_matches(':'))
        .unwrap();
    let mut bent = good.clone();
    let forged = forgeries(&sig.try_into().unwrap())[form].1;
    bent.set("signature", format!("bz=:{}:", STANDARD.encode(forged)));
    assert_eq!(
        world.call(bent.request()).await.code(),
        ProblemCode::SignatureInvalid
    );
    assert!(world.call(good.request()).await.status.is_success());
}
