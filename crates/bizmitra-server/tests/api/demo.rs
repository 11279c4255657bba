//! The demo company.

use bizmitra_contract::enrolment::{Approval, InvitationResponse};
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

#[tokio::test]
async fn the_demo_has_three_sites_and_three_shifts_of_which_one_is_at_night() {
    let world = World::new();
    let demo = demo::open(&world.server).unwrap();
    let sites = admin::sites(&world.server, demo.company).unwrap();
    let names: Vec<_> = sites.iter().map(|site| site.name.as_str()).collect();
    assert_eq!(
        names,
        ["Bhosari plant", "Chakan warehouse", "Hinjawadi office"]
    );
    let shifts = admin::shifts(&world.server, demo.company).unwrap();
    let names: Vec<_> = shifts.iter().map(|shift| shift.name.as_str()).collect();
    assert_eq!(names, ["Afternoon", "Morning", "Night"]);
    let at_night: Vec<_> = shifts
        .iter()
        .filter(|shift| shift.end_min <= shift.start_min)
        .map(|shift| shift.name.as_str())
        .collect();
    assert_eq!(at_night, ["Night"]);
}

#[tokio::test]
async fn people_of_the_second_company_never_appear_in_the_lists_of_the_first() {
    let world = World::new();
    let demo = demo::open(&world.server).unwrap();
    let ids = |company| -> Vec<_> {
        admin::people(&world.server, company)
            .unwrap()
            .into_iter()
            .map(|(id, _, _)| id)
            .collect()
    };
    let (first, second) = (ids(demo.company), ids(demo.other_company));
    let dev = demo.person("Dev Sawant").unwrap();
    assert_eq!(second, [dev.employee]);
    assert!(!first.contains(&dev.employee));
    assert_eq!(first.len() + second.len(), demo.people.len());
    // Nor their places and times.
    let depots = admin::sites(&world.server, demo.other_company).unwrap();
    let sites = admin::sites(&world.server, demo.company).unwrap();
    assert_eq!(depots.len(), 1);
    assert!(depots.iter().all(|depot| !sites.contains(depot)));
    // Asking in the first company's name does not reach them either.
    assert!(
        admin::invite(
            &world.server,
            demo.company,
            dev.employee,
            Approval::Automatic
        )
        .is_err()
    );
}
