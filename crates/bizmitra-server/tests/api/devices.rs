//! Pausing, ending and replacing devices: who may, what it brings about, and what the device is told.

use bizmitra_contract::devices::{
    DeviceStateResponse, DevicesResponse, ReasonRequest, ReplaceResponse, ThisDeviceResponse,
};
use bizmitra_contract::enrolment::{
    Approval, DeviceState, EnrolmentResponse, InvitationResponse, Platform,
};
use bizmitra_contract::ids::{DeviceId, EmployeeId};
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::statement::{EndReason, Lease, WipeOrder};
use bizmitra_contract::sync::{BatchResponse, Verdict};
use bizmitra_server::admin::{self, DeviceRules};

use crate::device::{HOST, TestDevice, check, enrolment};
use crate::world::{MONDAY_NINE_MS, Reply, World};

/// The operations on one device, with whether one's own device may be meant.
const OPERATIONS: [(&str, bool); 5] = [
    (paths::SUSPEND_DEVICE, false),
    (paths::RESUME_DEVICE, false),
    (paths::REPLACE_DEVICE, false),
    (paths::REPORT_LOST_DEVICE, true),
    (paths::REVOKE_DEVICE, true),
];

async fn decide(world: &World, by: &TestDevice, path: &str, device: DeviceId) -> Reply {
    decide_with(world, by, path, &device.to_string(), "as agreed").await
}

async fn decide_with(world: &World, by: &TestDevice, path: &str, id: &str, reason: &str) -> Reply {
    let request = ReasonRequest {
        reason: reason.to_owned(),
    };
    by.post(world, &path.replace("{id}", id), &request).await
}

async fn decided(world: &World, by: &TestDevice, path: &str, device: DeviceId) -> DeviceState {
    let done: DeviceStateResponse = decide(world, by, path, device).await.json();
    assert_eq!(done.device, device);
    done.state
}

async fn standing(world: &World, device: &TestDevice) -> ThisDeviceResponse {
    device.get(world, paths::THIS_DEVICE).await.json()
}

async fn anand(world: &World) -> TestDevice {
    TestDevice::signed_in(world, world.add_admin(), "Anand").await
}

/// Activates a phone with a code that was handed out.
async fn enrol_with(world: &World, code: &str, seed: &str) -> Reply {
    let invitation: InvitationResponse = check(world, code).await.json();
    let request = enrolment(
        invitation.company,
        code,
        &invitation.nonce,
        seed,
        Platform::Android,
    );
    world.post(paths::ENROLMENT, &request).await
}

#[tokio::test]
async fn a_suspended_device_loses_its_session_at_once_gives_nothing_and_goes_on_after_the_pause() {
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let mut asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    let waiting = asha.check_in(MONDAY_NINE_MS);
    assert_eq!(
        decided(&world, &meera, paths::SUSPEND_DEVICE, asha.device).await,
        DeviceState::Suspended
    );
    for path in [paths::ME, paths::CHANGES, paths::MY_DEVICES] {
        let reply = asha.get(&world, path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (403, ProblemCode::DeviceSuspended),
            "{path}"
        );
    }
    let login = asha.login_request(&asha.nonce(&world).await, &format!("http://{HOST}"));
    assert_eq!(
        asha.post(&world, paths::LOGIN, &login).await.code(),
        ProblemCode::DeviceSuspended
    );
    assert_eq!(
        asha.send(&world, &[&waiting]).await.code(),
        ProblemCode::DeviceSuspended
    );
    let told = standing(&world, &asha).await;
    assert_eq!(
        (told.state, told.lease.is_some(), told.wipe.is_some()),
        (DeviceState::Suspended, false, false)
    );
    // Twice is once.
    assert_eq!(
        decided(&world, &meera, paths::SUSPEND_DEVICE, asha.device).await,
        DeviceState::Suspended
    );

    assert_eq!(
        decided(&world, &meera, paths::RESUME_DEVICE, asha.device).await,
        DeviceState::Active
    );
    assert_eq!(
        asha.get(&world, paths::ME).await.code(),
        ProblemCode::SessionInvalid,
        "the session of before the pause is over"
    );
    asha.sign_in(&world).await;
    assert_eq!(
        asha.deliver(&world, &[&waiting]).await[0].verdict,
        Verdict::Applied
    );
}

