//! One engine against a scripted server: only a verdict of our own server changes an item.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test helper fails loudly"
)]

mod fakes;

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bizmitra_contract::encoding::{Bytes, Bytes32, Bytes64};
use bizmitra_contract::ids;
use bizmitra_contract::statement::{Receipt, SignedStatement, TimeAnchor};
use bizmitra_contract::sync::{
    BatchItem, BatchRequest, BatchResponse, ItemResult, Verdict, VerdictCode,
};
use bizmitra_core::api::{ApiError, Refusal, Request, Response};
use bizmitra_core::attendance::Action;
use bizmitra_core::clock::Clock as _;
use bizmitra_core::enrolment::{Enrolment, Stage};
use bizmitra_core::ids::{ChainId, CompanyId, DeviceId, EmployeeId, ItemId};
use bizmitra_core::keys::{KeyPair, Message};
use bizmitra_core::outbox::State;
use bizmitra_core::record::{Author, Moment, Statement, make_record};
use bizmitra_core::store::Store as _;
use bizmitra_core::sync::{Engine, Next, Parts, SyncState};
use fakes::{FakeClock, FakeEntropy, FakeStore, ScriptedApi};
use uuid::Uuid;

const COMPANY: u128 = 1;
const DEVICE: u128 = 3;

/// The fakes answer at once, so every future is ready.
fn now<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a fake waited"),
    }
}

fn server_key() -> KeyPair {
    KeyPair::from_seed(&[42; 32])
}

struct World {
    engine: Engine,
    store: Arc<FakeStore>,
    clock: Arc<FakeClock>,
    api: ScriptedApi,
    enrolment: Enrolment,
}

impl World {
    fn new() -> Self {
        let (store, clock) = (
            Arc::new(FakeStore::default()),
            Arc::new(FakeClock::default()),
        );
        clock.advance(1_000_000);
        let parts = Parts {
            store: store.clone(),
            clock: clock.clone(),
            entropy: Arc::new(FakeEntropy::default()),
        };
        let enrolment = Enrolment {
            origin: "https://bizmitra.example".into(),
            company: CompanyId(Uuid::from_u128(COMPANY)),
            company_name: "Sahyadri Foods".into(),
            employee: EmployeeId(Uuid::from_u128(2)),
            employee_name: "Ravi".into(),
            server_key: server_key().public(),
            pin_digits: (6, 6),
            notice_version: "2026-11".into(),
            device_key: KeyPair::from_seed(&[1; 32]).public(),
            presence_key: KeyPair::from_seed(&[2; 32]).public(),
            chain: ChainId(Uuid::from_u128(9)),
            replaces: None,
            stage: Stage::Active {
                device: DeviceId(Uuid::from_u128(DEVICE)),
            },
        };
        store.start_chain(enrolment.chain).unwrap();
        Self {
            engine: Engine::new(parts),
            store,
            clock,
            api: ScriptedApi::default(),
            enrolment,
        }
    }

    fn tap(&self, number: u128) {
        let author = Author {
            company: self.enrolment.company,
            employee: self.enrolment.employee,
            device: self.enrolment.device().unwrap(),
            app_version: "0.1.0".into(),
            identity: KeyPair::from_seed(&[1; 32]),
            presence: Some(KeyPair::from_seed(&[2; 32])),
        };
        let moment = Moment {
            reading: self.clock.now(),
            anchor: None,
            consent: None,
        };
        let statement = Statement::Tap {
            action: Action::CheckIn,
            shift: None,
            day: "2026-11-23".into(),
        };
        let id = ItemId(Uuid::from_u128(number));
        self.store
            .append(id, &mut |head| {
                make_record(&author, &moment, id, [7; 32], head, &statement)
            })
            .unwrap();
    }

    fn round(&self) -> Next {
        now(self.engine.round(&self.api, &self.enrolment, None)).unwrap()
    }

    fn strip(&self) -> SyncState {
        self.engine.strip().unwrap().0
    }
}

fn anchor() -> SignedStatement {
    let payload = serde_json::to_vec(&TimeAnchor {
        anchor_id: ids::AnchorId(Uuid::from_u128(5)),
        device: ids::DeviceId(Uuid::from_u128(DEVICE)),
        server_time_ms: 1_790_000_000_000,
    })
    .unwrap();
    let message = Message::new("bz/statement/v1", CompanyId(Uuid::from_u128(COMPANY)))
        .field(b"anchor")
        .field(&payload);
    let sig = Bytes64(server_key().sign(message.bytes()));
    SignedStatement {
        kind: "anchor".into(),
        key_id: server_key().public().key_id(),
        payload: Bytes(payload),
        sig,
    }
}

