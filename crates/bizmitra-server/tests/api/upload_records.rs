//! Files that have a record of their own: what it states holds for the bytes, and taking it back frees them.

use bizmitra_contract::blob::{BlobState, ItemBlob, MAX_UNNAMED_S};
use bizmitra_contract::encoding::{Bytes, Bytes32};
use bizmitra_contract::ids::{BlobId, ItemId};
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::record::{self, FileRole, Record, RecordBody, Withdrawal};
use bizmitra_contract::signing;
use bizmitra_contract::sync::{BatchItem, ItemResult, Verdict, VerdictCode};
use bizmitra_server::admin;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::batch::one;
use crate::device::{TestDevice, message};
use crate::upload_disk::files;
use crate::upload_files::{File, KIB, append, begin, offset, states, upload};
use crate::world::{MONDAY_NINE_MS, World};

/// The record of a file, whose id is the blob's, before anything is changed about it.
fn record_of(device: &mut TestDevice, file: &File, about: Option<ItemId>) -> Record {
    let body = record::File {
        role: FileRole::Selfie,
        about,
        name: Some("Selfie.jpg".to_owned()),
        media_type: "image/jpeg".to_owned(),
        plain_length: file.bytes.len() as u64 - 16,
        length: file.bytes.len() as u64,
        sha256: Bytes32(Sha256::digest(&file.bytes).into()),
        key: Bytes(Vec::new()),
    };
    let mut record = device.record(MONDAY_NINE_MS, RecordBody::File(body));
    record.id = ItemId(file.id.0);
    let key = sealed_key(device, record.id, &[7; 32]);
    set(&mut record, |file| file.key = Bytes(key));
    record
}

fn sealed_key(device: &TestDevice, id: ItemId, key: &[u8]) -> Vec<u8> {
    let aad = message(signing::FILE_KEY, device.company, &[id.0.as_bytes()]);
    device.seal(&aad, key)
}

fn set(record: &mut Record, change: impl FnOnce(&mut record::File)) {
    if let RecordBody::File(file) = &mut record.body {
        change(file);
    }
}

async fn state_file(
    world: &World,
    device: &mut TestDevice,
    file: &File,
    about: Option<ItemId>,
) -> ItemResult {
    let record = record_of(device, file, about);
    let item = device.item(&record, true);
    one(device.deliver(world, &[&item]).await)
}

async fn withdraw(world: &World, device: &mut TestDevice, file: &File) {
    let about = ItemId(file.id.0);
    let record = device.record(MONDAY_NINE_MS, RecordBody::Withdrawal(Withdrawal { about }));
    let item = device.item(&record, true);
    assert_eq!(
        one(device.deliver(world, &[&item]).await).verdict,
        Verdict::Applied
    );
}

#[tokio::test]
async fn a_selfie_is_joined_to_its_tap_whatever_comes_first() {
    let world = World::new();
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let tap = ravi.check_in(MONDAY_NINE_MS);
    let (first, second) = (File::of(70 * KIB, 1), File::of(80 * KIB, 2));
    let states_now = |states: [BlobState; 2]| {
        let ids = [first.id, second.id];
        let mut all: Vec<ItemBlob> = ids
            .into_iter()
            .zip(states)
            .map(|(id, state)| ItemBlob { id, state })
            .collect();
        all.sort_by_key(|blob| blob.id.0);
        vec![all]
    };
    // Bytes, record, tap.
    upload(&world, &ravi, &first, 64 * KIB).await;
    let result = state_file(&world, &mut ravi, &first, Some(tap.id)).await;
    assert_eq!(result.verdict, Verdict::Applied);
    assert_eq!(
        one(ravi.deliver(&world, &[&tap]).await).verdict,
        Verdict::Applied
    );
    // Tap, record, bytes.
    state_file(&world, &mut ravi, &second, Some(tap.id)).await;
    assert_eq!(
        states(&world, world.ravi),
        states_now([BlobState::Complete, BlobState::Awaited])[0]
            .iter()
            .map(|blob| blob.state)
            .collect::<Vec<_>>()
    );
    upload(&world, &ravi, &second, 64 * KIB).await;
    assert_eq!(states(&world, world.ravi), [BlobState::Complete; 2]);
    withdraw(&world, &mut ravi, &first).await;
    assert_eq!(states(&world, world.ravi), [BlobState::Complete]);
    assert_eq!(world.attendance(world.ravi)[0].entry.blobs[0].id, second.id);
}

#[tokio::test]
async fn a_file_of_another_device_is_not_joined_to_a_tap() {
    let world = World::new();
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let mut asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    let tap = ravi.check_in(MONDAY_NINE_MS);
    ravi.deliver(&world, &[&tap]).await;
    let file = File::of(70 * KIB, 1);
    let result = state_file(&world, &mut asha, &file, Some(tap.id)).await;
    assert_eq!(result.verdict, Verdict::Applied);
    assert!(states(&world, world.ravi).is_empty());
}

