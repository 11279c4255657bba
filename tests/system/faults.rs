//! Networks, servers, clocks and disks that fail: nothing is lost, and it is said plainly.

use bizmitra_core::attendance::{Action, Grade};
use bizmitra_core::outbox::State;
use bizmitra_core::sync::SyncState;
use bizmitra_device::{Code, DeviceError, LocationWish};
use bizmitra_tests::network::{Mood, Network};
use bizmitra_tests::phone::{Phone, Receiver, consent, tap, unlock, wait_entry, wait_status};
use bizmitra_tests::world::{World, make_certificate};

#[tokio::test(flavor = "multi_thread")]
async fn captive_portals_500s_and_cuts_change_no_item_and_are_named() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let network = Network::before(world.address()).await.unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&network.origin(), &ravi).await.unwrap();
    let faults = [
        (Mood::CaptivePortal, SyncState::CaptivePortal),
        (Mood::Status(500), SyncState::ServerUnreachable),
        (Mood::Status(503), SyncState::ServerUnreachable),
        (Mood::Status(302), SyncState::CaptivePortal),
        (Mood::Status(511), SyncState::CaptivePortal),
        (Mood::Cut, SyncState::Offline),
    ];
    for (number, (mood, state)) in faults.into_iter().enumerate() {
        network.set(mood);
        let entry = tap(
            &device,
            if number % 2 == 0 {
                Action::CheckIn
            } else {
                Action::CheckOut
            },
        )
        .unwrap();
        let status = device.sync_now().await.unwrap();
        assert_eq!(status.sync.state, state, "{mood:?}");
        assert!(status.waiting > 0 && status.attention == 0, "{mood:?}");
        assert!(
            matches!(
                device.entry(entry.tap.id).unwrap().state,
                State::Queued | State::InDoubt
            ),
            "{mood:?}"
        );
        network.set(Mood::Fine);
        device.sync_now().await.unwrap();
        wait_status(&device, |status| status.waiting == 0)
            .await
            .unwrap();
        assert_eq!(
            device.entry(entry.tap.id).unwrap().state,
            State::Acked,
            "{mood:?}"
        );
    }
    assert_eq!(world.taps_of(&ravi).unwrap().len(), faults.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captive_portal_at_activation_is_named_and_binds_nothing() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let network = Network::before(world.address()).await.unwrap();
    let device = Phone::new(&world, "a").open().await.unwrap();
    for (mood, code) in [
        (Mood::CaptivePortal, Code::CaptivePortal),
        (Mood::Status(500), Code::ServerUnavailable),
        (Mood::Cut, Code::Offline),
    ] {
        network.set(mood);
        assert_eq!(
            device
                .check_code(&network.origin(), &ravi.code)
                .await
                .map_err(|error| error.code())
                .err(),
            Some(code)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_answer_is_lost_is_sent_again_and_is_still_one() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let network = Network::before(world.address()).await.unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&network.origin(), &ravi).await.unwrap();
    network.set(Mood::LoseAnswers);
    let entry = tap(&device, Action::CheckIn).unwrap();
    let status = device.sync_now().await.unwrap();
    assert_eq!(status.sync.state, SyncState::Offline);
    assert_eq!(world.taps_of(&ravi).unwrap().len(), 1, "the server has it");
    assert_eq!(
        device.entry(entry.tap.id).unwrap().state,
        State::InDoubt,
        "the device cannot know"
    );
    drop(device);
    network.set(Mood::Fine);
    let device = phone.reopen().await.unwrap();
    unlock(&device).await.unwrap();
    wait_entry(&device, entry.tap.id, |entry| entry.state == State::Acked)
        .await
        .unwrap();
    let rows = world.taps_of(&ravi).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].entry.hash.0, entry.hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_ours_stops_everything_and_one_that_is_trusted_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (files, root) = make_certificate(folder.path()).unwrap();
    let world = World::with_tls(Some(files)).await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let stranger = Phone::new(&world, "stranger");
    let device = stranger.open().await.unwrap();
    assert_eq!(
        device
            .check_code(&world.origin(), &ravi.code)
            .await
            .map_err(|error| error.code())
            .err(),
        Some(Code::Certificate)
    );
    device.close().await;

    let phone = Phone {
        extra_roots: vec![root],
        ..Phone::new(&world, "a")
    };
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    tap(&device, Action::CheckIn).unwrap();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    drop(device);
    // The same device meets another certificate later: it keeps what it has and says why.
    let suspicious = Phone {
        extra_roots: Vec::new(),
        ..phone
    };
    let device = suspicious.reopen().await.unwrap();
    unlock(&device).await.unwrap();
    let entry = tap(&device, Action::CheckOut).unwrap();
    let status = device.sync_now().await.unwrap();
    assert_eq!(status.sync.state, SyncState::Certificate);
    assert_eq!(device.entry(entry.tap.id).unwrap().state, State::InDoubt);
    assert_eq!(world.taps_of(&ravi).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_clock_is_wrong_by_a_day_works_and_its_time_is_graded_by_the_anchor() {
    const DAY_MS: i64 = 86_400_000;
    for shift_ms in [DAY_MS, -DAY_MS] {
        let world = World::new().await.unwrap();
        let company = world.company("Sahyadri Foods").unwrap();
        let ravi = world.person(&company, "Ravi Patil").unwrap();
        let phone = Phone::new(&world, "a");
        phone.clock.set_wall_off_by_ms(shift_ms);
        let device = phone.activated(&world.origin(), &ravi).await.unwrap();
        let entry = tap(&device, Action::CheckIn).unwrap();
        let entry = wait_entry(&device, entry.tap.id, |entry| {
            entry.state == State::Acked && entry.grade.is_some()
        })
        .await
        .unwrap();
        assert_eq!(
            entry.tap.wall_ms.abs_diff(world.clock.wall_ms() + shift_ms) / 60_000,
            0,
            "the claim stays as it was made"
        );
        assert_ne!(
            entry.grade.map(|(grade, _)| grade),
            Some(Grade::A),
            "a wrong clock is not the best grade"
        );
        let tolerance_ms = entry.grade.and_then(|(_, tolerance_ms)| tolerance_ms);
        assert!(
            tolerance_ms.is_some_and(|ms| ms.abs_diff(86_400_000) < 60_000),
            "the wrong time does not look exact: {tolerance_ms:?}"
        );
        assert!(!entry.alarm);
        let rows = world.taps_of(&ravi).unwrap();
        assert_eq!((rows.len(), rows[0].entry.wall_ms), (1, entry.tap.wall_ms));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_full_at_the_tap_saves_nothing_says_so_and_the_same_form_works_once_there_is_room() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    device.fill_disk(true);
    // Pages that are free already may still take a few.
    let mut refused = None;
    for _ in 0..200 {
        let form = device.home().unwrap().form_id;
        if let Err(error) = device.tap(form, Action::CheckIn, LocationWish::Skip) {
            refused = Some((form, error));
            break;
        }
    }
    let (form, error) = refused.unwrap();
    assert!(matches!(error, DeviceError::DiskFull), "{error}");
    assert!(
        matches!(device.entry(form), Err(DeviceError::NotFound)),
        "not saved means not saved"
    );
    device.fill_disk(false);
    let entry = device
        .tap(form, Action::CheckIn, LocationWish::Skip)
        .unwrap();
    wait_entry(&device, entry.tap.id, |entry| entry.state == State::Acked)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_that_met_a_full_disk_is_saved_once_there_is_room_without_a_restart() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone {
        receiver: Receiver::Searching,
        ..Phone::new(&world, "a")
    };
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    consent(&device).unwrap();
    let entry = tap(&device, Action::CheckIn).unwrap();
    wait_entry(&device, entry.tap.id, |entry| entry.state == State::Acked)
        .await
        .unwrap();
    // Pages that are free already are used up, so that the evidence finds none when its deadline comes.
    device.fill_disk(true);
    while let Ok(home) = device.home()
        && device
            .tap(home.form_id, Action::CheckOut, LocationWish::Use)
            .is_ok()
    {}
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    assert_eq!(device.entry(entry.tap.id).unwrap().evidence, None);
    device.fill_disk(false);
    wait_entry(&device, entry.tap.id, |entry| entry.evidence.is_some())
        .await
        .unwrap();
}
