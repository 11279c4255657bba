//! The system calls of an append: their order, and the program killed at each of them.

use std::fs;

use crate::device::TestDevice;
use crate::upload_files::{File, KIB};
use crate::upload_process::{Process, append, ask, assert_equal, begin};
use crate::world::World;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn a_piece_is_on_disk_before_its_offset_is_committed_and_that_before_it_is_answered() {
    let runtime = runtime();
    let world = World::new();
    let ravi = runtime.block_on(TestDevice::enrol(&world, world.ravi, "Ravi"));
    let file = File::of(200 * KIB, 1);
    let log = world.folder().join("calls.txt");
    let calls = "trace=write,pwrite64,fsync,fdatasync,writev,sendto";
    let process = Process::traced(&["-e", calls], &log, world.folder()).unwrap();
    begin(process.address, &ravi, &file);
    let before = fs::read_to_string(&log).unwrap().lines().count();
    append(process.address, &ravi, &file, 0, 64 * KIB).unwrap();
    append(process.address, &ravi, &file, 64 * KIB, 64 * KIB).unwrap();
    process.stop();
    let log = fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = log.lines().skip(before).collect();
    let mut rest = lines.iter();
    let mut next = |call: &str, place: &str| {
        rest.by_ref()
            .find(|line| line.contains(call) && line.contains(place))
            .unwrap_or_else(|| panic!("no {call} of {place} in order:\n{}", lines.join("\n")));
    };
    // The first piece also puts the file's name on disk.
    next("write(", "/blobs/");
    next("fdatasync(", "/blobs/");
    next("fsync(", "/blobs/");
    next("sync(", "bizmitra.db-wal");
    next("HTTP/1.1 204", "");
    next("write(", "/blobs/");
    next("fdatasync(", "/blobs/");
    next("sync(", "bizmitra.db-wal");
    next("HTTP/1.1 204", "");
}

#[test]
fn killed_at_any_call_of_an_append_the_server_has_what_it_answered() {
    let runtime = runtime();
    let world = World::new();
    let ravi = runtime.block_on(TestDevice::enrol(&world, world.ravi, "Ravi"));
    let file = File::of(24 * KIB * KIB, 2);
    let piece = 64 * KIB;
    let log = world.folder().join("calls.txt");
    let process = Process::start(world.folder());
    begin(process.address, &ravi, &file);
    process.kill();
    let (mut from, mut kills) = (0, 0);
    for call in [
        "write",
        "pwrite64",
        "fdatasync",
        "fsync",
        "ftruncate",
        "mkdir",
        "writev",
        "sendto",
    ] {
        for number in 1.. {
            assert!(number < 60, "{call} never ends");
            let inject = format!("inject={call}:signal=SIGKILL:when={number}");
            let options = ["-e", &format!("trace={call}"), "-e", &inject];
            let mut killed = true;
            if let Some(mut process) = Process::traced(&options, &log, world.folder()) {
                let answered = append(process.address, &ravi, &file, from, piece);
                if let Some(answer) = answered {
                    assert_eq!((answer.status, answer.offset), (204, from + piece));
                    from = answer.offset;
                }
                killed = process.is_over();
                if !killed {
                    process.stop();
                }
            }
            let process = Process::start(world.folder());
            let standing = ask(process.address, &ravi, &file).offset;
            assert!(
                [from, from + piece].contains(&standing),
                "{call} {number}: {standing} after {from}"
            );
            from = standing;
            process.kill();
            if !killed {
                break;
            }
            kills += 1;
        }
    }
    assert!(kills >= 15, "only {kills} kills");
    let process = Process::start(world.folder());
    while from < file.bytes.len() {
        from = append(process.address, &ravi, &file, from, 4 * KIB * KIB)
            .unwrap()
            .offset;
    }
    process.kill();
    runtime.block_on(assert_equal(&world, &ravi, &file));
}
