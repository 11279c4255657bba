//! The order to wipe: what can be read is gone from the file, what waits is there to the byte.

use std::collections::BTreeSet;

use bizmitra_core::outbox::{Outcome, ParkReason};
use bizmitra_core::store::{FeedKind, FeedPage, Key};

use super::*;
use crate::table::wipe::TABLES;

fn acked() -> Outcome {
    Outcome::Acked {
        receipt: b"{\"receipt\":\"CANARY-receipt\"}".to_vec(),
        received_at_ms: 1,
    }
}

/// Three delivered taps, one that waits, one that was refused, and everything a device keeps beside them.
fn lived_in() -> (TempDir, SqlcipherStore) {
    let (folder, store) = started();
    let ids: Vec<ItemId> = (1..=5).map(|n| tap(&store, n)).collect();
    evidence(&store, 11, ids[0]);
    store.mark_in_doubt(&ids).unwrap();
    let outcomes: Vec<_> = ids[..3].iter().map(|id| (*id, acked())).collect();
    store.apply_outcomes(&outcomes).unwrap();
    store
        .apply_outcomes(&[(ids[3], Outcome::Parked(ParkReason::Validation))])
        .unwrap();
    store
        .apply_feed(
            &columns(),
            &FeedPage {
                cursor: "c".to_owned(),
                values: vec![(
                    FeedKind::Profile,
                    "1".to_owned(),
                    Some(b"{\"name\":\"CANARY-Ravi\"}".to_vec()),
                )],
                attendance: Vec::new(),
            },
        )
        .unwrap();
    for key in [
        Key::Enrolment,
        Key::Vault,
        Key::Tries,
        Key::Anchor,
        Key::LastGood,
        Key::ServerEpoch,
        Key::FeedReader,
        Key::Lease,
        Key::Before,
        Key::Consent,
        Key::Appearance,
    ] {
        store.put(key, key.name().as_bytes()).unwrap();
    }
    (folder, store)
}

#[test]
fn after_a_wipe_what_waits_is_there_to_the_byte_and_nothing_else_of_the_person() {
    let (_folder, store) = lived_in();
    let waiting = store.pick(10, usize::MAX, &[]).unwrap();
    let parked = store.parked().unwrap();
    assert_eq!((waiting.len(), parked.len()), (2, 1));
    store.wipe().unwrap();
    assert_eq!(store.pick(10, usize::MAX, &[]).unwrap(), waiting);
    assert_eq!(store.parked().unwrap(), parked);
    assert_eq!(store.counts().unwrap().acked, 0);
    assert_eq!(store.record_ids().unwrap().len(), 3);
    assert!(store.latest_entries(&columns(), 10).unwrap().is_empty());
    assert!(store.taps_without_evidence().unwrap().is_empty());
    assert!(store.feed_values(FeedKind::Profile).unwrap().is_empty());
    assert_eq!(store.feed_cursor().unwrap(), None);
    for gone in [
        Key::Vault,
        Key::Tries,
        Key::LastGood,
        Key::FeedReader,
        Key::Lease,
        Key::Before,
        Key::Consent,
    ] {
        assert_eq!(store.get(gone).unwrap(), None, "{gone:?}");
    }
    for kept in [
        Key::Enrolment,
        Key::Appearance,
        Key::ServerEpoch,
        Key::Anchor,
    ] {
        assert!(store.get(kept).unwrap().is_some(), "{kept:?}");
    }
    store.wipe().unwrap();
    assert_eq!(store.pick(10, usize::MAX, &[]).unwrap(), waiting);
}

#[test]
fn what_is_delivered_after_a_wipe_is_removed_by_the_next_one() {
    let (_folder, store) = lived_in();
    store.wipe().unwrap();
    let waiting: Vec<ItemId> = store
        .pick(10, usize::MAX, &[])
        .unwrap()
        .iter()
        .map(|item| item.id)
        .collect();
    store.mark_in_doubt(&waiting).unwrap();
    let outcomes: Vec<_> = waiting.iter().map(|id| (*id, acked())).collect();
    store.apply_outcomes(&outcomes).unwrap();
    store.wipe().unwrap();
    assert_eq!(store.record_ids().unwrap(), [id(4)], "the parked one");
}

#[test]
fn what_a_wipe_deletes_is_overwritten_and_the_log_is_emptied() {
    let (folder, store) = lived_in();
    let mut log = path(&folder).into_os_string();
    log.push("-wal");
    assert!(std::fs::metadata(&log).unwrap().len() > 0);
    store.wipe().unwrap();
    let overwrites: i64 = store.with_connection(|conn| {
        conn.query_row("PRAGMA secure_delete", [], |row| row.get(0))
            .unwrap()
    });
    assert_eq!(overwrites, 1);
    assert_eq!(std::fs::metadata(&log).map_or(0, |meta| meta.len()), 0);
}

#[test]
fn a_wipe_removes_damaged_files_that_were_moved_aside() {
    let (folder, store) = lived_in();
    let aside = folder.path().join("store.db.damaged-1764000000");
    std::fs::write(&aside, b"old pages").unwrap();
    std::fs::write(folder.path().join("store.db.damaged-1764000000-wal"), b"x").unwrap();
    std::fs::write(folder.path().join("holiday.jpg"), b"x").unwrap();
    store.wipe().unwrap();
    let left: BTreeSet<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        !left.iter().any(|name| name.contains("damaged")),
        "{left:?}"
    );
    assert!(left.contains("holiday.jpg"));
}

#[test]
fn every_table_of_the_schema_says_what_a_wipe_leaves_of_it() {
    let (_folder, store) = started();
    let real: BTreeSet<String> = store.with_connection(|conn| {
        conn.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
    });
    let told: BTreeSet<String> = TABLES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(real, told);
}
