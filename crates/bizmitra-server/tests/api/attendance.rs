//! What boards read of a tap, and where a person's content lies.

use bizmitra_contract::attendance::{EntryFlag, TimeGrade};
use bizmitra_contract::encoding::Bytes;
use bizmitra_contract::ids::ItemId;
use bizmitra_contract::record::{Evidence, PlaceVerdict, RecordBody, Tap, Withdrawal};
use bizmitra_contract::sync::{BatchItem, Verdict, VerdictCode};
use bizmitra_server::admin;

use crate::batch::one;
use crate::device::TestDevice;
use crate::world::{MONDAY_NINE_MS, World};

pub fn evidence(about: ItemId, distance_m: u32) -> RecordBody {
    RecordBody::Evidence(Evidence {
        about,
        place: PlaceVerdict::Inside,
        reason: None,
        site: None,
        distance_m: Some(distance_m),
        accuracy_m: Some(12),
        fix_age_ms: Some(-800),
        flags: Vec::new(),
    })
}

#[tokio::test]
async fn evidence_and_its_tap_meet_in_either_order() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let tap = device.check_in(MONDAY_NINE_MS);
    let record = device.record(MONDAY_NINE_MS + 3_000, evidence(tap.id, 40));
    let about = device.item(&record, false);
    let results = device.deliver(&world, &[&about]).await;
    assert_eq!(results[0].verdict, Verdict::Applied);
    assert_eq!(
        results[0].receipt.as_ref().unwrap().head_seq,
        0,
        "the tap before it is a gap"
    );
    assert!(world.attendance(world.ravi).is_empty());
    let results = device.deliver(&world, &[&tap]).await;
    let receipt = results[0].receipt.as_ref().unwrap();
    assert_eq!((receipt.head_seq, receipt.head_hash), (2, about.hash));
    let place = world.attendance(world.ravi)[0].entry.place.clone().unwrap();
    assert_eq!(
        (place.verdict, place.distance_m, place.accuracy_m),
        (PlaceVerdict::Inside, Some(40), Some(12))
    );
    // A second opinion does not replace the first.
    let record = device.record(MONDAY_NINE_MS + 9_000, evidence(tap.id, 5));
    let second = device.item(&record, true);
    device.deliver(&world, &[&second]).await;
    assert_eq!(
        world.attendance(world.ravi)[0]
            .entry
            .place
            .as_ref()
            .unwrap()
            .distance_m,
        Some(40)
    );
}

#[tokio::test]
async fn evidence_of_another_chain_or_before_the_tap_never_replaces_that_of_its_own() {
    use bizmitra_contract::{encoding::Bytes32, ids::ChainId};
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let mut restarted = device.clone();
    let mut rewound = device.clone();
    (restarted.chain, restarted.seq) = (ChainId(uuid::Uuid::now_v7()), 0);
    restarted.prev_hash = Bytes32([0; 32]);
    let start = device.check_in(MONDAY_NINE_MS - 3_600_000);
    let tap = device.check_in(MONDAY_NINE_MS);
    let record = device.record(MONDAY_NINE_MS + 3_000, evidence(tap.id, 40));
    let own = device.item(&record, false);
    let record = restarted.record(MONDAY_NINE_MS + 4_000, evidence(tap.id, 5));
    let other = restarted.item(&record, false);
    let record = rewound.record(MONDAY_NINE_MS + 4_000, evidence(tap.id, 6));
    let earlier = rewound.item(&record, false);
    let distance = || {
        let rows = world.attendance(world.ravi);
        let row = rows.iter().find(|row| row.entry.item == tap.id).unwrap();
        row.entry.place.as_ref().unwrap().distance_m
    };
    device.deliver(&world, &[&start, &tap, &other]).await;
    assert_eq!(distance(), Some(5), "better than none");
    device.deliver(&world, &[&own]).await;
    assert_eq!(distance(), Some(40));
    device.deliver(&world, &[&earlier]).await;
    assert_eq!(distance(), Some(40));
}

#[tokio::test]
async fn evidence_counts_only_for_a_tap_of_its_own_device() {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let mut asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let tap = ravi.check_in(MONDAY_NINE_MS);
    ravi.deliver(&world, &[&tap]).await;
    let record = asha.record(MONDAY_NINE_MS, evidence(tap.id, 1));
    let foreign = asha.item(&record, true);
    let record = asha.record(
        MONDAY_NINE_MS,
        RecordBody::Withdrawal(Withdrawal { about: tap.id }),
    );
    let undo = asha.item(&record, true);
    asha.deliver(&world, &[&foreign, &undo]).await;
    let entry = &world.attendance(world.ravi)[0].entry;
    assert!(entry.place.is_none() && !entry.withdrawn);
}

#[tokio::test]
async fn a_withdrawal_needs_presence_and_is_flagged_after_ninety_seconds() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    for (after_ms, flags) in [(90_000, vec![]), (90_001, vec![EntryFlag::LateWithdrawal])] {
        world.advance_ms(3_600_000);
        let at_ms = world.now_ms();
        let tap = device.check_in(at_ms);
        let record = device.record(
            at_ms + after_ms,
            RecordBody::Withdrawal(Withdrawal { about: tap.id }),
        );
        let locked = device.item_of_bytes(&record, serde_json::to_vec(&record).unwrap(), false);
        assert_eq!(
            one(device.deliver(&world, &[&locked]).await).code,
            Some(VerdictCode::Validation)
        );
        let undo = device.item(&record, true);
        // Before its tap, as it may come.
        assert!(
            device
                .deliver(&world, &[&undo, &tap])
                .await
                .iter()
                .all(|result| result.verdict == Verdict::Applied)
        );
        let entry = world.attendance(world.ravi).pop().unwrap().entry;
        assert!(entry.withdrawn);
        assert_eq!(entry.flags, flags);
    }
}

