//! Chains that begin anew: the end of the old one is named, and whoever leaves something out is seen.

use bizmitra_contract::attendance::EntryFlag;
use bizmitra_contract::encoding::Bytes32;
use bizmitra_contract::ids::ChainId;
use bizmitra_contract::record::ChainEnd;
use bizmitra_contract::sync::{Verdict, VerdictCode};
use libtest_mimic::Trial;
use uuid::Uuid;

use super::{applied, flags, ravi, tap};
use crate::device::TestDevice;
use crate::support::attack;
use crate::world::World;

const MINUTE_MS: i64 = 60_000;

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        attack(
            "a new chain that names the last receipted record is like any other",
            good,
        ),
        attack(
            "a new chain that leaves the last receipted record out is flagged at its first tap, and only there",
            left_out,
        ),
        attack(
            "a new chain that names nothing, although its device had receipts, is flagged",
            unnamed,
        ),
        attack(
            "what came of the old chain after the new one was begun was under way and flags nothing",
            under_way,
        ),
        attack(
            "a named record that arrives later takes the flag away again",
            arrives_later,
        ),
        attack(
            "a chain is flagged in whatever order its records come",
            any_order,
        ),
    ];
    for (words, bend) in NAMED {
        trials.push(attack(
            format!("a new chain that names {words} is flagged"),
            move || named(*bend),
        ));
    }
    for (words, bend) in REFUSED {
        trials.push(attack(
            format!("a record that names {words} is refused"),
            move || refused(*bend),
        ));
    }
    trials
}

/// Goes on in a new chain, as a salvaged store does, and names this as the end of the one before.
fn begin_anew(device: &mut TestDevice, follows: Option<ChainEnd>) {
    device.chain = ChainId(Uuid::now_v7());
    device.seq = 0;
    device.prev_hash = Bytes32([0; 32]);
    device.follows = follows;
}

/// The place where the chain stands.
fn end_of(device: &TestDevice) -> ChainEnd {
    ChainEnd {
        chain_id: device.chain,
        seq: device.seq,
        hash: device.prev_hash,
    }
}

fn is_flagged(
    world: &World,
    device: &TestDevice,
    item: &bizmitra_contract::sync::BatchItem,
) -> bool {
    flags(world, device, item).contains(&EntryFlag::ChainBreak)
}

/// Three receipted taps, and the clock an hour on.
async fn worked() -> (World, TestDevice, Vec<ChainEnd>) {
    let (world, mut ravi) = ravi().await;
    let mut ends = Vec::new();
    for minute in 0..3 {
        let item = ravi.check_in(world.now_ms() + minute * MINUTE_MS);
        applied(&world, &ravi, &[&item]).await;
        ends.push(end_of(&ravi));
    }
    world.advance_ms(60 * MINUTE_MS);
    (world, ravi, ends)
}

async fn good() {
    let (world, mut ravi, ends) = worked().await;
    begin_anew(&mut ravi, Some(ends[2]));
    let (first, second) = (
        ravi.check_in(world.now_ms()),
        ravi.check_in(world.now_ms() + MINUTE_MS),
    );
    applied(&world, &ravi, &[&first, &second]).await;
    assert!(!is_flagged(&world, &ravi, &first) && !is_flagged(&world, &ravi, &second));
    // And once more.
    let end = end_of(&ravi);
    world.advance_ms(60 * MINUTE_MS);
    begin_anew(&mut ravi, Some(end));
    let third = ravi.check_in(world.now_ms());
    applied(&world, &ravi, &[&third]).await;
    assert!(!is_flagged(&world, &ravi, &third));
}

async fn left_out() {
    let (world, mut ravi, ends) = worked().await;
    begin_anew(&mut ravi, Some(ends[1]));
    let (first, second) = (
        ravi.check_in(world.now_ms()),
        ravi.check_in(world.now_ms() + MINUTE_MS),
    );
    let results = applied(&world, &ravi, &[&first, &second]).await;
    assert!(results.iter().all(|result| result.receipt.is_some()));
    assert!(is_flagged(&world, &ravi, &first));
    assert!(!is_flagged(&world, &ravi, &second));
}

async fn unnamed() {
    let (world, mut ravi, _) = worked().await;
    begin_anew(&mut ravi, None);
    let first = ravi.check_in(world.now_ms());
    applied(&world, &ravi, &[&first]).await;
    assert!(is_flagged(&world, &ravi, &first));
    // Another phone of the same person has nothing to name.
    let mut other = TestDevice::enrol_as(
        &world,
        ravi.employee,
        "Ravi's desktop",
        bizmitra_contract::enrolment::Platform::Desktop,
        bizmitra_contract::enrolment::Approval::Automatic,
    )
    .await;
    let first = other.check_in(world.now_ms());
    applied(&world, &other, &[&first]).await;
    assert!(!is_flagged(&world, &other, &first));
}

