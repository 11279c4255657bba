//! The demo company.

use bizmitra_contract::enrolment::InvitationResponse;
use bizmitra_contract::login::Role;
use bizmitra_contract::paths;
use bizmitra_server::{admin, demo};

use crate::device::{check, enrolment};
use crate::world::World;

#[tokio::test]
async fn the_demo_is_made_once_and_its_codes_stay_open() {
    let world = World::new();
    let first = demo::open(&world.server).unwrap();
    assert_eq!(
        admin::people(&world.server, first.company).unwrap().len(),
        40
    );
    assert_eq!(
        first
            .main_people()
            .filter(|person| matches!(person.role, Role::SiteManager | Role::Admin))
            .count(),
        2
    );
    assert_eq!(demo::open(&world.server).unwrap(), first);
    let ravi = first.person("Ravi Patil").unwrap();
    let invitation: InvitationResponse = check(&world, &ravi.code).await.json();
    assert_eq!(
        (invitation.company, invitation.employee),
        (first.company, ravi.employee)
    );
    let request = enrolment(
        first.company,
        &ravi.code,
        &invitation.nonce,
        "Ravi",
        bizmitra_contract::enrolment::Platform::Android,
    );
    assert!(
        world
            .post(paths::ENROLMENT, &request)
            .await
            .status
            .is_success()
    );
    // A used code is replaced, an open one is kept; after a day all are new.
    let second = demo::open(&world.server).unwrap();
    let again = second.person("Ravi Patil").unwrap();
    assert_ne!(again.code, ravi.code);
    assert_eq!(again.desktop_code, ravi.desktop_code);
    world.advance_ms(24 * 60 * 60_000);
    let third = demo::open(&world.server).unwrap();
    assert!(
        third
            .people
            .iter()
            .zip(&second.people)
            .all(|(new, old)| new.code != old.code && new.employee == old.employee)
    );
    let dev = third.person("Dev Sawant").unwrap();
    assert_eq!(dev.company, third.other_company);
}
