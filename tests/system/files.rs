//! Files from the device to the server and back, over networks, disks and processes that fail.

use std::io::Read;
use std::path::{Path, PathBuf};

use bizmitra_core::attendance::Action;
use bizmitra_core::file::Cost;
use bizmitra_core::ids::ItemId;
use bizmitra_core::outbox::State;
use bizmitra_device::{
    Device, DeviceError, FileError, FileInput, FileProgress, FileReason, FileRole, FileView,
};
use bizmitra_server::admin;
use bizmitra_tests::network::{Mood, Network};
use bizmitra_tests::phone::{Phone, tap, unlock, wait, wait_entry};
use bizmitra_tests::world::{Company, Person, World};
use sha2::{Digest as _, Sha256};

/// Bytes that do not repeat, so that no piece can pass for another.
fn bytes(length: usize) -> Vec<u8> {
    (0..=length / 32)
        .flat_map(|block| <[u8; 32]>::from(Sha256::digest(block.to_be_bytes())))
        .take(length)
        .collect()
}

struct Scene {
    world: World,
    company: Company,
    ravi: Person,
    network: Network,
    phone: Phone,
    device: Device,
}

async fn scene() -> Scene {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let network = Network::before(world.address()).await.unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&network.origin(), &ravi).await.unwrap();
    Scene {
        world,
        company,
        ravi,
        network,
        phone,
        device,
    }
}

fn input(device: &Device) -> FileInput {
    FileInput {
        id: device.home().unwrap().form_id,
        role: FileRole::Workbook,
        about: None,
        name: Some("Overtime.xlsx".to_owned()),
        media_type: "application/octet-stream".to_owned(),
    }
}

fn add(device: &Device, plain: &[u8]) -> FileView {
    let (mut source, input) = (plain, input(device));
    device.add_file(&mut source, input).unwrap()
}

fn view(device: &Device, id: ItemId) -> FileView {
    let files = device.files().unwrap();
    files.into_iter().find(|file| file.id == id).unwrap()
}

/// Tries until nothing may go any more.
async fn send_all(device: &Device) {
    for _ in 0..500 {
        let status = device.sync_now().await.unwrap();
        if status.waiting == 0 && status.files.waiting == 0 {
            return;
        }
    }
    panic!("it does not end: {:?}", device.status());
}

fn plain_of(device: &Device, id: ItemId) -> Result<Vec<u8>, FileError> {
    let mut plain = Vec::new();
    device.open_file(id, &mut plain)?;
    Ok(plain)
}

/// Sent bytes are not kept any longer; the lease ended meanwhile and is given again.
async fn a_week_passes(scene: &Scene) {
    scene.phone.clock.advance_ms(8 * 24 * 3_600_000);
    scene.world.clock.advance_ms(8 * 24 * 3_600_000);
    scene.device.sync_now().await.unwrap();
    unlock(&scene.device).await.unwrap();
}

