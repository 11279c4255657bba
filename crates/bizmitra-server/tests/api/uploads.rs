//! A file goes up in pieces and comes down as it was.

use bizmitra_contract::problem::ProblemCode;
use proptest::prelude::*;

use crate::device::TestDevice;
use crate::upload_files::{
    File, KIB, append, at, begin, download, header, make_bytes, offset, state, upload,
};
use crate::world::World;

#[tokio::test]
async fn a_file_goes_up_in_pieces_and_comes_down_as_it_was() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(300 * KIB + 17, 1);
    let begun = begin(&world, &ravi, &file).await;
    assert_eq!(begun.status, 201);
    assert_eq!(header(&begun, "location"), file.upload_path());
    assert_eq!(header(&begun, "upload-draft-interop-version"), "10");
    assert_eq!(
        header(&begun, "upload-limit"),
        "max-size=67108864, max-append-size=4194304, min-append-size=65536, max-age=604800"
    );
    assert_eq!(state(&begun), (0, false));
    let reply = append(&world, &ravi, &file, 0, 100 * KIB).await;
    assert_eq!(
        (reply.status.as_u16(), state(&reply)),
        (204, (100 * KIB, false))
    );
    let reply = append(&world, &ravi, &file, 100 * KIB, 100 * KIB).await;
    assert_eq!(state(&reply), (200 * KIB, false));
    world.advance_ms(60_000);
    let asked = offset(&world, &ravi, &file).await;
    assert_eq!(
        (asked.status.as_u16(), state(&asked)),
        (204, (200 * KIB, false))
    );
    assert_eq!(
        header(&asked, "upload-length"),
        file.bytes.len().to_string()
    );
    assert!(header(&asked, "upload-limit").ends_with("max-age=604740"));
    assert_eq!(header(&asked, "cache-control"), "no-store");
    assert_eq!(
        download(&world, &ravi, &file).await.code(),
        ProblemCode::NotFound,
        "not whole, not here"
    );
    let last = append(&world, &ravi, &file, 200 * KIB, 200 * KIB).await;
    assert_eq!(
        (last.status.as_u16(), state(&last)),
        (201, (file.bytes.len(), true))
    );
    assert_eq!(header(&last, "location"), file.blob_path());
    assert_eq!(
        state(&offset(&world, &ravi, &file).await),
        (file.bytes.len(), true)
    );
    for world in [&world, &world.restarted()] {
        let reply = download(world, &ravi, &file).await;
        assert_eq!(reply.status, 200);
        assert!(reply.body == file.bytes);
        assert_eq!(header(&reply, "content-type"), "application/octet-stream");
        assert_eq!(header(&reply, "content-disposition"), "attachment");
        assert_eq!(header(&reply, "x-content-type-options"), "nosniff");
        assert_eq!(header(&reply, "repr-digest"), file.digest());
        assert_eq!(
            header(&reply, "content-length"),
            file.bytes.len().to_string()
        );
    }
}

#[tokio::test]
async fn a_lost_answer_costs_nothing_at_any_step() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(200 * KIB, 2);
    for _ in 0..3 {
        let again = begin(&world, &ravi, &file).await;
        assert_eq!((again.status.as_u16(), state(&again)), (201, (0, false)));
    }
    append(&world, &ravi, &file, 0, 64 * KIB).await;
    assert_eq!(state(&begin(&world, &ravi, &file).await), (64 * KIB, false));
    // The piece whose answer was lost is sent again: the right place is in the refusal.
    let again = append(&world, &ravi, &file, 0, 64 * KIB).await;
    assert_eq!(again.status, 409);
    assert_eq!(header(&again, "upload-offset"), (64 * KIB).to_string());
    append(&world, &ravi, &file, 64 * KIB, 200 * KIB).await;
    // The last answer too: the empty last piece, the beginning and the question all say that it is complete.
    let empty = at(&ravi, &world).piece(&file, &file.bytes.len().to_string(), &[], true);
    let again = world.call(empty).await;
    assert_eq!(
        (again.status.as_u16(), state(&again)),
        (201, (file.bytes.len(), true))
    );
    let again = begin(&world, &ravi, &file).await;
    assert_eq!(
        (again.status.as_u16(), state(&again)),
        (201, (file.bytes.len(), true))
    );
    assert!(download(&world, &ravi, &file).await.body == file.bytes);
}

#[tokio::test]
async fn the_end_may_be_said_after_all_bytes_are_there() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(70 * KIB, 3);
    begin(&world, &ravi, &file).await;
    let reply = world
        .call(at(&ravi, &world).piece(&file, "0", &file.bytes, false))
        .await;
    assert_eq!(state(&reply), (70 * KIB, false));
    assert_eq!(download(&world, &ravi, &file).await.status, 404);
    let last = world
        .call(at(&ravi, &world).piece(&file, &file.bytes.len().to_string(), &[], true))
        .await;
    assert_eq!(state(&last), (70 * KIB, true));
    assert!(download(&world, &ravi, &file).await.body == file.bytes);
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(0, 4);
    upload(&world, &ravi, &file, 1).await;
    let reply = download(&world, &ravi, &file).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (200, 0));
}

