//! `backup` and `restore`: the program itself, beside a server that runs and on a folder that nobody uses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bizmitra_server::backup;

use crate::device::TestDevice;
use crate::upload_files::{File, KIB, append, begin, download, upload};
use crate::world::{MONDAY_NINE_MS, World};

const PROGRAM: &str = env!("CARGO_BIN_EXE_bizmitra-server");

/// Runs the program, or what was put before it.
fn run(program: &mut Command, [word, option]: [&str; 2], data: &Path, folder: &Path) -> Output {
    program
        .args([word, "--data"])
        .arg(data)
        .arg(option)
        .arg(folder)
        .output()
        .unwrap()
}

const BACKUP: [&str; 2] = ["backup", "--to"];
const RESTORE: [&str; 2] = ["restore", "--from"];

fn back_up(data: &Path, to: &Path) -> Output {
    run(&mut Command::new(PROGRAM), BACKUP, data, to)
}

fn restore(data: &Path, from: &Path) -> Output {
    run(&mut Command::new(PROGRAM), RESTORE, data, from)
}

fn done(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A world with a backup of its first check-in and file, and one of each after it.
struct Later {
    world: World,
    ravi: TestDevice,
    files: [File; 2],
    second: bizmitra_contract::sync::BatchItem,
    elsewhere: tempfile::TempDir,
}

impl Later {
    async fn new() -> Self {
        let world = World::new();
        let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
        let files = [File::of(300 * KIB, 1), File::of(90 * KIB, 2)];
        let first = ravi.check_in(MONDAY_NINE_MS);
        ravi.deliver(&world, &[&first]).await;
        upload(&world, &ravi, &files[0], 128 * KIB).await;
        let elsewhere = tempfile::tempdir().unwrap();
        let said = done(&back_up(world.folder(), &elsewhere.path().join("monday")));
        assert!(said.contains("files    1\n"), "{said}");
        let second = ravi.check_in(MONDAY_NINE_MS + 60_000);
        ravi.deliver(&world, &[&second]).await;
        upload(&world, &ravi, &files[1], 128 * KIB).await;
        Self {
            world,
            ravi,
            files,
            second,
            elsewhere,
        }
    }

    fn backup(&self) -> PathBuf {
        self.elsewhere.path().join("monday")
    }
}

#[tokio::test]
async fn a_backup_made_beside_a_running_server_comes_back_whole_and_what_is_newer_is_sent_again() {
    let later = Later::new().await;
    let (backup, epoch) = (later.backup(), later.world.server.epoch());
    let Later {
        world,
        mut ravi,
        files,
        second,
        elsewhere: _elsewhere,
    } = later;
    let world = world.while_stopped(|data| {
        let said = done(&restore(data, &backup));
        assert!(said.contains("kept "), "{said}");
        assert!(said.contains("revoked meanwhile"), "{said}");
    });
    assert!(world.server.epoch() > epoch);
    assert_eq!(world.attendance(world.ravi).len(), 1);
    ravi.sign_in(&world).await;
    assert_eq!(
        download(&world, &ravi, &files[0]).await.body,
        files[0].bytes
    );
    assert_eq!(
        download(&world, &ravi, &files[1]).await.status.as_u16(),
        404
    );
    ravi.deliver(&world, &[&second]).await;
    upload(&world, &ravi, &files[1], 128 * KIB).await;
    assert_eq!(world.attendance(world.ravi).len(), 2);
    assert_eq!(
        download(&world, &ravi, &files[1]).await.body,
        files[1].bytes
    );
    // What was replaced is a data folder's content, as it was.
    let kept = entries(world.folder(), "replaced-");
    let [kept] = &kept[..] else {
        panic!("{kept:?}")
    };
    assert!(kept.join("bizmitra.db").is_file() && kept.join("blobs").is_dir());
    // The same backup once more is another epoch.
    let before = world.server.epoch();
    let world = world.while_stopped(|data| drop(done(&restore(data, &backup))));
    assert!(world.server.epoch() > before);
}

#[tokio::test]
async fn an_upload_under_way_is_backed_up_as_far_as_it_was_acknowledged() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let file = File::of(300 * KIB, 3);
    begin(&world, &ravi, &file).await;
    append(&world, &ravi, &file, 0, 100 * KIB).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("under way");
    done(&back_up(world.folder(), &backup));
    append(&world, &ravi, &file, 100 * KIB, 100 * KIB).await;
    let world = world.while_stopped(|data| drop(done(&restore(data, &backup))));
    let mut ravi = ravi;
    ravi.sign_in(&world).await;
    upload(&world, &ravi, &file, 128 * KIB).await;
    assert_eq!(download(&world, &ravi, &file).await.body, file.bytes);
}

#[tokio::test]
async fn a_file_that_the_server_lost_does_not_stand_in_the_way_and_is_named() {
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    for seed in 4..6 {
        upload(&world, &ravi, &File::of(10 * KIB, seed), 128 * KIB).await;
    }
    let shelf = entries(&world.folder().join("blobs"), "").remove(0);
    fs::remove_dir_all(shelf).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let made = backup::make(&world.server, &elsewhere.path().join("b")).unwrap();
    assert_eq!((made.files.len(), made.missing.len()), (1, 1));
    let said = done(&back_up(world.folder(), &elsewhere.path().join("c")));
    assert!(said.contains("missing  1 files"), "{said}");
}

