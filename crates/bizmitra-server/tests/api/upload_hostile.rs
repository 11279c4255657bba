//! What uploads must refuse, and that refusing changes nothing.

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use bizmitra_contract::problem::ProblemCode;

use crate::device::{Signing, TestDevice};
use crate::upload_files::{
    File, KIB, append, at, begin, download, header, make_bytes, offset, state, upload,
};
use crate::world::World;

pub async fn refused(world: &World, request: Request<Body>) -> (u16, ProblemCode) {
    let reply = world.call(request).await;
    (reply.status.as_u16(), reply.code())
}

#[tokio::test]
async fn a_piece_at_another_offset_is_refused_with_the_right_one() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let file = File::of(300 * KIB, 1);
    begin(&world, &ravi, &file).await;
    append(&world, &ravi, &file, 0, 64 * KIB).await;
    for place in ["0", "65535", "65537", "131072", "307200", "999999999999999"] {
        let piece = at(&ravi, &world).piece(&file, place, &file.bytes[..64 * KIB], false);
        let reply = world.call(piece).await;
        assert_eq!(reply.status, 409, "{place}");
        assert_eq!(header(&reply, "upload-offset"), "65536");
        assert_eq!(header(&reply, "upload-complete"), "?0");
        let problem = reply.problem();
        assert_eq!(problem.code, ProblemCode::OffsetMismatch);
        assert_eq!(
            problem.kind,
            "https://iana.org/assignments/http-problem-types#mismatching-upload-offset"
        );
        assert_eq!(problem.expected_offset, Some(65_536));
        assert_eq!(problem.provided_offset, place.parse().ok());
        let value: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(value["expected-offset"], 65_536);
    }
    assert_eq!(
        state(&offset(&world, &ravi, &file).await),
        (64 * KIB, false)
    );
}

#[tokio::test]
async fn numbers_that_are_none_are_as_if_they_were_not_sent() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let file = File::of(200 * KIB, 2);
    let uploader = at(&ravi, &world);
    let invalid = (400, ProblemCode::Invalid);
    for bad in ["-1", "1e3", "18446744073709551616", "0x10", "", "1;2"] {
        let request = uploader.begin_with(&file, bad, &file.digest());
        assert_eq!(refused(&world, request).await, invalid, "{bad}");
    }
    for bad in ["sha-256=:AAAA:", "md5=:AAAA:", "sha-256"] {
        let request = uploader.begin_with(&file, "204800", bad);
        assert_eq!(refused(&world, request).await, invalid, "{bad}");
    }
    assert_eq!(offset(&world, &ravi, &file).await.status, 404);
    begin(&world, &ravi, &file).await;
    for bad in [
        "-1",
        "-0",
        "18446744073709551616",
        "9999999999999999",
        "0.0",
        "?0",
    ] {
        let piece = uploader.piece(&file, bad, &file.bytes[..64 * KIB], false);
        assert_eq!(refused(&world, piece).await, invalid, "{bad}");
    }
    assert_eq!(state(&offset(&world, &ravi, &file).await), (0, false));
}

#[tokio::test]
async fn a_beginning_says_everything_and_carries_nothing() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let file = File::of(100, 3);
    let other = File::of(100, 3);
    let uploader = at(&ravi, &world);
    let whole = vec![
        ("upload-complete", "?0".to_owned()),
        ("upload-length", "100".to_owned()),
        ("repr-digest", file.digest()),
    ];
    let begin = |key: Option<String>, upload: Vec<_>, body: Option<Vec<u8>>| {
        let signing = Signing {
            idempotency_key: key,
            ..uploader.signing(upload)
        };
        ravi.request("PUT", &file.blob_path(), body, &signing)
    };
    let key = || Some(file.id.to_string());
    let invalid = (400, ProblemCode::Invalid);
    for missing in 0..3 {
        let mut upload = whole.clone();
        upload.remove(missing);
        assert_eq!(refused(&world, begin(key(), upload, None)).await, invalid);
    }
    for wrong in [None, Some(other.id.to_string()), Some("one".to_owned())] {
        assert_eq!(
            refused(&world, begin(wrong, whole.clone(), None)).await,
            invalid
        );
    }
    let mut at_once = whole.clone();
    at_once[0].1 = "?1".to_owned();
    assert_eq!(refused(&world, begin(key(), at_once, None)).await, invalid);
    let with_body = begin(key(), whole.clone(), Some(file.bytes.clone()));
    assert_eq!(refused(&world, with_body).await, invalid);
    assert_eq!(world.call(begin(key(), whole, None)).await.status, 201);
}

#[tokio::test]
async fn the_same_id_with_another_file_is_a_conflict() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let file = File::of(100 * KIB, 4);
    begin(&world, &ravi, &file).await;
    append(&world, &ravi, &file, 0, 64 * KIB).await;
    let uploader = at(&ravi, &world);
    for (length, digest) in [
        ("102401", file.digest()),
        ("102400", File::of(1, 4).digest()),
    ] {
        let request = uploader.begin_with(&file, length, &digest);
        assert_eq!(refused(&world, request).await, (409, ProblemCode::Conflict));
    }
    assert_eq!(
        state(&offset(&world, &ravi, &file).await),
        (64 * KIB, false)
    );
}

