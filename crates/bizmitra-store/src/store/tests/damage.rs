//! Keys, locks, damage, versions.

use std::fs;

use bizmitra_core::outbox::State;
use bizmitra_core::store::Key;

use super::*;
use crate::Damage;

fn fill(store: &SqlcipherStore, taps: u128) {
    store.put(Key::Enrolment, b"{\"who\":1}").unwrap();
    for n in 1..=taps {
        append_sized(
            store,
            id(n),
            Lane::CheckIn,
            tap_effect(&tap_row(id(n), 0)),
            2000,
        )
        .unwrap();
    }
}

fn ruin(folder: &TempDir, range: std::ops::Range<usize>) {
    let mut bytes = fs::read(path(folder)).unwrap();
    bytes[range].fill(0xA5);
    fs::write(path(folder), bytes).unwrap();
}

#[test]
fn a_second_opener_is_told_that_the_store_is_in_use() {
    let (folder, store) = started();
    assert_eq!(
        SqlcipherStore::open(&path(&folder), &key()).unwrap_err(),
        StoreError::InUse
    );
    drop(store);
    SqlcipherStore::open(&path(&folder), &key()).unwrap();
}

#[test]
fn another_key_opens_nothing_and_touches_nothing() {
    let (folder, store) = started();
    tap(&store, 1);
    drop(store);
    let before = fs::read(path(&folder)).unwrap();
    assert_eq!(
        SqlcipherStore::open(&path(&folder), &StoreKey::new([9; 48])).unwrap_err(),
        StoreError::WrongKey
    );
    assert_eq!(fs::read(path(&folder)).unwrap(), before);
    let (store, report) = open(&folder);
    assert_eq!((report.damage, store.counts().unwrap().queued), (None, 1));
}

#[test]
fn a_store_that_cannot_be_read_at_all_is_moved_aside_and_said_so() {
    let (folder, store) = started();
    fill(&store, 2);
    drop(store);
    let length = fs::read(path(&folder)).unwrap().len();
    ruin(&folder, 0..length);
    let (store, report) = open(&folder);
    let damage = report.damage.unwrap();
    assert_eq!((damage.records, damage.unsent, damage.settings), (0, 0, 0));
    let moved = damage.moved_to.unwrap();
    assert!(
        moved
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("store.db.damaged-")
    );
    assert_eq!(
        fs::read(moved).unwrap(),
        vec![0xA5; length],
        "kept as it was"
    );
    store.start_chain(ChainId(Uuid::from_u128(2))).unwrap();
    tap(&store, 1);
    drop(store);
    let (_store, report) = open(&folder);
    assert_eq!(report, OpenReport::default(), "said once");
}

#[test]
fn a_store_with_bad_pages_keeps_what_can_still_be_read() {
    let (folder, store) = started();
    fill(&store, 200);
    store.mark_in_doubt(&[id(1), id(2)]).unwrap();
    drop(store);
    let length = fs::read(path(&folder)).unwrap().len();
    // Two pages in the middle of the records.
    ruin(&folder, length / 2..length / 2 + 8192);
    let (store, report) = open(&folder);
    let Damage {
        moved_to,
        records,
        unsent,
        settings,
    } = report.damage.unwrap();
    assert!(moved_to.unwrap().exists());
    assert!((190..200).contains(&records), "{records} of 200");
    assert_eq!((unsent, settings), (records, 1));
    assert_eq!(
        store.get(Key::Enrolment).unwrap(),
        Some(b"{\"who\":1}".to_vec())
    );
    let first = store.record(&columns(), id(1)).unwrap().unwrap().item;
    assert!(first.payload.starts_with(CANARY.as_bytes()) && first.payload.len() == 2000);
    assert_eq!(
        (first.hash, first.chain),
        (hash(id(1)), ChainId(Uuid::from_u128(1))),
        "records keep the chain they were signed for"
    );
    assert!(
        store.record(&columns(), id(200)).unwrap().is_some(),
        "from both ends"
    );
    assert_eq!(
        store.entry(&columns(), id(1)).unwrap().unwrap().state,
        State::InDoubt
    );
    let head = store.start_chain(ChainId(Uuid::from_u128(2))).unwrap();
    assert_eq!(
        (head.chain, head.seq),
        (ChainId(Uuid::from_u128(2)), 0),
        "a new chain"
    );
    tap(&store, 1000);
    assert_eq!(
        store.pick(1000, usize::MAX, &[]).unwrap().len(),
        usize::try_from(records).unwrap() + 1
    );
    store.with_connection(|conn| {
        let wrong: i64 = conn
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(wrong, 0);
    });
}

