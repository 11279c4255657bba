//! Appending to the chain and reading back.

use bizmitra_core::outbox::{Counts, Outcome, State};
use bizmitra_core::store::{BuildError, ChainEnd, Key};

use super::*;

#[test]
fn a_tap_is_record_outbox_item_and_entry_at_once() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    let second = tap(&store, 2);
    let stored = store.record(&columns(), second).unwrap().unwrap();
    assert_eq!(
        (stored.item.seq, stored.item.prev_hash, stored.receipt),
        (2, hash(first), None)
    );
    assert_eq!(
        stored.item.sigs,
        vec![
            ("0123456789abcdef".to_owned(), [1; 64]),
            ("fedcba9876543210".to_owned(), [2; 64])
        ]
    );
    let entry = store.entry(&columns(), first).unwrap().unwrap();
    assert_eq!(entry.tap, tap_row(first, 1_764_000_000_001));
    assert_eq!(
        (entry.seq, entry.hash, entry.state, entry.confirmed_ms),
        (1, hash(first), State::Queued, None)
    );
    assert_eq!(
        (entry.evidence, entry.withdrawn, entry.grade, entry.alarm),
        (None, false, None, false)
    );
    assert_eq!(
        store.counts().unwrap(),
        Counts {
            queued: 2,
            ..Counts::default()
        }
    );
    let day: Vec<_> = store
        .entries_of_day(&columns(), DAY)
        .unwrap()
        .into_iter()
        .map(|entry| entry.tap.id)
        .collect();
    assert_eq!(day, [first, second]);
    let latest: Vec<_> = store
        .latest_entries(&columns(), 1)
        .unwrap()
        .into_iter()
        .map(|entry| entry.tap.id)
        .collect();
    assert_eq!(latest, [second]);
    assert!(
        store
            .entries_of_day(&columns(), "2026-11-24")
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_double_tap_is_one_item_and_builds_nothing() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    let again = store.append(first, &mut |_| panic!("built twice"));
    assert_eq!(again, Ok(Appended::AlreadyThere));
    assert_eq!(store.counts().unwrap().queued, 1);
}

#[test]
fn evidence_and_withdrawal_count_once() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    let second = tap(&store, 2);
    assert_eq!(store.taps_without_evidence().unwrap().len(), 2);
    assert_eq!(evidence(&store, 11, first), Appended::New { seq: 3 });
    assert_eq!(evidence(&store, 12, first), Appended::AlreadyThere);
    assert_eq!(withdraw(&store, 13, first), Appended::New { seq: 4 });
    assert_eq!(withdraw(&store, 14, first), Appended::AlreadyThere);
    assert_eq!(
        store.counts().unwrap().queued,
        4,
        "what was there already left nothing behind"
    );
    assert_eq!(store.record(&columns(), id(12)).unwrap(), None);
    assert_eq!(store.taps_without_evidence().unwrap(), [second]);
    let entry = store.entry(&columns(), first).unwrap().unwrap();
    assert_eq!(
        (entry.evidence, entry.withdrawn),
        (Some(no_gps(first)), true)
    );
    // The chain goes on without a gap.
    assert_eq!(evidence(&store, 15, second), Appended::New { seq: 5 });
}

#[test]
fn a_consent_is_a_record_and_a_setting() {
    let (_folder, store) = started();
    append(
        &store,
        id(1),
        Lane::Control,
        Effect::Consent {
            value: b"{\"given\":true}".to_vec(),
        },
    )
    .unwrap();
    assert_eq!(
        store.get(Key::Consent).unwrap(),
        Some(b"{\"given\":true}".to_vec())
    );
    assert_eq!(store.counts().unwrap().queued, 1);
}

#[test]
fn a_record_that_cannot_be_built_leaves_nothing() {
    let (_folder, store) = started();
    let error = BuildError("no key".to_owned());
    assert_eq!(
        store.append(id(1), &mut |_| Err(error.clone())),
        Err(StoreError::Build(error.clone()))
    );
    assert_eq!(store.counts().unwrap(), Counts::default());
    assert_eq!(
        evidence_of_nothing(&store),
        Err(StoreError::Failed(
            "evidence names a tap that this store did not record".to_owned()
        ))
    );
    assert_eq!(store.counts().unwrap(), Counts::default());
    assert_eq!(store.chain().unwrap().unwrap().seq, 0);
}

fn evidence_of_nothing(store: &SqlcipherStore) -> Result<Appended, StoreError> {
    append(
        store,
        id(11),
        Lane::Record,
        evidence_effect(&no_gps(id(99))),
    )
}

#[test]
fn a_record_for_another_place_in_the_chain_is_refused() {
    let (_folder, store) = started();
    tap(&store, 1);
    let wrong = store.append(id(2), &mut |head| {
        let stale = ChainHead {
            seq: head.seq - 1,
            ..head.clone()
        };
        Ok(build(
            &stale,
            id(2),
            Lane::CheckIn,
            tap_effect(&tap_row(id(2), 0)),
            0,
        ))
    });
    assert!(matches!(wrong, Err(StoreError::Failed(_))));
    assert_eq!(store.record(&columns(), id(2)).unwrap(), None);
}

