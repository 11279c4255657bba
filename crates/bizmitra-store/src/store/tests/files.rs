//! Files: bytes before their row, rows before their bytes are gone, and nothing that a crash left.

use std::fs;
use std::path::PathBuf;

use bizmitra_core::file::{Event, FileStore as _, KEPT_MS, Reason, State, Unsent, Wish};
use bizmitra_core::outbox::Outcome;

use super::*;

fn file_path(folder: &TempDir, id: ItemId) -> PathBuf {
    folder.path().join("files").join(id.0.simple().to_string())
}

fn write(store: &SqlcipherStore, id: ItemId, bytes: &[u8]) {
    let mut writer = store.create(id).unwrap();
    writer.write(bytes).unwrap();
    writer.finish().unwrap();
}

fn state(store: &SqlcipherStore, id: ItemId) -> State {
    store.file(id).unwrap().unwrap().state
}

fn file_effect(length: u64) -> Effect {
    Effect::File {
        length,
        sha256: [3; 32],
        cell: columns()
            .seal(Column::File, id(1), CANARY.as_bytes())
            .unwrap(),
    }
}

/// A file with its bytes and its row, its record confirmed.
fn captured(store: &SqlcipherStore, n: u128, lane: Lane, length: u64) -> ItemId {
    write(store, id(n), &vec![9; usize::try_from(length).unwrap()]);
    append(store, id(n), lane, file_effect(length)).unwrap();
    confirm(store, id(n));
    id(n)
}

fn confirm(store: &SqlcipherStore, id: ItemId) {
    store.mark_in_doubt(&[id]).unwrap();
    let outcome = Outcome::Acked {
        receipt: b"{}".to_vec(),
        received_at_ms: 1,
    };
    store.apply_outcomes(&[(id, outcome)]).unwrap();
}

#[test]
fn a_file_is_there_with_its_row_and_reads_back_in_pieces() {
    let (folder, store) = started();
    write(&store, id(1), b"0123456789");
    assert_eq!(
        append(&store, id(1), Lane::File, file_effect(10)).unwrap(),
        Appended::New { seq: 1 }
    );
    assert_eq!(
        append(&store, id(1), Lane::File, file_effect(10)).unwrap(),
        Appended::AlreadyThere,
        "the same form twice is one file"
    );
    drop(store);
    let (store, _) = open(&folder);
    let file = store.file(id(1)).unwrap().unwrap();
    assert_eq!(
        (file.state, file.length, file.kept),
        (State::Waiting, 10, true)
    );
    assert_eq!(store.read_bytes(id(1), 4, 3).unwrap().unwrap(), b"456");
    assert_eq!(store.read_bytes(id(1), 8, 9).unwrap().unwrap(), b"89");
    assert_eq!(store.read_bytes(id(2), 0, 1).unwrap(), None);
    let cell = store.cell(&columns(), id(1)).unwrap().unwrap();
    assert_eq!(cell.as_slice(), CANARY.as_bytes());
    assert_eq!(
        store.cell(&columns_of(99), id(1)).unwrap(),
        None,
        "of another vault"
    );
}

