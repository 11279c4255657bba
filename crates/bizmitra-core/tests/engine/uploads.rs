//! Files against a server that follows the contract and a way to it that does not.

use super::*;
use crate::files::{Fault, Paid};
use bizmitra_core::file::{FileStore as _, Reason, State as FileState, Wish};

struct Uploads {
    world: World,
    files: Arc<FakeFiles>,
}

impl Uploads {
    fn new() -> Self {
        Self::over(Arc::new(Free))
    }

    fn over(network: Arc<dyn bizmitra_core::file::Network>) -> Self {
        let mut world = World::new();
        let files = Arc::new(FakeFiles::default());
        world.engine = Engine::new(Parts {
            store: world.store.clone(),
            files: files.clone(),
            network,
            clock: world.clock.clone(),
            entropy: Arc::new(FakeEntropy::default()),
        });
        Self { world, files }
    }

    fn state(&self, id: ItemId) -> FileState {
        self.files.file(id).unwrap().unwrap().state
    }

    /// Rounds until nothing moves; time passes where a gate is closed.
    fn settle(&self) -> u32 {
        let mut rounds = 0;
        while self.files.next_upload(u64::MAX).unwrap().is_some() {
            rounds += 1;
            assert!(rounds < 1_000, "it does not end");
            if let Next::After { wait_ms } = self.world.round() {
                self.world.clock.advance(wait_ms);
            }
        }
        rounds
    }

    fn arrived(&self, id: ItemId, bytes: &[u8]) -> bool {
        self.state(id) == FileState::Sent
            && self.world.api.files.bytes(id).as_deref() == Some(bytes)
    }
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 253) as u8).collect()
}

#[test]
fn a_file_begins_goes_in_growing_pieces_and_arrives() {
    let uploads = Uploads::new();
    let plain = bytes(1_000_000);
    let id = uploads.files.add(1, plain.clone());
    uploads.settle();
    assert!(uploads.arrived(id, &plain));
    assert_eq!(uploads.world.api.files.log()[0], "begin");
    assert_eq!(
        uploads.world.api.files.pieces()[..3],
        [65_536, 131_072, 262_144]
    );
}

#[test]
fn an_empty_file_arrives_too() {
    let uploads = Uploads::new();
    let id = uploads.files.add(1, Vec::new());
    uploads.settle();
    assert_eq!(uploads.state(id), FileState::Sent);
}

/// Whatever happens to whichever request, the file arrives once and whole.
#[test]
fn any_two_faults_in_a_row_at_any_request_cost_time_and_nothing_else() {
    let faults = [
        Fault::AnswerLost,
        Fault::Cut,
        Fault::Refused(503, Refusal::Other),
        Fault::Refused(429, Refusal::Other),
        Fault::Refused(413, Refusal::TooLarge),
        Fault::Refused(409, Refusal::Offset),
        Fault::Refused(404, Refusal::NotFound),
        Fault::Refused(401, Refusal::Signature),
        Fault::Refused(422, Refusal::Digest),
    ];
    for before in 0..5 {
        for first in faults {
            for second in faults {
                let uploads = Uploads::new();
                let plain = bytes(400_000);
                let id = uploads.files.add(1, plain.clone());
                let waits = std::iter::repeat_n(None, before);
                uploads
                    .world
                    .api
                    .files
                    .then(waits.chain([Some(first), Some(second)]));
                uploads.settle();
                assert!(
                    uploads.arrived(id, &plain),
                    "{first:?} then {second:?} after {before}"
                );
            }
        }
    }
}

#[test]
fn after_a_doubt_the_server_is_asked_and_its_offset_wins() {
    let uploads = Uploads::new();
    let plain = bytes(300_000);
    let id = uploads.files.add(1, plain.clone());
    uploads
        .world
        .api
        .files
        .then([None, None, Some(Fault::AnswerLost)]);
    uploads.settle();
    assert!(uploads.arrived(id, &plain));
    let log = uploads.world.api.files.log();
    assert_eq!(
        log[..5],
        [
            "begin",
            "append 0+65536",
            "append 65536+131072",
            "ask",
            "append 196608+65536"
        ],
        "the piece whose answer was lost is not sent again, and pieces begin small after a break"
    );
}

#[test]
fn a_lost_answer_to_the_beginning_begins_nothing_twice() {
    let uploads = Uploads::new();
    let plain = bytes(70_000);
    let id = uploads.files.add(1, plain.clone());
    uploads.world.api.files.then([Some(Fault::AnswerLost)]);
    uploads.settle();
    assert!(uploads.arrived(id, &plain));
    assert_eq!(uploads.world.api.files.log()[..2], ["begin", "ask"]);
}

#[test]
fn a_new_process_asks_where_the_file_stands() {
    let uploads = Uploads::new();
    let plain = bytes(1_000_000);
    let id = uploads.files.add(1, plain.clone());
    for _ in 0..3 {
        uploads.world.round();
    }
    let before = uploads.files.file(id).unwrap().unwrap().acknowledged;
    assert!(before > 0);
    uploads.world.api.files.log();
    // Everything that the engine knew is gone with its process.
    let again = Uploads {
        world: World {
            engine: Engine::new(Parts {
                store: uploads.world.store.clone(),
                files: uploads.files.clone(),
                network: Arc::new(Free),
                clock: uploads.world.clock.clone(),
                entropy: Arc::new(FakeEntropy::default()),
            }),
            ..uploads.world
        },
        files: uploads.files.clone(),
    };
    again.settle();
    assert!(again.arrived(id, &plain));
    let log = again.world.api.files.log();
    assert_eq!(
        log[..2],
        ["ask".to_owned(), format!("append {before}+65536")]
    );
}