fn receipt(item: &BatchItem) -> Receipt {
    let mut receipt = Receipt {
        item: item.id,
        record_hash: item.hash,
        received_at_ms: 1_790_000_000_000,
        chain_id: item.chain_id,
        head_seq: item.seq,
        head_hash: item.hash,
        key_id: server_key().public().key_id(),
        sig: Bytes64([0; 64]),
    };
    let message = Message::new("bz/receipt/v1", CompanyId(Uuid::from_u128(COMPANY)))
        .field(receipt.item.0.as_bytes())
        .field(&receipt.record_hash.0)
        .signed(receipt.received_at_ms)
        .field(receipt.chain_id.0.as_bytes())
        .number(receipt.head_seq)
        .field(&receipt.head_hash.0);
    receipt.sig = Bytes64(server_key().sign(message.bytes()));
    receipt
}

fn result(item: &BatchItem, verdict: Verdict) -> ItemResult {
    let receipt = matches!(verdict, Verdict::Applied | Verdict::Duplicate).then(|| receipt(item));
    ItemResult {
        id: item.id,
        verdict,
        code: None,
        retry_after_ms: None,
        receipt,
    }
}

/// An answer of our own server: a verdict for each item, then whatever the test does to it.
fn answer(
    verdict: Verdict,
    change: impl Fn(&mut BatchResponse) + Send + 'static,
) -> impl Fn(&Request) -> Result<Response, ApiError> {
    move |request| {
        let batch: BatchRequest = serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
        let mut response = BatchResponse {
            req_id: batch.req_id,
            server_epoch: 1,
            server_time_ms: 1_790_000_000_000,
            results: batch
                .items
                .iter()
                .map(|item| result(item, verdict))
                .collect(),
            anchor: anchor(),
        };
        change(&mut response);
        Ok(Response {
            body: serde_json::to_vec(&response).unwrap(),
        })
    }
}

#[test]
fn an_applied_item_is_acked_and_nothing_more_is_sent() {
    let world = World::new();
    world.tap(10);
    world.api.then(answer(Verdict::Applied, |_| {}));
    assert_eq!(world.round(), Next::Now);
    assert_eq!(world.store.states(), [State::Acked]);
    assert!(matches!(world.round(), Next::After { .. }));
    assert_eq!(world.api.requests.lock().unwrap().len(), 1);
    assert_eq!(world.strip(), SyncState::AllSent);
}

#[test]
fn a_lost_answer_leaves_the_item_in_doubt_and_the_same_bytes_go_again() {
    let world = World::new();
    world.tap(10);
    world.api.then(|_| Err(ApiError::AnswerLost));
    world.api.then(answer(Verdict::Duplicate, |_| {}));
    assert!(matches!(world.round(), Next::After { .. }));
    assert_eq!(
        (world.store.states(), world.strip()),
        (vec![State::InDoubt], SyncState::Offline)
    );
    world.clock.advance(600_000);
    world.round();
    assert_eq!(world.store.states(), [State::Acked]);
    let requests = world.api.requests.lock().unwrap();
    let payloads: Vec<_> = requests
        .iter()
        .map(|request| {
            serde_json::from_slice::<BatchRequest>(request.body.as_deref().unwrap())
                .unwrap()
                .items
        })
        .collect();
    assert_eq!(payloads[0], payloads[1]);
}

#[test]
fn nothing_but_a_verdict_of_our_server_changes_an_item() {
    type Change = fn(&mut BatchResponse);
    let changes: [(&str, Change); 7] = [
        ("another request's id", |response| {
            response.req_id = ids::RequestId(Uuid::from_u128(99))
        }),
        ("an id that was not sent", |response| {
            response.results[0].id = ids::ItemId(Uuid::from_u128(99))
        }),
        ("a receipt over other bytes", |response| {
            response.results[0].receipt.as_mut().unwrap().record_hash = Bytes32([1; 32])
        }),
        ("a receipt with a broken signature", |response| {
            response.results[0].receipt.as_mut().unwrap().sig = Bytes64([1; 64])
        }),
        ("an anchor of another key", |response| {
            response.anchor.sig = Bytes64([1; 64])
        }),
        ("applied without a receipt", |response| {
            response.results[0].receipt = None
        }),
        ("no result", |response| response.results.clear()),
    ];
    for (name, change) in changes {
        let world = World::new();
        world.tap(10);
        world.api.then(answer(Verdict::Applied, change));
        world.round();
        assert_eq!(world.store.states(), [State::InDoubt], "{name}");
    }
}

#[test]
fn a_word_of_a_newer_server_counts_as_an_answer_lost() {
    let world = World::new();
    world.tap(10);
    world.api.then(answer(Verdict::Unknown, |_| {}));
    world.round();
    assert_eq!(world.store.states(), [State::InDoubt]);
}

