//! A gate at nine o'clock: a hundred people at once.

use std::sync::Arc;
use std::time::Duration;

use bizmitra_core::attendance::Action;
use bizmitra_core::outbox::State;
use bizmitra_tests::phone::{Phone, consent, tap, wait_entry, wait_status};
use bizmitra_tests::world::World;
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;

const PEOPLE: usize = 100;
/// Key derivations at the same time: 19 MiB each.
const DERIVATIONS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_people_check_in_at_once_and_each_is_there_exactly_once() {
    let world = Arc::new(World::new().await.unwrap());
    let company = world.company("Sahyadri Foods").unwrap();
    let derivations = Arc::new(Semaphore::new(DERIVATIONS));
    let gate = Arc::new(Barrier::new(PEOPLE));
    let mut people = Vec::new();
    let mut crowd = JoinSet::new();
    for number in 0..PEOPLE {
        let person = world.person(&company, &format!("Person {number}")).unwrap();
        people.push(person.clone());
        let (world, derivations, gate) = (
            Arc::clone(&world),
            Arc::clone(&derivations),
            Arc::clone(&gate),
        );
        crowd.spawn(async move {
            let device = {
                let _turn = derivations.acquire().await.unwrap();
                Phone::new(&world, &format!("{number}"))
                    .activated(&world.origin(), &person)
                    .await
                    .unwrap()
            };
            consent(&device).unwrap();
            gate.wait().await;
            let saved = tap(&device, Action::CheckIn).unwrap();
            let done = tokio::time::timeout(Duration::from_secs(60), async {
                while wait_status(&device, |status| status.waiting == 0)
                    .await
                    .is_err()
                {}
            });
            done.await.unwrap();
            let entry = wait_entry(&device, saved.tap.id, |entry| entry.evidence.is_some())
                .await
                .unwrap();
            wait_status(&device, |status| status.waiting == 0)
                .await
                .unwrap();
            assert_eq!(entry.state, State::Acked);
            device.close().await;
            (saved.tap.wall_ms, saved.hash)
        });
    }
    let mut captured = Vec::new();
    while let Some(done) = crowd.join_next().await {
        captured.push(done.unwrap());
    }
    let mut held = Vec::new();
    for person in &people {
        let rows = world.taps_of(person).unwrap();
        assert_eq!(rows.len(), 1);
        assert!(rows[0].entry.place.is_some());
        held.push((rows[0].entry.wall_ms, rows[0].entry.hash.0));
    }
    captured.sort_unstable();
    held.sort_unstable();
    assert_eq!(captured, held);
}
