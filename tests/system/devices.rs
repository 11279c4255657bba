//! Pausing, ending, replacing: the whole way from the operator's word to the phone that obeys it.

use std::time::Duration;

use bizmitra_contract::ids::DeviceId;
use bizmitra_core::attendance::Action;
use bizmitra_core::keys::{Keystore as _, entry};
use bizmitra_core::vault::Unlock;
use bizmitra_device::{
    Code, Device, DeviceError, EndReason, LocationWish, OwnDeviceState, Phase, Status,
};
use bizmitra_server::admin::{self, DeviceDecision};
use bizmitra_tests::network::{Mood, Network};
use bizmitra_tests::phone::{OTHER_PIN, PIN, Phone, pin, tap, unlock, wait, wait_status};
use bizmitra_tests::world::{Company, Person, World};

const DAY_MS: u64 = 24 * 3_600_000;
/// More than the five minutes after which a silent device asks how it stands.
const A_WHILE_MS: u64 = 6 * 60_000;

struct Scene {
    world: World,
    company: Company,
    ravi: Person,
    phone: Phone,
    device: Device,
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

    /// The one device of Ravi that is not over.
    fn id(&self) -> DeviceId {
        let devices = admin::devices(self.world.server(), self.company.id).unwrap();
        devices
            .iter()
            .find(|device| device.employee == self.ravi.id)
            .unwrap()
            .device
    }

    fn decide(&self, decision: DeviceDecision) {
        let id = self.id();
        admin::decide_about(self.world.server(), self.company.id, id, decision, "").unwrap();
    }

    /// A one-time code for the place of the device.
    fn replacement(&self) -> admin::Invited {
        let origin = self.world.origin();
        admin::replace(self.world.server(), self.company.id, self.id(), "", &origin).unwrap()
    }

    /// Time passes for server and phone alike.
    fn pass(&self, ms: u64) {
        self.world.clock.advance_ms(ms);
        self.phone.clock.advance_ms(ms);
    }

