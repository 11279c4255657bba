//! What an answer makes of the items it speaks of.

use super::*;

#[test]
fn an_applied_item_is_acked_and_nothing_more_is_sent() {
    let world = World::new();
    world.tap(10);
    world.api.then(answer(Verdict::Applied, |_| {}));
    assert_eq!(world.round(), Next::Now);
    assert_eq!(world.store.states(), [State::Acked]);
    assert!(matches!(world.round(), Next::After { .. }));
    assert_eq!(world.api.requests.lock().unwrap().len(), 1);
    assert_eq!(world.strip(), SyncState::AllSent);
}

#[test]
fn a_lost_answer_leaves_the_item_in_doubt_and_the_same_bytes_go_again() {
    let world = World::new();
    world.tap(10);
    world.api.then(|_| Err(ApiError::AnswerLost));
    world.api.then(answer(Verdict::Duplicate, |_| {}));
    assert!(matches!(world.round(), Next::After { .. }));
    assert_eq!(
        (world.store.states(), world.strip()),
        (vec![State::InDoubt], SyncState::Offline)
    );
    world.clock.advance(600_000);
    world.round();
    assert_eq!(world.store.states(), [State::Acked]);
    let requests = world.api.requests.lock().unwrap();
    let payloads: Vec<_> = requests
        .iter()
        .map(|request| {
            serde_json::from_slice::<BatchRequest>(request.body.as_deref().unwrap())
                .unwrap()
                .items
        })
        .collect();
    assert_eq!(payloads[0], payloads[1]);
}

#[test]
fn nothing_but_a_verdict_of_our_server_changes_an_item() {
    type Change = fn(&mut BatchResponse);
    let changes: [(&str, Change); 7] = [
        ("another request's id", |response| {
            response.req_id = ids::RequestId(Uuid::from_u128(99))
        }),
        ("an id that was not sent", |response| {
            response.results[0].id = ids::ItemId(Uuid::from_u128(99))
        }),
        ("a receipt over other bytes", |response| {
            response.results[0].receipt.as_mut().unwrap().record_hash = Bytes32([1; 32])
        }),
        ("a receipt with a broken signature", |response| {
            response.results[0].receipt.as_mut().unwrap().sig = Bytes64([1; 64])
        }),
        ("an anchor of another key", |response| {
            response.anchor.sig = Bytes64([1; 64])
        }),
        ("applied without a receipt", |response| {
            response.results[0].receipt = None
        }),
        ("no result", |response| response.results.clear()),
    ];
    for (name, change) in changes {
        let world = World::new();
        world.tap(10);
        world.api.then(answer(Verdict::Applied, change));
        world.round();
        assert_eq!(world.store.states(), [State::InDoubt], "{name}");
    }
}

#[test]
fn a_word_of_a_newer_server_counts_as_an_answer_lost() {
    let world = World::new();
    world.tap(10);
    world.api.then(answer(Verdict::Unknown, |_| {}));
    world.round();
    assert_eq!(world.store.states(), [State::InDoubt]);
}

#[test]
fn a_refused_item_is_parked_with_its_reason_and_does_not_hold_up_the_next() {
    let world = World::new();
    world.tap(10);
    world.tap(11);
    world.api.then(answer(Verdict::Rejected, |response| {
        response.results[0].code = Some(VerdictCode::Forbidden)
    }));
    world.api.then(answer(Verdict::Applied, |_| {}));
    world.round();
    world.round();
    assert_eq!(world.store.states(), [State::Parked, State::Acked]);
}

#[test]
fn one_receipt_that_does_not_hold_leaves_its_neighbours_confirmed() {
    let world = World::new();
    for number in 0..3 {
        world.tap(100 + number);
    }
    world.api.then(answer(Verdict::Applied, |_| {}));
    world.api.then(answer(Verdict::Applied, |response| {
        response.results[0].receipt.as_mut().unwrap().sig = Bytes64([1; 64]);
    }));
    world.round();
    world.round();
    assert_eq!(
        world.store.states(),
        [State::Acked, State::InDoubt, State::Acked]
    );
}