#[test]
fn a_rebuilding_that_was_cut_is_finished_by_the_next_start() {
    let (folder, store) = started();
    fill(&store, 3);
    drop(store);
    // As if the power went when the salvaged store was complete and the damaged log was already moved.
    fs::copy(path(&folder), folder.path().join("store.db.salvaged-42")).unwrap();
    fs::write(path(&folder), b"damaged").unwrap();
    let (store, report) = open(&folder);
    let damage = report.damage.unwrap();
    assert_eq!((damage.records, damage.unsent), (3, 3));
    assert_eq!(fs::read(damage.moved_to.unwrap()).unwrap(), b"damaged");
    assert_eq!(store.counts().unwrap().queued, 3);
    assert!(!folder.path().join("store.db.salvaged-42").exists());
}

#[test]
fn a_store_that_vanished_is_not_mistaken_for_a_first_start() {
    let (folder, store) = started();
    tap(&store, 1);
    drop(store);
    fs::write(path(&folder), []).unwrap();
    let (_store, report) = open(&folder);
    assert_eq!(report.damage.unwrap().records, 0);
}

#[test]
fn damage_met_while_running_is_repaired_at_the_next_start() {
    let (folder, store) = started();
    fill(&store, 200);
    store.with_connection(|conn| {
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap()
    });
    store.drop_connection();
    let length = fs::read(path(&folder)).unwrap().len();
    ruin(&folder, length / 2..length / 2 + 8192);
    let all = (1..=200)
        .map(|n| store.record(&columns(), id(n)))
        .collect::<Result<Vec<_>, _>>();
    assert_eq!(all, Err(StoreError::Damaged));
    assert!(folder.path().join("store.suspect").exists());
    drop(store);
    let (_store, report) = open(&folder);
    assert!(report.damage.unwrap().records >= 190);
    assert!(!folder.path().join("store.suspect").exists());
}

#[test]
fn a_page_that_did_not_verify_once_is_looked_at_again_without_a_restart() {
    let (folder, store) = started();
    fill(&store, 200);
    store.with_connection(|conn| {
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap()
    });
    store.drop_connection();
    let sound = fs::read(path(&folder)).unwrap();
    ruin(&folder, sound.len() / 2..sound.len() / 2 + 8192);
    let all = || {
        (1..=200)
            .map(|n| store.record(&columns(), id(n)))
            .collect::<Result<Vec<_>, _>>()
    };
    assert_eq!(all(), Err(StoreError::Damaged));
    fs::write(path(&folder), sound).unwrap();
    assert_eq!(all().unwrap().len(), 200);
    assert_eq!(tap(&store, 201), id(201));
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let (folder, store) = started();
    tap(&store, 1);
    store.with_connection(|conn| conn.execute_batch("PRAGMA user_version = 99").unwrap());
    drop(store);
    assert_eq!(
        SqlcipherStore::open(&path(&folder), &key()).unwrap_err(),
        StoreError::Newer
    );
}

#[test]
fn a_missing_check_is_written_again() {
    let (folder, store) = started();
    drop(store);
    fs::remove_file(folder.path().join("store.check")).unwrap();
    let (_store, report) = open(&folder);
    assert_eq!(report.damage, None);
    assert_eq!(
        fs::read(folder.path().join("store.check")).unwrap().len(),
        16
    );
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(format!("{:?}", key()), "StoreKey(..)");
}
