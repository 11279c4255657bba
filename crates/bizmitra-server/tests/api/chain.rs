//! Gaps and forks: kept, flagged, never refused.

use bizmitra_contract::attendance::EntryFlag;
use bizmitra_contract::encoding::Bytes32;
use bizmitra_contract::sync::{Verdict, VerdictCode};

use crate::device::TestDevice;
use crate::world::{MONDAY_NINE_MS, World};

#[tokio::test]
async fn a_gap_holds_the_head_until_it_is_filled() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let items: Vec<_> = (0..4)
        .map(|hour| device.check_in(MONDAY_NINE_MS + hour * 3_600_000))
        .collect();
    world.advance_ms(5 * 3_600_000);
    let mut heads = Vec::new();
    for index in [0, 2, 3, 1] {
        let results = device.deliver(&world, &[&items[index]]).await;
        assert_eq!(results[0].verdict, Verdict::Applied);
        heads.push(results[0].receipt.as_ref().unwrap().head_seq);
    }
    assert_eq!(heads, [1, 1, 1, 4]);
}

#[tokio::test]
async fn a_fork_keeps_and_flags_both() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let start = device.check_in(MONDAY_NINE_MS);
    let mut twin = device.clone();
    let one = device.check_in(MONDAY_NINE_MS + 3_600_000);
    let other = twin.check_in(MONDAY_NINE_MS + 7_200_000);
    let follower = twin.check_in(MONDAY_NINE_MS + 9_000_000);
    world.advance_ms(10_800_000);
    for item in [&start, &one, &other, &follower] {
        assert_eq!(
            device.deliver(&world, &[item]).await[0].verdict,
            Verdict::Applied
        );
    }
    let flags: Vec<_> = world
        .attendance(world.ravi)
        .into_iter()
        .map(|row| row.entry.flags)
        .collect();
    assert_eq!(
        flags,
        [vec![], vec![EntryFlag::Fork], vec![EntryFlag::Fork], vec![]]
    );
}

#[tokio::test]
async fn a_record_that_names_another_predecessor_is_flagged_in_either_order() {
    for reversed in [false, true] {
        let world = World::new();
        let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
        let first = device.check_in(MONDAY_NINE_MS);
        device.prev_hash = Bytes32([9; 32]);
        let second = device.check_in(MONDAY_NINE_MS + 3_600_000);
        world.advance_ms(7_200_000);
        for item in if reversed {
            [&second, &first]
        } else {
            [&first, &second]
        } {
            device.deliver(&world, &[item]).await;
        }
        let rows = world.attendance(world.ravi);
        assert_eq!(
            rows[1].entry.flags,
            [EntryFlag::Fork],
            "reversed: {reversed}"
        );
    }
}

#[tokio::test]
async fn a_chain_starts_at_one_with_zeroes_and_nowhere_else() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    device.prev_hash = Bytes32([1; 32]);
    let wrong_start = device.check_in(MONDAY_NINE_MS);
    device.prev_hash = Bytes32([0; 32]);
    let wrong_middle = device.check_in(MONDAY_NINE_MS);
    for item in [&wrong_start, &wrong_middle] {
        assert_eq!(
            device.deliver(&world, &[item]).await[0].code,
            Some(VerdictCode::Validation)
        );
    }
}