/// Uploads on the server: received bytes, length, complete.
fn uploads(world: &World) -> Vec<(i64, i64, bool)> {
    let db = rusqlite::Connection::open(world.database()).unwrap();
    let mut statement = db
        .prepare("SELECT received, length, complete FROM blob ORDER BY blob_id")
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

fn bytes_here(phone: &Phone, id: ItemId) -> PathBuf {
    phone.data.join("files").join(id.0.simple().to_string())
}

fn all_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all_files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_arrives_encrypted_and_comes_back_when_its_bytes_are_gone_from_here() {
    let scene = scene().await;
    let plain = bytes(1_500_000);
    let file = add(&scene.device, &plain);
    send_all(&scene.device).await;
    assert_eq!(view(&scene.device, file.id).progress, FileProgress::Sent);
    let length = i64::try_from(file.length).unwrap();
    assert_eq!(uploads(&scene.world), [(length, length, true)]);
    assert_eq!(plain_of(&scene.device, file.id).unwrap(), plain);

    // No part of it is readable anywhere, and neither is its name.
    let mut found = Vec::new();
    all_files(scene.world.folder.path(), &mut found);
    for path in &found {
        let stored = std::fs::read(path).unwrap();
        for part in [&plain[..64], &plain[1_000_000..1_000_064], b"Overtime.xlsx"] {
            assert!(
                !stored.windows(part.len()).any(|window| window == part),
                "{}",
                path.display()
            );
        }
    }
    assert!(found.len() > 8, "{found:?}");

    // A week later its bytes go; over a network that breaks they come back in parts, and are checked.
    a_week_passes(&scene).await;
    assert!(!view(&scene.device, file.id).kept && !bytes_here(&scene.phone, file.id).exists());
    assert!(matches!(
        plain_of(&scene.device, file.id),
        Err(FileError::NotHere)
    ));
    scene.network.set(Mood::CutAnswersAfter(600_000));
    let mut tries = 0;
    while scene.device.fetch_file(file.id).await.is_err() {
        tries += 1;
        assert!(tries < 10, "it does not go on where it stopped");
    }
    assert!(
        tries >= 2,
        "1.5 MB do not come through 600 kB at once: {tries}"
    );
    assert_eq!(plain_of(&scene.device, file.id).unwrap(), plain);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_down_is_checked_before_it_is_shown() {
    let scene = scene().await;
    let file = add(&scene.device, &bytes(300_000));
    send_all(&scene.device).await;
    a_week_passes(&scene).await;
    // Somebody wrote a beginning of something else.
    let part = bytes_here(&scene.phone, file.id).with_extension("part");
    std::fs::write(&part, bytes(1_000)).unwrap();
    assert!(matches!(
        scene.device.fetch_file(file.id).await,
        Err(DeviceError::NotOurServer)
    ));
    assert!(!view(&scene.device, file.id).kept && !part.exists());
    scene.device.fetch_file(file.id).await.unwrap();
    assert_eq!(plain_of(&scene.device, file.id).unwrap(), bytes(300_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_byte_a_connection_is_cut_at_the_file_arrives_once_and_whole() {
    let scene = scene().await;
    // Inside heads, at their ends, inside the first piece, around piece and file borders.
    let cuts = (0..2_000).step_by(61).chain([
        30_000, 65_536, 66_000, 66_600, 70_000, 131_072, 140_000, 197_000, 200_000, 262_144,
    ]);
    let plain = bytes(200_000);
    let mut expected = 0;
    for cut in cuts {
        let file = add(&scene.device, &plain);
        expected += 1;
        scene.network.set(Mood::CutAfter(cut));
        for _ in 0..4 {
            scene.device.sync_now().await.unwrap();
        }
        scene.network.set(Mood::CutAnswersAfter(cut));
        for _ in 0..4 {
            scene.device.sync_now().await.unwrap();
        }
        scene.network.set(Mood::Fine);
        send_all(&scene.device).await;
        assert_eq!(
            view(&scene.device, file.id).progress,
            FileProgress::Sent,
            "{cut}"
        );
    }
    let uploads = uploads(&scene.world);
    assert_eq!(uploads.len(), expected);
    assert!(
        uploads
            .iter()
            .all(|(received, length, complete)| *complete && received == length)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_lost_begin_nothing_twice() {
    let scene = scene().await;
    let file = add(&scene.device, &bytes(400_000));
    scene.device.sync_now().await.unwrap();
    scene.network.set(Mood::LoseAnswers);
    for _ in 0..6 {
        scene.device.sync_now().await.unwrap();
    }
    assert!(scene.network.answers_lost() >= 3);
    scene.network.set(Mood::Fine);
    send_all(&scene.device).await;
    assert_eq!(view(&scene.device, file.id).progress, FileProgress::Sent);
    assert_eq!(uploads(&scene.world).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_and_locked_phone_goes_on_where_it_was() {
    let scene = scene().await;
    let plain = bytes(3_000_000);
    let file = add(&scene.device, &plain);
    scene.network.set(Mood::CutAfter(700_000));
    for _ in 0..3 {
        scene.device.sync_now().await.unwrap();
    }
    let before = scene.device.status().unwrap().files.acknowledged;
    assert!(before > 0 && before < file.length, "{before}");
    // Dropped as a kill would: nothing is said to anybody.
    drop(scene.device);
    let device = scene.phone.reopen().await.unwrap();
    scene.network.set(Mood::Fine);
    // Nobody unlocks anything.
    wait(|| Ok((device.status()?.files.waiting == 0).then_some(())))
        .await
        .unwrap();
    unlock(&device).await.unwrap();
    assert_eq!(view(&device, file.id).progress, FileProgress::Sent);
    assert_eq!(plain_of(&device, file.id).unwrap(), plain);
    assert_eq!(uploads(&scene.world).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_overtakes_a_file_that_is_being_sent() {
    let scene = scene().await;
    scene.network.set(Mood::Cut);
    let file = add(&scene.device, &bytes(20_000_000));
    let entry = tap(&scene.device, Action::CheckIn).unwrap();
    scene.network.set(Mood::Fine);
    scene.device.on_network_change();
    wait_entry(&scene.device, entry.tap.id, |entry| {
        entry.state == State::Acked
    })
    .await
    .unwrap();
    assert_ne!(view(&scene.device, file.id).progress, FileProgress::Sent);
    let second = tap(&scene.device, Action::CheckOut).unwrap();
    wait_entry(&scene.device, second.tap.id, |entry| {
        entry.state == State::Acked
    })
    .await
    .unwrap();
    send_all(&scene.device).await;
    assert_eq!(view(&scene.device, file.id).progress, FileProgress::Sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_the_disk_changed_are_parked_and_never_opened_as_right() {
    let scene = scene().await;
    scene.network.set(Mood::Cut);
    let file = add(&scene.device, &bytes(200_000));
    let path = bytes_here(&scene.phone, file.id);
    let mut stored = std::fs::read(&path).unwrap();
    stored[150_000] ^= 1;
    std::fs::write(&path, stored).unwrap();
    scene.network.set(Mood::Fine);
    send_all(&scene.device).await;
    let parked = FileProgress::Parked(FileReason::Damaged);
    assert_eq!(view(&scene.device, file.id).progress, parked);
    assert!(matches!(
        plain_of(&scene.device, file.id),
        Err(FileError::Damaged)
    ));
    assert!(
        uploads(&scene.world)
            .iter()
            .all(|(_, _, complete)| !complete)
    );
    std::fs::remove_file(&path).unwrap();
    scene.device.resume_file(file.id).unwrap();
    send_all(&scene.device).await;
    assert_eq!(
        view(&scene.device, file.id).progress,
        parked,
        "gone from the disk"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_or_a_broken_source_leaves_nothing_and_the_form_can_be_sent_again() {
    let scene = scene().await;
    scene.network.set(Mood::Cut);
    scene.device.sync_now().await.unwrap();
    let form = input(&scene.device);
    let plain = bytes(100_000);
    let mut broken = plain.as_slice().chain(Broken);
    let refused = scene.device.add_file(&mut broken, form.clone());
    assert!(matches!(refused, Err(FileError::Io(_))), "{refused:?}");
    let huge = scene
        .device
        .add_file(&mut std::io::repeat(1).take(70 << 20), form.clone());
    assert!(matches!(huge, Err(FileError::TooLarge)), "{huge:?}");
    scene.device.fill_disk(true);
    let mut full = None;
    for _ in 0..200 {
        let added = scene
            .device
            .add_file(&mut plain.as_slice(), input(&scene.device));
        if let Err(error) = added {
            full = Some(error);
            break;
        }
    }
    assert!(
        matches!(full, Some(FileError::Device(DeviceError::DiskFull))),
        "{full:?}"
    );
    scene.device.fill_disk(false);
    let saved = scene.device.files().unwrap().len();
    let shelf = scene.phone.data.join("files");
    assert_eq!(
        std::fs::read_dir(&shelf).unwrap().count(),
        saved,
        "bytes without a row"
    );
    scene
        .device
        .add_file(&mut plain.as_slice(), form.clone())
        .unwrap();
    scene.device.add_file(&mut plain.as_slice(), form).unwrap();
    assert_eq!(
        scene.device.files().unwrap().len(),
        saved + 1,
        "the same form is one file"
    );
    scene.network.set(Mood::Fine);
    send_all(&scene.device).await;
    assert_eq!(uploads(&scene.world).len(), saved + 1);
}

/// A card that was pulled out.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::NotConnected.into())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_taken_back_leaves_no_bytes_here_or_there() {
    let scene = scene().await;
    let plain = bytes(2_000_000);
    scene.network.set(Mood::Cut);
    let never = add(&scene.device, &plain);
    assert_eq!(
        scene.device.cancel_file(never.id).unwrap().progress,
        FileProgress::Cancelled
    );
    let begun = add(&scene.device, &plain);
    scene.network.set(Mood::CutAfter(700_000));
    for _ in 0..3 {
        scene.device.sync_now().await.unwrap();
    }
    assert!(view(&scene.device, begun.id).acknowledged > 0);
    scene.device.cancel_file(begun.id).unwrap();
    scene.network.set(Mood::Fine);
    send_all(&scene.device).await;
    scene.device.sync_now().await.unwrap();
    for file in [never.id, begun.id] {
        assert!(!bytes_here(&scene.phone, file).exists());
        assert_eq!(view(&scene.device, file).progress, FileProgress::Cancelled);
    }
    admin::forget_abandoned_uploads(scene.world.server()).unwrap();
    assert!(uploads(&scene.world).is_empty());
    let sent = add(&scene.device, b"small");
    send_all(&scene.device).await;
    assert!(matches!(
        scene.device.cancel_file(sent.id),
        Err(DeviceError::TooLate)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_file_waits_and_a_large_one_waits_for_a_free_network() {
    let scene = scene().await;
    scene.network.set(Mood::Cut);
    let large = add(&scene.device, &bytes(6_000_000));
    let paused = add(&scene.device, &bytes(1_000));
    scene.device.pause_file(paused.id).unwrap();
    scene.phone.line.set(Cost::Metered);
    scene.network.set(Mood::Fine);
    scene.device.sync_now().await.unwrap();
    scene.device.sync_now().await.unwrap();
    let progress = |id| view(&scene.device, id).progress;
    assert_eq!(progress(large.id), FileProgress::WaitingForFreeNetwork);
    assert_eq!(progress(paused.id), FileProgress::Paused);
    assert!(uploads(&scene.world).is_empty());
    scene.device.resume_file(paused.id).unwrap();
    wait(|| Ok((progress(paused.id) == FileProgress::Sent).then_some(())))
        .await
        .unwrap();
    scene.phone.line.set(Cost::Free);
    send_all(&scene.device).await;
    assert_eq!(progress(large.id), FileProgress::Sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selfie_is_joined_to_its_tap_and_goes_before_other_files() {
    let scene = scene().await;
    scene.network.set(Mood::Cut);
    let workbook = add(&scene.device, &bytes(600_000));
    let entry = tap(&scene.device, Action::CheckIn).unwrap();
    let selfie = FileInput {
        role: FileRole::Selfie,
        about: Some(entry.tap.id),
        name: None,
        ..input(&scene.device)
    };
    let selfie = scene
        .device
        .add_file(&mut bytes(40_000).as_slice(), selfie)
        .unwrap();
    scene.network.set(Mood::Fine);
    while view(&scene.device, selfie.id).progress != FileProgress::Sent {
        scene.device.sync_now().await.unwrap();
        assert_ne!(
            view(&scene.device, workbook.id).progress,
            FileProgress::Sent
        );
    }
    send_all(&scene.device).await;
    let rows = scene.world.taps_of(&scene.ravi).unwrap();
    let blobs = &rows[0].entry.blobs;
    assert_eq!(blobs.len(), 1, "{blobs:?}");
    assert_eq!(blobs[0].id.0, selfie.id.0);
    assert_eq!(blobs[0].state, bizmitra_contract::blob::BlobState::Complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_person_and_another_company_find_nothing_under_the_id() {
    let scene = scene().await;
    let file = add(&scene.device, &bytes(1_000));
    send_all(&scene.device).await;
    let other_company = scene.world.company("Deccan Mills").unwrap();
    let asha = scene.world.person(&scene.company, "Asha Kulkarni").unwrap();
    let dev = scene.world.person(&other_company, "Dev Shah").unwrap();
    for (name, person) in [("b", asha), ("c", dev)] {
        let phone = Phone::new(&scene.world, name);
        let device = phone
            .activated(&scene.network.origin(), &person)
            .await
            .unwrap();
        // Their own file under the same id is a file of its own: ids are a person's.
        let own = FileInput {
            id: file.id,
            ..input(&device)
        };
        let own = device.add_file(&mut b"mine".as_slice(), own).unwrap();
        assert!(device.sync_now().await.is_ok());
        assert_ne!(own.length, file.length);
    }
    assert_eq!(plain_of(&scene.device, file.id).unwrap(), bytes(1_000));
    let complete = uploads(&scene.world);
    assert!(
        complete
            .iter()
            .any(|(_, length, whole)| *whole && *length == i64::try_from(file.length).unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_server_lost_is_never_shown_as_here() {
    let scene = scene().await;
    let file = add(&scene.device, &bytes(300_000));
    send_all(&scene.device).await;
    let db = rusqlite::Connection::open(scene.world.database()).unwrap();
    db.execute("DELETE FROM blob", []).unwrap();
    drop(db);
    a_week_passes(&scene).await;
    assert!(matches!(
        scene.device.fetch_file(file.id).await,
        Err(DeviceError::Api(_))
    ));
    assert!(!view(&scene.device, file.id).kept);
    assert!(matches!(
        plain_of(&scene.device, file.id),
        Err(FileError::NotHere)
    ));
}
