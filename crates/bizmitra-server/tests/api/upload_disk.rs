//! The blob folder: what lies there, and what happens when somebody or something changes it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use bizmitra_contract::problem::ProblemCode;
use tower::ServiceExt as _;

use crate::device::TestDevice;
use crate::upload_files::{File, KIB, append, at, begin, download, offset, state, upload};
use crate::world::World;

/// Every file in the blob folder.
pub fn files(world: &World) -> Vec<PathBuf> {
    let shelves = fs::read_dir(world.folder().join("blobs")).unwrap();
    shelves
        .flat_map(|shelf| fs::read_dir(shelf.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect()
}

fn only_file(world: &World) -> PathBuf {
    let mut all = files(world);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Where the only upload's file will be, before it is there.
fn coming_file(world: &World) -> PathBuf {
    let db = rusqlite::Connection::open(world.folder().join("bizmitra.db")).unwrap();
    let id: Vec<u8> = db
        .query_row("SELECT file_id FROM blob", [], |row| row.get(0))
        .unwrap();
    let name = hex::encode(&id);
    let shelf = world.folder().join("blobs").join(hex::encode(&id[..1]));
    fs::create_dir_all(&shelf).unwrap();
    shelf.join(name)
}

/// How long the only upload's file is, as far as it counts.
fn stored_of_only_file(world: &World) -> u64 {
    let db = rusqlite::Connection::open(world.folder().join("bizmitra.db")).unwrap();
    db.query_row("SELECT stored FROM blob", [], |row| row.get(0))
        .unwrap()
}

/// The bytes of an answer, unless it breaks off.
async fn read(world: &World, request: Request<Body>) -> Option<(StatusCode, Vec<u8>)> {
    let response = world.router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .ok()?;
    Some((status, bytes.to_vec()))
}

fn contains(place: &[u8], wanted: &[u8]) -> bool {
    place.windows(wanted.len()).any(|window| window == wanted)
}

#[tokio::test]
async fn at_rest_a_file_shows_neither_bytes_nor_whose_it_is() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let file = File {
        bytes: b"a word that nobody else may read ".repeat(6_000),
        ..File::of(0, 0)
    };
    upload(&world, &ravi, &file, 100 * KIB).await;
    let path = only_file(&world);
    let stored = fs::read(&path).unwrap();
    assert!(stored.len() > file.bytes.len());
    assert!(!contains(&stored, &file.bytes[..32]));
    let name = path
        .to_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    assert!(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    for id in [file.id.0, world.ravi.0, world.company.0, ravi.device.0] {
        assert!(!name.contains(&id.simple().to_string()));
        assert!(!contains(&stored, id.as_bytes()));
    }
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
}

#[tokio::test]
async fn without_the_persons_key_the_file_is_nothing_any_more() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let (whole, open) = (File::of(100 * KIB, 1), File::of(200 * KIB, 2));
    upload(&world, &ravi, &whole, 64 * KIB).await;
    begin(&world, &ravi, &open).await;
    append(&world, &ravi, &open, 0, 64 * KIB).await;
    let person = format!("keys/people-{}/{}.key", world.company, world.ravi);
    fs::remove_file(world.folder().join(person)).unwrap();
    for world in [&world, &world.restarted()] {
        assert_eq!(
            download(world, &ravi, &whole).await.code(),
            ProblemCode::NotFound
        );
        assert_eq!(
            append(world, &ravi, &open, 64 * KIB, 64 * KIB).await.status,
            404
        );
        assert_eq!(begin(world, &ravi, &File::of(10, 3)).await.status, 404);
    }
}

#[tokio::test]
async fn a_file_that_was_changed_at_rest_is_never_given_as_if_it_were_right() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(300 * KIB, 4);
    upload(&world, &ravi, &file, 100 * KIB).await;
    let path = only_file(&world);
    let good = fs::read(&path).unwrap();
    let segment = 4 + 24 + 64 * KIB + 16;
    let end = 4 + 24 + 16;
    type Change = Box<dyn Fn(&mut Vec<u8>)>;
    let changes: Vec<(&str, Change)> = vec![
        (
            "the end cut",
            Box::new(move |bytes| bytes.truncate(bytes.len() - end)),
        ),
        (
            "a byte cut",
            Box::new(|bytes| bytes.truncate(bytes.len() - 1)),
        ),
        ("a byte added", Box::new(|bytes| bytes.push(0))),
        ("emptied", Box::new(Vec::clear)),
        ("a bit", Box::new(|bytes| bytes[1_000] ^= 1)),
        ("a nonce", Box::new(|bytes| bytes[4] ^= 1)),
        ("a length", Box::new(|bytes| bytes[3] ^= 1)),
        ("a huge length", Box::new(|bytes| bytes[0] = 0xff)),
        (
            "the end's tag",
            Box::new(|bytes| *bytes.last_mut().unwrap() ^= 1),
        ),
        (
            "two segments swapped",
            Box::new(move |bytes| {
                // Pieces of 100 KiB are a full and a short segment each: the full ones are alike on disk.
                let second = segment + 4 + 24 + 36 * KIB + 16;
                let (first, rest) = bytes.split_at_mut(second);
                first[..segment].swap_with_slice(&mut rest[..segment]);
            }),
        ),
        (
            "a segment twice",
            Box::new(move |bytes| {
                let second = segment + 4 + 24 + 36 * KIB + 16;
                bytes.copy_within(..segment, second);
            }),
        ),
    ];
    for (name, change) in changes {
        let mut bytes = good.clone();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let whole = read(&world, at(&ravi, &world).download(&file, None)).await;
        assert!(
            whole.is_none_or(|(status, _)| status == 500),
            "{name}: given as a success"
        );
    }
    fs::write(&path, &good).unwrap();
    assert!(download(&world, &ravi, &file).await.body == file.bytes);
}

#[tokio::test]
async fn anothers_bytes_in_the_place_of_a_file_do_not_open() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let (mine, other) = (File::of(64 * KIB, 5), File::of(64 * KIB, 6));
    upload(&world, &ravi, &mine, 64 * KIB).await;
    let place = only_file(&world);
    upload(&world, &ravi, &other, 64 * KIB).await;
    let others = files(&world)
        .into_iter()
        .find(|path| *path != place)
        .unwrap();
    fs::copy(others, place).unwrap();
    let read = read(&world, at(&ravi, &world).download(&mine, None)).await;
    assert!(read.is_none_or(|(status, _)| status == 500));
}

