//! Values at the edges of their types, which a device of ours never writes and a bent one can sign.

use bizmitra_contract::encoding::Bytes32;
use bizmitra_contract::ids::{ChainId, ItemId};
use bizmitra_contract::paths;
use bizmitra_contract::record::{
    Evidence, PlaceFlag, PlaceVerdict, Record, RecordBody, Tap, Withdrawal,
};
use bizmitra_contract::sync::Verdict;
use libtest_mimic::Trial;
use uuid::Uuid;

use super::{applied, outside, ravi, tap};
use crate::support::attack;

pub fn trials() -> Vec<Trial> {
    EDGES
        .iter()
        .map(|(words, bend)| {
            let sentence =
                format!("a record with {words} gets a verdict, and the day's other records stand");
            attack(sentence, move || edge(*bend))
        })
        .collect()
}

type Edge = fn(&mut Record);

const EDGES: &[(&str, Edge)] = &[
    ("the first instant that a clock can show", |record| {
        record.wall_ms = i64::MIN
    }),
    ("the last instant that a clock can show", |record| {
        record.wall_ms = i64::MAX
    }),
    ("a clock at zero", |record| record.wall_ms = 0),
    ("a clock before 1970", |record| record.wall_ms = -1),
    ("a clock in the year 9999", |record| {
        record.wall_ms = 253_402_300_799_999
    }),
    ("a clock beyond the year 9999", |record| {
        record.wall_ms = 253_402_300_800_000
    }),
    ("the smallest offset", |record| record.offset_min = i32::MIN),
    ("the largest offset", |record| record.offset_min = i32::MAX),
    ("the largest place", |record| {
        (record.seq, record.prev_hash) = (u64::MAX, Bytes32([1; 32]))
    }),
    ("a place beyond what the database holds", |record| {
        (record.seq, record.prev_hash) = (1 << 63, Bytes32([1; 32]))
    }),
    ("the largest place that the database holds", |record| {
        (record.seq, record.prev_hash) = ((1 << 63) - 1, Bytes32([1; 32]))
    }),
    ("the longest time since an anchor", |record| {
        record.elapsed_since_anchor_ms = Some(u64::MAX)
    }),
    ("the longest round trip", |record| {
        record.anchor_rtt_ms = Some(u64::MAX)
    }),
    ("both of them", |record| {
        (record.elapsed_since_anchor_ms, record.anchor_rtt_ms) = (Some(u64::MAX), Some(u64::MAX))
    }),
    ("a zone that is not there", |record| {
        record.zone = "Mars/Olympus".to_owned()
    }),
    ("a zone of a hundred thousand letters", |record| {
        record.zone = "A".repeat(100_000)
    }),
    ("a version of a hundred thousand letters", |record| {
        record.app_version = "9".repeat(100_000)
    }),
    ("a day that is none", |record| {
        record.body = on_day("yesterday")
    }),
    ("a day of the year 0", |record| {
        record.body = on_day("0000-00-00")
    }),
    ("a day far off", |record| record.body = on_day("9999-12-31")),
    ("a day with a minus", |record| {
        record.body = on_day("-9999-01-01")
    }),
    ("a day with a time", |record| {
        record.body = on_day("2026-11-23T09:00")
    }),
    ("an id of zeros", |record| record.id = ItemId(Uuid::nil())),
    ("an id of ones", |record| record.id = ItemId(Uuid::max())),
    ("a chain of zeros", |record| {
        record.chain_id = ChainId(Uuid::nil())
    }),
    ("evidence about itself", |record| {
        record.body = outside(record.id)
    }),
    ("a withdrawal of itself", |record| {
        record.body = RecordBody::Withdrawal(Withdrawal { about: record.id })
    }),
    ("evidence about nothing", |record| {
        record.body = outside(ItemId(Uuid::nil()))
    }),
    ("evidence of the largest distances", |record| {
        record.body = RecordBody::Evidence(Evidence {
            about: record.id,
            place: PlaceVerdict::Inside,
            reason: None,
            site: None,
            distance_m: Some(u32::MAX),
            accuracy_m: Some(u32::MAX),
            fix_age_ms: Some(i64::MIN),
            flags: vec![PlaceFlag::Unknown; 1_000],
        });
    }),
];

fn on_day(day: &str) -> RecordBody {
    RecordBody::CheckIn(Tap {
        shift: None,
        day: Some(day.to_owned()),
    })
}

async fn edge(bend: Edge) {
    let (world, mut ravi) = ravi().await;
    let first = ravi.check_in(world.now_ms());
    applied(&world, &ravi, &[&first]).await;
    let mut record = ravi.record(world.now_ms(), tap());
    record.anchor_id = ravi.anchor.map(|(anchor, _)| anchor);
    bend(&mut record);
    let odd = ravi.item_of_bytes(&record, serde_json::to_vec(&record).unwrap(), true);
    // With a neighbour in the same batch, which must not pay for it.
    ravi.prev_hash = odd.hash;
    let neighbour = ravi.check_in(world.now_ms());
    let results = ravi.deliver(&world, &[&odd, &neighbour]).await;
    assert!(
        matches!(results[0].verdict, Verdict::Applied | Verdict::Rejected),
        "{:?}: decided, not put off",
        results[0]
    );
    assert_eq!(results[1].verdict, Verdict::Applied);
    let again = ravi.deliver(&world, &[&odd]).await.remove(0);
    assert!(
        matches!(again.verdict, Verdict::Duplicate | Verdict::Rejected),
        "{again:?}"
    );
    let rows = world.attendance(ravi.employee);
    assert!(rows.iter().any(|row| row.entry.item == first.id));
    assert!(
        rows.iter().all(|row| row.entry.day.len() == 10),
        "boards can sort every day"
    );
    ravi.sign_in(&world).await;
    assert!(
        ravi.get(&world, paths::CHANGES).await.status.is_success(),
        "and the feed goes on"
    );
}
