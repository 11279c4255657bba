//! Records and their files find each other, whichever comes first.

use bizmitra_contract::attendance::AttendanceEntry;
use bizmitra_contract::blob::{BlobState, ItemBlob, MAX_PER_ITEM};
use bizmitra_contract::changes::{ChangesPage, kind};
use bizmitra_contract::ids::BlobId;
use bizmitra_contract::paths;
use bizmitra_contract::sync::{Verdict, VerdictCode};
use uuid::Uuid;

use crate::batch::one;
use crate::device::TestDevice;
use crate::upload_files::{File, KIB, append, begin, state, states, upload};
use crate::world::{MONDAY_NINE_MS, World};

/// What the feed says about the files of the person's taps, and a cursor.
async fn feed(world: &World, device: &TestDevice, since: &str) -> (Vec<Vec<ItemBlob>>, String) {
    let path = format!("{}?since={since}", paths::CHANGES);
    let statement = device.get(world, &path).await.json();
    let page: ChangesPage = device.open(&statement, "changes");
    let blobs = page
        .changes
        .into_iter()
        .filter(|change| change.kind == kind::ATTENDANCE)
        .map(|change| serde_json::from_value::<AttendanceEntry>(change.value).unwrap())
        .map(|entry| entry.blobs)
        .collect();
    (blobs, page.cursor)
}

#[tokio::test]
async fn a_record_is_applied_before_its_files_and_shows_which_are_awaited() {
    let world = World::new();
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let (selfie, paper) = (File::of(100 * KIB, 1), File::of(70 * KIB, 2));
    let mut tap = ravi.check_in(MONDAY_NINE_MS);
    tap.blobs = vec![selfie.id, paper.id];
    let result = one(ravi.deliver(&world, &[&tap]).await);
    assert_eq!(result.verdict, Verdict::Applied);
    assert!(result.receipt.is_some());
    let blob = |file: &File, state| ItemBlob { id: file.id, state };
    let both = |first, second| vec![blob(&selfie, first), blob(&paper, second)];
    let (seen, cursor) = feed(&world, &ravi, "").await;
    assert_eq!(seen, [both(BlobState::Awaited, BlobState::Awaited)]);
    for file in [&paper, &selfie] {
        begin(&world, &ravi, file).await;
    }
    append(&world, &ravi, &selfie, 0, 64 * KIB).await;
    assert_eq!(
        feed(&world, &ravi, &cursor).await.0.len(),
        0,
        "nothing is whole yet"
    );
    upload(&world, &ravi, &paper, 64 * KIB).await;
    let (seen, cursor) = feed(&world, &ravi, &cursor).await;
    assert_eq!(seen, [both(BlobState::Awaited, BlobState::Complete)]);
    upload(&world, &ravi, &selfie, 64 * KIB).await;
    let (seen, _) = feed(&world, &ravi, &cursor).await;
    assert_eq!(seen, [both(BlobState::Complete, BlobState::Complete)]);
    assert_eq!(
        one(ravi.deliver(&world, &[&tap]).await).verdict,
        Verdict::Duplicate
    );
}

#[tokio::test]
async fn a_file_that_came_first_is_joined_by_its_record() {
    let world = World::new();
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(64 * KIB, 3);
    upload(&world, &ravi, &file, 64 * KIB).await;
    let mut tap = ravi.check_in(MONDAY_NINE_MS);
    tap.blobs = vec![file.id];
    ravi.deliver(&world, &[&tap]).await;
    assert_eq!(states(&world, world.ravi), [BlobState::Complete]);
}

#[tokio::test]
async fn a_file_that_is_here_under_another_id_joins_at_its_beginning() {
    let world = World::new();
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let first = File::of(64 * KIB, 4);
    upload(&world, &ravi, &first, 64 * KIB).await;
    let second = File {
        id: BlobId(Uuid::now_v7()),
        ..first
    };
    let mut tap = ravi.check_in(MONDAY_NINE_MS);
    tap.blobs = vec![second.id];
    ravi.deliver(&world, &[&tap]).await;
    assert_eq!(states(&world, world.ravi), [BlobState::Awaited]);
    assert_eq!(
        state(&begin(&world, &ravi, &second).await),
        (64 * KIB, true)
    );
    assert_eq!(states(&world, world.ravi), [BlobState::Complete]);
}

#[tokio::test]
async fn anothers_file_of_the_same_id_is_not_the_one_that_is_awaited() {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let dev = TestDevice::enrol(&world, world.dev, "Dev").await;
    let file = File::of(64 * KIB, 5);
    let mut tap = ravi.check_in(MONDAY_NINE_MS);
    tap.blobs = vec![file.id];
    ravi.deliver(&world, &[&tap]).await;
    for stranger in [&asha, &dev] {
        upload(&world, stranger, &file, 64 * KIB).await;
        assert_eq!(states(&world, world.ravi), [BlobState::Awaited]);
    }
    upload(&world, &ravi, &file, 64 * KIB).await;
    assert_eq!(states(&world, world.ravi), [BlobState::Complete]);
}

#[tokio::test]
async fn a_record_names_sixteen_files_at_most() {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let mut tap = ravi.check_in(MONDAY_NINE_MS);
    tap.blobs = (0..=MAX_PER_ITEM).map(|_| BlobId(Uuid::now_v7())).collect();
    let result = one(ravi.deliver(&world, &[&tap]).await);
    assert_eq!(
        (result.verdict, result.code),
        (Verdict::Rejected, Some(VerdictCode::Validation))
    );
    tap.blobs.pop();
    // The same file twice is shown twice and is one file.
    tap.blobs[1] = tap.blobs[0];
    assert_eq!(
        one(ravi.deliver(&world, &[&tap]).await).verdict,
        Verdict::Applied
    );
    assert_eq!(states(&world, world.ravi).len(), MAX_PER_ITEM);
}