#[tokio::test]
async fn a_new_machine_needs_the_keys_and_the_backup() {
    let later = Later::new().await;
    let backup = later.backup();
    let fresh = tempfile::tempdir().unwrap();
    let said = refused(&restore(fresh.path(), &backup));
    assert!(said.contains("has no keys"), "{said}");
    assert_eq!(entries(fresh.path(), "").len(), 0, "no keys were made");
    copy_folder(
        &later.world.folder().join("keys"),
        &fresh.path().join("keys"),
    );
    let said = done(&restore(fresh.path(), &backup));
    assert!(!said.contains("kept "), "{said}");
    let world = later.world.opened_at(fresh.path());
    assert_eq!(world.attendance(world.ravi).len(), 1);
}

#[tokio::test]
async fn nothing_is_overwritten_and_nothing_is_restored_under_a_server() {
    let later = Later::new().await;
    let (data, backup) = (later.world.folder(), later.backup());
    let said = refused(&back_up(data, &backup));
    assert!(said.contains("monday is there already"), "{said}");
    let said = refused(&restore(data, &backup));
    assert!(said.contains("is in use: stop the server"), "{said}");
    let said = refused(&back_up(later.elsewhere.path(), &data.join("b")));
    assert!(said.contains("is not a data folder"), "{said}");
    assert_eq!(later.world.attendance(later.world.ravi).len(), 2);
}

#[tokio::test]
async fn a_backup_that_was_changed_or_is_anothers_is_refused_and_named_and_the_data_stay() {
    let later = Later::new().await;
    let backup = later.backup();
    let stranger = World::new();
    let ravi = later.world.ravi;
    let world = later.world.while_stopped(|data| {
        let said = refused(&restore(data, &data.join("keys")));
        assert!(said.contains("is not a backup"), "{said}");
        let stranger = stranger.while_stopped(|theirs| {
            let said = refused(&restore(theirs, &backup));
            assert!(said.contains("other keys"), "{said}");
        });
        assert!(stranger.attendance(ravi).is_empty());
        let blob = entries(&entries(&backup.join("blobs"), "")[0], "").remove(0);
        for (file, complaint) in [
            (backup.join("manifest.json"), "list was changed"),
            (backup.join("manifest.mac"), "list was changed"),
            (backup.join("bizmitra.db"), "bizmitra.db of the backup"),
            (blob, "of the backup is missing or damaged"),
        ] {
            let whole = fs::read(&file).unwrap();
            let mut changed = whole.clone();
            let middle = changed.len() / 2;
            changed[middle] ^= 1;
            for bytes in [changed, whole[..middle].to_vec()] {
                fs::write(&file, bytes).unwrap();
                let said = refused(&restore(data, &backup));
                assert!(said.contains(complaint), "{said}");
            }
            fs::remove_file(&file).unwrap();
            refused(&restore(data, &backup));
            fs::write(&file, whole).unwrap();
        }
        assert_eq!(entries(data, "re"), Vec::<PathBuf>::new());
    });
    assert_eq!(world.attendance(world.ravi).len(), 2);
}

/// Runs the program under strace, killed at the `n`th of the calls that change names or sync; says whether it was.
fn killed(n: usize, words: [&str; 2], data: &Path, folder: &Path) -> bool {
    let inject = format!(
        "inject=rename,renameat2,fsync,fdatasync,unlink,rmdir,mkdir,ftruncate:signal=KILL:when={n}"
    );
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &inject, "--", PROGRAM]);
    !run(&mut strace, words, data, folder).status.success()
}

#[tokio::test]
async fn a_restore_killed_at_any_moment_is_done_by_running_it_again() {
    let later = Later::new().await;
    let (backup, whole) = (later.backup(), later.world.folder());
    let mut kills = 0;
    for n in 1.. {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        copy_folder(whole, &data);
        if !killed(n, RESTORE, &data, &backup) {
            break;
        }
        kills = n;
        // Whole in one state or the other, or closed until the command was run again.
        match later.world.try_opened_at(&data) {
            Some(world) => assert!([1, 2].contains(&world.attendance(world.ravi).len())),
            None => assert!(data.join("restoring").exists()),
        }
        done(&restore(&data, &backup));
        let world = later.world.opened_at(&data);
        assert_eq!(world.attendance(world.ravi).len(), 1, "killed at {n}");
        assert_eq!(entries(&data, "restoring"), Vec::<PathBuf>::new());
        // What was there before is in one of the folders that were put aside.
        let aside = entries(&data, "replaced-");
        assert!(
            aside.iter().any(|folder| holds_both(folder)),
            "killed at {n}: {aside:?}"
        );
    }
    assert!(kills > 10, "{kills}");
}

#[tokio::test]
async fn a_backup_killed_at_any_moment_is_whole_or_not_there() {
    let later = Later::new().await;
    let mut kills = 0;
    for n in 1.. {
        let to = later.elsewhere.path().join(format!("killed-{n}"));
        let data = later.world.folder();
        if !killed(n, BACKUP, data, &to) {
            break;
        }
        kills = n;
        if to.exists() {
            let fresh = tempfile::tempdir().unwrap();
            copy_folder(&data.join("keys"), &fresh.path().join("keys"));
            done(&restore(fresh.path(), &to));
            let world = later.world.opened_at(fresh.path());
            assert_eq!(world.attendance(world.ravi).len(), 2);
        }
    }
    assert!(kills > 5, "{kills}");
}

/// Whether a database that was put aside has both check-ins.
fn holds_both(folder: &Path) -> bool {
    let Ok(db) = rusqlite::Connection::open(folder.join("bizmitra.db")) else {
        return false;
    };
    db.query_row("SELECT count(*) FROM tap", [], |row| row.get::<_, i64>(0))
        .is_ok_and(|count| count == 2)
}

/// What lies in a folder under names that begin so.
fn entries(folder: &Path, beginning: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with(beginning) && name != "lock"
        })
        .collect();
    found.sort();
    found
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in entries(from, "") {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
