//! Unlocking by fingerprint: what opens, what asks for the PIN again, and what ends it.

use std::sync::Arc;

use bizmitra_core::attendance::Action;
use bizmitra_core::keys::{Keystore as _, KeystoreError, entry};
use bizmitra_core::vault::Unlock;
use bizmitra_core::vault::biometric::{BiometricError, OffReason, PinAgain, Prompt};
use bizmitra_device::simulate::Step;
use bizmitra_device::{
    BiometricTurn, BiometricUnlock, Biometrics, Device, DeviceError, Phase, Status,
};
use bizmitra_server::admin::{self, DeviceDecision};
use bizmitra_tests::folder::{copy_of, put_back};
use bizmitra_tests::phone::{OTHER_PIN, PIN, Phone, pin, tap, unlock, wait, wait_status};
use bizmitra_tests::world::{Company, Person, World};
use tokio::sync::Notify;

struct Scene {
    world: World,
    company: Company,
    ravi: Person,
    phone: Phone,
}

fn prompt() -> Prompt {
    Prompt {
        title: "Unlock Bizmitra".to_owned(),
        reason: "Sahyadri Foods".to_owned(),
        cancel: "Use PIN".to_owned(),
    }
}

/// A phone of Ravi's that is open, with biometrics on.
async fn turned_on() -> (Scene, Device) {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    turn_on(&device).await;
    let scene = Scene {
        world,
        company,
        ravi,
        phone,
    };
    (scene, device)
}

async fn turn_on(device: &Device) {
    assert_eq!(
        device.enable_biometrics(pin(PIN), prompt()).await.unwrap(),
        BiometricTurn::On
    );
    assert_eq!(biometrics(device), Biometrics::Ready);
}

fn status(device: &Device) -> Status {
    device.status().unwrap()
}

fn biometrics(device: &Device) -> Biometrics {
    status(device).biometrics
}

