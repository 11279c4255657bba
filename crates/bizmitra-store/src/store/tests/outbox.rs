//! Sending order, the send mark, verdicts.

use bizmitra_core::outbox::{Counts, Outcome, ParkReason, State};

use super::*;

fn acked(at: i64) -> Outcome {
    Outcome::Acked {
        receipt: format!("{{\"at\":{at}}}").into_bytes(),
        received_at_ms: at,
    }
}

fn picked(store: &SqlcipherStore, limit: usize, bytes: usize, except: &[ItemId]) -> Vec<ItemId> {
    store
        .pick(limit, bytes, except)
        .unwrap()
        .into_iter()
        .map(|item| item.id)
        .collect()
}

#[test]
fn items_are_picked_by_lane_and_then_oldest_first() {
    let (_folder, store) = started();
    let first = tap(&store, 9);
    evidence(&store, 8, first);
    append(
        &store,
        id(7),
        Lane::Control,
        Effect::Consent {
            value: b"{}".to_vec(),
        },
    )
    .unwrap();
    tap(&store, 6);
    assert_eq!(
        picked(&store, 10, usize::MAX, &[]),
        [id(7), id(9), id(6), id(8)]
    );
    assert_eq!(picked(&store, 2, usize::MAX, &[]), [id(7), id(9)]);
    assert_eq!(picked(&store, 2, usize::MAX, &[id(7)]), [id(9), id(6)]);
    assert_eq!(picked(&store, 0, usize::MAX, &[]), []);
}

#[test]
fn a_pick_keeps_within_its_bytes_but_always_brings_one() {
    let (_folder, store) = started();
    for n in 1..=3 {
        append_sized(
            &store,
            id(n),
            Lane::CheckIn,
            tap_effect(&tap_row(id(n), 0)),
            1000,
        )
        .unwrap();
    }
    assert_eq!(picked(&store, 10, 2999, &[]), [id(1), id(2)]);
    assert_eq!(picked(&store, 10, 3000, &[]), [id(1), id(2), id(3)]);
    assert_eq!(picked(&store, 10, 10, &[]), [id(1)]);
}

#[test]
fn picking_uses_the_partial_index() {
    let (_folder, store) = started();
    let plan: Vec<String> = store.with_connection(|conn| {
        let mut statement = conn
            .prepare(&format!(
                "EXPLAIN QUERY PLAN {}",
                crate::table::outbox::pick_sql()
            ))
            .unwrap();
        statement
            .query_map([], |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    });
    assert!(
        plan.iter().any(|step| step.contains("outbox_sendable")),
        "{plan:?}"
    );
    assert!(
        !plan.iter().any(|step| step.contains("TEMP B-TREE")),
        "{plan:?}"
    );
}

#[test]
fn the_send_mark_is_compare_and_set() {
    let (_folder, store) = started();
    for n in 1..=4 {
        tap(&store, n);
    }
    assert_eq!(
        store.mark_in_doubt(&[id(1), id(2), id(3)]).unwrap(),
        [id(1), id(2), id(3)]
    );
    store
        .apply_outcomes(&[
            (id(2), acked(5)),
            (id(3), Outcome::Parked(ParkReason::Conflict)),
        ])
        .unwrap();
    assert_eq!(
        store
            .mark_in_doubt(&[id(1), id(2), id(3), id(4), id(77)])
            .unwrap(),
        [id(1), id(4)]
    );
    assert_eq!(
        store.counts().unwrap(),
        Counts {
            queued: 0,
            in_doubt: 2,
            parked: 1,
            acked: 1
        }
    );
    assert_eq!(
        picked(&store, 10, usize::MAX, &[]),
        [id(1), id(4)],
        "what is done or parked is not sent"
    );
}

#[test]
fn a_verdict_stores_its_receipt_and_a_repeated_one_changes_nothing() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    store.mark_in_doubt(&[first]).unwrap();
    store
        .apply_outcomes(&[(first, acked(5)), (id(77), acked(5))])
        .unwrap();
    store
        .apply_outcomes(&[
            (first, acked(6)),
            (first, Outcome::Parked(ParkReason::Validation)),
        ])
        .unwrap();
    let entry = store.entry(&columns(), first).unwrap().unwrap();
    assert_eq!((entry.state, entry.confirmed_ms), (State::Acked, Some(5)));
    assert_eq!(
        store.record(&columns(), first).unwrap().unwrap().receipt,
        Some(b"{\"at\":5}".to_vec())
    );
}

#[test]
fn an_item_that_was_never_on_a_wire_cannot_be_judged() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    store
        .apply_outcomes(&[
            (first, acked(5)),
            (first, Outcome::Parked(ParkReason::Validation)),
        ])
        .unwrap();
    assert_eq!(
        store.counts().unwrap(),
        Counts {
            queued: 1,
            ..Counts::default()
        }
    );
    assert_eq!(
        store.record(&columns(), first).unwrap().unwrap().receipt,
        None
    );
}

#[test]
fn a_parked_item_keeps_its_reason_and_can_be_sent_again() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    assert!(!store.unpark(first).unwrap());
    store.mark_in_doubt(&[first]).unwrap();
    store
        .apply_outcomes(&[(first, Outcome::Parked(ParkReason::UnknownKind))])
        .unwrap();
    let parked = store.parked().unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(
        (parked[0].0.id, parked[0].1),
        (first, ParkReason::UnknownKind)
    );
    assert!(store.unpark(first).unwrap());
    assert!(!store.unpark(first).unwrap());
    assert_eq!(store.mark_in_doubt(&[first]).unwrap(), [first]);
    // Another process may deliver what is parked here.
    store
        .apply_outcomes(&[(first, Outcome::Parked(ParkReason::Forbidden))])
        .unwrap();
    store.apply_outcomes(&[(first, acked(9))]).unwrap();
    assert_eq!(store.counts().unwrap().acked, 1);
    assert!(store.parked().unwrap().is_empty());
}

#[test]
fn acked_through_stops_before_the_first_record_without_a_receipt() {
    let (_folder, store) = started();
    assert_eq!(store.acked_through().unwrap(), 0);
    let taps = [tap(&store, 1), tap(&store, 2), tap(&store, 3)];
    assert_eq!(store.acked_through().unwrap(), 0);
    store.mark_in_doubt(&taps).unwrap();
    store
        .apply_outcomes(&[(taps[0], acked(5)), (taps[2], acked(5))])
        .unwrap();
    assert_eq!(store.acked_through().unwrap(), 1);
    store
        .apply_outcomes(&[(taps[1], Outcome::Parked(ParkReason::Forbidden))])
        .unwrap();
    assert_eq!(store.acked_through().unwrap(), 1);
    store.apply_outcomes(&[(taps[1], acked(5))]).unwrap();
    assert_eq!(store.acked_through().unwrap(), 3);
}