#[tokio::test]
async fn what_is_over_is_neither_resumed_nor_suspended_nor_approved_and_keeps_its_first_reason() {
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    assert_eq!(
        decided(&world, &meera, paths::REPORT_LOST_DEVICE, asha.device).await,
        DeviceState::Lost
    );
    for path in [paths::SUSPEND_DEVICE, paths::RESUME_DEVICE] {
        let reply = decide(&world, &meera, path, asha.device).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (409, ProblemCode::Conflict),
            "{path}"
        );
    }
    assert_eq!(
        decided(&world, &meera, paths::REVOKE_DEVICE, asha.device).await,
        DeviceState::Lost
    );
    let pending = TestDevice::enrol_as(
        &world,
        world.asha,
        "new",
        Platform::Android,
        Approval::Manual,
    )
    .await;
    for path in [paths::SUSPEND_DEVICE, paths::RESUME_DEVICE] {
        assert_eq!(
            decide(&world, &meera, path, pending.device).await.code(),
            ProblemCode::Conflict,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_phone_is_replaced_in_one_step_and_the_old_one_stays_until_the_new_one_is_active() {
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let mut old = TestDevice::signed_in(&world, world.asha, "old phone").await;
    let before = old.check_in(MONDAY_NINE_MS);
    let first: ReplaceResponse = decide(&world, &meera, paths::REPLACE_DEVICE, old.device)
        .await
        .json();
    let second: ReplaceResponse = decide(&world, &meera, paths::REPLACE_DEVICE, old.device)
        .await
        .json();
    assert_eq!(second.expires_at_ms, world.now_ms() + 24 * 3_600_000);
    assert_eq!(
        check(&world, &first.code).await.code(),
        ProblemCode::CodeUnknown,
        "a later code takes the place of the earlier one"
    );
    assert_eq!(standing(&world, &old).await.state, DeviceState::Active);
    assert!(old.get(&world, paths::ME).await.status.is_success());

    let enrolled: EnrolmentResponse = enrol_with(&world, &second.code, "new phone").await.json();
    assert_eq!(enrolled.state, DeviceState::Active);
    assert_eq!(enrolled.employee, world.asha);
    let told = standing(&world, &old).await;
    assert_eq!(told.state, DeviceState::Replaced);
    assert_eq!(
        old.get(&world, paths::ME).await.code(),
        ProblemCode::DeviceRevoked
    );
    let order: WipeOrder = old.open(&told.wipe.unwrap(), "wipe");
    assert_eq!(order.reason, EndReason::Replaced);
    assert_eq!(
        old.deliver(&world, &[&before]).await[0].verdict,
        Verdict::Applied,
        "what was captured before is still taken"
    );
    assert_eq!(
        check(&world, &second.code).await.code(),
        ProblemCode::CodeUsed
    );
    let link = second.link;
    let canonical = second.code.replace('-', "");
    assert!(
        link.starts_with(&format!(
            "bizmitra:?v=1&server=http://{HOST}&code={canonical}&key="
        )),
        "{link}"
    );
}

#[tokio::test]
async fn a_code_for_the_place_of_a_desktop_ends_the_desktop_although_a_phone_takes_it() {
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let desk = TestDevice::enrol_as(
        &world,
        world.asha,
        "desk",
        Platform::Desktop,
        Approval::Automatic,
    )
    .await;
    let code: ReplaceResponse = decide(&world, &meera, paths::REPLACE_DEVICE, desk.device)
        .await
        .json();
    let _: EnrolmentResponse = enrol_with(&world, &code.code, "phone").await.json();
    assert_eq!(standing(&world, &desk).await.state, DeviceState::Replaced);
}

#[tokio::test]
async fn a_lost_phone_is_replaced_by_a_code_and_stays_lost() {
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let old = TestDevice::signed_in(&world, world.asha, "old").await;
    decided(&world, &meera, paths::REPORT_LOST_DEVICE, old.device).await;
    let code: ReplaceResponse = decide(&world, &meera, paths::REPLACE_DEVICE, old.device)
        .await
        .json();
    let _: EnrolmentResponse = enrol_with(&world, &code.code, "new").await.json();
    assert_eq!(standing(&world, &old).await.state, DeviceState::Lost);
}

#[tokio::test]
async fn a_person_has_one_phone_and_one_desktop_in_use_unless_the_company_says_otherwise() {
    let world = World::new();
    let phones = async |seed: &str| TestDevice::enrol(&world, world.ravi, seed).await;
    let desk = TestDevice::enrol_as(
        &world,
        world.ravi,
        "desk",
        Platform::Desktop,
        Approval::Automatic,
    )
    .await;
    let (one, two) = (phones("one").await, phones("two").await);
    assert_eq!(standing(&world, &one).await.state, DeviceState::Replaced);
    let rules = DeviceRules {
        phones: 2,
        desktops: 1,
        lease_days: 3,
    };
    admin::set_rules_for_devices(&world.server, world.company, rules).unwrap();
    let three = phones("three").await;
    assert_eq!(standing(&world, &two).await.state, DeviceState::Active);
    // A suspended one keeps its place, and the oldest goes first.
    world.advance_ms(1);
    admin::decide_about(
        &world.server,
        world.company,
        three.device,
        admin::DeviceDecision::Suspend,
        "",
    )
    .unwrap();
    let four = phones("four").await;
    let states = [
        standing(&world, &two).await.state,
        standing(&world, &three).await.state,
        standing(&world, &four).await.state,
        standing(&world, &desk).await.state,
    ];
    assert_eq!(
        states
            .iter()
            .filter(|state| **state == DeviceState::Replaced)
            .count(),
        1
    );
    assert_eq!(states[2..], [DeviceState::Active, DeviceState::Active]);
    for bad in [
        DeviceRules { phones: 0, ..rules },
        DeviceRules {
            desktops: 11,
            ..rules
        },
        DeviceRules {
            lease_days: 0,
            ..rules
        },
        DeviceRules {
            lease_days: 91,
            ..rules
        },
    ] {
        assert!(admin::set_rules_for_devices(&world.server, world.company, bad).is_err());
    }
}

#[tokio::test]
async fn an_active_device_gets_a_signed_lease_with_each_exchange_and_no_other_does() {
    let world = World::new();
    let mut asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    let read = |asha: &TestDevice, statement: Option<_>| -> Lease {
        asha.open(&statement.unwrap(), "lease")
    };
    let told = standing(&world, &asha).await;
    assert!(told.wipe.is_none());
    let lease = read(&asha, told.lease);
    assert_eq!(
        (lease.device, lease.issued_at_ms, lease.valid_for_ms),
        (asha.device, world.now_ms(), 7 * 24 * 3_600_000)
    );
    world.advance_ms(60_000);
    let tap = asha.check_in(MONDAY_NINE_MS);
    let batch: BatchResponse = asha.send(&world, &[&tap]).await.json();
    let lease = read(&asha, batch.lease);
    assert_eq!(
        (lease.issued_at_ms, lease.challenge),
        (world.now_ms(), batch.req_id.to_string())
    );
    let challenge = uuid::Uuid::new_v4().to_string();
    let path = format!("{}?challenge={challenge}", paths::THIS_DEVICE);
    let told: ThisDeviceResponse = asha.get(&world, &path).await.json();
    assert_eq!(read(&asha, told.lease).challenge, challenge);
    for bad in ["nonsense", "", "%30", "1234567890"] {
        let path = format!("{}?challenge={bad}", paths::THIS_DEVICE);
        assert_eq!(
            asha.get(&world, &path).await.code(),
            ProblemCode::Invalid,
            "{bad}"
        );
    }
    assert!(batch.wipe.is_none());
    let rules = DeviceRules {
        phones: 1,
        desktops: 1,
        lease_days: 3,
    };
    admin::set_rules_for_devices(&world.server, world.company, rules).unwrap();
    let lease = read(&asha, standing(&world, &asha).await.lease);
    assert_eq!(lease.valid_for_ms, 3 * 24 * 3_600_000);

    let pending = TestDevice::enrol_as(
        &world,
        world.ravi,
        "pending",
        Platform::Android,
        Approval::Manual,
    )
    .await;
    let told = standing(&world, &pending).await;
    assert!(told.lease.is_none() && told.wipe.is_none());
}

#[tokio::test]
async fn a_device_that_is_over_gets_a_signed_order_that_names_company_device_reason_and_time() {
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    for (path, reason, person, seed) in [
        (paths::REVOKE_DEVICE, EndReason::Revoked, world.asha, "one"),
        (
            paths::REPORT_LOST_DEVICE,
            EndReason::Lost,
            world.asha,
            "two",
        ),
    ] {
        let mut device = TestDevice::signed_in(&world, person, seed).await;
        let tap = device.check_in(MONDAY_NINE_MS);
        let ended_at_ms = world.now_ms();
        decided(&world, &meera, path, device.device).await;
        world.advance_ms(90_000);
        let told = standing(&world, &device).await;
        assert!(told.lease.is_none());
        let order: WipeOrder = device.open(&told.wipe.unwrap(), "wipe");
        let wanted = WipeOrder {
            company: world.company,
            device: device.device,
            reason,
            ended_at_ms,
        };
        assert_eq!(order, wanted);
        let batch: BatchResponse = device.send(&world, &[&tap]).await.json();
        assert!(batch.lease.is_none());
        let again: WipeOrder = device.open(&batch.wipe.unwrap(), "wipe");
        assert_eq!(again, wanted, "the same whenever it is asked for");
    }
}

#[tokio::test]
async fn an_order_does_not_pass_for_a_lease_nor_a_lease_for_an_order() {
    use ed25519_dalek::{Signature, VerifyingKey};
    let world = World::new();
    let asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    let lease = standing(&world, &asha).await.lease.unwrap();
    let key = VerifyingKey::from_bytes(&asha.server_key).unwrap();
    let holds = |kind: &str| {
        let signed = crate::device::message(
            bizmitra_contract::signing::STATEMENT,
            asha.company,
            &[kind.as_bytes(), &lease.payload.0],
        );
        key.verify_strict(&signed, &Signature::from_bytes(&lease.sig.0))
            .is_ok()
    };
    assert!(holds("lease"));
    assert!(!holds("wipe") && !holds("anchor") && !holds("changes"));
}

#[tokio::test]
async fn an_employee_decides_about_nobody_else_and_may_end_only_their_own() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    for (path, own) in OPERATIONS {
        let others = decide(&world, &ravi, path, asha.device).await.code();
        let wanted = if own {
            ProblemCode::NotFound
        } else {
            ProblemCode::Forbidden
        };
        assert_eq!(others, wanted, "{path}");
        if !own {
            assert_eq!(
                decide(&world, &ravi, path, ravi.device).await.code(),
                ProblemCode::Forbidden,
                "{path}"
            );
        }
    }
    assert_eq!(
        ravi.get(&world, paths::DEVICES).await.code(),
        ProblemCode::Forbidden
    );
    assert_eq!(
        decided(&world, &ravi, paths::REPORT_LOST_DEVICE, ravi.device).await,
        DeviceState::Lost
    );
    assert_eq!(standing(&world, &asha).await.state, DeviceState::Active);
}

#[tokio::test]
async fn a_site_manager_decides_about_employees_of_their_sites_and_never_about_a_manager_or_admin()
{
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let site = admin::sites(&world.server, world.company).unwrap()[0].id;
    let at_her_site = |name: &str, role| -> EmployeeId {
        let person = admin::NewPerson {
            name: name.to_owned(),
            role,
            shift: None,
            sites: vec![site],
        };
        admin::add_person(&world.server, world.company, &person).unwrap()
    };
    use bizmitra_contract::login::Role;
    let mut others = vec![ravi.device];
    for (seed, role) in [
        ("boss", Role::Admin),
        ("peer", Role::SiteManager),
        ("officer", Role::PrivacyOfficer),
    ] {
        let person = at_her_site(seed, role);
        others.push(TestDevice::signed_in(&world, person, seed).await.device);
    }
    for device in others {
        for (path, _) in OPERATIONS {
            assert_eq!(
                decide(&world, &meera, path, device).await.code(),
                ProblemCode::NotFound,
                "{path}"
            );
        }
    }
    for (path, own) in OPERATIONS {
        if !own {
            assert_eq!(
                decide(&world, &meera, path, meera.device).await.code(),
                ProblemCode::Forbidden,
                "{path}: her own"
            );
        }
    }
    let seen: DevicesResponse = meera.get(&world, paths::DEVICES).await.json();
    assert!(
        seen.devices.is_empty(),
        "nobody of her sites but herself, a manager and an admin has a device"
    );
}

#[tokio::test]
async fn unknown_foreign_and_malformed_devices_answer_alike_to_every_operation() {
    let world = World::new();
    let anand = anand(&world).await;
    let dev = TestDevice::enrol(&world, world.dev, "Dev").await;
    for (path, _) in OPERATIONS {
        let mut answers = Vec::new();
        for id in [
            dev.device.to_string(),
            uuid::Uuid::new_v4().to_string(),
            "nonsense".to_owned(),
        ] {
            let reply = decide_with(&world, &anand, path, &id, "").await;
            let mut problem = reply.problem();
            problem.request_id.clear();
            answers.push((reply.status, problem));
        }
        assert_eq!(answers[0].0.as_u16(), 404, "{path}");
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{path}");
    }
    assert_eq!(standing(&world, &dev).await.state, DeviceState::Active);
    let seen: DevicesResponse = anand.get(&world, paths::DEVICES).await.json();
    assert!(
        seen.devices
            .iter()
            .all(|device| device.device != dev.device)
    );
    assert!(
        admin::decide_about(
            &world.server,
            world.company,
            dev.device,
            admin::DeviceDecision::Revoke,
            ""
        )
        .is_err(),
        "not for the operator of the wrong company either"
    );
}

#[tokio::test]
async fn a_reason_without_end_is_refused_and_changes_nothing() {
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    for (path, _) in OPERATIONS {
        let id = asha.device.to_string();
        let reply = decide_with(&world, &meera, path, &id, &"x".repeat(201)).await;
        assert_eq!(reply.code(), ProblemCode::Invalid, "{path}");
    }
    assert_eq!(standing(&world, &asha).await.state, DeviceState::Active);
}

#[tokio::test]
async fn a_person_sees_their_own_devices_with_state_and_when_they_were_heard_of() {
    let world = World::new();
    let old = TestDevice::enrol(&world, world.asha, "old phone").await;
    world.advance_ms(3_600_000);
    let mut asha = TestDevice::signed_in(&world, world.asha, "new phone").await;
    TestDevice::enrol(&world, world.ravi, "Ravi's").await;
    world.advance_ms(300_000);
    asha.sign_in(&world).await;
    let seen: DevicesResponse = asha.get(&world, paths::MY_DEVICES).await.json();
    let shown: Vec<_> = seen
        .devices
        .iter()
        .map(|device| {
            (
                device.device,
                device.state,
                device.device_name.as_str(),
                device.last_heard_ms,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (
                asha.device,
                DeviceState::Active,
                "new phone",
                world.now_ms()
            ),
            (
                old.device,
                DeviceState::Replaced,
                "old phone",
                MONDAY_NINE_MS
            ),
        ]
    );
    // To the minute: a request right after the last does not write.
    world.advance_ms(59_000);
    let seen: DevicesResponse = asha.get(&world, paths::MY_DEVICES).await.json();
    assert_eq!(seen.devices[0].last_heard_ms, world.now_ms() - 59_000);
}

#[tokio::test]
async fn an_admin_sees_the_devices_of_the_company_with_their_people() {
    let world = World::new();
    let anand = anand(&world).await;
    let asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    TestDevice::enrol(&world, world.dev, "Dev").await;
    let seen: DevicesResponse = anand.get(&world, paths::DEVICES).await.json();
    let names: Vec<_> = seen
        .devices
        .iter()
        .map(|device| device.employee_name.as_str())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.contains(&"Asha") && names.contains(&"Anand"));
    assert!(
        seen.devices
            .iter()
            .any(|device| device.device == asha.device)
    );
}

#[tokio::test]
async fn every_decision_stands_in_the_audit_log_with_who_and_why() {
    let world = World::new();
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    for path in [
        paths::SUSPEND_DEVICE,
        paths::RESUME_DEVICE,
        paths::REPLACE_DEVICE,
        paths::REPORT_LOST_DEVICE,
    ] {
        assert!(
            decide(&world, &meera, path, asha.device)
                .await
                .status
                .is_success()
        );
    }
    let db = rusqlite::Connection::open(world.folder().join("bizmitra.db")).unwrap();
    let rows: Vec<(String, Option<Vec<u8>>, String)> = db
        .prepare("SELECT action, actor, reason FROM audit WHERE subject = ?1 ORDER BY audit_id")
        .unwrap()
        .query_map([asha.device.0.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let actions: Vec<&str> = rows.iter().map(|(action, ..)| action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "device_enrolled",
            "device_suspended",
            "device_resumed",
            "replacement_code",
            "device_lost"
        ]
    );
    for (action, actor, reason) in &rows[1..] {
        assert_eq!(
            (actor.as_deref(), reason.as_str()),
            (Some(world.meera.0.as_bytes().as_slice()), "as agreed"),
            "{action}"
        );
    }
}