#[test]
fn a_check_in_waits_for_one_piece_at_most() {
    let uploads = Uploads::new();
    uploads.files.add(1, bytes(5_000_000));
    for _ in 0..4 {
        assert_eq!(uploads.world.round(), Next::Piece);
    }
    uploads.world.tap(7);
    uploads.world.api.then(answer(Verdict::Applied, |_| {}));
    let pieces = uploads.world.api.files.pieces().len();
    assert_eq!(uploads.world.round(), Next::Now);
    assert_eq!(uploads.world.store.states(), [State::Acked]);
    assert_eq!(
        uploads.world.api.files.pieces().len(),
        pieces,
        "no piece went before it"
    );
}

#[test]
fn a_server_without_room_parks_the_file_and_the_next_one_goes() {
    let uploads = Uploads::new();
    let first = uploads.files.add(1, bytes(10));
    let plain = bytes(20);
    let second = uploads.files.add(2, plain.clone());
    uploads
        .world
        .api
        .files
        .then([Some(Fault::Refused(413, Refusal::Quota))]);
    uploads.settle();
    assert_eq!(uploads.state(first), FileState::Parked(Reason::Quota));
    assert!(uploads.arrived(second, &plain));
    uploads
        .files
        .settle(first, bizmitra_core::file::Event::Retry, 0)
        .unwrap();
    uploads.settle();
    assert_eq!(uploads.state(first), FileState::Sent);
}

#[test]
fn bytes_that_changed_on_the_disk_are_parked_as_damaged_and_never_called_sent() {
    let uploads = Uploads::new();
    let id = uploads.files.add(1, bytes(100_000));
    uploads.files.damage(id);
    uploads.settle();
    assert_eq!(uploads.state(id), FileState::Parked(Reason::Damaged));
}

#[test]
fn a_server_that_contradicts_itself_is_left_alone_for_a_while() {
    let uploads = Uploads::new();
    let plain = bytes(100_000);
    let id = uploads.files.add(1, plain.clone());
    uploads.world.round();
    uploads.world.api.files.then(
        [Some(Fault::Refused(409, Refusal::Offset)); 20]
            .into_iter()
            .flat_map(|fault| [fault, None]),
    );
    let mut rounds = 0;
    while matches!(uploads.world.round(), Next::Piece) {
        rounds += 1;
        assert!(rounds < 20, "no wait");
    }
    assert_ne!(uploads.world.strip(), SyncState::AllSent);
    uploads.settle();
    assert!(uploads.arrived(id, &plain));
}

#[test]
fn pieces_that_a_proxy_does_not_take_are_halved() {
    let uploads = Uploads::new();
    let plain = bytes(2_000_000);
    let id = uploads.files.add(1, plain.clone());
    uploads.world.api.files.then([
        None,
        None,
        None,
        Some(Fault::Refused(413, Refusal::TooLarge)),
    ]);
    uploads.settle();
    assert!(uploads.arrived(id, &plain));
    let largest = uploads.world.api.files.pieces().into_iter().skip(3).max();
    assert_eq!(largest, Some(131_072), "half of the one that was refused");
}

#[test]
fn a_large_file_waits_for_a_network_that_costs_nothing_and_a_small_one_goes() {
    let uploads = Uploads::over(Arc::new(Paid));
    let large = uploads.files.add(1, bytes(6_000_000));
    let plain = bytes(50_000);
    let small = uploads.files.add(2, plain.clone());
    for _ in 0..10 {
        uploads.world.round();
    }
    assert!(uploads.arrived(small, &plain));
    assert_eq!(uploads.state(large), FileState::Waiting);
}

#[test]
fn a_paused_file_stays_where_it_is() {
    let uploads = Uploads::new();
    let id = uploads.files.add(1, bytes(1_000_000));
    uploads.world.round();
    uploads.world.round();
    uploads.files.set_paused(id, Wish::Wait).unwrap();
    uploads.world.api.files.log();
    assert!(matches!(uploads.world.round(), Next::After { .. }));
    assert!(uploads.world.api.files.log().is_empty());
    uploads.files.set_paused(id, Wish::Go).unwrap();
    uploads.settle();
    assert_eq!(uploads.state(id), FileState::Sent);
}

#[test]
fn a_restored_server_gets_what_it_lost_once_more() {
    let uploads = Uploads::new();
    let plain = bytes(200_000);
    let id = uploads.files.add(1, plain.clone());
    uploads.world.tap(7);
    uploads.world.api.then(answer(Verdict::Applied, |_| {}));
    uploads.world.round();
    uploads.settle();
    uploads.world.api.files.forget(id);
    uploads.world.tap(8);
    uploads.world.api.then(answer(Verdict::Applied, |response| {
        response.server_epoch = 2
    }));
    uploads
        .world
        .api
        .then(answer(Verdict::Duplicate, |response| {
            response.server_epoch = 2
        }));
    for _ in 0..3 {
        uploads.world.round();
    }
    uploads.settle();
    assert!(uploads.arrived(id, &plain));
}

#[test]
fn the_strip_says_what_stands_in_the_way_of_a_file() {
    let uploads = Uploads::new();
    uploads.files.add(1, bytes(100));
    assert_eq!(uploads.world.strip(), SyncState::Sending);
    uploads.world.api.files.then([Some(Fault::Cut)]);
    uploads.world.round();
    assert_eq!(uploads.world.strip(), SyncState::Offline);
    uploads.settle();
    assert_eq!(uploads.world.strip(), SyncState::AllSent);
}