async fn touch(device: &Device) -> BiometricUnlock {
    device.unlock_by_biometrics(prompt()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_opens_the_vault_also_after_the_app_was_ended_and_what_is_tapped_then_counts() {
    let (scene, device) = turned_on().await;
    device.lock();
    assert_eq!(touch(&device).await, BiometricUnlock::Open);
    assert_eq!(status(&device).phase, Phase::Unlocked);
    drop(device);
    let device = scene.phone.reopen().await.unwrap();
    assert_eq!(status(&device).phase, Phase::Locked);
    assert_eq!(touch(&device).await, BiometricUnlock::Open);
    tap(&device, Action::CheckIn).unwrap();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    assert_eq!(scene.world.taps_of(&scene.ravi).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_off_until_the_person_turns_it_on_with_the_pin_on_an_open_device() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    assert_eq!(biometrics(&device), Biometrics::Off(None));
    assert_eq!(touch(&device).await, BiometricUnlock::Off(None));
    let wrong = device.enable_biometrics(pin(OTHER_PIN), prompt()).await;
    assert!(matches!(
        wrong.unwrap(),
        BiometricTurn::Pin(Unlock::Wrong { tries_left: 9, .. })
    ));
    device.lock();
    let locked = device.enable_biometrics(pin(PIN), prompt()).await;
    assert!(matches!(locked, Err(DeviceError::Locked)));
    let locked = device.disable_biometrics().await;
    assert!(matches!(locked, Err(DeviceError::Locked)));
    assert_eq!(phone.biometry.prompts(), 0, "nothing was shown");
    unlock(&device).await.unwrap();
    phone.biometry.then(Step::Fail(BiometricError::Cancelled));
    assert_eq!(
        device.enable_biometrics(pin(PIN), prompt()).await.unwrap(),
        BiometricTurn::No(BiometricError::Cancelled)
    );
    assert_eq!(biometrics(&device), Biometrics::Off(None));
    turn_on(&device).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desktop_does_not_offer_it() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::desktop(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    assert_eq!(biometrics(&device), Biometrics::Missing);
    assert_eq!(
        device.enable_biometrics(pin(PIN), prompt()).await.unwrap(),
        BiometricTurn::No(BiometricError::Missing)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn turned_off_it_is_over_at_once_and_nothing_of_it_is_kept() {
    let (scene, device) = turned_on().await;
    device.disable_biometrics().await.unwrap();
    assert_eq!(biometrics(&device), Biometrics::Off(None));
    assert!(!scene.phone.biometry.keeps_a_key());
    let half = scene.phone.keystore.load(entry::BIOMETRIC_PASS).unwrap();
    assert!(half.is_none());
    device.lock();
    assert_eq!(touch(&device).await, BiometricUnlock::Off(None));
    drop(device);
    let device = scene.phone.reopen().await.unwrap();
    assert_eq!(touch(&device).await, BiometricUnlock::Off(None));
    assert_eq!(status(&device).phase, Phase::Locked);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_three_prompts_that_open_nothing_only_the_pin_does_whatever_they_ended_with() {
    let (scene, device) = turned_on().await;
    device.lock();
    let enrolled = scene.phone.biometry.prompts();
    for (step, answer) in [
        (
            BiometricError::NoMatch,
            BiometricUnlock::No(BiometricError::NoMatch),
        ),
        (
            BiometricError::Cancelled,
            BiometricUnlock::No(BiometricError::Cancelled),
        ),
        (
            BiometricError::Failed,
            BiometricUnlock::PinFirst(PinAgain::Prompts),
        ),
    ] {
        scene.phone.biometry.then(Step::Fail(step));
        assert_eq!(touch(&device).await, answer);
    }
    // The next would match, and is not even shown; a restart of the app changes nothing.
    assert_eq!(
        touch(&device).await,
        BiometricUnlock::PinFirst(PinAgain::Prompts)
    );
    drop(device);
    let device = scene.phone.reopen().await.unwrap();
    assert_eq!(biometrics(&device), Biometrics::PinFirst(PinAgain::Prompts));
    assert_eq!(
        touch(&device).await,
        BiometricUnlock::PinFirst(PinAgain::Prompts)
    );
    assert_eq!(scene.phone.biometry.prompts(), enrolled + 3);
    unlock(&device).await.unwrap();
    device.lock();
    assert_eq!(touch(&device).await, BiometricUnlock::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_between_forgives_and_a_system_that_refuses_asks_for_the_pin_at_once() {
    let (scene, device) = turned_on().await;
    device.lock();
    for _ in 0..2 {
        for _ in 0..2 {
            scene
                .phone
                .biometry
                .then(Step::Fail(BiometricError::NoMatch));
            touch(&device).await;
        }
        assert_eq!(touch(&device).await, BiometricUnlock::Open);
        device.lock();
    }
    scene
        .phone
        .biometry
        .then(Step::Fail(BiometricError::LockedOut));
    assert_eq!(
        touch(&device).await,
        BiometricUnlock::PinFirst(PinAgain::Prompts)
    );
    assert_eq!(biometrics(&device), Biometrics::PinFirst(PinAgain::Prompts));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_whose_process_is_killed_has_counted() {
    let (scene, device) = turned_on().await;
    device.lock();
    let mut device = device;
    for _ in 0..3 {
        let never = Arc::new(Notify::new());
        scene.phone.biometry.then(Step::After(never));
        let shown = scene.phone.biometry.prompts();
        let standing = tokio::spawn({
            let device = device.clone();
            async move { device.unlock_by_biometrics(prompt()).await }
        });
        wait(|| Ok((scene.phone.biometry.prompts() > shown).then_some(())))
            .await
            .unwrap();
        standing.abort();
        standing.await.unwrap_err();
        drop(device);
        device = scene.phone.reopen().await.unwrap();
    }
    assert_eq!(
        touch(&device).await,
        BiometricUnlock::PinFirst(PinAgain::Prompts)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pin_is_asked_again_after_a_week_of_matches() {
    let (scene, device) = turned_on().await;
    let clock = &scene.phone.clock;
    device.lock();
    let day = || {
        scene.world.clock.advance_ms(24 * 3_600_000);
        clock.advance_ms(24 * 3_600_000);
    };
    // Matches do not make the week longer.
    for _ in 0..6 {
        day();
        assert_eq!(touch(&device).await, BiometricUnlock::Open);
        device.lock();
    }
    day();
    // The lease is a week too: the device asks for another.
    wait(|| {
        device.on_network_change();
        Ok((device.status()?.phase == Phase::Locked).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(
        touch(&device).await,
        BiometricUnlock::PinFirst(PinAgain::Week)
    );
    unlock(&device).await.unwrap();
    device.lock();
    assert_eq!(touch(&device).await, BiometricUnlock::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pin_is_asked_again_after_a_restart_and_when_a_clock_was_set() {
    let (scene, device) = turned_on().await;
    let clock = &scene.phone.clock;
    device.lock();
    clock.set_wall_off_by_ms(-150_000);
    assert_eq!(
        touch(&device).await,
        BiometricUnlock::PinFirst(PinAgain::Clock)
    );
    clock.set_wall_off_by_ms(0);
    assert_eq!(touch(&device).await, BiometricUnlock::Open);
    device.lock();

    clock.reboot();
    assert_eq!(
        touch(&device).await,
        BiometricUnlock::PinFirst(PinAgain::Restart)
    );
    unlock(&device).await.unwrap();
    device.lock();
    assert_eq!(touch(&device).await, BiometricUnlock::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_enrolment_ends_it_and_the_person_is_told_until_they_decide() {
    let (scene, device) = turned_on().await;
    device.lock();
    scene.phone.biometry.change_enrolment();
    let off = Some(OffReason::EnrolmentChanged);
    assert_eq!(touch(&device).await, BiometricUnlock::Off(off));
    drop(device);
    let device = scene.phone.reopen().await.unwrap();
    assert_eq!(biometrics(&device), Biometrics::Off(off));
    assert!(
        scene
            .phone
            .keystore
            .load(entry::BIOMETRIC_PASS)
            .unwrap()
            .is_none()
    );
    unlock(&device).await.unwrap();
    assert_eq!(biometrics(&device), Biometrics::Off(off));
    turn_on(&device).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_hardware_it_is_not_offered_and_comes_back_with_it() {
    let (scene, device) = turned_on().await;
    device.lock();
    scene.phone.biometry.set_missing(true);
    assert_eq!(biometrics(&device), Biometrics::Missing);
    assert_eq!(
        touch(&device).await,
        BiometricUnlock::No(BiometricError::Missing)
    );
    scene.phone.biometry.set_missing(false);
    assert_eq!(touch(&device).await, BiometricUnlock::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_with_other_bytes_or_none_opens_nothing_and_ends_it() {
    for bytes in [Vec::new(), vec![0; 32], vec![7; 31], b"true".to_vec()] {
        let (scene, device) = turned_on().await;
        device.lock();
        scene.phone.biometry.then(Step::Give(bytes));
        let off = Some(OffReason::KeyLost);
        assert_eq!(touch(&device).await, BiometricUnlock::Off(off));
        assert_eq!(status(&device).phase, Phase::Locked);
        assert_eq!(biometrics(&device), Biometrics::Off(off));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_pin_ends_it_also_while_a_prompt_stands() {
    let (scene, device) = turned_on().await;
    device.lock();
    let told = Arc::new(Notify::new());
    scene.phone.biometry.then(Step::After(Arc::clone(&told)));
    let shown = scene.phone.biometry.prompts();
    let standing = tokio::spawn({
        let device = device.clone();
        async move { touch(&device).await }
    });
    wait(|| Ok((scene.phone.biometry.prompts() > shown).then_some(())))
        .await
        .unwrap();
    // The dialog holds nobody up.
    let changed = device.change_pin(pin(PIN), pin(OTHER_PIN)).await.unwrap();
    assert_eq!(changed, Unlock::Open);
    device.lock();
    told.notify_one();
    let off = Some(OffReason::PinChanged);
    assert_eq!(standing.await.unwrap(), BiometricUnlock::Off(off));
    assert_eq!(status(&device).phase, Phase::Locked);
    assert_eq!(biometrics(&device), Biometrics::Off(off));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_opened_while_the_screen_goes_off_is_locked_again() {
    let (scene, device) = turned_on().await;
    device.lock();
    let told = Arc::new(Notify::new());
    scene.phone.biometry.then(Step::After(Arc::clone(&told)));
    let shown = scene.phone.biometry.prompts();
    let standing = tokio::spawn({
        let device = device.clone();
        async move { touch(&device).await }
    });
    wait(|| Ok((scene.phone.biometry.prompts() > shown).then_some(())))
        .await
        .unwrap();
    device.on_screen_off();
    told.notify_one();
    standing.await.unwrap();
    assert_eq!(status(&device).phase, Phase::Locked);
    assert_eq!(touch(&device).await, BiometricUnlock::Open);
    assert_eq!(status(&device).phase, Phase::Unlocked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_was_destroyed_is_opened_by_no_finger() {
    let (scene, device) = turned_on().await;
    device.lock();
    for _ in 0..10 {
        scene.phone.clock.advance_ms(3_600_000);
        device.unlock(pin(OTHER_PIN)).await.unwrap();
    }
    assert_eq!(status(&device).phase, Phase::Destroyed);
    assert_eq!(touch(&device).await, BiometricUnlock::Off(None));
    assert_eq!(status(&device).phase, Phase::Destroyed);
    assert!(!scene.phone.biometry.keeps_a_key());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finger_does_not_give_back_tries_of_the_pin() {
    let (_scene, device) = turned_on().await;
    device.lock();
    for _ in 0..3 {
        device.unlock(pin(OTHER_PIN)).await.unwrap();
    }
    assert_eq!(touch(&device).await, BiometricUnlock::Open);
    assert_eq!(status(&device).tries_left, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_activation_begins_without_it() {
    let (scene, device) = turned_on().await;
    device.lock();
    let code = scene
        .world
        .invite(
            scene.company.id,
            scene.ravi.id,
            bizmitra_contract::enrolment::Approval::Automatic,
        )
        .unwrap();
    device
        .check_code(&scene.world.origin(), &code)
        .await
        .unwrap();
    device.activate(pin(OTHER_PIN)).await.unwrap();
    assert_eq!(biometrics(&device), Biometrics::Off(None));
    device.lock();
    assert_eq!(touch(&device).await, BiometricUnlock::Off(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wipe_takes_it_along() {
    let (scene, device) = turned_on().await;
    let server = scene.world.server();
    let id = admin::devices(server, scene.company.id).unwrap()[0].device;
    admin::decide_about(server, scene.company.id, id, DeviceDecision::Revoke, "").unwrap();
    device.lock();
    wait(|| {
        device.on_network_change();
        Ok((device.status()?.phase == Phase::Wiped).then_some(()))
    })
    .await
    .unwrap();
    assert!(matches!(
        device.unlock_by_biometrics(prompt()).await,
        Err(DeviceError::Revoked)
    ));
    assert!(!scene.phone.biometry.keeps_a_key());
    let half = scene.phone.keystore.load(entry::BIOMETRIC_PASS).unwrap();
    assert!(half.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_half_and_envelope_it_is_off_and_can_be_turned_on_again() {
    let (scene, device) = turned_on().await;
    device.close().await;
    let with = copy_of(&scene.phone.data).unwrap();
    let device = scene.phone.reopen().await.unwrap();
    unlock(&device).await.unwrap();
    device.disable_biometrics().await.unwrap();
    device.close().await;

    // Turning off: the half is gone, the envelope still lies there.
    put_back(with.path(), &scene.phone.data).unwrap();
    let device = scene.phone.reopen().await.unwrap();
    let off = Some(OffReason::KeyLost);
    assert_eq!(biometrics(&device), Biometrics::Off(off));
    assert_eq!(touch(&device).await, BiometricUnlock::Off(off));
    unlock(&device).await.unwrap();
    turn_on(&device).await;
    device.disable_biometrics().await.unwrap();
    device.close().await;

    // Turning on: the half is there, the envelope not yet.
    let without = copy_of(&scene.phone.data).unwrap();
    let device = scene.phone.reopen().await.unwrap();
    unlock(&device).await.unwrap();
    turn_on(&device).await;
    device.close().await;
    put_back(without.path(), &scene.phone.data).unwrap();
    let device = scene.phone.reopen().await.unwrap();
    assert_eq!(biometrics(&device), Biometrics::Off(None));
    assert_eq!(touch(&device).await, BiometricUnlock::Off(None));
    unlock(&device).await.unwrap();
    turn_on(&device).await;
    device.lock();
    assert_eq!(touch(&device).await, BiometricUnlock::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keystore_that_does_not_answer_shows_no_prompt_and_ends_nothing() {
    let (scene, device) = turned_on().await;
    device.lock();
    drop(device);
    let device = scene.phone.reopen().await.unwrap();
    unlock(&device).await.unwrap();
    device.lock();
    let shown = scene.phone.biometry.prompts();
    scene
        .phone
        .keystore
        .fail_with(Some(KeystoreError::Unavailable));
    assert!(matches!(
        device.unlock_by_biometrics(prompt()).await,
        Err(DeviceError::Keystore(KeystoreError::Unavailable))
    ));
    assert_eq!(
        scene.phone.biometry.prompts(),
        shown,
        "uncounted, so not shown"
    );
    scene.phone.keystore.fail_with(None);
    assert_eq!(touch(&device).await, BiometricUnlock::Open);
}
