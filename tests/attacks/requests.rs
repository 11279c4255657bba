//! The request-mutation matrix: whatever somebody in between does to a signed request, the server answers 401 and holds
//! what it held; what arrives as it was sent is done, however much was tried with it before.

mod mutations;

use std::sync::{Arc, OnceLock};

use axum::http::StatusCode;
use bizmitra_contract::enrolment::{Approval, Platform};
use bizmitra_contract::ids::RequestId;
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::sync::BatchRequest;
use libtest_mimic::Trial;
use serde_json::json;
use uuid::Uuid;

use crate::device::{HOST, Signing, TestDevice, keys};
use crate::requests::mutations::{Mutation, Shape};
use crate::support::{attack, check, everything, runtime};
use crate::wire::Sent;
use crate::world::World;

/// A kind of request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Revocation,
    Approval,
    Batch,
    Login,
    Feed,
    Pending,
    Me,
    ThisDevice,
    OverNonce,
}

const KINDS: [(Kind, &str); 9] = [
    (Kind::Revocation, "a revocation"),
    (Kind::Approval, "an approval"),
    (Kind::Batch, "a batch"),
    (Kind::Login, "a login"),
    (Kind::Feed, "a page of the feed"),
    (Kind::Pending, "the list of waiting devices"),
    (Kind::Me, "the question who one is"),
    (Kind::ThisDevice, "the question for one's state"),
    (Kind::OverNonce, "a request over a nonce of the server"),
];

/// A world and a request that it would accept.
struct Scene {
    world: World,
    sent: Sent,
    /// The same, signed by keys that are not the device's.
    strangers: Vec<(&'static str, Sent)>,
}

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (kind, name) in KINDS {
        // What is refused changes nothing, so all of a kind can meet the same server.
        let scene = Arc::new(OnceLock::new());
        for mutation in mutations::all(kind.shape()) {
            let scene = Arc::clone(&scene);
            let sentence = format!("{name} {} is refused and changes nothing", mutation.words);
            trials.push(check(sentence, move || {
                let scene = scene.get_or_init(|| runtime().block_on(kind.prepare()));
                runtime().block_on(refuse(scene, &mutation));
            }));
        }
        let sentence = format!("{name} signed by any other key is refused and changes nothing");
        let theirs = Arc::clone(&scene);
        trials.push(check(sentence, move || {
            let scene = theirs.get_or_init(|| runtime().block_on(kind.prepare()));
            runtime().block_on(refuse_strangers(scene));
        }));
        let sentence = format!(
            "{name} arrives as it was sent and is accepted after every mutation of it was refused"
        );
        trials.push(attack(sentence, move || accept_at_last(kind)));
    }
    trials
}

impl Kind {
    fn shape(self) -> Shape {
        let other_path = match self {
            Self::Revocation => "/v1/devices/00000000-0000-4000-8000-000000000000/revoke",
            Self::Approval => "/v1/devices/00000000-0000-4000-8000-000000000000/approve",
            Self::Batch => paths::LOGIN,
            Self::Login => paths::SYNC_BATCH,
            Self::Me => paths::CHANGES,
            Self::Feed | Self::Pending | Self::ThisDevice | Self::OverNonce => paths::ME,
        };
        Shape {
            get: !matches!(
                self,
                Self::Revocation | Self::Approval | Self::Batch | Self::Login
            ),
            session: !matches!(
                self,
                Self::Batch | Self::Login | Self::ThisDevice | Self::OverNonce
            ),
            key: matches!(self, Self::Revocation | Self::Batch),
            nonce: self == Self::OverNonce,
            other_path,
        }
    }

