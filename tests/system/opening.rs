//! Opening: keystores, second instances, damaged files.

use std::io::{Seek as _, SeekFrom, Write as _};

use bizmitra_core::attendance::Action;
use bizmitra_core::keys::KeystoreError;
use bizmitra_device::keystores::MemoryKeystore;
use bizmitra_device::{OpenError, Phase};
use bizmitra_tests::phone::{Phone, tap, unlock, wait_status};
use bizmitra_tests::world::World;

async fn why_not(phone: &Phone) -> OpenError {
    phone.open().await.unwrap_err().downcast().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keystore_nothing_opens_and_nothing_is_made_anew() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    phone.keystore.fail_with(Some(KeystoreError::Unavailable));
    assert!(matches!(
        why_not(&phone).await,
        OpenError::Keystore(KeystoreError::Unavailable)
    ));
    assert!(!phone.data.join("bizmitra.db").exists());

    phone.keystore.fail_with(None);
    phone
        .activated(&world.origin(), &ravi)
        .await
        .unwrap()
        .close()
        .await;
    for failure in [
        KeystoreError::Unavailable,
        KeystoreError::Refused,
        KeystoreError::Damaged,
    ] {
        phone.keystore.fail_with(Some(failure));
        assert!(matches!(why_not(&phone).await, OpenError::Keystore(found) if found == failure));
    }
    // A keystore that was reset: the store is kept for the day its key comes back.
    let reset = Phone {
        keystore: MemoryKeystore::new(),
        ..phone.clone()
    };
    assert!(matches!(
        why_not(&reset).await,
        OpenError::Keystore(KeystoreError::Damaged)
    ));
    phone.keystore.fail_with(None);
    let device = phone.open().await.unwrap();
    unlock(&device).await.unwrap();
    assert!(!device.status().unwrap().store_was_damaged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_data_folder_does_not_open_with_another_keystore() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    phone
        .activated(&world.origin(), &ravi)
        .await
        .unwrap()
        .close()
        .await;
    // A thief's machine has a working keystore with a device secret of its own.
    let thief = Phone::new(&world, "thief");
    thief.open().await.unwrap().close().await;
    for file in std::fs::read_dir(&phone.data)
        .unwrap()
        .map(|file| file.unwrap())
    {
        std::fs::copy(file.path(), thief.data.join(file.file_name())).unwrap();
    }
    assert!(matches!(why_not(&thief).await, OpenError::Failed(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_is_told_that_the_first_holds_the_store() {
    let world = World::new().await.unwrap();
    let phone = Phone::new(&world, "a");
    let first = phone.open().await.unwrap();
    assert!(matches!(why_not(&phone).await, OpenError::InUse));
    first.close().await;
    phone.open().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_moved_aside_said_so_and_the_unsent_check_in_is_still_delivered() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    world.stop_server().await.unwrap();
    let saved = tap(&device, Action::CheckIn).unwrap();
    device.close().await;
    // The last page is torn.
    let store = phone.data.join("bizmitra.db");
    let length = std::fs::metadata(&store).unwrap().len();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .open(&store)
        .unwrap();
    file.seek(SeekFrom::Start(length - 4_096)).unwrap();
    file.write_all(&[0x5a; 4_096]).unwrap();
    drop(file);

    let device = phone.reopen().await.unwrap();
    let status = device.status().unwrap();
    assert!(status.store_was_damaged);
    assert_eq!(status.phase, Phase::Locked);
    let aside = std::fs::read_dir(&phone.data)
        .unwrap()
        .filter(|file| {
            file.as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .contains("damaged")
        })
        .count();
    assert!(aside >= 1, "the damaged file is kept");
    world.start_server().await.unwrap();
    device.on_network_change();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    let rows = world.taps_of(&ravi).unwrap();
    assert_eq!(
        rows.iter().map(|row| row.entry.hash.0).collect::<Vec<_>>(),
        [saved.hash]
    );
    // The salvaged store goes on, in a chain of its own.
    unlock(&device).await.unwrap();
    tap(&device, Action::CheckOut).unwrap();
    wait_status(&device, |status| {
        status.waiting == 0 && status.attention == 0
    })
    .await
    .unwrap();
    assert_eq!(world.taps_of(&ravi).unwrap().len(), 2);
}
