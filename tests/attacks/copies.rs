//! Somebody with the server's database edits a check-in that was delivered; the server signs the page in good faith. The
//! device that made the record notices, says so, and keeps its own.

use bizmitra_core::attendance::{Action, Entry};
use bizmitra_device::{AttentionReason, Device};
use bizmitra_tests::phone::{Phone, consent, tap, wait_entry, wait_status};
use bizmitra_tests::world::World;
use libtest_mimic::Trial;
use rusqlite::Connection;

use crate::support::attack_on_devices;

/// What is done to the person's newest attendance entry in the feed: SQL that makes the new value of column `value`.
const EDITS: &[(&str, &str)] = &[
    (
        "half an hour later",
        "json_set(value, '$.wall_ms', json_extract(value, '$.wall_ms') + 1800000)",
    ),
    (
        "a millisecond earlier",
        "json_set(value, '$.wall_ms', json_extract(value, '$.wall_ms') - 1)",
    ),
    ("in another zone", "json_set(value, '$.offset_min', 0)"),
    (
        "a check-out instead of a check-in",
        "json_set(value, '$.kind', 'check_out')",
    ),
    (
        "a break instead of a check-in",
        "json_set(value, '$.kind', 'break_start')",
    ),
    ("taken back", "json_set(value, '$.withdrawn', json('true'))"),
    (
        "of another hash",
        "json_set(value, '$.hash', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')",
    ),
    (
        "outside of the site",
        "json_set(value, '$.place.verdict', 'outside')",
    ),
    (
        "in doubt about the site",
        "json_set(value, '$.place.verdict', 'uncertain')",
    ),
    (
        "farther away",
        "json_set(value, '$.place.distance_m', 4000)",
    ),
    ("less exact", "json_set(value, '$.place.accuracy_m', 4000)"),
    (
        "at another site",
        "json_set(value, '$.place.site', '00000000-0000-4000-8000-000000000000')",
    ),
    ("without a place", "json_remove(value, '$.place')"),
    (
        "refused for its place",
        "json_set(value, '$.place', json('{\"verdict\":\"none\",\"reason\":\"no_consent\"}'))",
    ),
];

pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = EDITS
        .iter()
        .map(|(words, sql)| {
            let sentence = format!(
                "a stored check-in that the server makes {words} raises the alarm on its device"
            );
            attack_on_devices(sentence, move || edited(sql))
        })
        .collect();
    trials.push(attack_on_devices(
        "a check-in that the server invents for a device raises the alarm there",
        invented,
    ));
    trials.push(attack_on_devices(
        "an alarm stays although the server puts its copy right again",
        mended,
    ));
    trials.push(attack_on_devices(
        "a check-in that nobody touched raises none",
        untouched,
    ));
    trials
}

async fn delivered() -> (World, Device, Entry) {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    consent(&device).unwrap();
    let saved = tap(&device, Action::CheckIn).unwrap();
    wait_entry(&device, saved.tap.id, |entry| entry.evidence.is_some())
        .await
        .unwrap();
    wait_status(&device, |status| status.waiting == 0)
        .await
        .unwrap();
    device.sync_now().await.unwrap();
    assert_eq!(device.status().unwrap().attention, 0);
    let entry = device.entry(saved.tap.id).unwrap();
    (world, device, entry)
}

/// Rewrites the newest entry and says that it changed.
fn rewrite(world: &World, sql: &str) {
    let db = Connection::open(world.database()).unwrap();
    let changed = db
        .execute(
            &format!("UPDATE change SET value = {sql}, seq = 1 + (SELECT max(seq) FROM change) WHERE kind = 'attendance'"),
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
    db.execute(
        "UPDATE company SET change_seq = (SELECT max(seq) FROM change)",
        [],
    )
    .unwrap();
}

async fn edited(sql: &str) {
    let (world, device, own) = delivered().await;
    rewrite(&world, sql);
    device.sync_now().await.unwrap();
    let entry = device.entry(own.tap.id).unwrap();
    assert!(entry.alarm);
    assert_eq!(
        (entry.tap.wall_ms, entry.tap.action, entry.hash),
        (own.tap.wall_ms, own.tap.action, own.hash)
    );
    assert_eq!(
        entry.evidence, own.evidence,
        "the device's own record stands"
    );
    let attention = device.attention().unwrap();
    assert_eq!(
        (attention.len(), attention[0].reason),
        (1, AttentionReason::Tampered)
    );
}

async fn invented() {
    let (world, device, own) = delivered().await;
    let db = Connection::open(world.database()).unwrap();
    let invented = db
        .execute(
            "INSERT INTO change (company_id, seq, audience, kind, id, deleted, value)
             SELECT company_id, 1 + (SELECT max(seq) FROM change), audience, kind, '0198c0de-0000-7000-8000-000000000099', 0,
                    json_set(value, '$.item', '0198c0de-0000-7000-8000-000000000099')
             FROM change WHERE kind = 'attendance'",
            [],
        )
        .unwrap();
    assert_eq!(invented, 1);
    db.execute(
        "UPDATE company SET change_seq = (SELECT max(seq) FROM change)",
        [],
    )
    .unwrap();
    drop(db);
    device.sync_now().await.unwrap();
    let attention = device.attention().unwrap();
    assert_eq!(
        (attention.len(), attention[0].reason),
        (1, AttentionReason::Tampered)
    );
    assert_ne!(attention[0].id, own.tap.id);
    assert!(!device.entry(own.tap.id).unwrap().alarm);
}

async fn mended() {
    let (world, device, own) = delivered().await;
    rewrite(
        &world,
        "json_set(value, '$.wall_ms', json_extract(value, '$.wall_ms') + 1800000)",
    );
    device.sync_now().await.unwrap();
    rewrite(
        &world,
        "json_set(value, '$.wall_ms', json_extract(value, '$.wall_ms') - 1800000)",
    );
    device.sync_now().await.unwrap();
    assert!(device.entry(own.tap.id).unwrap().alarm);
}

async fn untouched() {
    let (world, device, own) = delivered().await;
    rewrite(&world, "value");
    device.sync_now().await.unwrap();
    assert!(!device.entry(own.tap.id).unwrap().alarm);
    assert_eq!(device.status().unwrap().attention, 0);
}