#[test]
fn what_a_crash_left_without_a_row_is_gone_at_the_next_start() {
    let (folder, store) = started();
    let whole = captured(&store, 1, Lane::File, 4);
    write(&store, id(2), b"no row");
    let mut writer = store.create(id(3)).unwrap();
    writer.write(b"cut").unwrap();
    drop(writer);
    let (mut part, _) = store.resume(id(4)).unwrap();
    part.write(b"of nothing").unwrap();
    drop(part);
    drop(store);
    let (store, _) = open(&folder);
    let left: Vec<_> = fs::read_dir(folder.path().join("files"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, [whole.0.simple().to_string()]);
    assert!(store.read_bytes(whole, 0, 4).unwrap().is_some());
}

#[test]
fn a_salvaged_store_keeps_bytes_whose_rows_it_may_have_lost() {
    let (folder, store) = started();
    write(&store, id(2), b"no row");
    store
        .with_connection(|conn| {
            crate::table::setting::put(conn, crate::table::setting::SALVAGED, b"1")
        })
        .unwrap();
    drop(store);
    let (store, _) = open(&folder);
    assert!(store.read_bytes(id(2), 0, 1).unwrap().is_some());
}

#[test]
fn selfies_go_before_files_and_only_behind_their_confirmed_records() {
    let (_folder, store) = started();
    captured(&store, 1, Lane::File, 10);
    captured(&store, 2, Lane::Selfie, 10);
    write(&store, id(3), b"x");
    append(&store, id(3), Lane::Selfie, file_effect(1)).unwrap();
    let next = |most| store.next_upload(most).unwrap().map(|file| file.id);
    assert_eq!(next(u64::MAX), Some(id(2)));
    assert_eq!(next(9), None, "the third one's record is not confirmed");
    store.set_paused(id(2), Wish::Wait).unwrap();
    assert_eq!(next(u64::MAX), Some(id(1)));
    store.settle(id(1), Event::Marked, 5).unwrap();
    assert_eq!(next(u64::MAX), Some(id(1)), "in doubt is sent again");
    store
        .settle(id(1), Event::Refused(Reason::Quota), 5)
        .unwrap();
    assert_eq!(next(u64::MAX), None);
    let unsent = store.unsent().unwrap();
    assert_eq!((unsent.waiting, unsent.parked, unsent.bytes), (2, 1, 11));
    store.set_paused(id(2), Wish::Go).unwrap();
    assert_eq!(next(u64::MAX), Some(id(2)));
}

#[test]
fn bytes_stay_a_week_after_they_were_sent_and_come_down_again() {
    let (folder, store) = started();
    let file = captured(&store, 1, Lane::File, 10);
    store.settle(file, Event::Marked, 1_000).unwrap();
    store.settle(file, Event::Arrived, 1_000).unwrap();
    store.remove_expired(1_000 + KEPT_MS).unwrap();
    assert!(file_path(&folder, file).exists());
    store.remove_expired(1_001 + KEPT_MS).unwrap();
    assert!(!file_path(&folder, file).exists());
    assert!(!store.file(file).unwrap().unwrap().kept);

    let (mut part, there) = store.resume(file).unwrap();
    assert_eq!(there, 0);
    part.write(b"01234").unwrap();
    drop(part);
    drop(store);
    let (store, _) = open(&folder);
    let (mut part, there) = store.resume(file).unwrap();
    assert_eq!(there, 5, "a download goes on after a restart");
    part.write(b"56789").unwrap();
    part.finish().unwrap();
    store.note_kept(file, 2_000 + KEPT_MS).unwrap();
    store.remove_expired(1_500 + 2 * KEPT_MS).unwrap();
    assert_eq!(
        store.read_bytes(file, 0, 20).unwrap().unwrap(),
        b"0123456789"
    );
}

#[test]
fn a_cancelled_file_has_a_withdrawal_and_no_bytes() {
    let (folder, store) = started();
    let file = captured(&store, 1, Lane::File, 10);
    let cancel = |n| {
        append(
            &store,
            id(n),
            Lane::Record,
            Effect::CancelFile { about: file },
        )
        .unwrap()
    };
    assert!(matches!(cancel(11), Appended::New { .. }));
    assert_eq!(cancel(12), Appended::AlreadyThere);
    assert_eq!(state(&store, file), State::Cancelled);
    store.remove_expired(0).unwrap();
    assert!(!file_path(&folder, file).exists());
    assert_eq!(store.unsent().unwrap(), Unsent::default());
}

#[test]
fn a_file_that_was_sent_is_not_cancelled_any_more() {
    let (_folder, store) = started();
    let file = captured(&store, 1, Lane::File, 10);
    store.settle(file, Event::Marked, 1).unwrap();
    store.settle(file, Event::Arrived, 1).unwrap();
    let cancel = append(
        &store,
        id(11),
        Lane::Record,
        Effect::CancelFile { about: file },
    );
    assert_eq!(cancel.unwrap(), Appended::AlreadyThere);
    assert_eq!(state(&store, file), State::Sent);
}

#[test]
fn the_order_to_wipe_leaves_what_must_be_delivered_and_no_name_or_key() {
    let (folder, store) = started();
    let sent = captured(&store, 1, Lane::File, 10);
    store.settle(sent, Event::Marked, 1).unwrap();
    store.settle(sent, Event::Arrived, 1).unwrap();
    let waits = captured(&store, 2, Lane::File, 10);
    store.wipe().unwrap();
    assert!(store.file(sent).unwrap().is_none() && !file_path(&folder, sent).exists());
    assert_eq!(store.next_upload(u64::MAX).unwrap().unwrap().id, waits);
    assert!(store.read_bytes(waits, 0, 10).unwrap().is_some());
    assert_eq!(store.cell(&columns(), waits).unwrap(), None);
    // Delivered, it goes with the next one.
    store.settle(waits, Event::Marked, 1).unwrap();
    store.settle(waits, Event::Arrived, 1).unwrap();
    store.wipe().unwrap();
    assert!(store.record_ids().unwrap().is_empty() && !file_path(&folder, waits).exists());
}

#[test]
fn a_full_disk_writes_no_row_and_discarding_leaves_nothing() {
    let (folder, store) = started();
    write(&store, id(1), b"0123456789");
    store.limit_pages(1);
    let mut effect = file_effect(10);
    if let Effect::File { cell, .. } = &mut effect {
        cell.resize(200_000, 0);
    }
    assert_eq!(
        append(&store, id(1), Lane::File, effect).unwrap_err(),
        StoreError::DiskFull
    );
    store.discard(id(1)).unwrap();
    assert!(!file_path(&folder, id(1)).exists());
    store.limit_pages(0);
    let kept = captured(&store, 2, Lane::File, 3);
    store.discard(kept).unwrap();
    assert!(
        file_path(&folder, kept).exists(),
        "what a row names is not discarded"
    );
}
