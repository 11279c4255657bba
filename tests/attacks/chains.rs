//! The chain of a device: forks, gaps, wrong links, and values at the edges of their types. All that is validly signed is
//! kept and flagged; nothing of it brings the server down or hides a neighbour.

mod beginnings;
mod edges;

use bizmitra_contract::attendance::{EntryFlag, TimeGrade};
use bizmitra_contract::encoding::Bytes32;
use bizmitra_contract::ids::{AnchorId, ItemId};
use bizmitra_contract::record::{Evidence, PlaceVerdict, RecordBody, Tap, Withdrawal};
use bizmitra_contract::sync::{BatchItem, ItemResult, Verdict};
use libtest_mimic::Trial;
use uuid::Uuid;

use crate::device::TestDevice;
use crate::support::attack;
use crate::world::World;

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        attack(
            "two records at one place of a chain are both kept and both flagged",
            fork,
        ),
        attack(
            "three records at one place are all kept and all flagged, whichever comes first",
            fork_of_three,
        ),
        attack(
            "a record that names another predecessor is kept and flagged",
            wrong_link,
        ),
        attack(
            "a follower that came before a wrong predecessor shows the fork",
            late_predecessor,
        ),
        attack(
            "a gap shows in the receipt until the missing record comes",
            gap,
        ),
        attack("a thousand places left out are a gap and no work", far_gap),
        attack(
            "a chain of another device is nobody else's to write",
            foreign_chain,
        ),
        attack(
            "evidence about a colleague's tap changes nothing of it",
            || about_another(true),
        ),
        attack(
            "a withdrawal of a colleague's tap takes nothing back",
            || about_another(false),
        ),
        attack(
            "an anchor that was given to another device vouches for nothing",
            foreign_anchor,
        ),
        attack(
            "an anchor that nobody gave vouches for nothing",
            invented_anchor,
        ),
        attack(
            "a tap said to be made before the one before it is contradictory, not an earlier day",
            backwards,
        ),
    ];
    trials.extend(beginnings::trials());
    trials.extend(edges::trials());
    trials
}

fn tap() -> RecordBody {
    RecordBody::CheckIn(Tap {
        shift: None,
        day: None,
    })
}

async fn ravi() -> (World, TestDevice) {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    (world, ravi)
}

async fn applied(world: &World, device: &TestDevice, items: &[&BatchItem]) -> Vec<ItemResult> {
    let results = device.deliver(world, items).await;
    for result in &results {
        assert_eq!(result.verdict, Verdict::Applied, "{result:?}");
    }
    results
}

fn flags(world: &World, device: &TestDevice, item: &BatchItem) -> Vec<EntryFlag> {
    let rows = world.attendance(device.employee);
    rows.into_iter()
        .find(|row| row.entry.item == item.id)
        .unwrap()
        .entry
        .flags
}

/// A rival of the record that comes next: the device goes on as if this one had not been.
fn rival(device: &TestDevice, at_ms: i64) -> BatchItem {
    device.clone().check_in(at_ms)
}

async fn fork() {
    let (world, mut ravi) = ravi().await;
    let other = rival(&ravi, world.now_ms() - 60_000);
    let first = ravi.check_in(world.now_ms());
    let second = ravi.check_in(world.now_ms() + 1_000);
    applied(&world, &ravi, &[&first, &second]).await;
    assert!(!flags(&world, &ravi, &first).contains(&EntryFlag::Fork));
    applied(&world, &ravi, &[&other]).await;
    for item in [&first, &other] {
        assert!(flags(&world, &ravi, item).contains(&EntryFlag::Fork));
    }
    assert!(
        !flags(&world, &ravi, &second).contains(&EntryFlag::Fork),
        "its own link holds"
    );
    assert_eq!(world.attendance(ravi.employee).len(), 3);
}

async fn fork_of_three() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let (world, ravi) = ravi().await;
        let items: Vec<_> = (0..3)
            .map(|at| rival(&ravi, world.now_ms() - at * 1_000))
            .collect();
        for at in order {
            applied(&world, &ravi, &[&items[at]]).await;
        }
        assert!(
            items
                .iter()
                .all(|item| flags(&world, &ravi, item).contains(&EntryFlag::Fork)),
            "{order:?}"
        );
    }
}

async fn wrong_link() {
    let (world, mut ravi) = ravi().await;
    let first = ravi.check_in(world.now_ms());
    ravi.prev_hash = Bytes32([5; 32]);
    let second = ravi.check_in(world.now_ms());
    applied(&world, &ravi, &[&first, &second]).await;
    assert!(flags(&world, &ravi, &second).contains(&EntryFlag::Fork));
}

async fn late_predecessor() {
    let (world, mut ravi) = ravi().await;
    let hidden = rival(&ravi, world.now_ms());
    let _never_sent = ravi.check_in(world.now_ms() + 1);
    let follower = ravi.check_in(world.now_ms() + 2);
    applied(&world, &ravi, &[&follower]).await;
    applied(&world, &ravi, &[&hidden]).await;
    assert!(
        flags(&world, &ravi, &hidden).contains(&EntryFlag::Fork)
            || flags(&world, &ravi, &follower).contains(&EntryFlag::Fork)
    );
}

