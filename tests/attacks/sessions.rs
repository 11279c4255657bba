//! Sessions: another's token, an old one, one of a device that is over, a bent one.

use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use libtest_mimic::Trial;
use serde_json::json;

use crate::device::{Signing, TestDevice};
use crate::support::{attack, everything};
use crate::world::{Reply, World};

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        attack(
            "a stolen token is worth nothing without the key of its device",
            stolen,
        ),
        attack(
            "a token of the same person's other device is refused",
            other_device,
        ),
        attack("a token ends after fifteen minutes without a request", idle),
        attack(
            "a token that is used all the time ends after twelve hours",
            absolute,
        ),
        attack(
            "a token ends with the revocation of its device, at once",
            revoked,
        ),
        attack("the database keeps no token", at_rest),
        attack("the hash of a token is no token", hash),
    ];
    for (words, header) in [
        ("of another scheme", "Basic {}"),
        ("in small letters", "bearer {}"),
        ("behind two spaces", "Bearer  {}"),
        ("with a letter more", "Bearer {}A"),
        ("without its scheme", "{}"),
        ("twice", "Bearer {} {}"),
        ("of nothing", "Bearer "),
        ("of a star", "Bearer *"),
        ("of null", "Bearer null"),
    ] {
        let sentence = format!("a signed Authorization {words} opens nothing");
        trials.push(attack(sentence, move || odd(header)));
    }
    trials
}

async fn me(world: &World, device: &TestDevice, token: &str) -> Reply {
    let with_token = TestDevice {
        token: Some(token.to_owned()),
        ..device.clone()
    };
    with_token.get(world, paths::ME).await
}

async fn stolen() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let token = ravi.token.clone().unwrap();
    for thief in [world.asha, world.dev] {
        let thief = TestDevice::signed_in(&world, thief, &thief.to_string()).await;
        assert_eq!(
            me(&world, &thief, &token).await.code(),
            ProblemCode::SessionInvalid
        );
    }
    let unsigned = axum::http::Request::get(paths::ME)
        .header("host", crate::device::HOST)
        .header("authorization", format!("Bearer {token}"))
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(
        world.call(unsigned).await.code(),
        ProblemCode::SignatureInvalid
    );
    assert!(me(&world, &ravi, &token).await.status.is_success());
}

async fn other_device() {
    use bizmitra_contract::enrolment::{Approval, Platform};
    let world = World::new();
    let phone = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let desktop = TestDevice::enrol_as(
        &world,
        world.ravi,
        "Ravi's desk",
        Platform::Desktop,
        Approval::Automatic,
    )
    .await;
    let reply = me(&world, &desktop, &phone.token.clone().unwrap()).await;
    assert_eq!(reply.code(), ProblemCode::SessionInvalid);
}

async fn idle() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    world.advance_ms(15 * 60_000 - 1);
    assert!(ravi.get(&world, paths::ME).await.status.is_success());
    world.advance_ms(15 * 60_000);
    assert_eq!(
        ravi.get(&world, paths::ME).await.code(),
        ProblemCode::SessionInvalid
    );
}

async fn absolute() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    for _ in 0..71 {
        world.advance_ms(10 * 60_000);
        assert!(ravi.get(&world, paths::ME).await.status.is_success());
    }
    world.advance_ms(10 * 60_000);
    assert_eq!(
        ravi.get(&world, paths::ME).await.code(),
        ProblemCode::SessionInvalid
    );
}

async fn revoked() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let path = paths::REVOKE_DEVICE.replace("{id}", &ravi.device.to_string());
    assert!(
        ravi.post(&world, &path, &json!({"reason": ""}))
            .await
            .status
            .is_success()
    );
    assert!(everything(world.folder())["session"].is_empty());
    for path in [paths::ME, paths::CHANGES, paths::PENDING_DEVICES] {
        assert_eq!(
            ravi.get(&world, path).await.code(),
            ProblemCode::DeviceRevoked
        );
    }
}

async fn at_rest() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let token = ravi.token.unwrap();
    let mut looked_at = 0;
    for file in std::fs::read_dir(world.folder()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            looked_at += bytes.len();
            assert!(
                !bytes
                    .windows(token.len())
                    .any(|part| part == token.as_bytes()),
                "{}",
                path.display()
            );
        }
    }
    assert!(looked_at > 10_000, "something was looked at");
}

async fn hash() {
    use sha2::{Digest as _, Sha256};
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let hash = hex::encode(Sha256::digest(ravi.token.clone().unwrap()));
    assert_eq!(
        me(&world, &ravi, &hash).await.code(),
        ProblemCode::SessionInvalid
    );
}

/// Signed as it is sent: the device itself may say nonsense too.
async fn odd(form: &'static str) {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let value = form.replace("{}", &ravi.token.clone().unwrap());
    let reply = match value.strip_prefix("Bearer ") {
        Some(token) => me(&world, &ravi, token).await,
        // Another scheme: the header is added unsigned, which the signature alone refuses.
        None => {
            let request = ravi.request(
                "GET",
                paths::ME,
                None,
                &Signing {
                    bearer: None,
                    ..ravi.signing(&world)
                },
            );
            let mut sent = crate::wire::Sent::of(request).await;
            sent.add("authorization", value);
            world.call(sent.request()).await
        }
    };
    assert!(
        matches!(
            reply.code(),
            ProblemCode::SessionInvalid | ProblemCode::SignatureInvalid
        ),
        "{:?}",
        reply.code()
    );
}
