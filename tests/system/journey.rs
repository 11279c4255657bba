//! The main journey of a check-in, and its neighbours: two devices, two companies.

use bizmitra_contract::attendance::{EntryFlag, TapKind};
use bizmitra_contract::record::PlaceVerdict;
use bizmitra_core::attendance::{Action, Grade, NoPlace, Place};
use bizmitra_core::outbox::State;
use bizmitra_device::{DeviceError, LocationState, LocationWish, Phase, SyncState};
use bizmitra_tests::phone::{Phone, Receiver, consent, tap, unlock, wait_entry, wait_status};
use bizmitra_tests::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_without_a_server_and_with_a_kill_arrives_exactly_once_without_another_tap() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "ravi");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    consent(&device).unwrap();
    assert_eq!(device.sync_now().await.unwrap().waiting, 0);
    let home = device.home().unwrap();
    assert_eq!(
        (home.next, home.name.as_str()),
        (Action::CheckIn, "Ravi Patil")
    );
    assert_eq!(home.location, LocationState::Ready);
    assert_eq!(
        home.shift
            .as_ref()
            .map(|(shift, day)| (shift.name.as_str(), day.as_str())),
        Some(("Morning", "2026-11-23"))
    );

    world.stop_server().await.unwrap();
    let saved = tap(&device, Action::CheckIn).unwrap();
    let captured = (saved.tap.wall_ms, saved.hash);
    // The drainer may have marked it already; without a server it gets no further.
    assert!(matches!(saved.state, State::Queued | State::InDoubt));
    let located = wait_entry(&device, saved.tap.id, |entry| entry.evidence.is_some())
        .await
        .unwrap();
    let Some(Place::Inside(spot)) = located.evidence.as_ref().map(|evidence| evidence.place) else {
        panic!("not inside: {:?}", located.evidence)
    };
    assert_eq!(spot.site.0, company.plant.0);
    let status = device.sync_now().await.unwrap();
    assert_eq!((status.waiting, status.sync.state), (2, SyncState::Offline));

    drop(device);
    let device = phone.reopen().await.unwrap();
    let status = device.status().unwrap();
    assert_eq!((status.phase, status.waiting), (Phase::Locked, 2));
    assert!(matches!(device.home(), Err(DeviceError::Locked)));
    assert!(matches!(
        device.entry(saved.tap.id),
        Err(DeviceError::Locked)
    ));
    unlock(&device).await.unwrap();
    let again = device.entry(saved.tap.id).unwrap();
    assert_eq!((again.tap.wall_ms, again.hash), captured);

    world.start_server().await.unwrap();
    let confirmed = wait_entry(&device, saved.tap.id, |entry| {
        entry.state == State::Acked && entry.grade.is_some()
    })
    .await
    .unwrap();
    assert!(confirmed.confirmed_ms.is_some() && !confirmed.alarm);
    assert_eq!(
        wait_status(&device, |status| status.waiting == 0)
            .await
            .unwrap()
            .sync
            .state,
        SyncState::AllSent
    );

    let rows = world.taps_of(&ravi).unwrap();
    let [row] = rows.as_slice() else {
        panic!("{} taps on the server", rows.len())
    };
    assert_eq!((row.entry.wall_ms, row.entry.hash.0), captured);
    assert_eq!(row.entry.kind, TapKind::CheckIn);
    let place = row.entry.place.as_ref().unwrap();
    assert_eq!(
        (place.verdict, place.site),
        (PlaceVerdict::Inside, Some(company.plant))
    );
    assert_eq!(
        (place.distance_m, place.accuracy_m),
        (Some(spot.distance_m), Some(spot.accuracy_m))
    );

    assert_eq!(device.home().unwrap().next, Action::CheckOut);
    phone.clock.advance_ms(4 * 3_600_000);
    world.clock.advance_ms(4 * 3_600_000);
    let out = tap(&device, Action::CheckOut).unwrap();
    let out = wait_entry(&device, out.tap.id, |entry| {
        entry.state == State::Acked && entry.grade.is_some()
    })
    .await
    .unwrap();
    assert_eq!(out.grade.map(|(grade, _)| grade), Some(Grade::A));
    let day = device.day(None).unwrap();
    assert_eq!(day.day, "2026-11-23");
    assert_eq!(
        day.entries
            .iter()
            .map(|entry| entry.tap.action)
            .collect::<Vec<_>>(),
        [Action::CheckIn, Action::CheckOut]
    );
    assert_eq!((day.worked_min, day.planned_min), (240, 510));
    assert_eq!(world.taps_of(&ravi).unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_killed_while_locating_writes_the_evidence_it_owes_at_the_next_start() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone {
        receiver: Receiver::Searching,
        ..Phone::new(&world, "ravi")
    };
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    consent(&device).unwrap();
    let saved = tap(&device, Action::CheckIn).unwrap();
    assert!(device.entry(saved.tap.id).unwrap().evidence.is_none());
    drop(device);
    let device = phone.reopen().await.unwrap();
    // Locked: the device key alone signs and delivers.
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    let row = world.taps_of(&ravi).unwrap().pop().unwrap();
    let place = row.entry.place.unwrap();
    assert_eq!(place.verdict, PlaceVerdict::None);
    assert_eq!(
        place.reason,
        Some(bizmitra_contract::record::NoPlaceReason::Interrupted)
    );
    unlock(&device).await.unwrap();
    let evidence = device.entry(saved.tap.id).unwrap().evidence.unwrap();
    assert_eq!(evidence.place, Place::None(NoPlace::Interrupted));
}

