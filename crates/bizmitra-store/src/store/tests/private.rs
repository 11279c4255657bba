//! What a locked phone must not show.

use bizmitra_core::attendance::{Grade, ServerCopy};
use bizmitra_core::store::FeedPage;

use super::*;

fn locked() -> Columns {
    Columns::locked(columns().locked_key(), Arc::new(Counter))
}

fn copy_of(tap: ItemId, hash: [u8; 32]) -> FeedPage {
    FeedPage {
        cursor: "c1".to_owned(),
        values: vec![],
        attendance: vec![ServerCopy {
            id: tap,
            hash,
            action: Some(Action::CheckOut),
            wall_ms: 9,
            withdrawn: false,
            day: "2026-11-25".to_owned(),
            grade: Grade::B,
            tolerance_ms: Some(900),
            received_at_ms: 77,
            place: None,
            offset_min: 330,
            own: true,
        }],
    }
}

#[test]
fn a_locked_vault_reads_no_entry_and_no_bytes() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    let locked = locked();
    assert_eq!(store.entry(&locked, first), Err(StoreError::Locked));
    assert_eq!(store.entries_of_day(&locked, DAY), Err(StoreError::Locked));
    assert_eq!(store.latest_entries(&locked, 9), Err(StoreError::Locked));
    assert_eq!(store.record(&locked, first), Err(StoreError::Locked));
    assert_eq!(
        store.apply_feed(&locked, &copy_of(id(50), [0; 32])),
        Err(StoreError::Locked)
    );
    assert_eq!(store.feed_cursor().unwrap(), None, "nothing half-applied");
    assert_eq!(store.count_alarms().unwrap(), 0);
    assert_eq!(store.taps_without_evidence().unwrap(), [first]);
}

#[test]
fn evidence_written_while_locked_is_read_once_unlocked() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    let cell = seal_cell(&locked(), Column::Evidence, first, &no_gps(first)).unwrap();
    let effect = Effect::Evidence {
        about: first,
        evidence: cell,
    };
    append(&store, id(11), Lane::Record, effect).unwrap();
    assert_eq!(
        store.entry(&columns(), first).unwrap().unwrap().evidence,
        Some(no_gps(first))
    );
}

#[test]
fn after_the_vault_is_gone_nothing_of_it_can_be_read_and_the_feed_brings_it_back() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    evidence(&store, 11, first);
    let next = columns_of(2);
    assert_eq!(store.entry(&next, first).unwrap(), None);
    assert!(store.entries_of_day(&next, DAY).unwrap().is_empty());
    assert!(store.latest_entries(&next, 9).unwrap().is_empty());
    let kept = store.record(&next, first).unwrap().unwrap();
    assert_eq!(kept.bytes, None);
    assert!(
        kept.item.payload.starts_with(CANARY.as_bytes()),
        "what is sent stays"
    );
    store
        .apply_feed(&next, &copy_of(first, hash(first)))
        .unwrap();
    let entry = store.entry(&next, first).unwrap().unwrap();
    assert_eq!(
        (entry.tap.action, entry.tap.day.as_str(), entry.alarm),
        (Action::CheckOut, "2026-11-25", false)
    );
    assert_eq!(store.entries_of_day(&next, "2026-11-25").unwrap().len(), 1);
    assert!(
        store.taps_without_evidence().unwrap().is_empty(),
        "no evidence is owed twice"
    );
}

#[test]
fn an_edit_is_noticed_although_the_vault_that_wrote_the_tap_is_gone() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    let next = columns_of(2);
    store.apply_feed(&next, &copy_of(first, [0; 32])).unwrap();
    let entry = store.entry(&next, first).unwrap().unwrap();
    assert!(entry.alarm);
    assert_eq!(entry.hash, hash(first), "what was signed stays");
    assert_eq!(store.count_alarms().unwrap(), 1);
}