    /// Nudges the drainer until something holds; the clocks of these tests stand still by themselves.
    async fn until(&self, what: impl Fn(&Status) -> bool) -> Status {
        wait(|| {
            self.device.on_network_change();
            Ok(Some(self.device.status()?).filter(|status| what(status)))
        })
        .await
        .unwrap_or_else(|error| panic!("{error}: {:?}", self.device.status()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_device_locks_takes_no_tap_and_no_pin_and_sends_what_waits_after_the_pause() {
    let mut scene = Scene::new().await;
    scene.world.stop_server().await.unwrap();
    tap(&scene.device, Action::CheckIn).unwrap();
    scene.decide(DeviceDecision::Suspend);
    scene.world.start_server().await.unwrap();
    let status = scene.until(|status| status.phase == Phase::Suspended).await;
    assert!(status.waiting > 0, "nothing is taken from it meanwhile");
    assert!(matches!(scene.device.home(), Err(DeviceError::Suspended)));
    let refused = scene.device.unlock(pin(PIN)).await;
    assert!(matches!(refused, Err(DeviceError::Suspended)));
    let code = scene.replacement().code;
    let refused = scene.device.check_code(&scene.world.origin(), &code).await;
    assert!(matches!(refused, Err(DeviceError::AlreadyActivated)));
    // It stays so over a restart, without the server.
    scene.world.stop_server().await.unwrap();
    drop(scene.device);
    scene.device = scene.phone.reopen().await.unwrap();
    assert_eq!(scene.device.status().unwrap().phase, Phase::Suspended);

    scene.world.start_server().await.unwrap();
    scene.decide(DeviceDecision::Resume);
    scene.until(|status| status.phase == Phase::Locked).await;
    unlock(&scene.device).await.unwrap();
    scene.until(|status| status.waiting == 0).await;
    assert_eq!(scene.world.taps_of(&scene.ravi).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_phone_hears_of_it_while_it_is_locked_and_destroys_what_can_be_read() {
    let scene = Scene::new().await;
    tap(&scene.device, Action::CheckIn).unwrap();
    scene.until(|status| status.waiting == 0).await;
    scene.device.lock();
    scene.decide(DeviceDecision::ReportLost);
    let status = scene.until(|status| status.phase == Phase::Wiped).await;
    assert_eq!(status.ended, Some(EndReason::Lost));
    assert_eq!((status.name.as_str(), status.waiting), ("", 0));
    let keystore = &scene.phone.keystore;
    assert!(keystore.load(entry::DEVICE_SECRET).unwrap().is_some());
    assert!(keystore.load(entry::ENROLMENT).unwrap().is_none());
    assert!(keystore.load(entry::PIN_TRIES).unwrap().is_none());
    let refused = scene.device.unlock(pin(PIN)).await;
    assert!(matches!(refused, Err(DeviceError::Revoked)));
    let (phone, device) = (scene.phone.clone(), scene.device);
    drop(device);
    let device = phone.reopen().await.unwrap();
    let status = device.status().unwrap();
    assert_eq!(
        (status.phase, status.ended),
        (Phase::Wiped, Some(EndReason::Lost)),
        "over a restart too"
    );
    assert!(matches!(device.home(), Err(DeviceError::Revoked)));
    assert!(matches!(device.export(), Err(DeviceError::Revoked)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_locked_phone_asks_by_itself_how_it_stands() {
    let scene = Scene::new().await;
    scene.until(|status| status.waiting == 0).await;
    scene.device.lock();
    scene.decide(DeviceDecision::Revoke);
    scene.pass(A_WHILE_MS);
    // Nobody touches it: the drainer looks at its clock at least every half minute. Time goes on, so that a question which was
    // lost is asked again.
    wait_status(&scene.device, |status| {
        scene.pass(1_000);
        status.phase == Phase::Wiped
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_phone_still_delivers_what_waited_and_keeps_its_keys_until_then() {
    let mut scene = Scene::new().await;
    let network = Network::before(scene.world.address()).await.unwrap();
    // Another phone in its place, behind a network that can fail.
    scene.ravi.code = scene.replacement().code;
    scene.phone = Phone::new(&scene.world, "b");
    scene.device = scene
        .phone
        .activated(&network.origin(), &scene.ravi)
        .await
        .unwrap();
    network.set(Mood::Cut);
    tap(&scene.device, Action::CheckIn).unwrap();
    tap(&scene.device, Action::CheckOut).unwrap();
    scene.decide(DeviceDecision::Revoke);
    // The order comes with the answer to the first batch, which is one item: the rest waits on.
    network.set(Mood::Fine);
    let status = scene
        .until(|status| matches!(status.phase, Phase::Revoked | Phase::Wiped))
        .await;
    assert_eq!(status.ended, Some(EndReason::Revoked));
    assert!(matches!(scene.device.home(), Err(DeviceError::Revoked)));
    scene.until(|status| status.phase == Phase::Wiped).await;
    let rows = scene.world.taps_of(&scene.ravi).unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert!(row.entry.place.is_some(), "evidence was owed and came");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_wipe_the_next_start_goes_on_with_it() {
    let mut scene = Scene::new().await;
    scene.world.stop_server().await.unwrap();
    tap(&scene.device, Action::CheckIn).unwrap();
    scene.decide(DeviceDecision::Revoke);
    scene.world.start_server().await.unwrap();
    for _ in 0..40 {
        // Killed wherever it is.
        drop(scene.device);
        scene.device = scene.phone.reopen().await.unwrap();
        let phase = scene.device.status().unwrap().phase;
        assert!(
            matches!(phase, Phase::Locked | Phase::Revoked | Phase::Wiped),
            "{phase:?}"
        );
        if phase == Phase::Wiped {
            break;
        }
        tokio::time::sleep(Duration::from_millis(7)).await;
    }
    scene.until(|status| status.phase == Phase::Wiped).await;
    assert_eq!(scene.world.taps_of(&scene.ravi).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_phone_becomes_another_person_s_with_a_code_and_shows_nothing_of_the_first() {
    let scene = Scene::new().await;
    let asha = scene.world.person(&scene.company, "Asha Kulkarni").unwrap();
    tap(&scene.device, Action::CheckIn).unwrap();
    scene.until(|status| status.waiting == 0).await;
    scene.decide(DeviceDecision::Revoke);
    scene.until(|status| status.phase == Phase::Wiped).await;
    let origin = scene.world.origin();
    scene.device.check_code(&origin, &asha.code).await.unwrap();
    let status = scene.device.activate(pin(OTHER_PIN)).await.unwrap();
    assert_eq!(status.phase, Phase::Unlocked);
    scene.device.sync_now().await.unwrap();
    assert_eq!(scene.device.me().unwrap().name, "Asha Kulkarni");
    assert!(scene.device.day(None).unwrap().entries.is_empty());
    tap(&scene.device, Action::CheckIn).unwrap();
    scene.until(|status| status.waiting == 0).await;
    assert_eq!(scene.world.taps_of(&asha).unwrap().len(), 1);
    assert_eq!(scene.world.taps_of(&scene.ravi).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_server_a_device_locks_when_its_lease_ends_whatever_the_wall_clock_says() {
    let mut scene = Scene::new().await;
    scene.until(|status| status.waiting == 0).await;
    scene.world.stop_server().await.unwrap();
    let phase = |device: &Device| device.status().unwrap().phase;
    scene.phone.clock.set_wall_off_by_ms(3_650 * 86_400_000);
    assert_eq!(
        phase(&scene.device),
        Phase::Unlocked,
        "ten years ahead cut nothing"
    );
    scene.pass(6 * DAY_MS);
    tap(&scene.device, Action::CheckIn).unwrap();
    scene.phone.clock.set_wall_off_by_ms(-3_650 * 86_400_000);
    assert_eq!(phase(&scene.device), Phase::Unlocked);
    scene.pass(DAY_MS);
    assert_eq!(
        phase(&scene.device),
        Phase::LeaseEnded,
        "ten years back extend nothing"
    );
    assert!(matches!(scene.device.home(), Err(DeviceError::LeaseEnded)));
    let form = bizmitra_core::ids::ItemId(uuid::Uuid::from_u128(7));
    let refused = scene.device.tap(form, Action::CheckOut, LocationWish::Use);
    assert!(matches!(refused, Err(DeviceError::LeaseEnded)));
    // The PIN is not asked, so no try is counted; a restart of app or system changes nothing.
    for _ in 0..3 {
        let refused = scene.device.unlock(pin(OTHER_PIN)).await;
        assert!(matches!(refused, Err(DeviceError::LeaseEnded)));
    }
    drop(scene.device);
    scene.phone.clock.reboot();
    scene.device = scene.phone.reopen().await.unwrap();
    assert_eq!(phase(&scene.device), Phase::LeaseEnded);
    let waiting = scene.device.status().unwrap().waiting;
    assert!(waiting > 0);

    // Back online: what waits goes out, the lease is renewed, the right PIN opens at the first try.
    scene.phone.clock.set_wall_off_by_ms(0);
    scene.world.start_server().await.unwrap();
    let status = scene
        .until(|status| status.phase == Phase::Locked && status.waiting == 0)
        .await;
    assert_eq!(status.tries_left, 10);
    unlock(&scene.device).await.unwrap();
    assert_eq!(scene.world.taps_of(&scene.ravi).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_good_exchange_renews_the_lease() {
    let scene = Scene::new().await;
    for _ in 0..4 {
        scene.pass(3 * DAY_MS);
        tap(&scene.device, Action::CheckIn).unwrap();
        scene.until(|status| status.waiting == 0).await;
        assert_eq!(scene.device.status().unwrap().phase, Phase::Unlocked);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_pin_ends_with_a_new_one_by_a_code_and_the_history_goes_on() {
    let mut scene = Scene::new().await;
    let old = scene.id();
    scene.world.stop_server().await.unwrap();
    tap(&scene.device, Action::CheckIn).unwrap();
    scene.device.lock();
    let code = scene.replacement().code;
    let origin = scene.world.origin();
    let early = scene.device.check_code(&origin, &code).await;
    assert!(matches!(early, Err(DeviceError::StillSending)));
    scene.world.start_server().await.unwrap();
    scene.until(|status| status.waiting == 0).await;

    scene.device.check_code(&origin, &code).await.unwrap();
    let status = scene.device.activate(pin(OTHER_PIN)).await.unwrap();
    assert_eq!((status.phase, status.tries_left), (Phase::Unlocked, 10));
    let devices = admin::devices(scene.world.server(), scene.company.id).unwrap();
    let state = |id| {
        devices
            .iter()
            .find(|device| device.device == id)
            .unwrap()
            .state
    };
    assert_eq!(
        state(old),
        bizmitra_contract::enrolment::DeviceState::Replaced
    );
    tap(&scene.device, Action::CheckOut).unwrap();
    scene
        .until(|status| status.waiting == 0 && status.attention == 0)
        .await;
    assert_eq!(scene.world.taps_of(&scene.ravi).unwrap().len(), 2);
    drop(scene.device);
    let device = scene.phone.reopen().await.unwrap();
    assert!(matches!(
        device.unlock(pin(PIN)).await.unwrap(),
        Unlock::Wrong { .. }
    ));
    assert_eq!(device.unlock(pin(OTHER_PIN)).await.unwrap(), Unlock::Open);
    let again = device.check_code(&origin, &code).await;
    assert!(again.is_err(), "the code worked once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_code_leaves_the_forgotten_vault_and_its_count_of_tries_as_they_were() {
    let scene = Scene::new().await;
    scene.until(|status| status.waiting == 0).await;
    scene.device.lock();
    for _ in 0..3 {
        scene.device.unlock(pin(OTHER_PIN)).await.unwrap();
    }
    let code = scene.replacement().code;
    let origin = scene.world.origin();
    scene.device.check_code(&origin, &code).await.unwrap();
    // Somebody else uses the code between the answer and the PIN, on a desktop: the phone's place is taken with it.
    let thief = Phone::desktop(&scene.world, "b").open().await.unwrap();
    thief.check_code(&origin, &code).await.unwrap();
    thief.activate(pin(OTHER_PIN)).await.unwrap();
    let refused = scene.device.activate(pin(OTHER_PIN)).await.unwrap_err();
    assert_eq!(refused.code(), Code::CodeUsed);
    // Without a word of the server yet: as before, and no try was won.
    let status = scene.device.status().unwrap();
    if status.phase == Phase::Locked {
        assert_eq!(status.tries_left, 7);
        unlock(&scene.device).await.unwrap();
    }
    let status = scene.until(|status| status.phase == Phase::Wiped).await;
    assert_eq!(status.ended, Some(EndReason::Replaced));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_new_binding_was_written_the_old_vault_and_its_count_are_there() {
    let mut scene = Scene::new().await;
    scene.until(|status| status.waiting == 0).await;
    scene.device.lock();
    scene.device.unlock(pin(OTHER_PIN)).await.unwrap();
    let code = scene.replacement().code;
    let network = Network::before(scene.world.address()).await.unwrap();
    scene
        .device
        .check_code(&network.origin(), &code)
        .await
        .unwrap();
    network.set(Mood::Cut);
    // The request never leaves: the binding waits, over a kill too.
    let status = scene.device.activate(pin(OTHER_PIN)).await.unwrap();
    assert_eq!(status.phase, Phase::Activating);
    drop(scene.device);
    scene.device = scene.phone.reopen().await.unwrap();
    assert_eq!(scene.device.status().unwrap().phase, Phase::Activating);
    // The code expires meanwhile: the server says that nothing was bound, and the old enrolment is there again.
    scene.world.clock.advance_ms(25 * 3_600_000);
    scene.phone.clock.advance_ms(25 * 3_600_000);
    network.set(Mood::Fine);
    let status = scene.until(|status| status.phase == Phase::Locked).await;
    assert_eq!(status.tries_left, 9, "the wrong try of before still counts");
    unlock(&scene.device).await.unwrap();
    tap(&scene.device, Action::CheckIn).unwrap();
    scene.until(|status| status.waiting == 0).await;
    assert_eq!(scene.world.taps_of(&scene.ravi).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_activates_at_its_own_server_and_only_when_the_server_has_its_key() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a").open().await.unwrap();
    let origin = world.origin();
    let link = admin::link(world.server(), company.id, &ravi.code, &origin).unwrap();
    let check = async |text: &str| {
        device
            .check_code("https://nowhere.example", text)
            .await
            .map(|invitation| invitation.employee_name)
            .map_err(|error| error.code())
    };
    let (start, key) = link.rsplit_once('=').unwrap();
    let other = if key.starts_with('0') { "1" } else { "0" };
    let wrong = format!("{start}={other}{}", key.split_at(1).1);
    assert_eq!(check(&wrong).await, Err(Code::WrongServer));
    assert!(
        matches!(
            device.activate(pin(PIN)).await,
            Err(DeviceError::NotActivated)
        ),
        "nothing was kept of the refused answer"
    );
    for bad in [
        "bizmitra:",
        "bizmitra:?v=2",
        link.split_at(link.len() - 1).0,
    ] {
        assert_eq!(check(bad).await, Err(Code::LinkUnreadable), "{bad}");
    }
    assert_eq!(check(&link).await, Ok("Ravi Patil".to_owned()));
    let status = device.activate(pin(PIN)).await.unwrap();
    assert_eq!(status.phase, Phase::Unlocked);
    assert_eq!(status.server.as_deref(), Some(origin.as_str()));
}

/// Something that answers every request with this body, in the form of our server.
async fn answering(body: String) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = vec![0; 64 * 1024];
            let _read = client.read(&mut request).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\nbizmitra-server: 0.1.0\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{body}",
                body.len()
            );
            let _written = client.write_all(head.as_bytes()).await;
            let _closed = client.shutdown().await;
        }
    });
    origin
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_that_claims_the_same_person_cannot_take_a_locked_device_over() {
    let scene = Scene::new().await;
    scene.until(|status| status.waiting == 0).await;
    scene.device.lock();
    // It knows company and person, as anybody who worked there does, and has a key of its own.
    let invitation = bizmitra_contract::enrolment::InvitationResponse {
        company: scene.company.id,
        company_name: "Sahyadri Foods".to_owned(),
        employee: scene.ravi.id,
        employee_name: "Ravi Patil".to_owned(),
        approval: bizmitra_contract::enrolment::Approval::Automatic,
        pin: bizmitra_contract::enrolment::PinPolicy {
            min_digits: 6,
            max_digits: 6,
        },
        notice_version: "2026-11".to_owned(),
        nonce: "AA".to_owned(),
        server_key: bizmitra_contract::encoding::Bytes32(
            ed25519_dalek::SigningKey::from_bytes(&[7; 32])
                .verifying_key()
                .to_bytes(),
        ),
        server_time_ms: 0,
        successions: Vec::new(),
    };
    let rogue = answering(serde_json::to_string(&invitation).unwrap()).await;
    let taken = scene.device.check_code(&rogue, "7F3A0-9C211").await;
    assert!(
        matches!(taken, Err(DeviceError::WrongServer)),
        "{:?}",
        taken.map(|invitation| invitation.company)
    );
    assert_eq!(scene.device.status().unwrap().phase, Phase::Locked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_their_devices_with_the_one_in_hand_marked() {
    let scene = Scene::new().await;
    let desk = Phone::desktop(&scene.world, "desk");
    let mut ravi = scene.ravi.clone();
    ravi.code = scene
        .world
        .invite(
            scene.company.id,
            ravi.id,
            bizmitra_contract::enrolment::Approval::Automatic,
        )
        .unwrap();
    let desktop = desk.activated(&scene.world.origin(), &ravi).await.unwrap();
    let seen = desktop.my_devices().await.unwrap();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen.iter().filter(|device| device.is_this).count(), 1);
    assert!(
        seen.iter()
            .all(|device| device.state == OwnDeviceState::Active)
    );
    desktop.lock();
    assert!(matches!(
        desktop.my_devices().await,
        Err(DeviceError::Locked)
    ));
    let mut scene = scene;
    scene.world.stop_server().await.unwrap();
    let offline = scene.device.my_devices().await.unwrap_err();
    assert_eq!(offline.code(), Code::Offline);
    wait_status(&scene.device, |status| status.phase == Phase::Unlocked)
        .await
        .unwrap();
}
