//! Who may do what to which file.

use axum::body::Body;
use axum::http::Request;
use bizmitra_contract::enrolment::{Approval, Platform};
use bizmitra_contract::problem::ProblemCode;

use crate::device::TestDevice;
use crate::upload_files::{
    File, KIB, Uploader, append, at, begin, download, offset, state, upload,
};
use crate::upload_hostile::refused;
use crate::world::{MONDAY_NINE_MS, World};

/// Everything that can be asked about somebody's file.
fn questions(uploader: &Uploader<'_>, file: &File) -> Vec<Request<Body>> {
    vec![
        uploader.offset(file),
        uploader.piece_of(file, 0, 64 * KIB),
        uploader.piece(file, &file.bytes.len().to_string(), &[], true),
        uploader.cancel(file),
        uploader.download(file, None),
    ]
}

#[tokio::test]
async fn anothers_file_and_an_unknown_one_are_the_same_nothing() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    let meera = TestDevice::signed_in(&world, world.meera, "Meera").await;
    let dev = TestDevice::signed_in(&world, world.dev, "Dev").await;
    let (whole, open, unknown) = (
        File::of(100 * KIB, 1),
        File::of(100 * KIB, 2),
        File::of(100 * KIB, 3),
    );
    upload(&world, &ravi, &whole, 64 * KIB).await;
    begin(&world, &ravi, &open).await;
    append(&world, &ravi, &open, 0, 64 * KIB).await;
    for stranger in [&asha, &meera, &dev] {
        let uploader = at(stranger, &world);
        for file in [&whole, &open, &unknown] {
            for request in questions(&uploader, file) {
                let method = request.method().clone();
                let reply = world.call(request).await;
                assert_eq!(reply.status, 404, "{method}");
                if method == "HEAD" {
                    assert!(reply.body.is_empty());
                } else {
                    assert_eq!(reply.code(), ProblemCode::NotFound, "{method}");
                }
                let mut names: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
                names.sort();
                assert!(
                    !names.iter().any(|name| name.starts_with("upload")),
                    "{names:?}"
                );
            }
        }
        // The same id is free for everybody, and another file.
        let theirs = File {
            id: open.id,
            ..File::of(70 * KIB, 4)
        };
        upload(&world, stranger, &theirs, 70 * KIB).await;
        assert!(download(&world, stranger, &theirs).await.body == theirs.bytes);
    }
    assert_eq!(
        state(&offset(&world, &ravi, &open).await),
        (64 * KIB, false)
    );
    assert!(download(&world, &ravi, &whole).await.body == whole.bytes);
}

#[tokio::test]
async fn ids_that_are_paths_lead_nowhere() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let signing = ravi.signing(&world);
    for id in [
        "..",
        "..%2F..%2Fbizmitra.db",
        "%2e%2e%2fkeys%2fserver.key",
        "..%5C..%5Ckeys",
        "%00",
        "server.key",
        "0198c0de-0000-7000-8000-00000000003",
        "0198c0de-0000-7000-8000-0000000000311",
    ] {
        let head = ravi.request("HEAD", &format!("/v1/uploads/{id}"), None, &signing);
        assert_eq!(world.call(head).await.status, 404, "HEAD {id}");
        for (method, path) in [("DELETE", "uploads"), ("GET", "blobs")] {
            let request = ravi.request(method, &format!("/v1/{path}/{id}"), None, &signing);
            assert_eq!(
                refused(&world, request).await,
                (404, ProblemCode::NotFound),
                "{method} {id}"
            );
        }
    }
}

#[tokio::test]
async fn a_cancelled_upload_is_gone_and_a_complete_file_stays() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(100 * KIB, 8);
    begin(&world, &ravi, &file).await;
    append(&world, &ravi, &file, 0, 64 * KIB).await;
    assert_eq!(crate::upload_disk::files(&world).len(), 1);
    let cancel = || at(&ravi, &world).cancel(&file);
    assert_eq!(world.call(cancel()).await.status, 204);
    assert!(crate::upload_disk::files(&world).is_empty());
    assert_eq!(
        refused(&world, cancel()).await,
        (404, ProblemCode::NotFound)
    );
    assert_eq!(
        append(&world, &ravi, &file, 64 * KIB, 64 * KIB)
            .await
            .status,
        404
    );
    upload(&world, &ravi, &file, 64 * KIB).await;
    assert_eq!(
        refused(&world, cancel()).await,
        (409, ProblemCode::Conflict)
    );
    assert!(download(&world, &ravi, &file).await.body == file.bytes);
}

#[tokio::test]
async fn a_device_that_is_over_ends_only_what_its_person_recorded_on_it() {
    let world = World::new();
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let (named, other) = (File::of(100 * KIB, 9), File::of(100 * KIB, 10));
    let mut tap = ravi.check_in(MONDAY_NINE_MS);
    tap.blobs = vec![named.id];
    ravi.deliver(&world, &[&tap]).await;
    let done = crate::decisions::revoke(&world, &ravi, ravi.device).await;
    assert_eq!(done.status, 200);
    upload(&world, &ravi, &named, 64 * KIB).await;
    let revoked = (403, ProblemCode::DeviceRevoked);
    let uploader = at(&ravi, &world);
    assert_eq!(refused(&world, uploader.begin(&other)).await, revoked);
    assert_eq!(refused(&world, uploader.cancel(&named)).await, revoked);
    assert_eq!(
        refused(&world, uploader.download(&named, None)).await,
        revoked
    );
}

#[tokio::test]
async fn a_device_that_waits_for_approval_uploads_nothing() {
    let world = World::new();
    let pending = TestDevice::enrol_as(
        &world,
        world.ravi,
        "Ravi",
        Platform::Android,
        Approval::Manual,
    )
    .await;
    let file = File::of(100, 11);
    let refusal = (401, ProblemCode::DevicePending);
    for request in [
        at(&pending, &world).begin(&file),
        at(&pending, &world).piece_of(&file, 0, 100),
        at(&pending, &world).cancel(&file),
    ] {
        assert_eq!(refused(&world, request).await, refusal);
    }
}