#[tokio::test]
async fn taps_close_together_are_flagged_whichever_comes_first() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let first = device.check_in(MONDAY_NINE_MS);
    let second = device.check_in(MONDAY_NINE_MS + 60_000);
    let third = device.check_in(MONDAY_NINE_MS + 180_000);
    world.advance_ms(600_000);
    for item in [&third, &second, &first] {
        device.deliver(&world, &[item]).await;
    }
    let flags: Vec<_> = world
        .attendance(world.ravi)
        .into_iter()
        .map(|row| row.entry.flags)
        .collect();
    assert_eq!(flags, [vec![], vec![EntryFlag::ShortGap], vec![]]);
}

#[tokio::test]
async fn time_is_graded_by_what_the_server_knows() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let (anchor, rtt_ms) = device.anchor.unwrap();
    let hour = 3_600_000;
    let mut anchored = device.record(
        MONDAY_NINE_MS + hour,
        RecordBody::CheckIn(Tap {
            shift: None,
            day: None,
        }),
    );
    (
        anchored.anchor_id,
        anchored.elapsed_since_anchor_ms,
        anchored.anchor_rtt_ms,
    ) = (Some(anchor), Some(hour as u64), Some(rtt_ms));
    let anchored = device.item(&anchored, true);
    let mut rebooted = device.record(
        MONDAY_NINE_MS + 2 * hour,
        RecordBody::CheckOut(Tap {
            shift: None,
            day: None,
        }),
    );
    rebooted.same_boot = false;
    let rebooted = device.item(&rebooted, true);
    let future = device.check_in(MONDAY_NINE_MS + 9 * hour);
    world.advance_ms(3 * hour);
    device
        .deliver(&world, &[&anchored, &rebooted, &future])
        .await;
    let entries: Vec<_> = world
        .attendance(world.ravi)
        .into_iter()
        .map(|row| row.entry)
        .collect();
    let grade_of = |item: &BatchItem| {
        entries
            .iter()
            .find(|entry| entry.item == item.id)
            .unwrap()
            .grade
    };
    assert_eq!(
        (grade_of(&anchored), grade_of(&rebooted), grade_of(&future)),
        (TimeGrade::B, TimeGrade::C, TimeGrade::D)
    );
    let anchored = entries
        .iter()
        .find(|entry| entry.item == anchored.id)
        .unwrap();
    // Half the round trip, the drift, and the 20 ms that the wall clock was off by the count.
    assert_eq!(anchored.tolerance_ms, Some(20 + 360 + 20));
}

#[tokio::test]
async fn a_taps_day_is_the_devices_word_within_a_day() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.asha, "Asha").await;
    for (day, expected) in [
        ("2026-11-22", "2026-11-22"),
        ("2026-11-01", "2026-11-23"),
        ("yesterday", "2026-11-23"),
        ("20261122", "2026-11-23"),
    ] {
        let tap = Tap {
            shift: None,
            day: Some(day.to_owned()),
        };
        let record = device.record(MONDAY_NINE_MS, RecordBody::CheckIn(tap));
        let item = device.item(&record, true);
        device.deliver(&world, &[&item]).await;
        let rows = world.attendance(world.asha);
        assert_eq!(
            rows.iter()
                .find(|row| row.entry.item == item.id)
                .unwrap()
                .entry
                .day,
            expected,
            "{day}"
        );
    }
}

#[tokio::test]
async fn content_lies_under_the_persons_key_and_goes_with_it() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let tap = Tap {
        shift: None,
        day: None,
    };
    let record = device.record(MONDAY_NINE_MS, RecordBody::CheckIn(tap));
    let item = device.item(&record, true);
    device.deliver(&world, &[&item]).await;
    let content = admin::content(&world.server, world.company, item.id).unwrap();
    let content: serde_json::Value = serde_json::from_slice(&content).unwrap();
    assert_eq!(
        content["payload"],
        serde_json::to_value(Bytes(serde_json::to_vec(&record).unwrap())).unwrap(),
        "the exact bytes that were signed, opened from their seal"
    );
    let salt = [device.chain.to_string().as_bytes(), b" 1"].concat();
    let salt: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(salt).into();
    let salt = bizmitra_contract::encoding::Bytes32(salt).to_string();
    for file in ["bizmitra.db", "bizmitra.db-wal"] {
        let bytes = std::fs::read(world.folder().join(file)).unwrap();
        assert!(
            !bytes
                .windows(salt.len())
                .any(|window| window == salt.as_bytes()),
            "{file}"
        );
        assert!(
            !bytes.windows(64).any(|window| window == item.sigs[0].sig.0),
            "{file}"
        );
    }
    let key = world
        .folder()
        .join(format!("keys/people-{}/{}.key", world.company, world.ravi));
    std::fs::remove_file(key).unwrap();
    assert!(admin::content(&world.server, world.company, item.id).is_err());
    assert_eq!(world.attendance(world.ravi)[0].entry.hash, item.hash);
}
