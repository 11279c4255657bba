//! Outages, refusals, poison and size: what waits, and what must not.

use super::*;

#[test]
fn every_kind_of_failure_closes_its_gate_and_leaves_the_item() {
    let refused = |status, code| ApiError::Refused {
        status,
        code,
        retry_after_ms: None,
    };
    for (error, state) in [
        (ApiError::NotSent, SyncState::Offline),
        (ApiError::NotOurServer, SyncState::CaptivePortal),
        (ApiError::Certificate, SyncState::Certificate),
        (ApiError::CertificateTime, SyncState::Clock),
        (
            ApiError::Failing {
                status: 502,
                retry_after_ms: None,
            },
            SyncState::ServerUnreachable,
        ),
        (refused(500, Refusal::Other), SyncState::ServerUnreachable),
        (refused(401, Refusal::Session), SyncState::SignIn),
        (refused(403, Refusal::Revoked), SyncState::Revoked),
        (refused(426, Refusal::Upgrade), SyncState::UpdateNeeded),
    ] {
        let world = World::new();
        world.tap(10);
        let given = error.clone();
        world.api.then(move |_| Err(given.clone()));
        assert!(
            matches!(world.round(), Next::After { wait_ms } if wait_ms > 0),
            "{error:?}"
        );
        assert_eq!(
            (world.store.states(), world.strip()),
            (vec![State::InDoubt], state),
            "{error:?}"
        );
    }
}

#[test]
fn an_item_the_server_chokes_on_does_not_hold_up_the_next() {
    let world = World::new();
    world.tap(10);
    world.tap(11);
    world.api.then(|_| {
        Err(ApiError::Refused {
            status: 500,
            code: Refusal::Other,
            retry_after_ms: None,
        })
    });
    world.api.then(answer(Verdict::Applied, |_| {}));
    world.round();
    world.clock.advance(20_000);
    world.engine.hint();
    world.round();
    assert_eq!(
        world
            .store
            .states()
            .iter()
            .filter(|state| **state == State::Acked)
            .count(),
        1
    );
}

#[test]
fn a_batch_that_is_too_large_is_halved_and_stays_so() {
    let world = World::new();
    for number in 0..20 {
        world.tap(100 + number);
    }
    for _ in 0..30 {
        world.api.then(|request| {
            let batch: BatchRequest =
                serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
            if batch.items.len() > 4 {
                return Err(ApiError::Refused {
                    status: 413,
                    code: Refusal::TooLarge,
                    retry_after_ms: None,
                });
            }
            answer(Verdict::Applied, |_| {})(request)
        });
    }
    for _ in 0..30 {
        world.round();
        world.clock.advance(600_000);
    }
    assert!(
        world
            .store
            .states()
            .iter()
            .all(|state| *state == State::Acked)
    );
    assert_eq!(world.api.requests.lock().unwrap().len(), 9);
}

#[test]
fn a_retry_wish_of_the_server_is_kept() {
    let world = World::new();
    world.tap(10);
    world.api.then(answer(Verdict::Retry, |response| {
        response.results[0].retry_after_ms = Some(3_600_000)
    }));
    world.round();
    world.clock.advance(3_599_000);
    world.round();
    assert_eq!(world.api.requests.lock().unwrap().len(), 1);
    world.clock.advance(6 * 3_600_000);
    world.api.then(answer(Verdict::Applied, |_| {}));
    world.round();
    assert_eq!(world.store.states(), [State::Acked]);
}

#[test]
fn a_thousand_saved_items_arrive_once_each_in_growing_batches() {
    let world = World::new();
    for number in 0..1_000 {
        world.tap(100 + number);
        world.api.then(answer(Verdict::Applied, |_| {}));
    }
    while world.round() == Next::Now {}
    assert!(
        world
            .store
            .states()
            .iter()
            .all(|state| *state == State::Acked)
    );
    let told: Vec<_> = (world.api.requests.lock().unwrap().iter())
        .map(|request| {
            serde_json::from_slice::<BatchRequest>(request.body.as_deref().unwrap())
                .unwrap()
                .acked_through
        })
        .collect();
    assert_eq!(told[..4], [0, 1, 3, 7]);
    let sizes: Vec<_> = (world.api.requests.lock().unwrap().iter())
        .map(|request| {
            serde_json::from_slice::<BatchRequest>(request.body.as_deref().unwrap())
                .unwrap()
                .items
                .len()
        })
        .collect();
    assert_eq!(sizes, [1, 2, 4, 8, 16, 32, 64, 128, 173, 173, 173, 173, 53]);
    assert!(
        world
            .store
            .items()
            .windows(2)
            .all(|pair| pair[1].prev_hash == pair[0].hash && pair[1].seq == pair[0].seq + 1)
    );
}

