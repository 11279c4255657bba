//! What was sent once is sent again: by a thief of the bytes, by a device that lost the answer, with other words inside.

mod enrolments;

use axum::http::StatusCode;
use bizmitra_contract::enrolment::{Approval, DeviceState, Platform};
use bizmitra_contract::ids::RequestId;
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::record::{RecordBody, Tap};
use bizmitra_contract::sync::{BatchRequest, BatchResponse, Verdict, VerdictCode};
use bizmitra_server::admin;
use libtest_mimic::Trial;
use serde_json::json;
use uuid::Uuid;

use crate::device::TestDevice;
use crate::support::{attack, everything, kept_records};
use crate::wire::Sent;
use crate::world::{Reply, World};

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        attack(
            "the bytes of a batch sent again get the same verdicts and write nothing",
            batch_again,
        ),
        attack(
            "the bytes of a batch sent again after two minutes are refused",
            batch_too_late,
        ),
        attack(
            "the same records in a new request get the same receipts",
            || records_again(false),
        ),
        attack(
            "the same records after the device was revoked get the same receipts",
            || records_again(true),
        ),
        attack(
            "a record's id with other bytes is a conflict, and the first bytes stay",
            other_bytes,
        ),
        attack(
            "a colleague who sends a person's record again gets no receipt of it",
            record_of_a_colleague,
        ),
        attack(
            "a colleague who uses the id of a person's record learns nothing of it",
            id_of_a_colleague,
        ),
        attack(
            "another company's record under the same id touches nobody",
            id_of_another_company,
        ),
        attack(
            "an approval sent again gets the same answer and is written once",
            approval_again,
        ),
        attack(
            "a decision that a manager signed is refused once the manager's device is over",
            decision_of_the_revoked,
        ),
        attack(
            "an approval sent again after a revocation brings no device back",
            approval_after_revocation,
        ),
        attack(
            "an approval with another fingerprint under the same key is refused",
            approval_of_another,
        ),
        attack(
            "a revocation sent again gets the same answer and is written once",
            revocation_again,
        ),
        attack(
            "a revocation sent again with another reason does not rewrite the first",
            revocation_otherwise,
        ),
    ];
    trials.extend(enrolments::trials());
    trials
}

async fn ravi_with_batch() -> (World, TestDevice, BatchRequest, Sent) {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let items = (0..5).map(|_| ravi.check_in(world.now_ms())).collect();
    let batch = BatchRequest {
        req_id: RequestId(Uuid::now_v7()),
        acked_through: 0,
        items,
    };
    let body = serde_json::to_vec(&batch).unwrap();
    let request = ravi.request("POST", paths::SYNC_BATCH, Some(body), &ravi.signing(&world));
    let sent = Sent::of(request).await;
    (world, ravi, batch, sent)
}

async fn batch_again() {
    let (world, ravi, _, sent) = ravi_with_batch().await;
    let first: BatchResponse = world.call(sent.request()).await.json();
    assert!(
        first
            .results
            .iter()
            .all(|result| result.verdict == Verdict::Applied)
    );
    let before = kept_records(world.folder());
    for _ in 0..3 {
        let again: BatchResponse = world.call(sent.request()).await.json();
        for (one, other) in first.results.iter().zip(&again.results) {
            assert_eq!(
                (other.verdict, &other.receipt),
                (Verdict::Duplicate, &one.receipt)
            );
        }
    }
    assert_eq!(kept_records(world.folder()), before);
    assert_eq!(world.attendance(ravi.employee).len(), 5);
}

async fn batch_too_late() {
    let (world, ravi, _, sent) = ravi_with_batch().await;
    world.advance_ms(121_000);
    let before = everything(world.folder());
    assert_eq!(
        world.call(sent.request()).await.code(),
        ProblemCode::SignatureStale
    );
    assert_eq!(everything(world.folder()), before);
    assert!(world.attendance(ravi.employee).is_empty());
}