    async fn prepare(self) -> Scene {
        let world = World::new();
        let mut manager = TestDevice::signed_in(&world, world.meera, "Meera").await;
        let asha = TestDevice::enrol_as(
            &world,
            world.asha,
            "Asha",
            Platform::Android,
            Approval::Manual,
        )
        .await;
        let (method, path) = (
            if self.shape().get { "GET" } else { "POST" },
            self.path(&asha),
        );
        let body = self.body(&world, &mut manager, &asha).await;
        let mut signing = Signing {
            bearer: manager.token.clone().filter(|_| self.shape().session),
            idempotency_key: self.shape().key.then(|| "one".to_owned()),
            ..manager.signing(&world)
        };
        if self.shape().nonce {
            signing.created_s = Some(0);
            let stale = manager.request(method, &path, None, &signing);
            signing.nonce = world.call(stale).await.problem().nonce;
            assert!(signing.nonce.is_some());
        }
        let sign =
            |signer: &TestDevice| Sent::of(signer.request(method, &path, body.clone(), &signing));
        let with_key = |dik| TestDevice {
            dik,
            ..manager.clone()
        };
        let strangers = vec![
            ("a stranger's", sign(&with_key(keys("stranger").0)).await),
            ("a colleague's", sign(&with_key(asha.dik.clone())).await),
            (
                "its own presence",
                sign(&with_key(manager.upk.clone())).await,
            ),
        ];
        Scene {
            sent: sign(&manager).await,
            world,
            strangers,
        }
    }

    fn path(self, asha: &TestDevice) -> String {
        let path = match self {
            Self::Revocation => paths::REVOKE_DEVICE.replace("{id}", &asha.device.to_string()),
            Self::Approval => paths::APPROVE_DEVICE.replace("{id}", &asha.device.to_string()),
            Self::Batch => paths::SYNC_BATCH.to_owned(),
            Self::Login => paths::LOGIN.to_owned(),
            Self::Feed => paths::CHANGES.to_owned(),
            Self::Pending => paths::PENDING_DEVICES.to_owned(),
            Self::Me => paths::ME.to_owned(),
            Self::ThisDevice | Self::OverNonce => paths::THIS_DEVICE.to_owned(),
        };
        format!("{path}?first=1&second=2")
    }

    async fn body(
        self,
        world: &World,
        manager: &mut TestDevice,
        asha: &TestDevice,
    ) -> Option<Vec<u8>> {
        let body = match self {
            Self::Revocation => json!({"reason": "the phone was lost"}),
            Self::Approval => json!({"fingerprint": asha.fingerprint}),
            Self::Batch => serde_json::to_value(BatchRequest {
                req_id: RequestId(Uuid::now_v7()),
                acked_through: 0,
                items: vec![manager.check_in(world.now_ms())],
            })
            .unwrap(),
            Self::Login => {
                let nonce = manager.nonce(world).await;
                serde_json::to_value(manager.login_request(&nonce, &format!("http://{HOST}")))
                    .unwrap()
            }
            Self::Feed | Self::Pending | Self::Me | Self::ThisDevice | Self::OverNonce => {
                return None;
            }
        };
        Some(serde_json::to_vec(&body).unwrap())
    }
}

/// One mutation: refused, and the server holds what it held.
async fn refuse(scene: &Scene, mutation: &Mutation) {
    let before = everything(scene.world.folder());
    let mut sent = scene.sent.clone();
    (mutation.apply)(&mut sent);
    let reply = scene.world.call(sent.request()).await;
    let (status, text) = (reply.status.as_u16(), String::from_utf8_lossy(&reply.body));
    assert!(
        mutation.statuses.contains(&status),
        "answered {status}: {text}"
    );
    assert_eq!(everything(scene.world.folder()), before);
}

async fn refuse_strangers(scene: &Scene) {
    let before = everything(scene.world.folder());
    for (whose, sent) in &scene.strangers {
        let reply = scene.world.call(sent.request()).await;
        assert_eq!(reply.code(), ProblemCode::SignatureInvalid, "{whose} key");
    }
    assert_eq!(everything(scene.world.folder()), before);
}

/// None of the attempts used anything up: no nonce, no login, no code.
async fn accept_at_last(kind: Kind) {
    let scene = kind.prepare().await;
    for mutation in mutations::all(kind.shape()) {
        refuse(&scene, &mutation).await;
    }
    let before = everything(scene.world.folder());
    let reply = scene.world.call(scene.sent.request()).await;
    assert_eq!(
        reply.status,
        StatusCode::OK,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    let changed = everything(scene.world.folder()) != before;
    assert_eq!(
        changed,
        !kind.shape().get,
        "what is done is seen, and asking changes nothing"
    );
}
