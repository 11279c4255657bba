//! What the server says is checked: edits, newer servers, revocation.

use bizmitra_core::attendance::Action;
use bizmitra_core::outbox::State;
use bizmitra_core::sync::SyncState;
use bizmitra_device::{AttentionReason, DeviceError, Phase, Topic};
use bizmitra_tests::phone::{PIN, Phone, consent, tap, wait, wait_entry, wait_status};
use bizmitra_tests::world::World;
use rusqlite::Connection;

#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_edited_on_the_server_raises_the_alarm_on_the_device_that_signed_it() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    let saved = tap(&device, Action::CheckIn).unwrap();
    wait_entry(&device, saved.tap.id, |entry| entry.grade.is_some())
        .await
        .unwrap();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    device.sync_now().await.unwrap();
    assert_eq!(device.status().unwrap().attention, 0);

    // Somebody with the database makes him half an hour late, board and feed alike; the server signs the feed in good faith.
    let db = Connection::open(world.database()).unwrap();
    let late = saved.tap.wall_ms + 30 * 60_000;
    assert_eq!(
        db.execute(
            "UPDATE tap SET wall_ms = ?1 WHERE wall_ms = ?2",
            (late, saved.tap.wall_ms)
        )
        .unwrap(),
        1
    );
    assert_eq!(
        db.execute(
            "UPDATE change SET value = replace(value, ?1, ?2), seq = 1 + (SELECT max(seq) FROM change) WHERE kind = 'attendance'",
            (saved.tap.wall_ms.to_string(), late.to_string()),
        )
        .unwrap(),
        1
    );
    db.execute(
        "UPDATE company SET change_seq = (SELECT max(seq) FROM change)",
        [],
    )
    .unwrap();
    drop(db);

    device.sync_now().await.unwrap();
    let entry = wait_entry(&device, saved.tap.id, |entry| entry.alarm)
        .await
        .unwrap();
    assert_eq!(
        entry.tap.wall_ms, saved.tap.wall_ms,
        "the device's own record stands"
    );
    let attention = device.attention().unwrap();
    assert_eq!(attention.len(), 1);
    assert_eq!(
        (attention[0].id, attention[0].reason),
        (saved.tap.id, AttentionReason::Tampered)
    );
    assert_eq!(device.status().unwrap().attention, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_server_says_in_unknown_words_is_skipped_and_the_rest_works() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    let db = Connection::open(world.database()).unwrap();
    let next = |db: &Connection| -> i64 {
        db.query_row(
            "UPDATE company SET change_seq = change_seq + 1 RETURNING change_seq",
            [],
            |row| row.get(0),
        )
        .unwrap()
    };
    for (kind, id, value) in [
        ("canteen", "1", r#"{"menu":["thali"],"v":9}"#),
        (
            "site",
            "11111111-1111-4111-8111-111111111111",
            r#"{"id":"11111111-1111-4111-8111-111111111111","name":"Moon","fence":{"shape":"sphere"}}"#,
        ),
    ] {
        let seq = next(&db);
        db.execute(
            "INSERT INTO change (company_id, seq, audience, kind, id, deleted, value) SELECT company_id, ?1, x'', ?2, ?3, 0, ?4 FROM company",
            (seq, kind, id, value),
        )
        .unwrap();
    }
    // A known kind with fields and words from the future.
    let seq = next(&db);
    let changed = db
        .execute(
            "UPDATE change SET seq = ?1, value = json_set(value, '$.hologram', 'yes', '$.role', 'overseer', '$.name', 'Ravi P. Patil') WHERE kind = 'profile'",
            [seq],
        )
        .unwrap();
    assert_eq!(changed, 1);
    drop(db);
    device.sync_now().await.unwrap();
    let me = device.me().unwrap();
    assert_eq!(
        (me.name.as_str(), me.role),
        ("Ravi P. Patil", bizmitra_core::enrolment::Role::Employee)
    );
    let saved = tap(&device, Action::CheckIn).unwrap();
    wait_entry(&device, saved.tap.id, |entry| entry.state == State::Acked)
        .await
        .unwrap();
    assert_eq!(device.status().unwrap().attention, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_device_says_so_takes_no_new_tap_and_still_delivers_what_was_captured_before() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    world.stop_server().await.unwrap();
    tap(&device, Action::CheckIn).unwrap();
    Connection::open(world.database())
        .unwrap()
        .execute("UPDATE device SET state = 'revoked'", [])
        .unwrap();
    world.start_server().await.unwrap();
    let status = wait(|| {
        device.on_network_change();
        Ok(Some(device.status()?)
            .filter(|status| status.phase == Phase::Wiped && status.waiting == 0))
    })
    .await
    .unwrap();
    assert_eq!(status.sync.state, SyncState::AllSent);
    assert!(matches!(device.home(), Err(DeviceError::Revoked)));
    let rows = world.taps_of(&ravi).unwrap();
    assert_eq!(rows.len(), 1);
    assert!(
        rows[0]
            .entry
            .flags
            .contains(&bizmitra_contract::attendance::EntryFlag::AfterRevocation)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_readable_lies_in_the_data_folder_after_a_whole_day() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    consent(&device).unwrap();
    tap(&device, Action::CheckIn).unwrap();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    world.stop_server().await.unwrap();
    let waiting = tap(&device, Action::CheckOut).unwrap();
    wait_entry(&device, waiting.tap.id, |entry| entry.evidence.is_some())
        .await
        .unwrap();
    let secrets = [
        PIN,
        "Ravi",
        "Sahyadri",
        "Bhosari",
        "45.45",
        "14.01",
        "check_in",
        "check_out",
        "bz/record",
        &ravi.code,
    ];
    let mut bytes = 0;
    for file in std::fs::read_dir(&phone.data)
        .unwrap()
        .map(|file| file.unwrap().path())
    {
        let content = std::fs::read(&file).unwrap();
        bytes += content.len();
        for secret in secrets {
            let found = content
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {}", file.display());
        }
    }
    assert!(bytes > 10_000, "something was looked at");
    // Open until here, so that the write-ahead log was looked at too.
    device.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_hear_of_saving_location_and_confirmation_without_asking() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    let mut changes = device.changes();
    let saved = tap(&device, Action::CheckIn).unwrap();
    let heard = tokio::time::timeout(std::time::Duration::from_secs(30), async {
        loop {
            let topic = changes.recv().await.unwrap();
            let entry = device.entry(saved.tap.id).unwrap();
            if topic == Topic::Attendance && entry.grade.is_some() && entry.evidence.is_some() {
                return;
            }
        }
    });
    heard.await.unwrap();
}
