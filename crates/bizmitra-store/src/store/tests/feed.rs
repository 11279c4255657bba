//! The change feed: cache, taps of other devices, and the alarm.

use bizmitra_core::attendance::{Grade, ServerCopy, Spot};
use bizmitra_core::ids::SiteId;
use bizmitra_core::outbox::{Outcome, State};
use bizmitra_core::store::{FeedKind, FeedPage};

use super::*;

/// The server's honest copy of `tap(store, n)`.
fn copy(n: u128) -> ServerCopy {
    ServerCopy {
        id: id(n),
        hash: hash(id(n)),
        action: Some(Action::CheckIn),
        wall_ms: 1_764_000_000_000 + i64::try_from(n).unwrap(),
        withdrawn: false,
        day: DAY.to_owned(),
        grade: Grade::B,
        tolerance_ms: Some(900),
        received_at_ms: 77,
        place: None,
        offset_min: 330,
        own: true,
    }
}

fn inside() -> Place {
    Place::Inside(Spot {
        site: SiteId(Uuid::from_u128(5)),
        distance_m: 12,
        accuracy_m: 8,
    })
}

fn page(attendance: Vec<ServerCopy>) -> FeedPage {
    FeedPage {
        cursor: "c1".to_owned(),
        values: vec![],
        attendance,
    }
}

fn feed(store: &SqlcipherStore, copy: ServerCopy) -> bool {
    let tap = copy.id;
    store.apply_feed(&columns(), &page(vec![copy])).unwrap();
    store.entry(&columns(), tap).unwrap().unwrap().alarm
}

fn deliver(store: &SqlcipherStore, item: ItemId) {
    store.mark_in_doubt(&[item]).unwrap();
    store
        .apply_outcomes(&[(
            item,
            Outcome::Acked {
                receipt: vec![],
                received_at_ms: 5,
            },
        )])
        .unwrap();
}

#[test]
fn values_are_cached_replaced_removed_and_forgotten() {
    let (_folder, store) = started();
    let value =
        |kind, id: &str, value: Option<&[u8]>| (kind, id.to_owned(), value.map(<[u8]>::to_vec));
    let values = vec![
        value(FeedKind::Site, "b", Some(b"2")),
        value(FeedKind::Site, "a", Some(b"1")),
        value(FeedKind::Shift, "a", Some(b"3")),
        value(FeedKind::Site, "b", Some(b"4")),
        value(FeedKind::Shift, "a", None),
    ];
    store
        .apply_feed(
            &columns(),
            &FeedPage {
                cursor: "c9".to_owned(),
                values,
                attendance: vec![],
            },
        )
        .unwrap();
    assert_eq!(
        store.feed_values(FeedKind::Site).unwrap(),
        [b"1".to_vec(), b"4".to_vec()]
    );
    assert!(store.feed_values(FeedKind::Shift).unwrap().is_empty());
    assert_eq!(store.feed_cursor().unwrap(), Some("c9".to_owned()));
    store.reset_feed().unwrap();
    assert!(store.feed_values(FeedKind::Site).unwrap().is_empty());
    assert_eq!(store.feed_cursor().unwrap(), None);
}

#[test]
fn an_honest_copy_brings_the_grade_and_no_alarm() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    assert!(!feed(&store, copy(1)));
    assert_eq!(
        store.entry(&columns(), first).unwrap().unwrap().grade,
        Some((Grade::B, Some(900)))
    );
    assert!(store.alarms(&columns()).unwrap().is_empty());
    assert_eq!(
        store
            .entry(&columns(), first)
            .unwrap()
            .unwrap()
            .confirmed_ms,
        None,
        "only a receipt confirms"
    );
}

