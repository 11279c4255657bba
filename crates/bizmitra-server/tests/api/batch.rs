//! Verdicts and receipts.

use bizmitra_contract::attendance::{TapKind, TimeGrade};
use bizmitra_contract::ids::ItemId;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::record::{Consent, Purpose, Record, RecordBody, Tap};
use bizmitra_contract::signing;
use bizmitra_contract::statement::Receipt;
use bizmitra_contract::sync::{BatchItem, ItemResult, Verdict, VerdictCode};

use crate::device::{TestDevice, message};
use crate::world::{MONDAY_NINE_MS, World};

pub fn verify_receipt(device: &TestDevice, item: &BatchItem, receipt: &Receipt) {
    assert_eq!(
        (receipt.item, receipt.record_hash, receipt.chain_id),
        (item.id, item.hash, item.chain_id)
    );
    let fields: [&[u8]; 6] = [
        receipt.item.0.as_bytes(),
        &receipt.record_hash.0,
        &receipt.received_at_ms.to_be_bytes(),
        receipt.chain_id.0.as_bytes(),
        &receipt.head_seq.to_be_bytes(),
        &receipt.head_hash.0,
    ];
    device.server_signed(
        &message(signing::RECEIPT, device.company, &fields),
        &receipt.sig,
    );
}

pub fn one(results: Vec<ItemResult>) -> ItemResult {
    assert_eq!(results.len(), 1);
    results.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_check_in_is_applied_once_however_often_it_is_sent() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let item = device.check_in(MONDAY_NINE_MS - 1_000);
    let first = one(device.deliver(&world, &[&item]).await);
    assert_eq!(
        (first.id, first.verdict, first.code),
        (item.id, Verdict::Applied, None)
    );
    let receipt = first.receipt.unwrap();
    verify_receipt(&device, &item, &receipt);
    assert_eq!(
        (receipt.received_at_ms, receipt.head_seq, receipt.head_hash),
        (world.now_ms(), 1, item.hash)
    );
    world.advance_ms(86_400_000);
    for world in [&world, &world.restarted()] {
        let results = device.deliver(world, &[&item, &item]).await;
        assert_eq!(results.len(), 2);
        for again in results {
            assert_eq!(
                (again.verdict, again.receipt.as_ref()),
                (Verdict::Duplicate, Some(&receipt))
            );
        }
    }
    let rows = world.attendance(world.ravi);
    assert_eq!(rows.len(), 1);
    let entry = &rows[0].entry;
    assert_eq!(
        (entry.item, entry.hash, entry.wall_ms),
        (item.id, item.hash, MONDAY_NINE_MS - 1_000)
    );
    assert_eq!(
        (entry.kind, entry.grade, entry.day.as_str()),
        (TapKind::CheckIn, TimeGrade::A, "2026-11-23")
    );
    assert_eq!(rows[0].hash_hex, hex::encode(item.hash.0));
}

#[tokio::test]
async fn the_same_id_with_other_bytes_is_a_conflict_and_changes_nothing() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let record = device.record(
        MONDAY_NINE_MS,
        RecordBody::CheckIn(Tap {
            shift: None,
            day: None,
        }),
    );
    let item = device.item(&record, true);
    device.deliver(&world, &[&item]).await;
    let mut other = record.clone();
    other.wall_ms -= 3_600_000;
    let other = device.item_of_bytes(&other, serde_json::to_vec(&other).unwrap(), true);
    let result = one(device.deliver(&world, &[&other]).await);
    assert_eq!(
        (result.verdict, result.code),
        (Verdict::Conflict, Some(VerdictCode::OtherBytes))
    );
    assert!(result.receipt.is_none());
    assert_eq!(
        world.attendance(world.ravi)[0].entry.wall_ms,
        MONDAY_NINE_MS
    );
}

