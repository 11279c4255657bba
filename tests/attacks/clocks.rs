//! Clocks that are wrong by years, and reboots: a phone works all the same, its time is graded and not believed, and no
//! clock that a person can set shortens a wait.

use bizmitra_contract::attendance::TimeGrade;
use bizmitra_core::attendance::Action;
use bizmitra_core::vault::Unlock;
use bizmitra_device::SyncState;
use bizmitra_server::TlsFiles;
use bizmitra_tests::phone::{OTHER_PIN, PIN, Phone, pin, tap, unlock, wait_status};
use bizmitra_tests::world::{World, make_certificate};
use libtest_mimic::Trial;

use crate::support::attack_on_devices;

const YEAR_MS: i64 = 31_557_600_000;

/// How far a wall clock is off.
const OFF: [(&str, i64); 6] = [
    ("ten years ahead", 10 * YEAR_MS),
    ("ten years behind", -10 * YEAR_MS),
    ("at the beginning of 1970", -1_795_404_660_000),
    ("five minutes ahead", 300_000),
    ("five minutes behind", -300_000),
    ("a hundred years ahead", 100 * YEAR_MS),
];

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (words, off_ms) in OFF {
        let sentence = format!(
            "a phone whose clock is {words} activates, signs in and delivers, and its time is the anchor's"
        );
        trials.push(attack_on_devices(sentence, move || whole_way(off_ms)));
        let sentence = format!(
            "after a reboot with a clock that is {words} a tap is delivered and its time is unverified"
        );
        trials.push(attack_on_devices(sentence, move || after_reboot(off_ms)));
        let sentence =
            format!("setting the clock so that it is {words} does not shorten a PIN's wait");
        trials.push(attack_on_devices(sentence, move || waits(off_ms)));
    }
    for (words, years) in [
        ("that ended ten years ago", (2006, 2016)),
        ("that begins in ten years", (2036, 2046)),
    ] {
        let sentence = format!(
            "a server with a certificate {words} gets nothing, and what was tapped meanwhile is delivered later"
        );
        trials.push(attack_on_devices(sentence, move || certificate(years)));
    }
    trials.push(attack_on_devices(
        "a clock that is moved between two taps turns no order around",
        moved,
    ));
    trials.push(attack_on_devices(
        "a thousand reboots do not shorten a PIN's wait",
        reboots,
    ));
    trials
}

async fn world() -> (World, bizmitra_tests::world::Person) {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    (world, ravi)
}

async fn whole_way(off_ms: i64) {
    let (world, ravi) = world().await;
    let phone = Phone::new(&world, "a");
    phone.clock.set_wall_off_by_ms(off_ms);
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    let before_ms = world.clock.wall_ms();
    let saved = tap(&device, Action::CheckIn).unwrap();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    let rows = world.taps_of(&ravi).unwrap();
    let entry = &rows[0].entry;
    assert_eq!(
        entry.wall_ms, saved.tap.wall_ms,
        "what the phone showed is kept as it was signed"
    );
    assert_eq!(entry.grade, TimeGrade::B);
    // The tolerance is around what the phone showed, so it holds the whole error.
    let tolerance_ms = i64::try_from(entry.tolerance_ms.unwrap()).unwrap();
    assert!(
        (tolerance_ms - off_ms.abs()).abs() < 30_000,
        "{tolerance_ms} ms for {off_ms} ms"
    );
    assert!(entry.received_at_ms >= before_ms);
    assert_eq!(entry.day, "2026-11-23", "the day is the true one");
}

async fn after_reboot(off_ms: i64) {
    let (world, ravi) = world().await;
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    device.close().await;
    phone.clock.reboot();
    phone.clock.set_wall_off_by_ms(off_ms);
    let mut world = world;
    world.stop_server().await.unwrap();
    let device = phone.reopen().await.unwrap();
    unlock(&device).await.unwrap();
    tap(&device, Action::CheckIn).unwrap();
    world.start_server().await.unwrap();
    device.on_network_change();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    let entry = world.taps_of(&ravi).unwrap().remove(0).entry;
    assert!(
        matches!(entry.grade, TimeGrade::C | TimeGrade::D),
        "{:?}",
        entry.grade
    );
    assert_eq!(entry.tolerance_ms, None);
}

