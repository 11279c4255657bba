//! Full disks, durability settings, and what lies on the disk in plain sight.

use std::fs;

use bizmitra_core::outbox::{Counts, Outcome};
use bizmitra_core::store::{FeedKind, FeedPage, Key};

use super::*;

/// More than the free pages of a small store can hold.
const LARGE: usize = 64 * 1024;

#[test]
fn on_a_full_disk_a_tap_is_not_saved_and_says_so() {
    let (folder, store) = started();
    tap(&store, 1);
    store.limit_pages(1);
    let full = append_sized(
        &store,
        id(2),
        Lane::CheckIn,
        tap_effect(&tap_row(id(2), 0)),
        LARGE,
    );
    assert_eq!(full, Err(StoreError::DiskFull));
    assert_eq!(
        (
            store.record(&columns(), id(2)).unwrap(),
            store.entry(&columns(), id(2)).unwrap()
        ),
        (None, None)
    );
    assert_eq!(
        store.counts().unwrap(),
        Counts {
            queued: 1,
            ..Counts::default()
        }
    );
    store.limit_pages(0);
    let saved = append_sized(
        &store,
        id(2),
        Lane::CheckIn,
        tap_effect(&tap_row(id(2), 0)),
        LARGE,
    );
    assert_eq!(saved, Ok(Appended::New { seq: 2 }), "the chain has no gap");
    drop(store);
    assert_eq!(open(&folder).0.counts().unwrap().queued, 2);
}

#[test]
fn the_ballast_is_given_back_for_verdicts_only() {
    let (folder, store) = started();
    let ballast = folder.path().join("ballast");
    assert_eq!(fs::metadata(&ballast).unwrap().len(), 16 * 1024 * 1024);
    let first = tap(&store, 1);
    store.mark_in_doubt(&[first]).unwrap();
    store.limit_pages(1);
    assert_eq!(
        append_sized(
            &store,
            id(2),
            Lane::CheckIn,
            tap_effect(&tap_row(id(2), 0)),
            LARGE
        ),
        Err(StoreError::DiskFull)
    );
    assert_eq!(
        store.put(Key::Vault, &[1; LARGE]),
        Err(StoreError::DiskFull)
    );
    assert!(ballast.exists());
    let verdict = [(
        first,
        Outcome::Acked {
            receipt: vec![b'.'; LARGE],
            received_at_ms: 5,
        },
    )];
    assert_eq!(
        store.apply_outcomes(&verdict),
        Err(StoreError::DiskFull),
        "this disk stays full"
    );
    assert!(!ballast.exists());
    assert_eq!(store.counts().unwrap().in_doubt, 1, "nothing half-written");
    store.limit_pages(0);
    store.apply_outcomes(&verdict).unwrap();
    drop(store);
    let _store = open(&folder);
    assert!(ballast.exists(), "taken again");
}

#[test]
fn the_connection_keeps_the_promises() {
    let (_folder, store) = started();
    store.with_connection(|conn| {
        let pragma = |name: &str| {
            conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0))
                .unwrap()
        };
        assert_eq!(
            conn.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0))
                .unwrap(),
            "wal"
        );
        assert_eq!(pragma("synchronous"), 2, "FULL");
        assert_eq!(
            (
                pragma("foreign_keys"),
                pragma("trusted_schema"),
                pragma("secure_delete")
            ),
            (1, 0, 1)
        );
        assert_eq!((pragma("temp_store"), pragma("busy_timeout")), (2, 5000));
    });
}

#[test]
fn nothing_in_the_folder_is_readable() {
    let (folder, store) = started();
    let first = tap(&store, 1);
    store.put(Key::Enrolment, CANARY.as_bytes()).unwrap();
    let values = vec![(
        FeedKind::Profile,
        CANARY.to_owned(),
        Some(CANARY.as_bytes().to_vec()),
    )];
    store
        .apply_feed(
            &columns(),
            &FeedPage {
                cursor: CANARY.to_owned(),
                values,
                attendance: vec![],
            },
        )
        .unwrap();
    store.mark_in_doubt(&[first]).unwrap();
    store
        .apply_outcomes(&[(
            first,
            Outcome::Acked {
                receipt: CANARY.into(),
                received_at_ms: 5,
            },
        )])
        .unwrap();
    let search = |when: &str| {
        let mut files = 0;
        for file in fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap().path();
            let bytes = fs::read(&file).unwrap();
            files += 1;
            if file.ends_with("ballast") {
                assert!(bytes.iter().all(|byte| *byte == 0));
                continue;
            }
            for plain in [
                CANARY.as_bytes(),
                b"check_in",
                b"boot-1",
                b"SQLite format 3",
                DAY.as_bytes(),
            ] {
                assert!(
                    !bytes.windows(plain.len()).any(|window| window == plain),
                    "{when}: {}",
                    file.display()
                );
            }
        }
        files
    };
    let open = search("while open");
    assert!(
        open >= 5,
        "database, log, shared memory, lock, check and ballast are searched: {open}"
    );
    drop(store);
    search("after closing");
}

#[test]
fn what_a_killed_process_left_in_the_log_is_written_anew_at_the_start() {
    let (folder, store) = started();
    tap(&store, 1);
    // As the files lie after a kill: a sync of that process may have failed, and nobody can tell.
    let killed = tempfile::tempdir().unwrap();
    for name in ["store.db", "store.db-wal", "store.check"] {
        fs::copy(folder.path().join(name), killed.path().join(name)).unwrap();
    }
    let log = killed.path().join("store.db-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0);
    let (store, report) = open(&killed);
    assert_eq!(report.damage, None);
    assert_eq!(store.counts().unwrap().queued, 1);
    assert_eq!(fs::metadata(&log).unwrap().len(), 0);
}