#[tokio::test]
async fn a_locked_device_sends_files_and_reads_none() {
    let world = World::new();
    let locked = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let file = File::of(64 * KIB, 5);
    upload(&world, &locked, &file, 64 * KIB).await;
    let reply = download(&world, &locked, &file).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (401, ProblemCode::SessionInvalid)
    );
}

#[tokio::test]
async fn one_range_is_given_and_everything_else_is_the_whole() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(200 * KIB, 6);
    upload(&world, &ravi, &file, 70 * KIB).await;
    let (uploader, end) = (at(&ravi, &world), file.bytes.len());
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=65535-65536", 65_535, 65_537),
        ("bytes=71680-143359", 71_680, 143_360),
        ("bytes=100000-", 100_000, end),
        ("bytes=-10", end - 10, end),
        ("bytes=0-99999999", 0, end),
    ] {
        let reply = world.call(uploader.download(&file, Some(range))).await;
        assert_eq!(reply.status, 206, "{range}");
        assert!(reply.body == file.bytes[from..to], "{range}");
        assert_eq!(
            header(&reply, "content-range"),
            format!("bytes {from}-{}/{end}", to - 1)
        );
        assert_eq!(header(&reply, "content-length"), (to - from).to_string());
    }
    for range in ["bytes=0-1,5-6", "bytes=9-3", "lines=1-2", "nonsense"] {
        let reply = world.call(uploader.download(&file, Some(range))).await;
        assert_eq!(
            (reply.status.as_u16(), reply.body.len()),
            (200, end),
            "{range}"
        );
    }
    let reply = world
        .call(uploader.download(&file, Some(&format!("bytes={end}-"))))
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (416, ProblemCode::RangeUnsatisfiable)
    );
    assert_eq!(header(&reply, "content-range"), format!("bytes */{end}"));
}

#[tokio::test]
async fn a_range_of_another_file_than_meant_is_not_given() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(64 * KIB, 7);
    upload(&world, &ravi, &file, 64 * KIB).await;
    let tag = header(&download(&world, &ravi, &file).await, "etag").to_owned();
    for (tag, status) in [(tag.as_str(), 206), ("\"other\"", 200)] {
        let mut request = at(&ravi, &world).download(&file, Some("bytes=0-9"));
        request
            .headers_mut()
            .insert("if-range", tag.parse().unwrap());
        assert_eq!(world.call(request).await.status, status);
    }
}

#[tokio::test]
async fn the_same_bytes_of_one_person_travel_and_lie_once() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    let first = File::of(100 * KIB, 8);
    upload(&world, &ravi, &first, 64 * KIB).await;
    let lie = || crate::upload_disk::files(&world).len();
    assert_eq!(lie(), 1);
    let second = File {
        id: File::of(0, 0).id,
        ..first.clone()
    };
    let reply = begin(&world, &ravi, &second).await;
    assert_eq!(
        (reply.status.as_u16(), state(&reply)),
        (201, (100 * KIB, true))
    );
    assert_eq!(header(&reply, "location"), second.blob_path());
    assert!(download(&world, &ravi, &second).await.body == first.bytes);
    assert_eq!(lie(), 1);
    // Another person learns nothing from knowing the digest, and has a file of her own.
    let hers = File {
        id: File::of(0, 0).id,
        ..first.clone()
    };
    assert_eq!(state(&begin(&world, &asha, &hers).await), (0, false));
    upload(&world, &asha, &hers, 64 * KIB).await;
    assert_eq!(lie(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_pieces_the_file_comes_down_as_it_was(
        sizes in prop::collection::vec(64 * KIB..=150 * KIB, 0..5),
        rest in 0_usize..64 * KIB,
        restarts in prop::collection::vec(any::<bool>(), 5),
        cut in any::<prop::sample::Index>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let length = sizes.iter().sum::<usize>() + rest;
        runtime.block_on(async {
            let mut world = World::new();
            let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
            let file = File { bytes: make_bytes(length, length as u64), ..File::of(0, 0) };
            let (mut from, mut complete) = state(&begin(&world, &ravi, &file).await);
            for (size, restart) in sizes.iter().zip(restarts) {
                if restart {
                    world = world.restarted();
                }
                (from, complete) = state(&append(&world, &ravi, &file, from, *size).await);
            }
            if !complete {
                (from, complete) = state(&append(&world, &ravi, &file, from, length).await);
            }
            assert_eq!((from, complete), (length, true));
            assert!(download(&world, &ravi, &file).await.body == file.bytes);
            if length > 0 {
                let cut = cut.index(length);
                let part = world.call(at(&ravi, &world).download(&file, Some(&format!("bytes={cut}-")))).await;
                assert!(part.body == file.bytes[cut..]);
            }
        });
    }
}