#[tokio::test]
async fn what_does_not_hold_is_rejected_beside_what_does() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let record = device.record(
        MONDAY_NINE_MS,
        RecordBody::CheckIn(Tap {
            shift: None,
            day: None,
        }),
    );
    let good = device.item(&record, true);
    type Alter = fn(&mut BatchItem);
    let alterations: [(&str, Alter, VerdictCode); 10] = [
        ("hash", |item| item.hash.0[0] ^= 1, VerdictCode::Validation),
        (
            "payload",
            |item| item.payload.0.push(b' '),
            VerdictCode::Validation,
        ),
        (
            "device signature",
            |item| item.sigs[0].sig.0[0] ^= 1,
            VerdictCode::Validation,
        ),
        (
            "presence signature",
            |item| item.sigs[1].sig.0[0] ^= 1,
            VerdictCode::Validation,
        ),
        (
            "no presence",
            |item| item.sigs.truncate(1),
            VerdictCode::Validation,
        ),
        (
            "no device",
            |item| drop(item.sigs.remove(0)),
            VerdictCode::Validation,
        ),
        ("place", |item| item.seq += 1, VerdictCode::Validation),
        (
            "kind",
            |item| item.kind = "song".to_owned(),
            VerdictCode::UnknownKind,
        ),
        ("version", |item| item.v = 2, VerdictCode::UnknownKind),
        (
            "type",
            |item| item.content_type = "text/plain".to_owned(),
            VerdictCode::UnknownKind,
        ),
    ];
    for (name, alter, code) in alterations {
        let mut bad = good.clone();
        alter(&mut bad);
        let result = one(device.deliver(&world, &[&bad]).await);
        assert_eq!(
            (result.verdict, result.code),
            (Verdict::Rejected, Some(code)),
            "{name}"
        );
    }
    let mut bad = good.clone();
    bad.id = ItemId(uuid::Uuid::now_v7());
    let results = device.deliver(&world, &[&bad, &good]).await;
    assert_eq!(results[0].code, Some(VerdictCode::Validation));
    // A rejection is not pinned: the same item, right this time, is applied.
    assert_eq!(results[1].verdict, Verdict::Applied);
}

#[tokio::test]
async fn a_record_kind_of_a_newer_app_is_told_from_a_broken_one() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let record = device.record(
        MONDAY_NINE_MS,
        RecordBody::CheckIn(Tap {
            shift: None,
            day: None,
        }),
    );
    let text = serde_json::to_string(&record).unwrap();
    let newer = text.replace("check_in", "nap_start");
    let result = one(device
        .deliver(
            &world,
            &[&device.item_of_bytes(&record, newer.into_bytes(), true)],
        )
        .await);
    assert_eq!(result.code, Some(VerdictCode::UnknownKind));
    let broken = text.replace("wall_ms", "wall_mm");
    let result = one(device
        .deliver(
            &world,
            &[&device.item_of_bytes(&record, broken.into_bytes(), true)],
        )
        .await);
    assert_eq!(result.code, Some(VerdictCode::Validation));
    let with_more = text.replacen('{', "{\"mood\":\"fine\",", 1);
    let result = one(device
        .deliver(
            &world,
            &[&device.item_of_bytes(&record, with_more.into_bytes(), true)],
        )
        .await);
    assert_eq!(result.verdict, Verdict::Applied);
}

#[tokio::test]
async fn nobody_states_anything_for_somebody_else() {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let dev = TestDevice::enrol(&world, world.dev, "Dev").await;
    let record = ravi.record(
        MONDAY_NINE_MS,
        RecordBody::CheckIn(Tap {
            shift: None,
            day: None,
        }),
    );
    type Forge = fn(&mut Record, &TestDevice);
    let forgeries: [Forge; 3] = [
        |record, other| record.employee = other.employee,
        |record, other| record.device = other.device,
        |record, other| record.company = other.company,
    ];
    for forge in forgeries {
        for other in [&asha, &dev] {
            let mut forged = record.clone();
            forge(&mut forged, other);
            if forged == record {
                continue;
            }
            let item = ravi.item_of_bytes(&forged, serde_json::to_vec(&forged).unwrap(), true);
            let result = one(ravi.deliver(&world, &[&item]).await);
            assert_eq!(
                (result.verdict, result.code),
                (Verdict::Rejected, Some(VerdictCode::Forbidden))
            );
        }
    }
    // Nor on somebody else's chain.
    let item = ravi.item_of_bytes(&record, serde_json::to_vec(&record).unwrap(), true);
    assert_eq!(
        one(ravi.deliver(&world, &[&item]).await).verdict,
        Verdict::Applied
    );
    let mut asha = asha;
    asha.chain = ravi.chain;
    let item = asha.check_in(MONDAY_NINE_MS);
    assert_eq!(
        one(asha.deliver(&world, &[&item]).await).code,
        Some(VerdictCode::Forbidden)
    );
    // The same id in another company is another item.
    let mut dev = dev;
    let mut twin = dev.record(
        MONDAY_NINE_MS,
        RecordBody::CheckIn(Tap {
            shift: None,
            day: None,
        }),
    );
    twin.id = record.id;
    let item = dev.item(&twin, true);
    assert_eq!(
        one(dev.deliver(&world, &[&item]).await).verdict,
        Verdict::Applied
    );
}

