//! The server's disk is lost and yesterday's backup put back: the devices bring what is newer, without anybody's help.

use bizmitra_core::attendance::Action;
use bizmitra_device::{Device, Status};
use bizmitra_server::backup;
use bizmitra_tests::phone::{Phone, tap, wait, wait_status};
use bizmitra_tests::world::World;

async fn all_sent(device: &Device) -> Status {
    device.sync_now().await.unwrap();
    wait_status(device, |status| status.waiting == 0)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_after_the_backup_and_what_waited_is_there_once_after_the_restore() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let people = ["Ravi Patil", "Asha Kale"].map(|name| world.person(&company, name).unwrap());
    let phones = ["a", "b"].map(|name| Phone::new(&world, name));
    let mut devices = Vec::new();
    for (phone, person) in phones.iter().zip(&people) {
        devices.push(phone.activated(&world.origin(), person).await.unwrap());
    }
    for device in &devices {
        tap(device, Action::CheckIn).unwrap();
        all_sent(device).await;
    }
    let backup = world.folder.path().join("backup");
    backup::make(world.server(), &backup).unwrap();

    // Confirmed, with a receipt, by the disk that will be lost; and waiting for a server.
    let confirmed = tap(&devices[0], Action::BreakStart).unwrap();
    all_sent(&devices[0]).await;
    assert!(
        devices[0]
            .entry(confirmed.tap.id)
            .unwrap()
            .confirmed_ms
            .is_some()
    );
    world.stop_server().await.unwrap();
    let waiting = tap(&devices[1], Action::CheckOut).unwrap();
    world.restore(&backup).await.unwrap();

    for (device, person) in devices.iter().zip(&people) {
        all_sent(device).await;
        let taps = wait(|| {
            let taps = world.taps_of(person)?;
            Ok((taps.len() == 2).then_some(taps))
        });
        let taps = taps.await.unwrap();
        for row in &taps {
            let entry = device
                .entry(bizmitra_core::ids::ItemId(row.entry.item.0))
                .unwrap();
            assert_eq!(hex::encode(entry.hash), hex::encode(row.entry.hash.0));
            assert!(entry.confirmed_ms.is_some());
            assert!(!entry.alarm);
        }
    }
    for (device, entry) in devices.iter().zip([confirmed, waiting]) {
        assert!(device.entry(entry.tap.id).unwrap().confirmed_ms.is_some());
        // Nothing is sent a second time once it is there.
        assert_eq!(all_sent(device).await.waiting, 0);
    }
    for person in &people {
        assert_eq!(world.taps_of(person).unwrap().len(), 2);
    }
}
