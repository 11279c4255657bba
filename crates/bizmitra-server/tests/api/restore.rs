//! A database from a backup is noticed: devices offer again what it no longer has.

use std::path::Path;

use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;

use crate::device::TestDevice;
use crate::world::{MONDAY_NINE_MS, World};

/// A consistent copy, as a backup makes it.
fn back_up(from: &Path, to: &Path) {
    let db = rusqlite::Connection::open(from.join("bizmitra.db")).unwrap();
    db.execute("VACUUM INTO ?1", [to.to_str().unwrap()])
        .unwrap();
}

fn restore(folder: &Path, backup: &Path) {
    for end in ["", "-wal", "-shm"] {
        let file = folder.join(format!("bizmitra.db{end}"));
        if file.exists() {
            std::fs::remove_file(file).unwrap();
        }
    }
    std::fs::copy(backup, folder.join("bizmitra.db")).unwrap();
}

#[tokio::test]
async fn a_restored_backup_gets_a_new_epoch_that_stays_and_old_cursors_are_stale() {
    let world = World::new();
    let epoch = world.server.epoch();
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("backup.db");
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let statement = ravi.get(&world, paths::CHANGES).await.json();
    let page: bizmitra_contract::changes::ChangesPage = ravi.open(&statement, "changes");
    back_up(world.folder(), &backup);
    // Confirmed after the backup, by a server that then dies without a clean stop.
    let tap = ravi.check_in(MONDAY_NINE_MS);
    ravi.deliver(&world, &[&tap]).await;
    restore(world.folder(), &backup);
    let restored = world.restarted();
    assert!(restored.server.epoch() > epoch);
    assert!(restored.attendance(world.ravi).is_empty());
    let reply = ravi
        .get(
            &restored,
            &format!("{}?since={}", paths::CHANGES, page.cursor),
        )
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (409, ProblemCode::CursorStale)
    );
    ravi.deliver(&restored, &[&tap]).await;
    assert_eq!(restored.attendance(world.ravi).len(), 1);
    assert_eq!(restored.restarted().server.epoch(), restored.server.epoch());
    // The same backup once more.
    restore(world.folder(), &backup);
    assert!(world.restarted().server.epoch() > restored.server.epoch());
}

#[tokio::test]
async fn a_restart_keeps_the_epoch_and_so_does_a_database_ahead_of_its_marker() {
    let world = World::new();
    let epoch = world.server.epoch();
    let marker = world.folder().join("keys/epoch");
    let before = std::fs::read(&marker).unwrap();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    ravi.deliver(&world, &[&ravi.clone().check_in(MONDAY_NINE_MS)])
        .await;
    assert_ne!(std::fs::read(&marker).unwrap(), before);
    assert_eq!(world.restarted().server.epoch(), epoch);
    // A power cut takes back what was not synced.
    std::fs::write(&marker, before).unwrap();
    assert_eq!(world.restarted().server.epoch(), epoch);
    std::fs::write(&marker, "half a ma").unwrap();
    assert!(world.restarted().server.epoch() > epoch);
}

#[tokio::test]
async fn a_log_that_a_killed_process_left_is_written_anew_at_the_start() {
    let world = World::new();
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let tap = ravi.check_in(MONDAY_NINE_MS);
    ravi.deliver(&world, &[&tap]).await;
    let log = world.folder().join("bizmitra.db-wal");
    let left = std::fs::metadata(&log).unwrap().len();
    let restarted = world.restarted();
    let begun_anew = std::fs::metadata(&log).unwrap().len();
    assert!(begun_anew < left, "{begun_anew} of {left}");
    assert_eq!(restarted.attendance(world.ravi).len(), 1);
}