#[tokio::test]
async fn lengths_that_contradict_are_refused_and_change_nothing() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let file = File::of(100 * KIB, 5);
    begin(&world, &ravi, &file).await;
    let uploader = at(&ravi, &world);
    let wrong = (400, ProblemCode::LengthInconsistent);
    let more = make_bytes(100 * KIB + 1, 5);
    for last in [false, true] {
        let piece = uploader.piece(&file, "0", &more, last);
        assert_eq!(refused(&world, piece).await, wrong, "more than declared");
    }
    let early = uploader.piece(&file, "0", &file.bytes[..64 * KIB], true);
    let reply = world.call(early).await;
    assert_eq!(
        reply.code(),
        ProblemCode::LengthInconsistent,
        "the end before the end"
    );
    assert!(
        reply
            .problem()
            .kind
            .ends_with("#inconsistent-upload-length")
    );
    let signing = Signing {
        content_type: Some("application/partial-upload"),
        ..uploader.signing(vec![
            ("upload-complete", "?0".to_owned()),
            ("upload-length", "102401".to_owned()),
            ("upload-offset", "0".to_owned()),
        ])
    };
    let piece = Some(file.bytes[..64 * KIB].to_vec());
    let other = ravi.request("PATCH", &file.upload_path(), piece, &signing);
    assert_eq!(
        refused(&world, other).await,
        wrong,
        "another length than declared"
    );
    assert_eq!(state(&offset(&world, &ravi, &file).await), (0, false));
    upload(&world, &ravi, &file, 64 * KIB).await;
    let behind = uploader.piece(&file, "102400", &[1], false);
    assert_eq!(
        refused(&world, behind).await,
        wrong,
        "behind a complete file"
    );
}

#[tokio::test]
async fn a_file_that_is_not_the_declared_one_is_gone_and_may_begin_again() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(150 * KIB, 6);
    begin(&world, &ravi, &file).await;
    append(&world, &ravi, &file, 0, 100 * KIB).await;
    let mut wrong = file.clone();
    *wrong.bytes.last_mut().unwrap() ^= 1;
    let reply = append(&world, &ravi, &wrong, 100 * KIB, 100 * KIB).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (422, ProblemCode::DigestMismatch)
    );
    assert_eq!(
        header(&reply, "upload-complete"),
        "?1",
        "it is not the upload that failed"
    );
    assert_eq!(offset(&world, &ravi, &file).await.status, 404);
    assert!(crate::upload_disk::files(&world).is_empty());
    upload(&world, &ravi, &file, 64 * KIB).await;
    assert!(download(&world, &ravi, &file).await.body == file.bytes);
}

#[tokio::test]
async fn every_field_of_an_upload_that_is_altered_on_the_way_is_refused() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let file = File::of(200 * KIB, 7);
    let uploader = at(&ravi, &world);
    let length = file.bytes.len().to_string();
    let other = File::of(9, 9);
    let invalid = (401, ProblemCode::SignatureInvalid);
    for (name, value) in [
        ("upload-length", "204801".to_owned()),
        ("upload-complete", "?1".to_owned()),
        ("repr-digest", other.digest()),
        ("idempotency-key", other.id.to_string()),
        ("upload-offset", "0".to_owned()),
    ] {
        let mut request = uploader.begin_with(&file, &length, &file.digest());
        let value = HeaderValue::from_str(&value).unwrap();
        request.headers_mut().insert(name, value);
        assert_eq!(refused(&world, request).await, invalid, "{name}");
    }
    begin(&world, &ravi, &file).await;
    let piece = || uploader.piece(&file, "0", &file.bytes[..64 * KIB], false);
    for (name, value) in [
        ("upload-offset", "65536"),
        ("upload-complete", "?1"),
        ("upload-length", "204800"),
        ("content-type", "application/octet-stream"),
        ("content-digest", "sha-256=:AAAA:"),
    ] {
        let mut request = piece();
        request
            .headers_mut()
            .insert(name, HeaderValue::from_str(value).unwrap());
        assert_eq!(refused(&world, request).await, invalid, "{name}");
        let mut request = piece();
        if request.headers_mut().remove(name).is_some() {
            assert_eq!(refused(&world, request).await, invalid, "no {name}");
        }
    }
    let mut request = piece();
    *request.body_mut() = Body::from(make_bytes(64 * KIB, 8));
    assert_eq!(refused(&world, request).await, invalid, "other bytes");
    let mut stranger = ravi.clone();
    stranger.dik = crate::device::keys("stranger").0;
    let theirs = at(&stranger, &world).piece_of(&file, 0, 64 * KIB);
    assert_eq!(refused(&world, theirs).await, invalid, "a stranger's key");
    assert_eq!(state(&offset(&world, &ravi, &file).await), (0, false));
    assert_eq!(state(&world.call(piece()).await), (64 * KIB, false));
}
