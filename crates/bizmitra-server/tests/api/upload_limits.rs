//! What one person may take, and what becomes of uploads that nobody ends.

use bizmitra_contract::blob::{MAX_AGE_S, MAX_APPEND_SIZE};
use bizmitra_contract::problem::ProblemCode;
use bizmitra_server::admin;

use crate::device::TestDevice;
use crate::upload_disk::files;
use crate::upload_files::{File, KIB, append, at, begin, download, header, offset, state, upload};
use crate::world::World;

#[tokio::test]
async fn sizes_over_the_limits_are_refused_with_the_limits() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let file = File::of(MAX_APPEND_SIZE + 64 * KIB, 1);
    let uploader = at(&ravi, &world);
    let long = uploader.begin_with(&file, "67108865", &file.digest());
    let reply = world.call(long).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (413, ProblemCode::TooLarge)
    );
    assert!(header(&reply, "upload-limit").starts_with("max-size=67108864, "));
    begin(&world, &ravi, &file).await;
    let reply = append(&world, &ravi, &file, 0, MAX_APPEND_SIZE + 1).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (413, ProblemCode::TooLarge)
    );
    assert!(header(&reply, "upload-limit").contains("max-append-size=4194304"));
    let reply = append(&world, &ravi, &file, 0, 64 * KIB - 1).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (400, ProblemCode::Invalid)
    );
    assert_eq!(state(&offset(&world, &ravi, &file).await), (0, false));
    let reply = append(&world, &ravi, &file, 0, MAX_APPEND_SIZE).await;
    assert_eq!(state(&reply), (MAX_APPEND_SIZE, false));
}

#[tokio::test]
async fn ten_thousand_beginnings_open_sixty_four_uploads_and_hinder_nobody() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let mut opened = Vec::new();
    for _ in 0..10_000 {
        let file = File {
            bytes: vec![7; 100],
            ..File::of(0, 0)
        };
        // Within what a device may ask for in a minute.
        world.advance_ms(100);
        let reply = begin(&world, &ravi, &file).await;
        if reply.status == 201 {
            opened.push(file);
        } else {
            assert_eq!(
                (reply.status.as_u16(), reply.code()),
                (409, ProblemCode::QuotaExceeded)
            );
        }
    }
    assert_eq!(opened.len(), 64);
    assert!(files(&world).is_empty(), "a beginning takes no file");
    upload(&world, &asha, &File::of(100 * KIB, 1), 64 * KIB).await;
    // What is open goes on, and what ends makes room.
    upload(&world, &ravi, &opened[0], 100).await;
    assert_eq!(begin(&world, &ravi, &File::of(10, 2)).await.status, 201);
    assert_eq!(begin(&world, &ravi, &File::of(10, 3)).await.status, 409);
    world.call(at(&ravi, &world).cancel(&opened[1])).await;
    assert_eq!(begin(&world, &ravi, &File::of(10, 3)).await.status, 201);
}

#[tokio::test]
async fn a_person_has_a_gibibyte_that_counts_from_the_beginning() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let declare = |seed: u64, length: &str| {
        let file = File::of(10, seed);
        let request = at(&ravi, &world).begin_with(&file, length, &file.digest());
        (file, request)
    };
    let mut last = None;
    for seed in 0..16 {
        let (file, request) = declare(seed, "67108864");
        assert_eq!(world.call(request).await.status, 201);
        last = Some(file);
    }
    let (_, one_more) = declare(16, "1");
    let reply = world.call(one_more).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (409, ProblemCode::QuotaExceeded)
    );
    world.call(at(&ravi, &world).cancel(&last.unwrap())).await;
    assert_eq!(world.call(declare(16, "1").1).await.status, 201);
}

#[tokio::test]
async fn an_upload_that_nobody_ends_is_forgotten_after_a_week_without_a_byte() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let (left, alive, whole) = (
        File::of(200 * KIB, 1),
        File::of(200 * KIB, 2),
        File::of(100 * KIB, 3),
    );
    for file in [&left, &alive] {
        begin(&world, &ravi, file).await;
        append(&world, &ravi, file, 0, 64 * KIB).await;
    }
    upload(&world, &ravi, &whole, 64 * KIB).await;
    let half_ms = MAX_AGE_S * 500;
    world.advance_ms(half_ms);
    append(&world, &ravi, &alive, 64 * KIB, 64 * KIB).await;
    world.advance_ms(half_ms);
    admin::forget_abandoned_uploads(&world.server).unwrap();
    assert_eq!(
        state(&offset(&world, &ravi, &left).await),
        (64 * KIB, false),
        "to the day"
    );
    world.advance_ms(1);
    assert_eq!(files(&world).len(), 3);
    admin::forget_abandoned_uploads(&world.server).unwrap();
    assert_eq!(offset(&world, &ravi, &left).await.status, 404);
    assert_eq!(files(&world).len(), 2, "its bytes are gone");
    assert_eq!(
        state(&offset(&world, &ravi, &alive).await),
        (128 * KIB, false)
    );
    // It begins again as if it had never been; another beginning tidies up too.
    upload(&world, &ravi, &left, 64 * KIB).await;
    world.advance_ms(MAX_AGE_S * 1_000 + 1);
    begin(&world, &ravi, &File::of(10, 4)).await;
    assert_eq!(offset(&world, &ravi, &alive).await.status, 404);
    let mut ravi = ravi;
    ravi.sign_in(&world).await;
    for file in [&whole, &left] {
        assert!(download(&world, &ravi, file).await.body == file.bytes);
    }
}
