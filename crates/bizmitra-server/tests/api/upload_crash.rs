//! Over a real socket, against the real program: connections cut anywhere, the process killed in the middle of appends.

use std::time::Duration;

use crate::device::TestDevice;
use crate::upload_files::{File, KIB};
use crate::upload_process::{Answer, Process, append, ask, assert_equal, begin, cut, now, render};
use crate::world::World;

#[test]
fn connections_cut_anywhere_in_a_piece_lose_nothing_and_double_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = World::new();
    let ravi = runtime.block_on(TestDevice::enrol(&world, world.ravi, "Ravi"));
    let process = Process::start(world.folder());
    let address = process.address;
    let file = File::of(700 * KIB + 3, 1);
    begin(address, &ravi, &file);
    let (mut from, mut round) = (0, 0_usize);
    while !ask(address, &ravi, &file).complete {
        let length = (64 + 40 * (round % 4)) * KIB;
        let request = render(now(&ravi).piece_of(&file, from, length));
        let body = request.len() - length.min(file.bytes.len() - from);
        for at in [
            1,
            body / 2,
            body,
            body + 1,
            body + length / 3,
            request.len() - 1,
        ] {
            cut(address, &request, at.min(request.len() - 1));
            assert_eq!(ask(address, &ravi, &file).offset, from, "cut at {at}");
        }
        // All of it is sent and nobody waits for the answer: the server's offset says whether it counts.
        cut(address, &request, request.len());
        let reached = ask(address, &ravi, &file).offset;
        let end = (from + length).min(file.bytes.len());
        assert!(reached == from || reached == end, "{reached}");
        let answer = append(address, &ravi, &file, reached, length).unwrap();
        // It may have counted only after the question; then the refusal says the right place.
        assert!(
            answer.status < 300 || (answer.status, answer.offset) == (409, end),
            "{answer:?}"
        );
        (from, round) = (answer.offset, round + 1);
    }
    process.kill();
    runtime.block_on(assert_equal(&world, &ravi, &file));
}

#[test]
fn a_server_killed_in_the_middle_of_appends_has_what_it_acknowledged_and_goes_on() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = World::new();
    let ravi = runtime.block_on(TestDevice::enrol(&world, world.ravi, "Ravi"));
    let file = File::of(24 * KIB * KIB, 2);
    let piece = 512 * KIB;
    let (mut acknowledged, mut unanswered) = (0, 0);
    for round in 0_u64.. {
        let process = Process::start(world.folder());
        let address = process.address;
        let standing = match round {
            0 => begin(address, &ravi, &file),
            _ => ask(address, &ravi, &file),
        };
        // At most the one piece that was under way is there beyond what was answered.
        assert!(
            (acknowledged..=acknowledged + piece).contains(&standing.offset),
            "round {round}: {} after {acknowledged}",
            standing.offset
        );
        acknowledged = standing.offset;
        if standing.offset == file.bytes.len() {
            let end = append(address, &ravi, &file, standing.offset, piece).unwrap();
            assert_eq!((end.status, end.complete), (201, true));
            break;
        }
        assert!(round < 400, "it never ends");
        // Longer and longer at most, so that it ends on a slow machine too.
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_micros(
                round * 7_919 % (40_000 + round * 5_000),
            ));
            process.kill();
        });
        // Until the program is gone, piece after piece.
        while let Some(answer) = append(address, &ravi, &file, acknowledged, piece) {
            assert!(answer.status < 300, "{answer:?}");
            acknowledged = answer.offset;
            if acknowledged == file.bytes.len() {
                break;
            }
        }
        killer.join().unwrap();
        unanswered += 1;
    }
    assert!(unanswered >= 5, "only {unanswered} kills");
    runtime.block_on(assert_equal(&world, &ravi, &file));
}

#[test]
fn a_server_killed_at_the_last_piece_has_the_whole_file_or_awaits_the_end() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = World::new();
    let ravi = runtime.block_on(TestDevice::enrol(&world, world.ravi, "Ravi"));
    for round in 0_u64..16 {
        let file = File::of(2 * KIB * KIB, 100 + round);
        let process = Process::start(world.folder());
        let address = process.address;
        begin(address, &ravi, &file);
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(3 * round));
            process.kill();
        });
        let answered = append(address, &ravi, &file, 0, file.bytes.len());
        killer.join().unwrap();
        let process = Process::start(world.folder());
        let standing = ask(process.address, &ravi, &file);
        assert!([0, file.bytes.len()].contains(&standing.offset));
        assert!(answered.is_none_or(|answer| answer
            == Answer {
                status: 201,
                ..standing
            }));
        let end = append(
            process.address,
            &ravi,
            &file,
            standing.offset,
            file.bytes.len(),
        )
        .unwrap();
        assert_eq!((end.status, end.complete), (201, true));
        process.kill();
        runtime.block_on(assert_equal(&world, &ravi, &file));
    }
}