async fn records_again(revoke: bool) {
    let (world, mut ravi, batch, _) = ravi_with_batch().await;
    let items: Vec<_> = batch.items.iter().collect();
    let first = ravi.deliver(&world, &items).await;
    world.advance_ms(86_400_000);
    if revoke {
        ravi.sign_in(&world).await;
        let path = paths::REVOKE_DEVICE.replace("{id}", &ravi.device.to_string());
        assert!(
            ravi.post(&world, &path, &json!({"reason": ""}))
                .await
                .status
                .is_success()
        );
    }
    let again = ravi.deliver(&world, &items).await;
    for (one, other) in first.iter().zip(&again) {
        assert_eq!(
            (other.verdict, &other.receipt),
            (Verdict::Duplicate, &one.receipt)
        );
    }
}

async fn other_bytes() {
    let (world, mut ravi, batch, _) = ravi_with_batch().await;
    let first = &batch.items[0];
    ravi.deliver(&world, &[first]).await;
    let before = kept_records(world.folder());
    let mut other = ravi.record(
        world.now_ms() + 1,
        RecordBody::CheckOut(Tap {
            shift: None,
            day: None,
        }),
    );
    other.id = first.id;
    let other = ravi.item(&other, true);
    let result = ravi.deliver(&world, &[&other]).await.remove(0);
    assert_eq!(
        (result.verdict, result.code),
        (Verdict::Conflict, Some(VerdictCode::OtherBytes))
    );
    assert_eq!(result.receipt, None);
    assert_eq!(kept_records(world.folder()), before);
}

async fn record_of_a_colleague() {
    let (world, ravi, batch, _) = ravi_with_batch().await;
    let asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    ravi.deliver(&world, &[&batch.items[0]]).await;
    let before = kept_records(world.folder());
    let result = asha.deliver(&world, &[&batch.items[0]]).await.remove(0);
    assert_eq!(
        (result.verdict, result.code),
        (Verdict::Rejected, Some(VerdictCode::Forbidden))
    );
    assert_eq!(result.receipt, None);
    assert_eq!(kept_records(world.folder()), before);
}

async fn id_of_a_colleague() {
    let (world, ravi, batch, _) = ravi_with_batch().await;
    let mut asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    ravi.deliver(&world, &[&batch.items[0]]).await;
    let before = kept_records(world.folder());
    let mut record = asha.record(
        world.now_ms(),
        RecordBody::CheckIn(Tap {
            shift: None,
            day: None,
        }),
    );
    record.id = batch.items[0].id;
    let item = asha.item(&record, true);
    let result = asha.deliver(&world, &[&item]).await.remove(0);
    assert_eq!(result.receipt, None);
    assert!(
        matches!(result.verdict, Verdict::Rejected | Verdict::Conflict),
        "{:?}",
        result.verdict
    );
    assert_eq!(kept_records(world.folder()), before);
}

async fn id_of_another_company() {
    let (world, ravi, batch, _) = ravi_with_batch().await;
    let mut dev = TestDevice::enrol(&world, world.dev, "Dev").await;
    ravi.deliver(&world, &[&batch.items[0]]).await;
    let rows = world.attendance(world.ravi);
    let mut record = dev.record(
        world.now_ms(),
        RecordBody::CheckIn(Tap {
            shift: None,
            day: None,
        }),
    );
    record.id = batch.items[0].id;
    let item = dev.item(&record, true);
    let result = dev.deliver(&world, &[&item]).await.remove(0);
    assert_eq!(
        result.verdict,
        Verdict::Applied,
        "another company's ids are nobody's business here"
    );
    assert_eq!(world.attendance(world.ravi).len(), rows.len());
    assert_eq!(world.attendance(world.ravi)[0].hash_hex, rows[0].hash_hex);
}

/// Meera's decision about Asha's waiting device: the request, and the device.
async fn decision(path: &str) -> (World, TestDevice, TestDevice, Sent) {
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let asha = TestDevice::enrol_as(
        &world,
        world.asha,
        "Asha",
        Platform::Android,
        Approval::Manual,
    )
    .await;
    let body = if path == paths::APPROVE_DEVICE {
        json!({"fingerprint": asha.fingerprint})
    } else {
        json!({"reason": "lost"})
    };
    let path = path.replace("{id}", &asha.device.to_string());
    let request = meera.request(
        "POST",
        &path,
        Some(serde_json::to_vec(&body).unwrap()),
        &meera.signing(&world),
    );
    let sent = Sent::of(request).await;
    (world, meera, asha, sent)
}