/// A certificate for the same name that is valid in other years, in the server's files; the root (DER) to trust.
fn other_certificate(files: &TlsFiles, (from, to): (i32, i32)) -> Vec<u8> {
    let mut wanted = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    wanted.not_before = rcgen::date_time_ymd(from, 1, 1);
    wanted.not_after = rcgen::date_time_ymd(to, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let made = wanted.self_signed(&key).unwrap();
    std::fs::write(&files.cert, made.pem()).unwrap();
    std::fs::write(&files.key, key.serialize_pem()).unwrap();
    made.der().to_vec()
}

async fn certificate(years: (i32, i32)) {
    let folder = tempfile::tempdir().unwrap();
    let (files, good) = make_certificate(folder.path()).unwrap();
    let kept = [&files.cert, &files.key].map(|file| std::fs::read(file).unwrap());
    let mut world = World::with_tls(Some(files.clone())).await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let mut phone = Phone {
        extra_roots: vec![good],
        ..Phone::new(&world, "a")
    };
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    device.close().await;
    world.stop_server().await.unwrap();
    // The device trusts whoever signed it: only the years are wrong.
    phone.extra_roots.push(other_certificate(&files, years));
    world.start_server().await.unwrap();
    let device = phone.reopen().await.unwrap();
    unlock(&device).await.unwrap();
    tap(&device, Action::CheckIn).unwrap();
    let status = wait_status(&device, |status| {
        matches!(status.sync.state, SyncState::Clock | SyncState::Certificate)
    });
    assert!(status.await.unwrap().waiting > 0);
    assert!(world.taps_of(&ravi).unwrap().is_empty());
    world.stop_server().await.unwrap();
    for (file, bytes) in [&files.cert, &files.key].into_iter().zip(&kept) {
        std::fs::write(file, bytes).unwrap();
    }
    world.start_server().await.unwrap();
    device.on_network_change();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    assert_eq!(world.taps_of(&ravi).unwrap().len(), 1);
}

/// A device that has to wait for its next try.
async fn waiting() -> (World, Phone, bizmitra_device::Device) {
    let (world, ravi) = world().await;
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    device.lock();
    for _ in 0..4 {
        device.unlock(pin(OTHER_PIN)).await.unwrap();
    }
    (world, phone, device)
}

async fn waits(off_ms: i64) {
    let (_world, phone, device) = waiting().await;
    phone.clock.set_wall_off_by_ms(off_ms);
    for _ in 0..2 {
        let unlock = device.unlock(pin(PIN)).await.unwrap();
        assert!(
            matches!(unlock, Unlock::Wait { wait_ms } if wait_ms > 20_000),
            "{unlock:?}"
        );
    }
    assert_eq!(
        device.status().unwrap().tries_left,
        6,
        "what was not checked was not counted"
    );
    phone.clock.advance_ms(30_000);
    unlock(&device).await.unwrap();
}

async fn reboots() {
    let (_world, phone, device) = waiting().await;
    for _ in 0..1_000 {
        phone.clock.reboot();
        phone.clock.advance_ms(29);
        let unlock = device.unlock(pin(PIN)).await.unwrap();
        assert!(
            matches!(unlock, Unlock::Wait { wait_ms } if wait_ms > 29_000),
            "{unlock:?}"
        );
    }
    phone.clock.advance_ms(30_000);
    unlock(&device).await.unwrap();
}

async fn moved() {
    let (world, ravi) = world().await;
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    let mut seqs = Vec::new();
    for (action, off_ms) in [
        (Action::CheckIn, 0),
        (Action::BreakStart, -10 * YEAR_MS),
        (Action::BreakEnd, 10 * YEAR_MS),
        (Action::CheckOut, 0),
    ] {
        phone.clock.set_wall_off_by_ms(off_ms);
        seqs.push(tap(&device, action).unwrap().seq);
        wait_status(&device, |status| status.waiting == 0)
            .await
            .unwrap();
    }
    assert!(seqs.is_sorted());
    let rows = world.taps_of(&ravi).unwrap();
    assert_eq!(rows.len(), 4);
    assert!(
        rows.iter().all(|row| row.entry.day == "2026-11-23"),
        "no tap was moved to another year"
    );
}