#[tokio::test(flavor = "multi_thread")]
async fn phone_and_desktop_of_one_person_see_each_others_taps_and_keep_their_own_chains() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let asha = world.person(&company, "Asha Kulkarni").unwrap();
    let mut desktop_code = asha.clone();
    desktop_code.code = world
        .invite(
            company.id,
            asha.id,
            bizmitra_contract::enrolment::Approval::Automatic,
        )
        .unwrap();
    let phone = Phone::new(&world, "phone")
        .activated(&world.origin(), &asha)
        .await
        .unwrap();
    let desktop = Phone::desktop(&world, "desktop")
        .activated(&world.origin(), &desktop_code)
        .await
        .unwrap();
    let check_in = tap(&phone, Action::CheckIn).unwrap();
    wait_status(&phone, |status| status.waiting == 0)
        .await
        .unwrap();
    desktop.sync_now().await.unwrap();
    let home = desktop.home().unwrap();
    assert_eq!(home.location, LocationState::NoGps);
    assert_eq!(
        home.next,
        Action::CheckOut,
        "the phone's check-in counts on the desktop"
    );
    let seen = desktop.entry(check_in.tap.id).unwrap();
    assert_eq!(
        (seen.seq, seen.state, seen.hash),
        (0, State::Acked, check_in.hash)
    );
    assert!(matches!(
        desktop.undo(check_in.tap.id),
        Err(DeviceError::NotFound)
    ));
    let check_out = tap(&desktop, Action::CheckOut).unwrap();
    wait_status(&desktop, |status| status.waiting == 0)
        .await
        .unwrap();
    let rows = world.taps_of(&asha).unwrap();
    assert_eq!(
        rows.iter().map(|row| row.entry.item.0).collect::<Vec<_>>(),
        [check_in.tap.id.0, check_out.tap.id.0]
    );
    assert_ne!(rows[0].entry.device, rows[1].entry.device);
    assert!(
        rows.iter()
            .all(|row| !row.entry.flags.contains(&EntryFlag::Fork))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_companies_on_one_server_never_see_each_other() {
    let world = World::new().await.unwrap();
    let foods = world.company("Sahyadri Foods").unwrap();
    let traders = world.company("Konkan Traders").unwrap();
    let ravi = world.person(&foods, "Ravi Patil").unwrap();
    let dev = world.person(&traders, "Dev Sawant").unwrap();
    let of_ravi = Phone::new(&world, "ravi")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    let of_dev = Phone::new(&world, "dev")
        .activated(&world.origin(), &dev)
        .await
        .unwrap();
    let tapped = tap(&of_ravi, Action::CheckIn).unwrap();
    tap(&of_dev, Action::CheckIn).unwrap();
    for device in [&of_ravi, &of_dev] {
        wait_status(device, |status| status.waiting == 0)
            .await
            .unwrap();
        device.sync_now().await.unwrap();
        assert_eq!(device.day(None).unwrap().entries.len(), 1);
    }
    assert_eq!(of_dev.status().unwrap().company, "Konkan Traders");
    assert!(matches!(
        of_dev.entry(tapped.tap.id),
        Err(DeviceError::NotFound)
    ));
    assert_eq!(of_dev.me().unwrap().company, "Konkan Traders");
    assert_eq!(world.taps_of(&ravi).unwrap().len(), 1);
    assert_eq!(world.taps_of(&dev).unwrap().len(), 1);
    assert_eq!(
        bizmitra_server::admin::attendance(world.server(), traders.id, Some(ravi.id))
            .unwrap()
            .len(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undone_tap_and_its_withdrawal_are_both_delivered_and_after_90_seconds_it_is_too_late() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "ravi");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    let form = device.home().unwrap().form_id;
    let first = device
        .tap(form, Action::CheckIn, LocationWish::Skip)
        .unwrap();
    assert_eq!(
        device
            .tap(form, Action::CheckIn, LocationWish::Skip)
            .unwrap()
            .seq,
        first.seq,
        "a double tap is one tap"
    );
    assert!(device.undo(first.tap.id).unwrap().withdrawn);
    assert_eq!(device.home().unwrap().next, Action::CheckIn);
    let second = tap(&device, Action::CheckIn).unwrap();
    phone.clock.advance_ms(90_000);
    assert!(matches!(
        device.undo(second.tap.id),
        Err(DeviceError::TooLate)
    ));
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    let rows = world.taps_of(&ravi).unwrap();
    assert_eq!(
        rows.iter()
            .map(|row| row.entry.withdrawn)
            .collect::<Vec<_>>(),
        [true, false]
    );
    assert_eq!(
        rows[0].entry.place.as_ref().unwrap().reason,
        Some(bizmitra_contract::record::NoPlaceReason::Skipped)
    );
}