#[test]
fn each_edit_of_a_stored_tap_raises_an_alarm_that_stays() {
    let edits: [fn(&mut ServerCopy); 4] = [
        |copy| copy.hash[0] ^= 1,
        |copy| copy.wall_ms += 1,
        |copy| copy.action = Some(Action::CheckOut),
        |copy| copy.offset_min = 0,
    ];
    for edit in edits {
        let (_folder, store) = started();
        let first = tap(&store, 1);
        let mut edited = copy(1);
        edit(&mut edited);
        assert!(feed(&store, edited));
        assert!(
            feed(&store, copy(1)),
            "putting it back does not undo that it was edited"
        );
        let alarms: Vec<_> = store
            .alarms(&columns())
            .unwrap()
            .into_iter()
            .map(|entry| entry.tap.id)
            .collect();
        assert_eq!(alarms, [first]);
        let entry = store.entry(&columns(), first).unwrap().unwrap();
        assert_eq!(
            (entry.tap.wall_ms, entry.hash),
            (1_764_000_000_001, hash(first)),
            "what was signed stays as it was"
        );
    }
}

#[test]
fn a_withdrawal_that_the_server_confirmed_and_forgot_raises_an_alarm() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    withdraw(&store, 11, first);
    assert!(!feed(&store, copy(1)), "it may not have arrived yet");
    deliver(&store, id(11));
    assert!(feed(&store, copy(1)));
    assert!(
        !feed(
            &store,
            ServerCopy {
                withdrawn: true,
                ..copy(1)
            }
        ),
        "a page made before it arrived is no edit"
    );
}

#[test]
fn a_withdrawal_that_nobody_made_raises_an_alarm() {
    let (_folder, store) = started();
    tap(&store, 1);
    assert!(feed(
        &store,
        ServerCopy {
            withdrawn: true,
            ..copy(1)
        }
    ));
}

#[test]
fn a_place_must_be_the_one_that_was_signed() {
    let (_folder, store) = started();
    let first = tap(&store, 1);
    assert!(
        feed(
            &store,
            ServerCopy {
                place: Some(inside()),
                ..copy(1)
            }
        ),
        "there was none"
    );
    evidence(&store, 11, first);
    assert!(feed(
        &store,
        ServerCopy {
            place: Some(inside()),
            ..copy(1)
        }
    ));
    let signed = Some(no_gps(first).place);
    assert!(
        !feed(
            &store,
            ServerCopy {
                place: signed,
                ..copy(1)
            }
        ),
        "confirmed or not"
    );
    assert!(!feed(&store, copy(1)), "it may not have arrived yet");
    deliver(&store, id(11));
    assert!(feed(&store, copy(1)));
    assert!(!feed(
        &store,
        ServerCopy {
            place: signed,
            ..copy(1)
        }
    ));
}

#[test]
fn taps_of_the_persons_other_devices_are_entries_without_a_record() {
    let (_folder, store) = started();
    let foreign = ServerCopy {
        own: false,
        place: Some(inside()),
        ..copy(50)
    };
    assert!(!feed(&store, foreign.clone()));
    let entry = store.entry(&columns(), id(50)).unwrap().unwrap();
    assert_eq!(
        (entry.seq, entry.state, entry.confirmed_ms, entry.withdrawn),
        (0, State::Acked, Some(77), false)
    );
    assert_eq!(
        (entry.tap.offset_min, entry.evidence.unwrap().place),
        (330, inside())
    );
    assert!(!feed(
        &store,
        ServerCopy {
            withdrawn: true,
            day: "2026-11-24".to_owned(),
            ..foreign
        }
    ));
    let entry = store.entry(&columns(), id(50)).unwrap().unwrap();
    assert_eq!(
        (entry.withdrawn, entry.tap.day.as_str()),
        (true, "2026-11-24")
    );
    assert!(
        store.taps_without_evidence().unwrap().is_empty(),
        "this device owes nothing for it"
    );
    store
        .apply_feed(
            &columns(),
            &page(vec![ServerCopy {
                own: false,
                action: None,
                ..copy(51)
            }]),
        )
        .unwrap();
    assert_eq!(
        store.entry(&columns(), id(51)).unwrap(),
        None,
        "a kind of a newer server cannot be shown"
    );
    tap(&store, 1);
    store.reset_feed().unwrap();
    assert_eq!(store.entry(&columns(), id(50)).unwrap(), None);
    assert!(store.entry(&columns(), id(1)).unwrap().is_some());
}

#[test]
fn a_tap_of_this_device_that_it_never_made_raises_an_alarm() {
    let (_folder, store) = started();
    assert!(feed(&store, copy(50)));
    assert!(feed(&store, copy(50)));
}