#[tokio::test]
async fn a_file_that_the_company_could_never_open_is_refused() {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let other = ItemId(Uuid::now_v7());
    let file = File::of(70 * KIB, 1);
    let for_another = sealed_key(&ravi, other, &[7; 32]);
    let short = sealed_key(&ravi, ItemId(file.id.0), &[7; 31]);
    let long = sealed_key(&ravi, ItemId(file.id.0), &[7; 33]);
    let mut bent = sealed_key(&ravi, ItemId(file.id.0), &[7; 32]);
    bent[60] ^= 1;
    for key in [for_another, short, long, bent, Vec::new()] {
        let mut record = record_of(&mut ravi, &file, None);
        set(&mut record, |file| file.key = Bytes(key));
        let item = ravi.item_of_bytes(&record, serde_json::to_vec(&record).unwrap(), true);
        ravi.seq -= 1;
        refused(&one(ravi.deliver(&world, &[&item]).await));
    }
    // The right one at the same place of the chain is taken.
    assert_eq!(
        state_file(&world, &mut ravi, &file, None).await.verdict,
        Verdict::Applied
    );
}

#[tokio::test]
async fn what_a_record_of_a_file_states_is_checked() {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let file = File::of(70 * KIB, 1);
    let changes: [fn(&mut record::File); 4] = [
        |file| file.length = 64 * 1024 * 1024 + 1,
        |file| file.plain_length = file.length,
        |file| file.name = Some("x".repeat(121)),
        |file| file.media_type = "x".repeat(121),
    ];
    for change in changes {
        let mut record = record_of(&mut ravi, &file, None);
        set(&mut record, change);
        let item = ravi.item_of_bytes(&record, serde_json::to_vec(&record).unwrap(), true);
        ravi.seq -= 1;
        refused(&one(ravi.deliver(&world, &[&item]).await));
    }
    let record = record_of(&mut ravi, &file, None);
    let unlocked = serde_json::to_vec(&record).unwrap();
    let locked = ravi.item_of_bytes(&record, unlocked.clone(), false);
    refused(&one(ravi.deliver(&world, &[&locked]).await));
    let names_another = BatchItem {
        blobs: vec![BlobId(Uuid::now_v7())],
        ..ravi.item_of_bytes(&record, unlocked, true)
    };
    refused(&one(ravi.deliver(&world, &[&names_another]).await));
}

fn refused(result: &ItemResult) {
    assert_eq!(
        (result.verdict, result.code),
        (Verdict::Rejected, Some(VerdictCode::Validation))
    );
}

#[tokio::test]
async fn other_bytes_than_the_record_states_are_not_taken_for_the_file() {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let file = File::of(70 * KIB, 1);
    state_file(&world, &mut ravi, &file, None).await;
    let forged = File {
        id: file.id,
        bytes: File::of(70 * KIB, 2).bytes,
    };
    let reply = begin(&world, &ravi, &forged).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (409, ProblemCode::Conflict)
    );
    upload(&world, &ravi, &file, 64 * KIB).await;
    // Bytes that were there before the record do not count when they are others.
    let tap = ravi.check_in(MONDAY_NINE_MS);
    ravi.deliver(&world, &[&tap]).await;
    let early = File::of(70 * KIB, 3);
    upload(&world, &ravi, &early, 64 * KIB).await;
    let stated = File {
        id: early.id,
        bytes: File::of(70 * KIB, 4).bytes,
    };
    state_file(&world, &mut ravi, &stated, Some(tap.id)).await;
    assert_eq!(states(&world, world.ravi), [BlobState::Awaited]);
}

#[tokio::test]
async fn a_file_that_is_taken_back_frees_its_bytes_and_does_not_come_again() {
    let world = World::new();
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let (whole, half) = (File::of(70 * KIB, 1), File::of(200 * KIB, 2));
    for file in [&whole, &half] {
        state_file(&world, &mut ravi, file, None).await;
        begin(&world, &ravi, file).await;
    }
    upload(&world, &ravi, &whole, 64 * KIB).await;
    append(&world, &ravi, &half, 0, 64 * KIB).await;
    for file in [&whole, &half] {
        withdraw(&world, &mut ravi, file).await;
    }
    admin::forget_abandoned_uploads(&world.server).unwrap();
    for file in [&whole, &half] {
        assert_eq!(offset(&world, &ravi, file).await.status, 404);
        let reply = begin(&world, &ravi, file).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (409, ProblemCode::Conflict)
        );
    }
    assert_eq!(files(&world).len(), 0, "no bytes are left");
}

#[tokio::test]
async fn a_whole_file_that_no_record_names_is_forgotten_after_a_month_and_equal_ones_are_not() {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let (unnamed, named) = (File::of(70 * KIB, 1), File::of(70 * KIB, 2));
    upload(&world, &ravi, &unnamed, 64 * KIB).await;
    upload(&world, &ravi, &named, 64 * KIB).await;
    state_file(&world, &mut ravi, &named, None).await;
    // The same bytes under an id that no record names share them.
    let twin = File {
        id: BlobId(Uuid::now_v7()),
        bytes: named.bytes.clone(),
    };
    begin(&world, &ravi, &twin).await;
    world.advance_ms(MAX_UNNAMED_S * 1_000);
    admin::forget_abandoned_uploads(&world.server).unwrap();
    assert_eq!(
        offset(&world, &ravi, &unnamed).await.status,
        204,
        "to the day"
    );
    world.advance_ms(1);
    admin::forget_abandoned_uploads(&world.server).unwrap();
    for gone in [&unnamed, &twin] {
        assert_eq!(offset(&world, &ravi, gone).await.status, 404);
    }
    assert_eq!(offset(&world, &ravi, &named).await.status, 204);
    assert_eq!(files(&world).len(), 1, "the shared bytes stay");
}
