//! Approving and revoking, and what an ended device may still do.

use bizmitra_contract::attendance::EntryFlag;
use bizmitra_contract::devices::{
    ApproveRequest, DeviceStateResponse, PendingDevicesResponse, RevokeRequest, ThisDeviceResponse,
};
use bizmitra_contract::enrolment::{Approval, DeviceState, Platform};
use bizmitra_contract::ids::DeviceId;
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::sync::{Verdict, VerdictCode};

use crate::attendance::evidence;
use crate::device::{HOST, TestDevice};
use crate::world::{MONDAY_NINE_MS, Reply, World};

async fn approve(world: &World, by: &TestDevice, device: DeviceId, fingerprint: &str) -> Reply {
    let path = paths::APPROVE_DEVICE.replace("{id}", &device.to_string());
    by.post(
        world,
        &path,
        &ApproveRequest {
            fingerprint: fingerprint.to_owned(),
        },
    )
    .await
}

pub async fn revoke(world: &World, by: &TestDevice, device: DeviceId) -> Reply {
    let path = paths::REVOKE_DEVICE.replace("{id}", &device.to_string());
    by.post(
        world,
        &path,
        &RevokeRequest {
            reason: "lost".to_owned(),
        },
    )
    .await
}

async fn pending_phone(
    world: &World,
    person: bizmitra_contract::ids::EmployeeId,
    seed: &str,
) -> TestDevice {
    TestDevice::enrol_as(world, person, seed, Platform::Android, Approval::Manual).await
}

#[tokio::test]
async fn a_pending_device_waits_for_the_fingerprint_on_its_screen() {
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let mut asha = pending_phone(&world, world.asha, "Asha").await;
    let ravi = pending_phone(&world, world.ravi, "Ravi").await;
    let login = asha.login_request(&asha.nonce(&world).await, &format!("http://{HOST}"));
    let refused = asha.post(&world, paths::LOGIN, &login).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (401, ProblemCode::DevicePending)
    );
    let tap = asha.check_in(MONDAY_NINE_MS);
    assert_eq!(
        asha.send(&world, &[&tap]).await.code(),
        ProblemCode::DevicePending
    );
    // Ravi works at no site of hers: she does not see him.
    let waiting: PendingDevicesResponse = meera.get(&world, paths::PENDING_DEVICES).await.json();
    assert_eq!(
        waiting
            .devices
            .iter()
            .map(|device| device.device)
            .collect::<Vec<_>>(),
        [asha.device]
    );
    assert_eq!(
        approve(&world, &meera, ravi.device, &ravi.fingerprint)
            .await
            .code(),
        ProblemCode::NotFound
    );
    assert_eq!(
        approve(&world, &meera, asha.device, &ravi.fingerprint)
            .await
            .code(),
        ProblemCode::FingerprintMismatch
    );
    assert_eq!(
        approve(&world, &meera, asha.device, "").await.code(),
        ProblemCode::FingerprintMismatch
    );
    let typed = asha.fingerprint.to_lowercase().replace('-', " ");
    let done: DeviceStateResponse = approve(&world, &meera, asha.device, &typed).await.json();
    assert_eq!(done.state, DeviceState::Active);
    let again: DeviceStateResponse = approve(&world, &meera, asha.device, &typed).await.json();
    assert_eq!(again.state, DeviceState::Active);
    asha.sign_in(&world).await;
    assert_eq!(
        asha.deliver(&world, &[&tap]).await[0].verdict,
        Verdict::Applied
    );
    let waiting: PendingDevicesResponse = meera.get(&world, paths::PENDING_DEVICES).await.json();
    assert!(waiting.devices.is_empty());
}

#[tokio::test]
async fn an_admin_sees_the_whole_company_and_nobody_approves_their_own() {
    let world = World::new();
    let boss = world.add_admin();
    let anand = TestDevice::signed_in(&world, boss, "Anand").await;
    let ravi = pending_phone(&world, world.ravi, "Ravi").await;
    let dev = pending_phone(&world, world.dev, "Dev").await;
    let own = TestDevice::enrol_as(&world, boss, "own", Platform::Desktop, Approval::Manual).await;
    let waiting: PendingDevicesResponse = anand.get(&world, paths::PENDING_DEVICES).await.json();
    assert_eq!(waiting.devices.len(), 2);
    assert_eq!(
        approve(&world, &anand, own.device, &own.fingerprint)
            .await
            .code(),
        ProblemCode::Forbidden
    );
    let _: DeviceStateResponse = approve(&world, &anand, ravi.device, &ravi.fingerprint)
        .await
        .json();
    assert_eq!(
        approve(&world, &anand, dev.device, &dev.fingerprint)
            .await
            .code(),
        ProblemCode::NotFound
    );
}