async fn gap() {
    let (world, mut ravi) = ravi().await;
    let items: Vec<_> = (0..4).map(|_| ravi.check_in(world.now_ms())).collect();
    let head = |result: &ItemResult| result.receipt.as_ref().unwrap().head_seq;
    let first = applied(&world, &ravi, &[&items[0], &items[2], &items[3]]).await;
    assert_eq!(
        first.iter().map(head).collect::<Vec<_>>(),
        [1, 1, 1],
        "no receipt vouches for what is not here"
    );
    let missing = applied(&world, &ravi, &[&items[1]]).await;
    assert_eq!(head(&missing[0]), 4);
    assert_eq!(
        missing[0].receipt.as_ref().unwrap().head_hash,
        items[3].hash
    );
}

async fn far_gap() {
    let (world, mut ravi) = ravi().await;
    ravi.seq = 1_000_000;
    ravi.prev_hash = Bytes32([3; 32]);
    let far = ravi.check_in(world.now_ms());
    let result = applied(&world, &ravi, &[&far]).await.remove(0);
    assert_eq!(result.receipt.unwrap().head_seq, 0);
}

async fn foreign_chain() {
    let (world, mut ravi) = ravi().await;
    let mut asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let first = ravi.check_in(world.now_ms());
    applied(&world, &ravi, &[&first]).await;
    (asha.chain, asha.seq, asha.prev_hash) = (ravi.chain, ravi.seq, ravi.prev_hash);
    let item = asha.check_in(world.now_ms());
    assert_eq!(
        asha.deliver(&world, &[&item]).await[0].verdict,
        Verdict::Rejected
    );
    assert!(world.attendance(asha.employee).is_empty());
    let next = ravi.check_in(world.now_ms());
    assert_eq!(
        applied(&world, &ravi, &[&next]).await[0]
            .receipt
            .as_ref()
            .unwrap()
            .head_seq,
        2
    );
}

async fn about_another(evidence: bool) {
    let (world, mut ravi) = ravi().await;
    let mut asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let first = ravi.check_in(world.now_ms());
    applied(&world, &ravi, &[&first]).await;
    let body = if evidence {
        outside(first.id)
    } else {
        RecordBody::Withdrawal(Withdrawal { about: first.id })
    };
    let record = asha.record(world.now_ms(), body);
    let item = asha.item(&record, true);
    asha.deliver(&world, &[&item]).await;
    let entry = &world.attendance(ravi.employee)[0].entry;
    assert!(!entry.withdrawn && entry.place.is_none(), "{entry:?}");
}

fn outside(about: ItemId) -> RecordBody {
    RecordBody::Evidence(Evidence {
        about,
        place: PlaceVerdict::Outside,
        reason: None,
        site: None,
        distance_m: None,
        accuracy_m: None,
        fix_age_ms: None,
        flags: Vec::new(),
    })
}

async fn graded(anchor: AnchorId, device: &mut TestDevice, world: &World) -> TimeGrade {
    // An hour off, so that the receipt itself does not vouch for it.
    let mut record = device.record(world.now_ms() - 3_600_000, tap());
    record.anchor_id = Some(anchor);
    record.elapsed_since_anchor_ms = Some(0);
    record.anchor_rtt_ms = Some(10);
    let item = device.item(&record, true);
    applied(world, device, &[&item]).await;
    world
        .attendance(device.employee)
        .into_iter()
        .find(|row| row.entry.item == item.id)
        .unwrap()
        .entry
        .grade
}

async fn foreign_anchor() {
    let (world, mut ravi) = ravi().await;
    let asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let (own, theirs) = (ravi.anchor.unwrap().0, asha.anchor.unwrap().0);
    assert!(matches!(
        graded(theirs, &mut ravi, &world).await,
        TimeGrade::C | TimeGrade::D
    ));
    let mut ravi = TestDevice::enrol(&world, world.meera, "Meera").await;
    let own = {
        let _ = own;
        ravi.anchor.unwrap().0
    };
    assert_eq!(
        graded(own, &mut ravi, &world).await,
        TimeGrade::B,
        "one's own does"
    );
}

async fn invented_anchor() {
    let (world, mut ravi) = ravi().await;
    assert_eq!(
        graded(AnchorId(Uuid::now_v7()), &mut ravi, &world).await,
        TimeGrade::C
    );
}

async fn backwards() {
    let (world, mut ravi) = ravi().await;
    let first = ravi.check_in(world.now_ms());
    let second = ravi.check_in(world.now_ms() - 7 * 86_400_000);
    applied(&world, &ravi, &[&first, &second]).await;
    let rows = world.attendance(ravi.employee);
    let entry = |item: &BatchItem| {
        rows.iter()
            .find(|row| row.entry.item == item.id)
            .unwrap()
            .entry
            .clone()
    };
    assert_eq!(entry(&second).grade, TimeGrade::D);
    assert_eq!(entry(&second).day, entry(&first).day);
}
