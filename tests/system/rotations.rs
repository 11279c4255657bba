//! The server's statement key is replaced: devices follow, whatever they were doing meanwhile.

use bizmitra_contract::attendance::EntryFlag;
use bizmitra_core::attendance::Action;
use bizmitra_core::export::{Export, verify};
use bizmitra_core::link::KeyPrint;
use bizmitra_device::{EndReason, Phase, Status};
use bizmitra_server::admin::{self, DeviceDecision};
use bizmitra_tests::phone::{OTHER_PIN, PIN, Phone, pin, tap, unlock, wait_status};
use bizmitra_tests::world::{Company, Person, World};

struct Scene {
    world: World,
    company: Company,
    ravi: Person,
    phone: Phone,
    device: bizmitra_device::Device,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await.unwrap();
        let company = world.company("Sahyadri Foods").unwrap();
        let ravi = world.person(&company, "Ravi Patil").unwrap();
        let phone = Phone::new(&world, "a");
        let device = phone.activated(&world.origin(), &ravi).await.unwrap();
        Self {
            world,
            company,
            ravi,
            phone,
            device,
        }
    }

    /// As the operator does it, beside the running server; returns the new print.
    fn rotate(&self) -> KeyPrint {
        admin::rotate_statement_key(self.world.server(), self.company.id)
            .unwrap()
            .parse()
            .unwrap()
    }

    async fn all_sent(&self) -> Status {
        self.device.sync_now().await.unwrap();
        wait_status(&self.device, |status| status.waiting == 0)
            .await
            .unwrap()
    }

    fn export(&self) -> Export {
        Export::decode(self.device.export().unwrap().as_bytes()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_offline_over_two_rotations_sends_all_and_its_file_verifies_under_three_keys()
 {
    let mut scene = Scene::new().await;
    tap(&scene.device, Action::CheckIn).unwrap();
    scene.all_sent().await;
    scene.world.stop_server().await.unwrap();
    tap(&scene.device, Action::BreakStart).unwrap();
    scene.rotate();
    let newest = scene.rotate();
    scene.world.start_server().await.unwrap();
    scene.all_sent().await;
    tap(&scene.device, Action::BreakEnd).unwrap();
    scene.all_sent().await;
    assert_eq!(scene.world.taps_of(&scene.ravi).unwrap().len(), 3);
    let export = scene.export();
    assert_eq!(export.bindings[0].successions.len(), 2);
    let report = verify(&export, Some(&newest));
    assert!(report.is_sound(), "{report:?}");
    assert!(report.records.iter().all(|r| r.received_at_ms.is_some()));
    let keys: std::collections::BTreeSet<_> = export
        .records
        .iter()
        .map(|record| record.receipts[0].key_id.clone())
        .collect();
    assert_eq!(keys.len(), 2, "the key between confirmed nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_device_follows_a_rotation_over_a_restart() {
    let mut scene = Scene::new().await;
    scene.world.stop_server().await.unwrap();
    tap(&scene.device, Action::CheckIn).unwrap();
    scene.rotate();
    scene.device.close().await;
    scene.device = scene.phone.reopen().await.unwrap();
    scene.world.start_server().await.unwrap();
    let status = scene.all_sent().await;
    assert_eq!(status.phase, Phase::Locked);
    drop(scene.device);
    scene.device = scene.phone.reopen().await.unwrap();
    unlock(&scene.device).await.unwrap();
    scene.all_sent().await;
    assert_eq!(scene.world.taps_of(&scene.ravi).unwrap().len(), 1);
    assert!(verify(&scene.export(), None).is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_to_wipe_under_the_next_key_is_obeyed_once_the_key_is_signed_in() {
    let mut scene = Scene::new().await;
    scene.all_sent().await;
    scene.world.stop_server().await.unwrap();
    tap(&scene.device, Action::CheckIn).unwrap();
    scene.rotate();
    let devices = admin::devices(scene.world.server(), scene.company.id).unwrap();
    let id = devices[0].device;
    let lost = DeviceDecision::ReportLost;
    admin::decide_about(scene.world.server(), scene.company.id, id, lost, "").unwrap();
    scene.world.start_server().await.unwrap();
    scene.device.sync_now().await.unwrap();
    let status = wait_status(&scene.device, |status| status.phase == Phase::Wiped)
        .await
        .unwrap();
    assert_eq!(status.ended, Some(EndReason::Lost));
    assert_eq!(scene.world.taps_of(&scene.ravi).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_before_a_rotation_and_a_code_for_a_locked_device_still_lead_to_the_server() {
    let scene = Scene::new().await;
    tap(&scene.device, Action::CheckIn).unwrap();
    scene.all_sent().await;
    let origin = scene.world.origin();
    let asha = scene.world.person(&scene.company, "Asha Rao").unwrap();
    let link = admin::link(scene.world.server(), scene.company.id, &asha.code, &origin).unwrap();
    // A forgotten PIN: the locked device binds again, and the server's key changed twice since it was pinned.
    scene.rotate();
    let newest = scene.rotate();
    scene.device.lock();
    let devices = admin::devices(scene.world.server(), scene.company.id).unwrap();
    let id = devices[0].device;
    let again = admin::replace(scene.world.server(), scene.company.id, id, "", &origin).unwrap();
    scene.device.check_code(&origin, &again.code).await.unwrap();
    scene.device.activate(pin(OTHER_PIN)).await.unwrap();
    tap(&scene.device, Action::CheckOut).unwrap();
    scene.all_sent().await;
    let export = scene.export();
    assert_eq!(export.bindings.len(), 2);
    let report = verify(&export, Some(&newest));
    assert!(
        report.findings.is_empty(),
        "the former binding's key leads to the one of now: {report:?}"
    );
    // The new binding's chain goes on from the old one's end, for the file and for the server.
    let (first, second) = (&report.chains[0], &report.chains[1]);
    assert_eq!(second.follows, Some((first.chain_id, first.last_seq)));
    for row in scene.world.taps_of(&scene.ravi).unwrap() {
        assert!(!row.entry.flags.contains(&EntryFlag::ChainBreak));
    }
    // The link was printed under the first key.
    let other = Phone::new(&scene.world, "b").open().await.unwrap();
    other.check_code("", &link).await.unwrap();
    other.activate(pin(PIN)).await.unwrap();
    tap(&other, Action::CheckIn).unwrap();
    other.sync_now().await.unwrap();
    wait_status(&other, |status| status.waiting == 0)
        .await
        .unwrap();
    assert_eq!(scene.world.taps_of(&asha).unwrap().len(), 1);
    let fresh = admin::link(scene.world.server(), scene.company.id, &asha.code, &origin).unwrap();
    assert!(
        fresh.ends_with(&newest.to_string().replace('-', "")),
        "{fresh}"
    );
}