#[test]
fn one_item_that_breaks_every_exchange_does_not_hold_up_the_others() {
    let world = World::new();
    for number in 0..5 {
        world.tap(100 + number);
    }
    let poison = ids::ItemId(Uuid::from_u128(100));
    for _ in 0..40 {
        world.api.then(move |request| {
            let batch: BatchRequest =
                serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
            if batch.items.iter().any(|item| item.id == poison) {
                return Err(ApiError::AnswerLost);
            }
            answer(Verdict::Applied, |_| {})(request)
        });
    }
    for _ in 0..40 {
        world.round();
        world.clock.advance(310_000);
    }
    let mut expected = vec![State::Acked; 5];
    expected[0] = State::InDoubt;
    assert_eq!(world.store.states(), expected);
}

#[test]
fn after_a_long_outage_a_hint_sends_at_once() {
    let world = World::new();
    world.tap(10);
    for _ in 0..60 {
        world.api.then(|_| {
            Err(ApiError::Refused {
                status: 503,
                code: Refusal::Other,
                retry_after_ms: None,
            })
        });
    }
    while !world.api.is_silent() {
        world.round();
        world.clock.advance(900_000);
    }
    world.api.then(answer(Verdict::Applied, |_| {}));
    world.engine.hint();
    world.round();
    assert_eq!(world.store.states(), [State::Acked]);
}

#[test]
fn a_login_that_is_refused_does_not_delay_a_check_in() {
    let world = World::new();
    let opened = opened();
    for _ in 0..8 {
        world.api.then(|_| {
            Err(ApiError::Refused {
                status: 401,
                code: Refusal::Signature,
                retry_after_ms: None,
            })
        });
        now(world
            .engine
            .round(&world.api, &world.enrolment, Some(&opened)))
        .unwrap();
        world.engine.hint();
    }
    assert_eq!(world.strip(), SyncState::SignIn);
    world.tap(10);
    world.api.then(answer(Verdict::Applied, |_| {}));
    now(world
        .engine
        .round(&world.api, &world.enrolment, Some(&opened)))
    .unwrap();
    assert_eq!(world.store.states(), [State::Acked]);
}

#[test]
fn a_server_that_was_restored_is_offered_everything_again() {
    let world = World::new();
    world.tap(10);
    world.tap(11);
    for _ in 0..2 {
        world.api.then(answer(Verdict::Applied, |_| {}));
        world.round();
    }
    world.tap(12);
    world.api.then(answer(Verdict::Applied, |response| {
        response.server_epoch = 2
    }));
    for _ in 0..3 {
        world.api.then(answer(Verdict::Applied, |response| {
            response.server_epoch = 2
        }));
    }
    while world.round() == Next::Now {}
    assert_eq!(world.store.states(), [State::Acked; 3]);
    let sent: usize = (world.api.requests.lock().unwrap().iter())
        .map(|request| {
            serde_json::from_slice::<BatchRequest>(request.body.as_deref().unwrap())
                .unwrap()
                .items
                .len()
        })
        .sum();
    assert_eq!(sent, 3 + 3);
}

#[test]
fn a_full_batch_of_real_records_fits_the_wire() {
    let world = World::new();
    for number in 0..400 {
        world.tap(100 + number);
        world.api.then(answer(Verdict::Applied, |_| {}));
    }
    while world.round() == Next::Now {}
    let largest = (world.api.requests.lock().unwrap().iter())
        .map(|request| request.body.as_ref().unwrap().len())
        .max();
    assert!(
        largest.unwrap() <= bizmitra_contract::sync::MAX_BYTES,
        "{largest:?}"
    );
    assert!(
        world
            .store
            .states()
            .iter()
            .all(|state| *state == State::Acked)
    );
}
