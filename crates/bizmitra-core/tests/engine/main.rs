//! One engine against a scripted server: only a verdict of our own server changes an item.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test helper fails loudly"
)]

mod clock;
mod fakes;
mod files;
mod trouble;
mod uploads;
mod verdicts;

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
use bizmitra_core::keys::{KeyPair, Message, VaultKey};
use bizmitra_core::outbox::State;
use bizmitra_core::record::{Author, Moment, Statement, make_record};
use bizmitra_core::seal::{OpeningKey, SealingKey};
use bizmitra_core::store::Store as _;
use bizmitra_core::sync::{Engine, Next, Parts, SyncState};
use bizmitra_core::vault::Opened;
use fakes::{FakeClock, FakeEntropy, FakeStore, ScriptedApi};
use files::{FakeFiles, Free};
use uuid::Uuid;
use zeroize::Zeroizing;

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

fn sealing_key() -> SealingKey {
    OpeningKey::from_seed(Zeroizing::new([8; 32])).public()
}

fn opened() -> Opened {
    Opened::new(
        &VaultKey::from_bytes([6; 32]),
        Arc::new(FakeEntropy::default()),
    )
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
            files: Arc::new(FakeFiles::default()),
            network: Arc::new(Free),
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
            successions: Vec::new(),
            pin_digits: (6, 6),
            notice_version: "2026-11".into(),
            device_key: KeyPair::from_seed(&[1; 32]).public(),
            presence_key: KeyPair::from_seed(&[2; 32]).public(),
            locked_key: sealing_key(),
            sealing_key: Some(sealing_key()),
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
            columns: opened().columns,
            sealing: sealing_key(),
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
                make_record(
                    &author,
                    &moment,
                    id,
                    head,
                    &statement,
                    &FakeEntropy::default(),
                )
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
            lease: None,
            wipe: None,
        };
        change(&mut response);
        Ok(Response {
            body: serde_json::to_vec(&response).unwrap(),
        })
    }
}