async fn under_way() {
    let (world, mut ravi, ends) = worked().await;
    let mut old = ravi.clone();
    let waiting = old.check_in(world.now_ms());
    begin_anew(&mut ravi, Some(ends[2]));
    let first = ravi.check_in(world.now_ms() + MINUTE_MS);
    world.advance_ms(5 * MINUTE_MS);
    applied(&world, &ravi, &[&waiting, &first]).await;
    assert!(!is_flagged(&world, &ravi, &first));
}

async fn arrives_later() {
    let (world, mut ravi, _) = worked().await;
    let mut old = ravi.clone();
    let waiting = old.check_in(world.now_ms());
    begin_anew(&mut ravi, Some(end_of(&old)));
    let first = ravi.check_in(world.now_ms() + MINUTE_MS);
    world.advance_ms(5 * MINUTE_MS);
    applied(&world, &ravi, &[&first]).await;
    assert!(is_flagged(&world, &ravi, &first));
    applied(&world, &ravi, &[&waiting]).await;
    assert!(!is_flagged(&world, &ravi, &first));
}

async fn any_order() {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for order in orders {
        let (world, mut ravi, ends) = worked().await;
        begin_anew(&mut ravi, Some(ends[0]));
        let items: Vec<_> = (0..3)
            .map(|minute| ravi.check_in(world.now_ms() + minute * MINUTE_MS))
            .collect();
        for index in order {
            applied(&world, &ravi, &[&items[index]]).await;
        }
        let flagged: Vec<bool> = items
            .iter()
            .map(|item| is_flagged(&world, &ravi, item))
            .collect();
        assert_eq!(flagged, [true, false, false], "{order:?}");
    }
}

type Bend = fn(&mut ChainEnd);

const NAMED: &[(&str, Bend)] = &[
    ("a chain that is nowhere", |end| {
        end.chain_id = ChainId(Uuid::from_u128(99));
    }),
    ("a place that was never receipted", |end| end.seq += 1),
    ("another hash at that place", |end| {
        end.hash = Bytes32([9; 32])
    }),
    ("no hash at all", |end| end.hash = Bytes32([0; 32])),
    ("the last place there can be", |end| {
        end.seq = i64::MAX.unsigned_abs() - 1;
    }),
];

async fn named(bend: Bend) {
    let (world, mut ravi, ends) = worked().await;
    let mut end = ends[2];
    bend(&mut end);
    begin_anew(&mut ravi, Some(end));
    let first = ravi.check_in(world.now_ms());
    applied(&world, &ravi, &[&first]).await;
    assert!(is_flagged(&world, &ravi, &first));
    // A colleague's chain is nobody else's past: the same as one that is nowhere.
    let mut asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    begin_anew(&mut asha, Some(ends[2]));
    let first = asha.check_in(world.now_ms());
    applied(&world, &asha, &[&first]).await;
    assert!(is_flagged(&world, &asha, &first));
}

type BendRecord = fn(&mut TestDevice, ChainEnd) -> (u64, ChainEnd);

const REFUSED: &[(&str, BendRecord)] = &[
    (
        "an end although it is not the first of its chain",
        |_, end| (2, end),
    ),
    ("its own chain as the one before", |ravi, end| {
        let chain_id = ravi.chain;
        (1, ChainEnd { chain_id, ..end })
    }),
    ("place nought of a chain", |_, end| {
        (1, ChainEnd { seq: 0, ..end })
    }),
    ("a place that nobody can count to", |_, end| {
        (
            1,
            ChainEnd {
                seq: u64::MAX,
                ..end
            },
        )
    }),
];

async fn refused(bend: BendRecord) {
    let (world, mut ravi, ends) = worked().await;
    begin_anew(&mut ravi, None);
    let (seq, end) = bend(&mut ravi, ends[2]);
    for _ in 1..seq {
        let before = ravi.check_in(world.now_ms());
        applied(&world, &ravi, &[&before]).await;
    }
    let mut record = ravi.record(world.now_ms(), tap());
    record.follows = Some(end);
    let item = ravi.item(&record, true);
    let result = &ravi.deliver(&world, &[&item]).await[0];
    assert_eq!(
        (result.verdict, result.code),
        (Verdict::Rejected, Some(VerdictCode::Validation))
    );
}
