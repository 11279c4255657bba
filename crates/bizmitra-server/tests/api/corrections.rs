//! Requests to put attendance right: kept, shown to their person, and changing nothing by themselves.

use bizmitra_contract::attendance::{
    AttendanceEntry, CorrectionEntry, CorrectionState, EntryFlag, TapKind,
};
use bizmitra_contract::changes::Change;
use bizmitra_contract::enrolment::{Approval, Platform};
use bizmitra_contract::ids::ItemId;
use bizmitra_contract::record::{Correction, RecordBody, RightTap};
use bizmitra_contract::sync::{BatchItem, Verdict};
use bizmitra_server::admin::{self, DeviceDecision};

use crate::device::TestDevice;
use crate::feed::page;
use crate::world::{MONDAY_NINE_MS, World};

const WHY: &str = "The phone was empty when I left.";
const EVENING_MS: i64 = MONDAY_NINE_MS + 9 * 3_600_000;

fn left_at_six(about: Option<ItemId>) -> Correction {
    Correction {
        about,
        day: "2026-11-23".to_owned(),
        should_be: Some(RightTap {
            kind: TapKind::CheckOut,
            wall_ms: EVENING_MS,
            zone: "Asia/Kolkata".to_owned(),
            offset_min: 330,
        }),
        why: WHY.to_owned(),
    }
}

async fn ask(world: &World, device: &mut TestDevice, correction: &Correction) -> BatchItem {
    let record = device.record(world.now_ms(), RecordBody::Correction(correction.clone()));
    let item = device.item(&record, true);
    let result = &device.deliver(world, &[&item]).await[0];
    assert_eq!(result.verdict, Verdict::Applied, "{result:?}");
    assert!(result.receipt.is_some());
    item
}

async fn corrections(world: &World, device: &TestDevice) -> Vec<Change> {
    let page = page(world, device, "").await;
    page.changes
        .into_iter()
        .filter(|change| change.kind == "correction")
        .collect()
}

fn read(change: &Change) -> CorrectionEntry {
    serde_json::from_value(change.value.clone()).unwrap()
}

#[tokio::test]
async fn a_correction_is_kept_shown_to_its_person_on_every_device_and_changes_no_tap() {
    let world = World::new();
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let tap = ravi.check_in(MONDAY_NINE_MS);
    ravi.deliver(&world, &[&tap]).await;
    let before = world.attendance(world.ravi);
    let asked = left_at_six(Some(tap.id));
    let item = ask(&world, &mut ravi, &asked).await;
    let found = corrections(&world, &ravi).await;
    assert_eq!(found.len(), 1);
    let entry = read(&found[0]);
    assert_eq!((entry.item, entry.device), (item.id, ravi.device));
    assert_eq!((entry.hash, &entry.correction), (item.hash, &asked));
    assert_eq!((entry.state, entry.flags), (CorrectionState::Open, vec![]));
    let after = world.attendance(world.ravi);
    assert_eq!(after.len(), 1);
    assert_eq!(
        serde_json::to_value(&after[0].entry).unwrap(),
        serde_json::to_value::<&AttendanceEntry>(&before[0].entry).unwrap()
    );
    // Sent again it is one request.
    assert_eq!(
        ravi.deliver(&world, &[&item]).await[0].verdict,
        Verdict::Duplicate
    );
    let mut desktop = TestDevice::enrol_as(
        &world,
        world.ravi,
        "D",
        Platform::Desktop,
        Approval::Automatic,
    )
    .await;
    desktop.sign_in(&world).await;
    assert_eq!(
        read(&corrections(&world, &desktop).await[0]),
        read(&found[0])
    );
    // Nobody else's feed has it.
    let asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    assert!(corrections(&world, &asha).await.is_empty());
}

#[tokio::test]
async fn anothers_tap_an_unknown_one_and_a_missing_one_are_asked_for_alike() {
    let world = World::new();
    let mut asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let foreign = asha.check_in(MONDAY_NINE_MS);
    asha.deliver(&world, &[&foreign]).await;
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let unknown = ItemId(uuid::Uuid::from_u128(77));
    for about in [Some(foreign.id), Some(unknown), None] {
        ask(&world, &mut ravi, &left_at_six(about)).await;
    }
    let found = corrections(&world, &ravi).await;
    let entries: Vec<_> = found.iter().map(read).collect();
    assert_eq!(entries.len(), 3);
    assert!(entries.iter().all(|entry| entry.flags.is_empty()));
    assert!(world.attendance(world.ravi).is_empty());
    assert_eq!(world.attendance(world.asha).len(), 1);
}

#[tokio::test]
async fn the_words_of_a_correction_lie_under_the_persons_key_and_go_with_it() {
    let world = World::new();
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    ask(&world, &mut ravi, &left_at_six(None)).await;
    assert_eq!(
        read(&corrections(&world, &ravi).await[0]).correction.why,
        WHY
    );
    for file in ["bizmitra.db", "bizmitra.db-wal"] {
        let bytes = std::fs::read(world.folder().join(file)).unwrap();
        let holds = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
        assert!(!holds(b"phone was empty"), "{file}");
    }
    let key = world
        .folder()
        .join(format!("keys/people-{}/{}.key", world.company, world.ravi));
    std::fs::remove_file(key).unwrap();
    let erased = corrections(&world, &ravi).await;
    assert!(erased[0].deleted && erased[0].value.is_null());
}

#[tokio::test]
async fn a_correction_that_comes_after_the_revocation_or_in_a_fork_goes_to_review() {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let mut twin = ravi.clone();
    ask(&world, &mut ravi, &left_at_six(None)).await;
    ask(&world, &mut twin, &left_at_six(None)).await;
    let mut late = ravi.clone();
    admin::decide_about(
        &world.server,
        world.company,
        ravi.device,
        DeviceDecision::Revoke,
        "",
    )
    .unwrap();
    ask(&world, &mut late, &left_at_six(None)).await;
    let next = TestDevice::signed_in(&world, world.ravi, "next").await;
    let found = corrections(&world, &next).await;
    let mut flags: Vec<_> = found.iter().map(|change| read(change).flags).collect();
    flags.sort_by_key(|flags| flags.contains(&EntryFlag::AfterRevocation));
    assert_eq!(flags[0], [EntryFlag::Fork]);
    assert_eq!(flags[1], [EntryFlag::Fork]);
    assert!(flags[2].contains(&EntryFlag::AfterRevocation));
}