#[test]
fn every_kind_of_failure_closes_its_gate_and_leaves_the_item() {
    let refused = |status, code| ApiError::Refused {
        status,
        code,
        retry_after_ms: None,
    };
    for (error, state) in [
        (ApiError::NotSent, SyncState::Offline),
        (ApiError::NotOurServer, SyncState::CaptivePortal),
        (ApiError::Certificate, SyncState::Certificate),
        (ApiError::CertificateTime, SyncState::Clock),
        (
            ApiError::Failing {
                status: 502,
                retry_after_ms: None,
            },
            SyncState::ServerUnreachable,
        ),
        (refused(500, Refusal::Other), SyncState::ServerUnreachable),
        (refused(401, Refusal::Session), SyncState::SignIn),
        (refused(403, Refusal::Revoked), SyncState::Revoked),
        (refused(426, Refusal::Upgrade), SyncState::UpdateNeeded),
    ] {
        let world = World::new();
        world.tap(10);
        let given = error.clone();
        world.api.then(move |_| Err(given.clone()));
        assert!(
            matches!(world.round(), Next::After { wait_ms } if wait_ms > 0),
            "{error:?}"
        );
        assert_eq!(
            (world.store.states(), world.strip()),
            (vec![State::InDoubt], state),
            "{error:?}"
        );
    }
}

#[test]
fn a_refused_item_is_parked_with_its_reason_and_does_not_hold_up_the_next() {
    let world = World::new();
    world.tap(10);
    world.tap(11);
    world.api.then(answer(Verdict::Rejected, |response| {
        response.results[0].code = Some(VerdictCode::Forbidden)
    }));
    world.api.then(answer(Verdict::Applied, |_| {}));
    world.round();
    world.round();
    assert_eq!(world.store.states(), [State::Parked, State::Acked]);
}

#[test]
fn an_item_the_server_chokes_on_does_not_hold_up_the_next() {
    let world = World::new();
    world.tap(10);
    world.tap(11);
    world.api.then(|_| {
        Err(ApiError::Refused {
            status: 500,
            code: Refusal::Other,
            retry_after_ms: None,
        })
    });
    world.api.then(answer(Verdict::Applied, |_| {}));
    world.round();
    world.clock.advance(20_000);
    world.engine.hint();
    world.round();
    assert_eq!(
        world
            .store
            .states()
            .iter()
            .filter(|state| **state == State::Acked)
            .count(),
        1
    );
}

#[test]
fn a_batch_that_is_too_large_is_halved_and_stays_so() {
    let world = World::new();
    for number in 0..20 {
        world.tap(100 + number);
    }
    for _ in 0..30 {
        world.api.then(|request| {
            let batch: BatchRequest =
                serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
            if batch.items.len() > 4 {
                return Err(ApiError::Refused {
                    status: 413,
                    code: Refusal::TooLarge,
                    retry_after_ms: None,
                });
            }
            answer(Verdict::Applied, |_| {})(request)
        });
    }
    for _ in 0..30 {
        world.round();
        world.clock.advance(600_000);
    }
    assert!(
        world
            .store
            .states()
            .iter()
            .all(|state| *state == State::Acked)
    );
    assert_eq!(world.api.requests.lock().unwrap().len(), 9);
}

#[test]
fn a_retry_wish_of_the_server_is_kept() {
    let world = World::new();
    world.tap(10);
    world.api.then(answer(Verdict::Retry, |response| {
        response.results[0].retry_after_ms = Some(3_600_000)
    }));
    world.round();
    world.clock.advance(3_599_000);
    world.round();
    assert_eq!(world.api.requests.lock().unwrap().len(), 1);
    world.clock.advance(6 * 3_600_000);
    world.api.then(answer(Verdict::Applied, |_| {}));
    world.round();
    assert_eq!(world.store.states(), [State::Acked]);
}

#[test]
fn a_thousand_saved_items_arrive_once_each_in_growing_batches() {
    let world = World::new();
    for number in 0..1_000 {
        world.tap(100 + number);
        world.api.then(answer(Verdict::Applied, |_| {}));
    }
    while world.round() == Next::Now {}
    assert!(
        world
            .store
            .states()
            .iter()
            .all(|state| *state == State::Acked)
    );
    let told: Vec<_> = (world.api.requests.lock().unwrap().iter())
        .map(|request| {
            serde_json::from_slice::<BatchRequest>(request.body.as_deref().unwrap())
                .unwrap()
                .acked_through
        })
        .collect();
    assert_eq!(told[..4], [0, 1, 3, 7]);
    let sizes: Vec<_> = (world.api.requests.lock().unwrap().iter())
        .map(|request| {
            serde_json::from_slice::<BatchRequest>(request.body.as_deref().unwrap())
                .unwrap()
                .items
                .len()
        })
        .collect();
    assert_eq!(sizes, [1, 2, 4, 8, 16, 32, 64, 128, 193, 193, 193, 166]);
    assert!(
        world
            .store
            .items()
            .windows(2)
            .all(|pair| pair[1].prev_hash == pair[0].hash && pair[1].seq == pair[0].seq + 1)
    );
}

