//! Copies of a data folder: under another keystore, in part, mixed, altered.

use std::path::Path;

use bizmitra_core::attendance::Action;
use bizmitra_core::keys::{Keystore as _, entry};
use bizmitra_device::keystores::MemoryKeystore;
use bizmitra_device::{Device, OpenError};
use bizmitra_tests::folder::{copy_into, copy_of};
use bizmitra_tests::phone::{Phone, tap, unlock, wait_status};
use bizmitra_tests::world::World;
use libtest_mimic::Trial;

use crate::support::attack_on_devices;

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        attack_on_devices(
            "a copied folder under a fresh keystore does not open and stays as it is",
            || copied(None),
        ),
        attack_on_devices(
            "a copied folder under a thief's keystore does not open and stays as it is",
            || copied(Some(0)),
        ),
        attack_on_devices(
            "a copied folder does not open with any one byte of the secret altered",
            wrong_by_a_bit,
        ),
        attack_on_devices(
            "a copied folder without its identity key does not open",
            without_identity,
        ),
        attack_on_devices(
            "one person's store in another person's folder does not open there",
            mixed,
        ),
    ];
    for suffix in ["", "-wal"] {
        for part in 0..8 {
            let file = if suffix.is_empty() { "store" } else { "log" };
            let sentence = format!(
                "a byte altered in part {} of 8 of the {file} is never believed",
                part + 1
            );
            trials.push(attack_on_devices(sentence, move || altered(suffix, part)));
        }
    }
    trials
}

/// Every file and its bytes, without the lock.
fn bytes_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file() && !path.to_string_lossy().ends_with(".lock"))
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

/// A phone with a check-in that was never sent, closed.
async fn with_record(world: &mut World, name: &str) -> Phone {
    let company = world.company("Sahyadri Foods").unwrap();
    let person = world.person(&company, name).unwrap();
    let phone = Phone::new(world, name);
    let device = phone.activated(&world.origin(), &person).await.unwrap();
    world.stop_server().await.unwrap();
    tap(&device, Action::CheckIn).unwrap();
    device.close().await;
    phone
}

async fn why_not(phone: &Phone) -> OpenError {
    match phone.open().await {
        Ok(device) => panic!("it opened: {:?}", device.status()),
        Err(error) => error.downcast().unwrap(),
    }
}

async fn copied(secret: Option<u8>) {
    let mut world = World::new().await.unwrap();
    let phone = with_record(&mut world, "Ravi Patil").await;
    let thief = Phone {
        data: world.folder.path().join("thief"),
        keystore: MemoryKeystore::new(),
        ..phone.clone()
    };
    copy_into(&phone.data, &thief.data).unwrap();
    if let Some(byte) = secret {
        thief
            .keystore
            .save(entry::DEVICE_SECRET, &[byte; 32])
            .unwrap();
    }
    let before = bytes_of(&thief.data);
    let error = why_not(&thief).await;
    assert!(
        matches!(error, OpenError::Keystore(_) | OpenError::Failed(_)),
        "{error}"
    );
    assert_eq!(
        bytes_of(&thief.data),
        before,
        "another key is no reason to rebuild anything"
    );
    // And the owner's own opens as before.
    unlock(&phone.open().await.unwrap()).await.unwrap();
}

async fn wrong_by_a_bit() {
    let mut world = World::new().await.unwrap();
    let phone = with_record(&mut world, "Ravi Patil").await;
    let secret = phone.keystore.load(entry::DEVICE_SECRET).unwrap().unwrap();
    for byte in 0..32 {
        let mut bent: [u8; 32] = secret.expose().try_into().unwrap();
        bent[byte] ^= 1;
        phone.keystore.save(entry::DEVICE_SECRET, &bent).unwrap();
        assert!(
            matches!(why_not(&phone).await, OpenError::Failed(_)),
            "byte {byte}"
        );
    }
    phone
        .keystore
        .save(entry::DEVICE_SECRET, secret.expose())
        .unwrap();
    unlock(&phone.open().await.unwrap()).await.unwrap();
}

async fn without_identity() {
    let mut world = World::new().await.unwrap();
    let phone = with_record(&mut world, "Ravi Patil").await;
    let secret = phone.keystore.load(entry::DEVICE_SECRET).unwrap().unwrap();
    let thief = Phone {
        keystore: MemoryKeystore::new(),
        ..phone
    };
    thief
        .keystore
        .save(entry::DEVICE_SECRET, secret.expose())
        .unwrap();
    assert!(matches!(why_not(&thief).await, OpenError::Keystore(_)));
}

async fn mixed() {
    let mut world = World::new().await.unwrap();
    let ravi = with_record(&mut world, "Ravi Patil").await;
    world.start_server().await.unwrap();
    let asha = with_record(&mut world, "Asha Kulkarni").await;
    let own = copy_of(&asha.data).unwrap();
    std::fs::remove_dir_all(&asha.data).unwrap();
    copy_into(&ravi.data, &asha.data).unwrap();
    assert!(matches!(why_not(&asha).await, OpenError::Failed(_)));
    std::fs::remove_dir_all(&asha.data).unwrap();
    copy_into(own.path(), &asha.data).unwrap();
    unlock(&asha.open().await.unwrap()).await.unwrap();
}

/// Opened or not, nothing false arrives at the server, and a PIN is never accepted that was not.
async fn altered(suffix: &str, part: usize) {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    world.stop_server().await.unwrap();
    let saved = tap(&device, Action::CheckIn).unwrap();
    // A folder as a thief copies it from a running phone: with its log.
    let copy = copy_of(&phone.data).unwrap();
    device.close().await;
    std::fs::remove_dir_all(&phone.data).unwrap();
    copy_into(copy.path(), &phone.data).unwrap();
    let file = phone.data.join(format!("bizmitra.db{suffix}"));
    let mut bytes = std::fs::read(&file).unwrap();
    assert!(bytes.len() >= 4_096, "{} bytes", bytes.len());
    let at = bytes.len() / 8 * part + bytes.len() / 16;
    bytes[at] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    world.start_server().await.unwrap();
    let Ok(device) = phone.open().await else {
        return;
    };
    settle(&device).await;
    let rows = world.taps_of(&ravi).unwrap();
    let hashes: Vec<_> = rows.iter().map(|row| row.entry.hash.0).collect();
    assert!(
        hashes.is_empty() || hashes == [saved.hash],
        "only what was signed arrives"
    );
}

async fn settle(device: &Device) {
    let waits = device.status().unwrap().waiting > 0;
    device.on_network_change();
    if waits {
        wait_status(device, |status| status.waiting == 0)
            .await
            .unwrap();
    }
}
