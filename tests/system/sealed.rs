//! What a thief has who took the phone with its keystore, and what is still delivered.

use bizmitra_contract::attendance::TapKind;
use bizmitra_core::attendance::Action;
use bizmitra_core::enrolment::Enrolment;
use bizmitra_core::export::{Export, Kind, verify};
use bizmitra_core::keys::{DeviceSecret, Keystore as _, entry};
use bizmitra_device::{DeviceError, Phase};
use bizmitra_server::admin;
use bizmitra_tests::phone::{
    OTHER_PIN, Phone, consent, pin, tap, unlock, wait, wait_entry, wait_status,
};
use bizmitra_tests::world::World;
use rusqlite::Connection;
use rusqlite::types::Value;

/// The store, opened as whoever holds the keystore can.
fn open_as_thief(phone: &Phone) -> Connection {
    let secret = phone.keystore.load(entry::DEVICE_SECRET).unwrap().unwrap();
    let key = DeviceSecret::from_secret(&secret)
        .unwrap()
        .derive_store_key();
    let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let db = Connection::open(phone.data.join("bizmitra.db")).unwrap();
    db.execute_batch(&format!("PRAGMA key = \"x'{digits}'\""))
        .unwrap();
    db
}

/// Every value of a table, one after the other.
fn everything_in(db: &Connection, table: &str) -> Vec<u8> {
    let mut statement = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut bytes = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            match row.get::<_, Value>(column).unwrap() {
                Value::Text(text) => bytes.extend(text.into_bytes()),
                Value::Blob(blob) => bytes.extend(blob),
                Value::Integer(number) => bytes.extend(number.to_string().into_bytes()),
                Value::Null | Value::Real(_) => {}
            }
            bytes.push(b'\n');
        }
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thief_with_the_store_and_the_keystore_reads_no_record() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    consent(&device).unwrap();
    let first = tap(&device, Action::CheckIn).unwrap();
    wait_entry(&device, first.tap.id, |entry| entry.grade.is_some())
        .await
        .unwrap();
    world.stop_server().await.unwrap();
    let second = tap(&device, Action::CheckOut).unwrap();
    let second = wait_entry(&device, second.tap.id, |entry| entry.evidence.is_some())
        .await
        .unwrap();
    device.close().await;

    let db = open_as_thief(&phone);
    let mut looked_at = 0;
    for table in ["record", "outbox", "entry", "receipt", "chain"] {
        let content = everything_in(&db, table);
        looked_at += content.len();
        for secret in [
            "check_in",
            "check_out",
            "inside",
            "distance",
            "evidence\"",
            second.tap.day.as_str(),
            &second.tap.wall_ms.to_string(),
            &company.plant.to_string(),
            "Asia/Kolkata",
            "boot",
        ] {
            assert!(
                !content
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes()),
                "{secret} in {table}"
            );
        }
        assert!(
            !content
                .windows(16)
                .any(|window| window == company.plant.0.as_bytes()),
            "the site in {table}"
        );
    }
    assert!(looked_at > 5_000, "something was looked at");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_is_read_again_after_unlocking_and_by_nobody_before() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    let saved = tap(&device, Action::CheckIn).unwrap();
    wait_entry(&device, saved.tap.id, |entry| entry.evidence.is_some())
        .await
        .unwrap();
    let before = device.entry(saved.tap.id).unwrap();
    drop(device);
    let device = phone.reopen().await.unwrap();
    assert!(matches!(
        device.entry(saved.tap.id),
        Err(DeviceError::Locked)
    ));
    assert!(matches!(device.export(), Err(DeviceError::Locked)));
    unlock(&device).await.unwrap();
    let after = device.entry(saved.tap.id).unwrap();
    assert_eq!((after.tap, after.evidence), (before.tap, before.evidence));
    let file = Export::decode(device.export().unwrap().as_bytes()).unwrap();
    let report = verify(&file, None);
    let tap = report
        .records
        .iter()
        .find(|record| record.id == saved.tap.id);
    let stated = tap.unwrap().stated.as_ref();
    assert_eq!(stated.map(|stated| stated.kind), Some(Kind::CheckIn));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_whose_app_was_killed_gets_its_evidence_from_the_locked_phone() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let mut phone = Phone::new(&world, "a");
    phone.receiver = bizmitra_tests::phone::Receiver::Searching;
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    consent(&device).unwrap();
    world.stop_server().await.unwrap();
    let saved = tap(&device, Action::CheckIn).unwrap();
    drop(device);
    let device = phone.reopen().await.unwrap();
    assert_eq!(device.status().unwrap().phase, Phase::Locked);
    world.start_server().await.unwrap();
    device.on_network_change();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    let rows = world.taps_of(&ravi).unwrap();
    assert_eq!(rows.len(), 1);
    assert!(
        rows[0].entry.place.is_some(),
        "the reason why there is no place was sent while locked"
    );
    unlock(&device).await.unwrap();
    let entry = device.entry(saved.tap.id).unwrap();
    assert!(entry.evidence.is_some(), "and is read once unlocked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_vault_reads_its_history_from_the_feed_and_nothing_is_doubled() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    let saved = tap(&device, Action::CheckIn).unwrap();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    device.lock();
    while device.status().unwrap().phase != Phase::Destroyed {
        device.unlock(pin(OTHER_PIN)).await.unwrap();
        phone.clock.advance_ms(3_600_000);
    }
    let code = world
        .invite(
            company.id,
            ravi.id,
            bizmitra_contract::enrolment::Approval::Automatic,
        )
        .unwrap();
    device.check_code(&world.origin(), &code).await.unwrap();
    device.activate(pin(OTHER_PIN)).await.unwrap();
    device.sync_now().await.unwrap();
    let entry = wait(|| Ok(device.entry(saved.tap.id).ok())).await.unwrap();
    assert_eq!(
        (entry.tap.action, entry.tap.wall_ms, entry.alarm),
        (Action::CheckIn, saved.tap.wall_ms, false)
    );
    drop(device);
    let device = phone.reopen().await.unwrap();
    assert_eq!(
        device.status().unwrap().waiting,
        0,
        "no evidence is written twice"
    );
    let rows = world.taps_of(&ravi).unwrap();
    assert_eq!(
        rows.iter().map(|row| row.entry.kind).collect::<Vec<_>>(),
        [TapKind::CheckIn]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rotation_taps_are_sealed_to_the_new_key_and_those_from_before_arrive() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    world.stop_server().await.unwrap();
    tap(&device, Action::CheckIn).unwrap();
    let key_id = admin::rotate_sealing_key(world.server(), company.id).unwrap();
    world.start_server().await.unwrap();
    device.sync_now().await.unwrap();
    assert_eq!(device.status().unwrap().waiting, 0);
    tap(&device, Action::CheckOut).unwrap();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    assert_eq!(world.taps_of(&ravi).unwrap().len(), 2);
    device.close().await;
    let db = open_as_thief(&phone);
    let named: Vec<String> = db
        .prepare("SELECT lower(hex(substr(payload, 2, 8))) FROM record ORDER BY n")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let enrolment: Vec<u8> = db
        .query_row(
            "SELECT value FROM setting WHERE name = 'enrolment'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let enrolment: Enrolment = serde_json::from_slice(&enrolment).unwrap();
    let first: String = enrolment
        .sealing_key
        .unwrap()
        .key_id()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(named.first(), Some(&first));
    assert_eq!(named.last(), Some(&key_id));
}