#[test]
fn one_item_that_breaks_every_exchange_does_not_hold_up_the_others() {
    let world = World::new();
    for number in 0..5 {
        world.tap(100 + number);
    }
    let poison = ids::ItemId(Uuid::from_u128(100));
    for _ in 0..40 {
        world.api.then(move |request| {
            let batch: BatchRequest =
                serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
            if batch.items.iter().any(|item| item.id == poison) {
                return Err(ApiError::AnswerLost);
            }
            answer(Verdict::Applied, |_| {})(request)
        });
    }
    for _ in 0..40 {
        world.round();
        world.clock.advance(310_000);
    }
    let mut expected = vec![State::Acked; 5];
    expected[0] = State::InDoubt;
    assert_eq!(world.store.states(), expected);
}

#[test]
fn after_a_long_outage_a_hint_sends_at_once() {
    let world = World::new();
    world.tap(10);
    for _ in 0..60 {
        world.api.then(|_| {
            Err(ApiError::Refused {
                status: 503,
                code: Refusal::Other,
                retry_after_ms: None,
            })
        });
    }
    while !world.api.is_silent() {
        world.round();
        world.clock.advance(900_000);
    }
    world.api.then(answer(Verdict::Applied, |_| {}));
    world.engine.hint();
    world.round();
    assert_eq!(world.store.states(), [State::Acked]);
}

#[test]
fn a_login_that_is_refused_does_not_delay_a_check_in() {
    let world = World::new();
    let presence = KeyPair::from_seed(&[2; 32]);
    for _ in 0..8 {
        world.api.then(|_| {
            Err(ApiError::Refused {
                status: 401,
                code: Refusal::Signature,
                retry_after_ms: None,
            })
        });
        now(world
            .engine
            .round(&world.api, &world.enrolment, Some(&presence)))
        .unwrap();
        world.engine.hint();
    }
    assert_eq!(world.strip(), SyncState::SignIn);
    world.tap(10);
    world.api.then(answer(Verdict::Applied, |_| {}));
    now(world
        .engine
        .round(&world.api, &world.enrolment, Some(&presence)))
    .unwrap();
    assert_eq!(world.store.states(), [State::Acked]);
}

#[test]
fn a_server_that_was_restored_is_offered_everything_again() {
    let world = World::new();
    world.tap(10);
    world.tap(11);
    for _ in 0..2 {
        world.api.then(answer(Verdict::Applied, |_| {}));
        world.round();
    }
    world.tap(12);
    world.api.then(answer(Verdict::Applied, |response| {
        response.server_epoch = 2
    }));
    for _ in 0..3 {
        world.api.then(answer(Verdict::Applied, |response| {
            response.server_epoch = 2
        }));
    }
    while world.round() == Next::Now {}
    assert_eq!(world.store.states(), [State::Acked; 3]);
    let sent: usize = (world.api.requests.lock().unwrap().iter())
        .map(|request| {
            serde_json::from_slice::<BatchRequest>(request.body.as_deref().unwrap())
                .unwrap()
                .items
                .len()
        })
        .sum();
    assert_eq!(sent, 3 + 3);
}

#[test]
fn one_receipt_that_does_not_hold_leaves_its_neighbours_confirmed() {
    let world = World::new();
    for number in 0..3 {
        world.tap(100 + number);
    }
    world.api.then(answer(Verdict::Applied, |_| {}));
    world.api.then(answer(Verdict::Applied, |response| {
        response.results[0].receipt.as_mut().unwrap().sig = Bytes64([1; 64]);
    }));
    world.round();
    world.round();
    assert_eq!(
        world.store.states(),
        [State::Acked, State::InDoubt, State::Acked]
    );
}

#[test]
fn a_full_batch_of_real_records_fits_the_wire() {
    let world = World::new();
    for number in 0..400 {
        world.tap(100 + number);
        world.api.then(answer(Verdict::Applied, |_| {}));
    }
    while world.round() == Next::Now {}
    let largest = (world.api.requests.lock().unwrap().iter())
        .map(|request| request.body.as_ref().unwrap().len())
        .max();
    assert!(
        largest.unwrap() <= bizmitra_contract::sync::MAX_BYTES,
        "{largest:?}"
    );
    assert!(
        world
            .store
            .states()
            .iter()
            .all(|state| *state == State::Acked)
    );
}
