//! Phones whose clocks are wrong by years: they activate, sign in and sync, and where TLS cannot be, it is said why.

use bizmitra_core::attendance::{Action, Entry, Grade};
use bizmitra_core::outbox::State;
use bizmitra_core::sync::SyncState;
use bizmitra_device::{Code, Device, Phase};
use bizmitra_tests::clock::MORNING_MS;
use bizmitra_tests::phone::{Phone, tap, unlock, wait_entry, wait_status};
use bizmitra_tests::world::{World, make_certificate_valid};

const DAY_MS: i64 = 86_400_000;
/// 2026-11-23 09:01 in Pune to the same time of another day.
const TEN_YEARS_BACK_MS: i64 = -3_652 * DAY_MS;
const TEN_YEARS_AHEAD_MS: i64 = 3_653 * DAY_MS;

async fn confirmed(device: &Device, action: Action) -> Entry {
    let saved = tap(device, action).unwrap();
    let done = wait_entry(device, saved.tap.id, |entry| {
        entry.state == State::Acked && entry.grade.is_some()
    });
    done.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_years_off_activates_signs_in_again_and_syncs() {
    let wrong = [
        ("one year back", -365 * DAY_MS),
        ("one year ahead", 365 * DAY_MS),
        ("ten years back, over two leap days", TEN_YEARS_BACK_MS),
        ("ten years ahead, over three leap days", TEN_YEARS_AHEAD_MS),
        ("on a leap day to come", 463 * DAY_MS),
        ("on a leap day that was", -998 * DAY_MS),
        ("at the beginning of 1970", -MORNING_MS),
        ("before 1970", -MORNING_MS - 400 * DAY_MS),
        ("after 2038", 6_000 * DAY_MS),
    ];
    for (number, (name, off_ms)) in wrong.into_iter().enumerate() {
        let world = World::new().await.unwrap();
        let company = world.company("Sahyadri Foods").unwrap();
        let ravi = world.person(&company, "Ravi Patil").unwrap();
        let phone = Phone::new(&world, &format!("{number}"));
        phone.clock.set_wall_off_by_ms(off_ms);
        let device = phone.activated(&world.origin(), &ravi).await.unwrap();
        let entry = confirmed(&device, Action::CheckIn).await;
        assert_eq!(
            entry.grade.map(|(grade, _)| grade),
            Some(Grade::B),
            "{name}"
        );
        let tolerance_ms = entry.grade.and_then(|(_, tolerance_ms)| tolerance_ms);
        assert!(
            tolerance_ms.is_some_and(|ms| ms.abs_diff(off_ms.unsigned_abs()) < 60_000),
            "{name}: a wrong time does not look exact: {tolerance_ms:?}"
        );
        assert!(!entry.alarm, "{name}");
        let rows = world.taps_of(&ravi).unwrap();
        assert_eq!(
            rows[0].entry.wall_ms, entry.tap.wall_ms,
            "{name}: the claim stands"
        );
        assert_eq!(
            rows[0].entry.day, "2026-11-23",
            "{name}: the day is the true one"
        );
        drop(device);

        // A new process knows nothing of the difference and signs in again.
        let device = phone.reopen().await.unwrap();
        unlock(&device).await.unwrap();
        confirmed(&device, Action::CheckOut).await;
        assert_eq!(device.status().unwrap().phase, Phase::Unlocked, "{name}");
        assert_eq!(
            device.sync_now().await.unwrap().sync.state,
            SyncState::AllSent,
            "{name}"
        );
        device.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_and_ahead_by_years_in_between_loses_nothing_and_raises_no_alarm() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    let jumps = [TEN_YEARS_AHEAD_MS, TEN_YEARS_BACK_MS, 0, -MORNING_MS, 0];
    for (number, off_ms) in jumps.into_iter().enumerate() {
        phone.clock.set_wall_off_by_ms(off_ms);
        let action = if number % 2 == 0 {
            Action::CheckIn
        } else {
            Action::CheckOut
        };
        let entry = confirmed(&device, action).await;
        assert!(!entry.alarm, "{off_ms}");
        assert_eq!(device.attention().unwrap(), [], "{off_ms}");
    }
    assert_eq!(world.taps_of(&ravi).unwrap().len(), jumps.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reboot_with_a_dead_clock_still_syncs_and_its_time_is_called_unverified() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    device.close().await;
    world.stop_server().await.unwrap();
    phone.clock.reboot();
    phone.clock.set_wall_off_by_ms(-MORNING_MS);
    let device = phone.reopen().await.unwrap();
    unlock(&device).await.unwrap();
    let offline = tap(&device, Action::CheckIn).unwrap();
    assert_eq!(offline.tap.tolerance_ms, None, "nothing bounds it");
    world.start_server().await.unwrap();
    device.sync_now().await.unwrap();
    let entry = wait_entry(&device, offline.tap.id, |entry| entry.grade.is_some());
    let entry = entry.await.unwrap();
    assert!(
        matches!(entry.grade, Some((Grade::C | Grade::D, None))),
        "{:?}",
        entry.grade
    );
    assert_eq!(entry.state, State::Acked);
    // From the first exchange of this boot on the server's time counts again.
    let next = confirmed(&device, Action::CheckOut).await;
    assert_eq!(next.grade.map(|(grade, _)| grade), Some(Grade::B));
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_the_certificates_time_the_clock_is_named_taps_go_on_and_the_right_time_sends_them()
{
    let folder = tempfile::tempdir().unwrap();
    let (files, root) = make_certificate_valid(folder.path(), (2025, 1, 1), (2028, 1, 1)).unwrap();
    let world = World::with_tls(Some(files)).await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone {
        extra_roots: vec![root],
        ..Phone::new(&world, "a")
    };
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    device.close().await;
    let mut taps = 0;
    for off_ms in [TEN_YEARS_BACK_MS, TEN_YEARS_AHEAD_MS, -MORNING_MS] {
        // A connection that is open already was proven in its time: each process makes its own.
        let device = device_for(&phone, off_ms).await;
        let saved = tap(&device, Action::CheckIn).unwrap();
        taps += 1;
        let status = device.sync_now().await.unwrap();
        assert_eq!(status.sync.state, SyncState::Clock, "{off_ms}");
        assert!(status.waiting > 0 && status.attention == 0, "{off_ms}");
        assert_eq!(
            world.taps_of(&ravi).unwrap().len(),
            taps - 1,
            "nothing was sent"
        );
        phone.clock.set_wall_off_by_ms(0);
        device.sync_now().await.unwrap();
        wait_entry(&device, saved.tap.id, |entry| entry.state == State::Acked)
            .await
            .unwrap();
        device.close().await;
    }
}

async fn device_for(phone: &Phone, off_ms: i64) -> Device {
    phone.clock.set_wall_off_by_ms(off_ms);
    let device = phone.reopen().await.unwrap();
    unlock(&device).await.unwrap();
    device
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ran_out_is_not_blamed_on_a_clock_that_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let (files, root) =
        make_certificate_valid(folder.path(), (2025, 1, 1), (2026, 11, 25)).unwrap();
    let world = World::with_tls(Some(files)).await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone {
        extra_roots: vec![root],
        ..Phone::new(&world, "a")
    };
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    device.close().await;
    // Within the lease, so that it opens.
    let three_days_ms = u64::try_from(3 * DAY_MS).unwrap();
    for clock in [&world.clock, &phone.clock] {
        clock.advance_ms(three_days_ms);
    }
    let device = phone.reopen().await.unwrap();
    unlock(&device).await.unwrap();
    tap(&device, Action::CheckIn).unwrap();
    let status = device.sync_now().await.unwrap();
    assert_eq!(status.sync.state, SyncState::Certificate);
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_out_of_the_certificates_time_binds_nothing_and_works_once_the_clock_is_right()
 {
    let folder = tempfile::tempdir().unwrap();
    let (files, root) = make_certificate_valid(folder.path(), (2025, 1, 1), (2028, 1, 1)).unwrap();
    let world = World::with_tls(Some(files)).await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone {
        extra_roots: vec![root],
        ..Phone::new(&world, "a")
    };
    phone.clock.set_wall_off_by_ms(TEN_YEARS_BACK_MS);
    let device = phone.open().await.unwrap();
    let refused = device.check_code(&world.origin(), &ravi.code).await;
    assert_eq!(
        refused.map_err(|error| error.code()).err(),
        Some(Code::Certificate)
    );
    assert_eq!(device.status().unwrap().phase, Phase::NotActivated);
    device.close().await;
    phone.clock.set_wall_off_by_ms(0);
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    wait_status(&device, |status| status.phase == Phase::Unlocked)
        .await
        .unwrap();
}