#[tokio::test]
async fn limits_are_two_hundred_items_and_256_kib() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let record = device.record(
        MONDAY_NINE_MS,
        RecordBody::Consent(Consent {
            purpose: Purpose::Location,
            given: true,
            notice_version: "2026-11".to_owned(),
            language: "mr".to_owned(),
        }),
    );
    let locked = device.item_of_bytes(&record, serde_json::to_vec(&record).unwrap(), false);
    let refused = one(device.deliver(&world, &[&locked]).await);
    assert_eq!(
        (refused.verdict, refused.code),
        (Verdict::Rejected, Some(VerdictCode::Validation)),
        "a locked device cannot consent for its owner"
    );
    let mut item = device.item(&record, true);
    assert_eq!(
        one(device.deliver(&world, &[&item]).await).verdict,
        Verdict::Applied
    );
    // A duplicate is known by its bytes; with signatures two hundred of them are over 256 KiB.
    item.sigs.clear();
    assert_eq!(device.deliver(&world, &vec![&item; 200]).await.len(), 200);
    let reply = device.send(&world, &vec![&item; 201]).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (413, ProblemCode::TooLarge)
    );
    item.payload.0 = vec![0; 256 * 1024];
    let reply = device.send(&world, &[&item]).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (413, ProblemCode::TooLarge)
    );
}

#[tokio::test]
async fn a_record_of_another_version_of_the_format_is_unknown_however_well_it_is_signed() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let tap = Tap {
        shift: None,
        day: None,
    };
    for v in [0, 2, u32::MAX] {
        let mut record = device.record(MONDAY_NINE_MS, RecordBody::CheckIn(tap.clone()));
        record.v = v;
        device.seq = 0;
        let item = device.item_of_bytes(&record, serde_json::to_vec(&record).unwrap(), true);
        let result = one(device.deliver(&world, &[&item]).await);
        assert_eq!(
            (result.verdict, result.code),
            (Verdict::Rejected, Some(VerdictCode::UnknownKind))
        );
    }
    assert!(world.attendance(world.ravi).is_empty());
}

#[tokio::test]
async fn a_place_that_the_database_cannot_count_is_refused_and_not_put_off() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    for seq in [u64::MAX, 1 << 63, (1 << 63) - 1] {
        device.seq = seq - 1;
        device.prev_hash = bizmitra_contract::encoding::Bytes32([1; 32]);
        let item = device.check_in(MONDAY_NINE_MS);
        let result = one(device.deliver(&world, &[&item]).await);
        assert_eq!(
            (result.verdict, result.code),
            (Verdict::Rejected, Some(VerdictCode::Validation))
        );
    }
}

#[tokio::test]
async fn a_receipt_is_only_for_the_device_whose_record_it_is() {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let item = ravi.check_in(MONDAY_NINE_MS);
    one(ravi.deliver(&world, &[&item]).await);
    let theirs = one(asha.deliver(&world, &[&item]).await);
    assert_eq!(
        (theirs.verdict, theirs.code, theirs.receipt),
        (Verdict::Rejected, Some(VerdictCode::Forbidden), None)
    );
    let own = one(ravi.deliver(&world, &[&item]).await);
    assert_eq!(own.verdict, Verdict::Duplicate);
}
