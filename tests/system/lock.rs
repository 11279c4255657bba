//! PINs and the lock.

use std::time::Duration;

use bizmitra_contract::enrolment::Approval;
use bizmitra_core::attendance::Action;
use bizmitra_core::vault::{PinProblem, Unlock};
use bizmitra_device::{DeviceError, LocationWish, Phase};
use bizmitra_tests::phone::{OTHER_PIN, Phone, pin, tap, unlock, wait_status};
use bizmitra_tests::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pins_are_counted_across_restarts_wait_and_end_in_destruction_but_records_are_still_delivered()
 {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    world.stop_server().await.unwrap();
    tap(&device, Action::CheckIn).unwrap();
    device.lock();
    assert_eq!(device.status().unwrap().phase, Phase::Locked);
    for left in [9, 8, 7] {
        assert_eq!(
            device.unlock(pin(OTHER_PIN)).await.unwrap(),
            Unlock::Wrong {
                tries_left: left,
                wait_ms: 0
            }
        );
    }
    drop(device);
    let device = phone.reopen().await.unwrap();
    assert_eq!(device.status().unwrap().tries_left, 7);
    assert!(
        matches!(device.unlock(pin(OTHER_PIN)).await.unwrap(), Unlock::Wrong { tries_left: 6, wait_ms } if wait_ms > 29_000)
    );
    // Even the right PIN has to wait, and setting the wall clock does not help.
    phone.clock.set_wall_off_by_ms(86_400_000);
    assert!(
        matches!(device.unlock(pin(bizmitra_tests::phone::PIN)).await.unwrap(), Unlock::Wait { wait_ms } if wait_ms > 25_000)
    );
    phone.clock.reboot();
    assert!(
        matches!(device.unlock(pin(OTHER_PIN)).await.unwrap(), Unlock::Wait { wait_ms } if wait_ms > 29_000)
    );
    phone.clock.advance_ms(30_000);
    assert!(matches!(
        device.unlock(pin(OTHER_PIN)).await.unwrap(),
        Unlock::Wrong { tries_left: 5, .. }
    ));
    for left in [4, 3, 2, 1] {
        phone.clock.advance_ms(3_600_000);
        assert!(
            matches!(device.unlock(pin(OTHER_PIN)).await.unwrap(), Unlock::Wrong { tries_left, .. } if tries_left == left)
        );
    }
    phone.clock.advance_ms(3_600_000);
    assert_eq!(
        device.unlock(pin(OTHER_PIN)).await.unwrap(),
        Unlock::Destroyed
    );
    assert_eq!(
        device
            .unlock(pin(bizmitra_tests::phone::PIN))
            .await
            .unwrap(),
        Unlock::Destroyed
    );
    let status = device.status().unwrap();
    assert_eq!((status.phase, status.tries_left), (Phase::Destroyed, 0));
    assert!(status.waiting > 0);
    world.start_server().await.unwrap();
    device.on_network_change();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    assert_eq!(world.taps_of(&ravi).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_pin_forgives_the_wrong_ones_before() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    device.lock();
    device.unlock(pin(OTHER_PIN)).await.unwrap();
    unlock(&device).await.unwrap();
    assert_eq!(device.status().unwrap().tries_left, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_pin_opens_and_the_old_one_does_not() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    assert!(matches!(
        device
            .change_pin(pin(bizmitra_tests::phone::PIN), pin("111111"))
            .await,
        Err(DeviceError::WeakPin(_))
    ));
    assert!(matches!(
        device
            .change_pin(pin("905142"), pin(OTHER_PIN))
            .await
            .unwrap(),
        Unlock::Wrong { .. }
    ));
    assert_eq!(
        device
            .change_pin(pin(bizmitra_tests::phone::PIN), pin(OTHER_PIN))
            .await
            .unwrap(),
        Unlock::Open
    );
    drop(device);
    let device = phone.reopen().await.unwrap();
    assert!(matches!(
        device
            .unlock(pin(bizmitra_tests::phone::PIN))
            .await
            .unwrap(),
        Unlock::Wrong { .. }
    ));
    assert_eq!(device.unlock(pin(OTHER_PIN)).await.unwrap(), Unlock::Open);
    tap(&device, Action::CheckIn).unwrap();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_device_answers_no_data_and_takes_no_tap_and_locks_by_itself_in_the_background() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    let form = device.home().unwrap().form_id;
    device.on_background();
    phone.clock.advance_ms(60_000);
    device.on_foreground();
    assert_eq!(
        device.status().unwrap().phase,
        Phase::Unlocked,
        "a minute is within the policy's two"
    );
    device.on_background();
    phone.clock.advance_ms(120_000);
    assert_eq!(
        device.status().unwrap().phase,
        Phase::Locked,
        "without any timer: the clock that counts sleep says so"
    );
    let locked = |error: DeviceError| assert!(matches!(error, DeviceError::Locked), "{error}");
    locked(device.home().unwrap_err());
    locked(device.day(None).unwrap_err());
    locked(device.attention().unwrap_err());
    locked(device.me().unwrap_err());
    locked(device.export().unwrap_err());
    locked(
        device
            .tap(form, Action::CheckIn, LocationWish::Use)
            .unwrap_err(),
    );
    locked(device.undo(form).unwrap_err());
    locked(device.entry(form).unwrap_err());
    locked(
        device
            .set_location_consent(true, "2026-11", "en")
            .unwrap_err(),
    );
    let language = bizmitra_device::Appearance {
        language: "hi".to_owned(),
        theme: "dark".to_owned(),
    };
    device.set_appearance(&language).unwrap();
    assert_eq!(device.appearance(), language);
    tokio::time::sleep(Duration::ZERO).await;
    unlock(&device).await.unwrap();
    device
        .tap(form, Action::CheckIn, LocationWish::Use)
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_the_person_is_no_new_pin_either() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil, 730498").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    let own = pin("730498");
    assert_eq!(device.check_pin(&own), Some(PinProblem::Own));
    let changed = device
        .change_pin(pin(bizmitra_tests::phone::PIN), own)
        .await;
    assert!(matches!(
        changed,
        Err(DeviceError::WeakPin(PinProblem::Own))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_that_goes_off_locks_at_once_whatever_the_policys_minutes() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    device.on_screen_off();
    assert_eq!(device.status().unwrap().phase, Phase::Locked);
    assert!(matches!(device.home(), Err(DeviceError::Locked)));
    // Coming back opens nothing, and a PIN typed then does.
    device.on_foreground();
    assert_eq!(device.status().unwrap().phase, Phase::Locked);
    device.on_screen_off();
    unlock(&device).await.unwrap();
    assert_eq!(device.status().unwrap().phase, Phase::Unlocked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destroyed_device_binds_again_for_the_same_person_once_everything_was_delivered() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let asha = world.person(&company, "Asha Kulkarni").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    world.stop_server().await.unwrap();
    tap(&device, Action::CheckIn).unwrap();
    device.lock();
    for _ in 0..10 {
        phone.clock.advance_ms(3_600_000);
        device.unlock(pin(OTHER_PIN)).await.unwrap();
    }
    assert_eq!(device.status().unwrap().phase, Phase::Destroyed);
    let code = world
        .invite(company.id, ravi.id, Approval::Automatic)
        .unwrap();
    let early = device.check_code(&world.origin(), &code).await;
    assert!(matches!(early, Err(DeviceError::StillSending)));
    world.start_server().await.unwrap();
    device.on_network_change();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();

    let other = device.check_code(&world.origin(), &asha.code).await;
    assert!(matches!(other, Err(DeviceError::OtherPerson)));
    // Killed between the answer to the code and the PIN: still destroyed, the code still works.
    device.check_code(&world.origin(), &code).await.unwrap();
    drop(device);
    let device = phone.reopen().await.unwrap();
    assert_eq!(device.status().unwrap().phase, Phase::Destroyed);
    device.check_code(&world.origin(), &code).await.unwrap();
    assert_eq!(
        device.activate(pin(OTHER_PIN)).await.unwrap().phase,
        Phase::Unlocked
    );
    tap(&device, Action::CheckOut).unwrap();
    wait_status(&device, |status| {
        status.waiting == 0 && status.attention == 0
    })
    .await
    .unwrap();
    let taps = world.taps_of(&ravi).unwrap();
    assert_eq!(taps.len(), 2);
    // What the destroyed vault kept comes back with the feed.
    device.sync_now().await.unwrap();
    assert!(device.attention().unwrap().is_empty());
    assert_eq!(device.day(None).unwrap().entries.len(), 2);
    drop(device);
    let device = phone.reopen().await.unwrap();
    assert_eq!(device.unlock(pin(OTHER_PIN)).await.unwrap(), Unlock::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_second_binding_leaves_the_device_as_it_was() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    device.lock();
    for _ in 0..10 {
        phone.clock.advance_ms(3_600_000);
        device.unlock(pin(OTHER_PIN)).await.unwrap();
    }
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    let code = world
        .invite(company.id, ravi.id, Approval::Automatic)
        .unwrap();
    device.check_code(&world.origin(), &code).await.unwrap();
    // Somebody else uses the code first.
    let thief = Phone::desktop(&world, "b").open().await.unwrap();
    thief.check_code(&world.origin(), &code).await.unwrap();
    thief.activate(pin(OTHER_PIN)).await.unwrap();
    assert!(
        matches!(device.activate(pin(OTHER_PIN)).await, Err(error) if error.code().name() == "code_used")
    );
    assert_eq!(device.status().unwrap().phase, Phase::Destroyed);
    world.stop_server().await.unwrap();
    drop(device);
    let device = phone.reopen().await.unwrap();
    assert_eq!(device.status().unwrap().phase, Phase::Destroyed);
}