fn same_answer(one: &Reply, other: &Reply) {
    assert_eq!(
        one.status,
        StatusCode::OK,
        "{}",
        String::from_utf8_lossy(&one.body)
    );
    assert_eq!((one.status, &one.body), (other.status, &other.body));
}

async fn approval_again() {
    let (world, .., sent) = decision(paths::APPROVE_DEVICE).await;
    let first = world.call(sent.request()).await;
    let before = without_counter(&world);
    same_answer(&first, &world.call(sent.request()).await);
    assert_eq!(without_counter(&world), before);
}

/// Everything but the number of commits.
fn without_counter(world: &World) -> std::collections::BTreeMap<String, Vec<String>> {
    let mut all = everything(world.folder());
    all.remove("meta");
    all
}

async fn state_of(world: &World, device: &TestDevice) -> DeviceState {
    let reply = device.get(world, paths::THIS_DEVICE).await;
    reply
        .json::<bizmitra_contract::devices::ThisDeviceResponse>()
        .state
}

async fn decision_of_the_revoked() {
    for path in [paths::APPROVE_DEVICE, paths::REVOKE_DEVICE] {
        let (world, meera, asha, sent) = decision(path).await;
        let state = state_of(&world, &asha).await;
        let over = admin::DeviceDecision::Revoke;
        admin::decide_about(&world.server, world.company, meera.device, over, "").unwrap();
        let before = without_counter(&world);
        let fresh = path.replace("{id}", &asha.device.to_string());
        let body = json!({"reason": "", "fingerprint": asha.fingerprint});
        for reply in [
            world.call(sent.request()).await,
            meera.post(&world, &fresh, &body).await,
        ] {
            assert_eq!(reply.status, StatusCode::FORBIDDEN);
            assert_eq!(reply.code(), ProblemCode::DeviceRevoked);
        }
        assert_eq!(without_counter(&world), before);
        assert_eq!(state_of(&world, &asha).await, state);
    }
}

async fn approval_after_revocation() {
    let (world, meera, asha, sent) = decision(paths::APPROVE_DEVICE).await;
    assert!(world.call(sent.request()).await.status.is_success());
    let path = paths::REVOKE_DEVICE.replace("{id}", &asha.device.to_string());
    assert!(
        meera
            .post(&world, &path, &json!({"reason": "lost"}))
            .await
            .status
            .is_success()
    );
    assert_eq!(
        world.call(sent.request()).await.status,
        StatusCode::CONFLICT
    );
    assert_eq!(state_of(&world, &asha).await, DeviceState::Revoked);
}

async fn approval_of_another() {
    let (world, meera, asha, _) = decision(paths::APPROVE_DEVICE).await;
    let path = paths::APPROVE_DEVICE.replace("{id}", &asha.device.to_string());
    let reply = meera
        .post(&world, &path, &json!({"fingerprint": meera.fingerprint}))
        .await;
    assert_eq!(reply.code(), ProblemCode::FingerprintMismatch);
    assert_eq!(state_of(&world, &asha).await, DeviceState::Pending);
}

async fn revocation_again() {
    let (world, .., sent) = decision(paths::REVOKE_DEVICE).await;
    let first = world.call(sent.request()).await;
    let before = without_counter(&world);
    same_answer(&first, &world.call(sent.request()).await);
    assert_eq!(without_counter(&world), before);
}

async fn revocation_otherwise() {
    let (world, meera, asha, sent) = decision(paths::REVOKE_DEVICE).await;
    let first = world.call(sent.request()).await;
    let before = without_counter(&world);
    let path = paths::REVOKE_DEVICE.replace("{id}", &asha.device.to_string());
    same_answer(
        &first,
        &meera.post(&world, &path, &json!({"reason": "sold"})).await,
    );
    assert_eq!(
        without_counter(&world),
        before,
        "the audit log keeps the first reason"
    );
}