#[tokio::test]
async fn unknown_foreign_and_malformed_ids_answer_alike() {
    let world = World::new();
    let boss = world.add_admin();
    let anand = TestDevice::signed_in(&world, boss, "Anand").await;
    let dev = TestDevice::enrol(&world, world.dev, "Dev").await;
    let mut answers = Vec::new();
    for id in [
        dev.device.to_string(),
        uuid::Uuid::new_v4().to_string(),
        "nonsense".to_owned(),
    ] {
        let path = paths::REVOKE_DEVICE.replace("{id}", &id);
        let reply = anand
            .post(
                &world,
                &path,
                &RevokeRequest {
                    reason: String::new(),
                },
            )
            .await;
        let mut problem = reply.problem();
        problem.request_id.clear();
        let names: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
        answers.push((reply.status, problem, names));
    }
    assert_eq!(answers[0].0.as_u16(), 404);
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:?}"
    );
    let state: ThisDeviceResponse = dev.get(&world, paths::THIS_DEVICE).await.json();
    assert_eq!(state.state, DeviceState::Active);
}

#[tokio::test]
async fn employees_decide_about_their_own_devices_only() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    assert_eq!(
        ravi.get(&world, paths::PENDING_DEVICES).await.code(),
        ProblemCode::Forbidden
    );
    assert_eq!(
        approve(&world, &ravi, asha.device, &asha.fingerprint)
            .await
            .code(),
        ProblemCode::Forbidden
    );
    assert_eq!(
        revoke(&world, &ravi, asha.device).await.code(),
        ProblemCode::NotFound
    );
    let done: DeviceStateResponse = revoke(&world, &ravi, ravi.device).await.json();
    assert_eq!(done.state, DeviceState::Revoked);
    assert_eq!(
        ravi.get(&world, paths::ME).await.code(),
        ProblemCode::DeviceRevoked
    );
}

#[tokio::test]
async fn a_revoked_device_may_only_append_what_it_captured() {
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let mut asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    let before = asha.check_in(MONDAY_NINE_MS);
    let after = asha.check_in(MONDAY_NINE_MS + 600_000);
    asha.deliver(&world, &[&before]).await;
    let _: DeviceStateResponse = revoke(&world, &meera, asha.device).await.json();
    let reply = asha.get(&world, paths::CHANGES).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (403, ProblemCode::DeviceRevoked)
    );
    let login = asha.login_request(&asha.nonce(&world).await, &format!("http://{HOST}"));
    assert_eq!(
        asha.post(&world, paths::LOGIN, &login).await.code(),
        ProblemCode::DeviceRevoked
    );
    assert_eq!(
        asha.deliver(&world, &[&after]).await[0].verdict,
        Verdict::Applied
    );
    let flags: Vec<_> = world
        .attendance(world.asha)
        .into_iter()
        .map(|row| row.entry.flags)
        .collect();
    assert_eq!(flags[0], []);
    assert!(flags[1].contains(&EntryFlag::AfterRevocation));
    let state: ThisDeviceResponse = asha.get(&world, paths::THIS_DEVICE).await.json();
    assert_eq!(state.state, DeviceState::Revoked);
}

#[tokio::test]
async fn after_a_revocation_the_device_key_alone_speaks_only_about_a_tap_that_is_here() {
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let mut asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let tap = asha.check_in(MONDAY_NINE_MS);
    let record = asha.record(MONDAY_NINE_MS + 3_000, evidence(tap.id, 40));
    let about = asha.item(&record, false);
    let coming = asha.check_in(MONDAY_NINE_MS + 600_000);
    let record = asha.record(MONDAY_NINE_MS + 603_000, evidence(coming.id, 7));
    let early = asha.item(&record, false);
    let record = asha.record(MONDAY_NINE_MS + 604_000, evidence(about.id, 7));
    let about_evidence = asha.item(&record, false);
    asha.deliver(&world, &[&tap]).await;
    let _: DeviceStateResponse = revoke(&world, &meera, asha.device).await.json();
    let results = asha
        .deliver(&world, &[&early, &about, &about_evidence])
        .await;
    let verdicts: Vec<_> = results
        .iter()
        .map(|result| (result.verdict, result.code))
        .collect();
    assert_eq!(
        verdicts,
        [
            (Verdict::Retry, Some(VerdictCode::DepMissing)),
            (Verdict::Applied, None),
            (Verdict::Rejected, Some(VerdictCode::Forbidden)),
        ]
    );
    let results = asha.deliver(&world, &[&coming, &early]).await;
    assert!(
        results
            .iter()
            .all(|result| result.verdict == Verdict::Applied)
    );
    for row in world.attendance(world.asha) {
        assert!(row.entry.place.is_some());
        assert!(row.entry.flags.contains(&EntryFlag::AfterRevocation));
    }
}

#[tokio::test]
async fn who_may_not_decide_learns_nothing_about_ids() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let unknown = uuid::Uuid::new_v4().to_string();
    for id in [ravi.device.to_string(), unknown, "x".to_owned()] {
        let path = paths::APPROVE_DEVICE.replace("{id}", &id);
        let request = ApproveRequest {
            fingerprint: ravi.fingerprint.clone(),
        };
        let reply = ravi.post(&world, &path, &request).await;
        assert_eq!(reply.code(), ProblemCode::Forbidden, "{id}");
    }
}