#[tokio::test]
async fn what_a_crash_left_behind_the_acknowledged_bytes_is_cut_off() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(200 * KIB, 7);
    begin(&world, &ravi, &file).await;
    // A crash in the first append, before anything was acknowledged.
    fs::write(coming_file(&world), b"half a first segment").unwrap();
    let world = world.restarted();
    assert_eq!(state(&offset(&world, &ravi, &file).await), (0, false));
    append(&world, &ravi, &file, 0, 70 * KIB).await;
    for garbage in [vec![0; 1], vec![9; 80 * KIB], vec![0xff; 200 * KIB]] {
        let path = only_file(&world);
        let mut torn = OpenOptions::new().append(true).open(path).unwrap();
        torn.write_all(&garbage).unwrap();
        let world = world.restarted();
        let (from, _) = state(&offset(&world, &ravi, &file).await);
        append(&world, &ravi, &file, from, 64 * KIB).await;
        let on_disk = fs::metadata(only_file(&world)).unwrap().len();
        assert_eq!(on_disk, stored_of_only_file(&world), "nothing lies behind");
    }
    assert_eq!(
        state(&offset(&world, &ravi, &file).await),
        (200 * KIB, true)
    );
    assert!(download(&world, &ravi, &file).await.body == file.bytes);
}

#[tokio::test]
async fn bytes_that_were_lost_are_not_acknowledged_any_more() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let (open, whole) = (File::of(200 * KIB, 8), File::of(100 * KIB, 9));
    begin(&world, &ravi, &open).await;
    append(&world, &ravi, &open, 0, 100 * KIB).await;
    let path = only_file(&world);
    let length = fs::metadata(&path).unwrap().len();
    let cut = OpenOptions::new().write(true).open(&path).unwrap();
    cut.set_len(length - 1).unwrap();
    assert_eq!(offset(&world, &ravi, &open).await.status, 404);
    assert_eq!(
        append(&world, &ravi, &open, 100 * KIB, 64 * KIB)
            .await
            .status,
        404
    );
    assert_eq!(state(&begin(&world, &ravi, &open).await), (0, false));
    upload(&world, &ravi, &open, 64 * KIB).await;
    assert_eq!(files(&world).len(), 1, "the damaged bytes are gone");
    upload(&world, &ravi, &whole, 64 * KIB).await;
    for path in files(&world) {
        fs::remove_file(path).unwrap();
    }
    // Whole files too: the device that still has them is told to send them again.
    for file in [&open, &whole] {
        assert_eq!(offset(&world, &ravi, file).await.status, 404);
        upload(&world, &ravi, file, 64 * KIB).await;
        assert!(download(&world, &ravi, file).await.body == file.bytes);
    }
}

#[tokio::test]
async fn a_full_disk_acknowledges_nothing_and_is_over_when_there_is_space() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(200 * KIB, 10);
    begin(&world, &ravi, &file).await;
    let path = coming_file(&world);
    symlink("/dev/full", &path).unwrap();
    for _ in 0..2 {
        let reply = append(&world, &ravi, &file, 0, 64 * KIB).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (507, ProblemCode::StorageFull)
        );
        assert_eq!(state(&offset(&world, &ravi, &file).await), (0, false));
    }
    fs::remove_file(&path).unwrap();
    upload(&world, &ravi, &file, 64 * KIB).await;
    assert!(download(&world, &ravi, &file).await.body == file.bytes);
}

#[tokio::test]
async fn a_failing_disk_acknowledges_nothing_and_tells_nobody_why() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(200 * KIB, 11);
    begin(&world, &ravi, &file).await;
    let path = coming_file(&world);
    fs::create_dir(&path).unwrap();
    let reply = append(&world, &ravi, &file, 0, 64 * KIB).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (500, ProblemCode::Internal)
    );
    assert!(!contains(&reply.body, b"blob") && !contains(&reply.body, b"directory"));
    assert_eq!(state(&offset(&world, &ravi, &file).await), (0, false));
    fs::remove_dir(&path).unwrap();
    upload(&world, &ravi, &file, 64 * KIB).await;
    assert!(download(&world, &ravi, &file).await.body == file.bytes);
}