#[test]
fn a_chain_starts_once_and_another_one_begins_anew() {
    let (_folder, store) = started();
    let (one, two) = (ChainId(Uuid::from_u128(1)), ChainId(Uuid::from_u128(2)));
    tap(&store, 1);
    let head = store.start_chain(one).unwrap();
    assert_eq!((head.chain, head.seq), (one, 1));
    let fresh = store.start_chain(two).unwrap();
    assert_eq!((fresh.chain, fresh.seq, fresh.hash), (two, 0, [0; 32]));
    tap(&store, 2);
    assert_eq!(store.start_chain(one).unwrap(), head);
    assert_eq!(store.chain().unwrap(), Some(head));
}

fn acknowledge(store: &SqlcipherStore, n: u128) {
    store.mark_in_doubt(&[id(n)]).unwrap();
    let acked = Outcome::Acked {
        receipt: b"{}".to_vec(),
        received_at_ms: 5,
    };
    store.apply_outcomes(&[(id(n), acked)]).unwrap();
}

#[test]
fn a_new_chain_names_the_last_receipted_record_until_it_has_one_of_its_own() {
    let (_folder, store) = started();
    let follows = |store: &SqlcipherStore| store.chain().unwrap().unwrap().follows;
    assert_eq!(follows(&store), None);
    for n in 1..=3 {
        tap(&store, n);
    }
    let second = store.record(&columns(), id(2)).unwrap().unwrap().item;
    acknowledge(&store, 1);
    acknowledge(&store, 2);
    assert_eq!(follows(&store), None, "it has records");
    let head = store.start_chain(ChainId(Uuid::from_u128(2))).unwrap();
    let end = ChainEnd {
        chain: second.chain,
        seq: 2,
        hash: second.hash,
    };
    assert_eq!(head.follows, Some(end), "the third has no receipt");
    acknowledge(&store, 3);
    let third = follows(&store).unwrap();
    assert_eq!((third.chain, third.seq), (second.chain, 3));
    tap(&store, 4);
    assert_eq!(follows(&store), None);
}

#[test]
fn nothing_is_appended_before_the_chain_is_started() {
    let folder = TempDir::new().unwrap();
    let (store, _) = open(&folder);
    assert!(matches!(
        append(&store, id(1), Lane::CheckIn, tap_effect(&tap_row(id(1), 0))),
        Err(StoreError::Failed(_))
    ));
}

#[test]
fn settings_are_set_replaced_and_removed() {
    let (_folder, store) = started();
    assert_eq!(store.get(Key::Tries).unwrap(), None);
    store.put(Key::Tries, b"1").unwrap();
    store.put(Key::Tries, b"2").unwrap();
    assert_eq!(store.get(Key::Tries).unwrap(), Some(b"2".to_vec()));
    store.remove(Key::Tries).unwrap();
    store.remove(Key::Tries).unwrap();
    assert_eq!(store.get(Key::Tries).unwrap(), None);
}

#[test]
fn everything_is_there_after_closing_and_opening() {
    let (folder, store) = started();
    let first = tap(&store, 1);
    evidence(&store, 11, first);
    store.put(Key::Enrolment, b"{}").unwrap();
    let before = (
        store.record(&columns(), first).unwrap(),
        store.entry(&columns(), first).unwrap(),
    );
    drop(store);
    let (store, report) = open(&folder);
    assert_eq!(report.damage, None);
    assert_eq!(
        (
            store.record(&columns(), first).unwrap(),
            store.entry(&columns(), first).unwrap()
        ),
        before
    );
    assert_eq!(store.get(Key::Enrolment).unwrap(), Some(b"{}".to_vec()));
    assert_eq!(store.chain().unwrap().unwrap().seq, 2);
}

#[test]
fn a_lost_connection_is_opened_again() {
    let (_folder, store) = started();
    tap(&store, 1);
    store.drop_connection();
    tap(&store, 2);
    assert_eq!(store.counts().unwrap().queued, 2);
}

#[test]
fn taps_from_many_threads_make_one_chain() {
    let (_folder, store) = started();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..25 {
                    tap(store, 100 * (thread + 1) + n);
                }
            });
        }
    });
    assert_eq!(store.counts().unwrap().queued, 100);
    let mut items = store.pick(200, usize::MAX, &[]).unwrap();
    items.sort_by_key(|item| item.seq);
    let mut head = [0; 32];
    for (seq, item) in (1..).zip(&items) {
        assert_eq!((item.seq, item.prev_hash), (seq, head));
        head = item.hash;
    }
}

#[test]
fn what_was_written_is_what_is_read_next_whoever_wrote_it() {
    let (_folder, store) = started();
    assert_eq!(store.get(Key::Consent).unwrap(), None);
    let consent = |value: &[u8]| Effect::Consent {
        value: value.to_vec(),
    };
    append(&store, id(1), Lane::Control, consent(b"yes")).unwrap();
    assert_eq!(store.get(Key::Consent).unwrap(), Some(b"yes".to_vec()));
    append(&store, id(2), Lane::Control, consent(b"no")).unwrap();
    assert_eq!(store.get(Key::Consent).unwrap(), Some(b"no".to_vec()));
    store.put(Key::Anchor, b"1").unwrap();
    assert_eq!(store.get(Key::Anchor).unwrap(), Some(b"1".to_vec()));
    store.limit_pages(1);
    assert_eq!(
        store.put(Key::Anchor, &[1; 64 * 1024]),
        Err(StoreError::DiskFull)
    );
    assert_eq!(
        store.get(Key::Anchor).unwrap(),
        Some(b"1".to_vec()),
        "what was not written is not read"
    );
}
