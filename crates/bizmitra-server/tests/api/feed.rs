//! The change feed and the wall between people and companies.

use bizmitra_contract::attendance::AttendanceEntry;
use bizmitra_contract::changes::{ChangesPage, Profile};
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::statement::SignedStatement;

use crate::attendance::evidence;
use crate::device::TestDevice;
use crate::world::{MONDAY_NINE_MS, World};

pub async fn page(world: &World, device: &TestDevice, since: &str) -> ChangesPage {
    let path = if since.is_empty() {
        paths::CHANGES.to_owned()
    } else {
        format!("{}?since={since}", paths::CHANGES)
    };
    let statement: SignedStatement = device.get(world, &path).await.json();
    let page: ChangesPage = device.open(&statement, "changes");
    assert_eq!((page.device, page.since.as_str()), (device.device, since));
    page
}

fn kinds(page: &ChangesPage) -> Vec<&str> {
    let mut kinds: Vec<&str> = page
        .changes
        .iter()
        .map(|change| change.kind.as_str())
        .collect();
    kinds.sort_unstable();
    kinds
}

#[tokio::test]
async fn a_fresh_start_brings_ones_own_things_and_then_only_what_is_new() {
    let world = World::new();
    let mut asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    let first = page(&world, &asha, "").await;
    assert_eq!(
        kinds(&first),
        ["policy", "profile", "sealing_key", "shift", "site"]
    );
    assert!(!first.more);
    let profile = first
        .changes
        .iter()
        .find(|change| change.kind == "profile")
        .unwrap();
    let profile: Profile = serde_json::from_value(profile.value.clone()).unwrap();
    assert_eq!(
        (profile.employee, profile.name.as_str(), profile.sites.len()),
        (world.asha, "Asha", 1)
    );
    let second = page(&world, &asha, &first.cursor).await;
    assert!(second.changes.is_empty());

    let tap = asha.check_in(MONDAY_NINE_MS);
    asha.deliver(&world, &[&tap]).await;
    let third = page(&world, &asha, &second.cursor).await;
    assert_eq!(kinds(&third), ["attendance"]);
    let record = asha.record(MONDAY_NINE_MS + 2_000, evidence(tap.id, 33));
    let about = asha.item(&record, false);
    asha.deliver(&world, &[&about]).await;
    let fourth = page(&world, &asha, &third.cursor).await;
    let entry: AttendanceEntry = serde_json::from_value(fourth.changes[0].value.clone()).unwrap();
    assert_eq!((entry.item, entry.hash), (tap.id, tap.hash));
    assert_eq!(entry.place.unwrap().distance_m, Some(33));
    // From the start, a thing comes once, as it is now.
    assert_eq!(
        kinds(&page(&world, &asha, "").await),
        [
            "attendance",
            "policy",
            "profile",
            "sealing_key",
            "shift",
            "site"
        ]
    );
}

#[tokio::test]
async fn both_devices_of_a_person_see_each_others_taps_and_nobody_else_does() {
    let world = World::new();
    let mut phone = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let approval = bizmitra_contract::enrolment::Approval::Automatic;
    let platform = bizmitra_contract::enrolment::Platform::Desktop;
    let mut desktop = TestDevice::enrol_as(&world, world.ravi, "desktop", platform, approval).await;
    desktop.sign_in(&world).await;
    let asha = TestDevice::signed_in(&world, world.asha, "Asha").await;
    let dev = TestDevice::signed_in(&world, world.dev, "Dev").await;
    let tap = phone.check_in(MONDAY_NINE_MS);
    phone.deliver(&world, &[&tap]).await;
    for device in [&phone, &desktop] {
        assert!(kinds(&page(&world, device, "").await).contains(&"attendance"));
    }
    for device in [&asha, &dev] {
        let text = serde_json::to_string(&page(&world, device, "").await).unwrap();
        assert!(!text.contains(&tap.id.to_string()) && !text.contains("Ravi"));
    }
    let text = serde_json::to_string(&page(&world, &dev, "").await).unwrap();
    for foreign in [
        "Sahyadri",
        "Asha",
        "Meera",
        "Bhosari",
        &world.company.to_string(),
    ] {
        assert!(!text.contains(foreign), "{foreign}");
    }
}

#[tokio::test]
async fn pages_hold_two_hundred_changes_and_join_without_loss() {
    let world = World::new();
    let mut ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let items: Vec<_> = (0..250)
        .map(|minute| ravi.check_in(MONDAY_NINE_MS + minute * 180_000))
        .collect();
    for part in items.chunks(100) {
        ravi.deliver(&world, &part.iter().collect::<Vec<_>>()).await;
    }
    let first = page(&world, &ravi, "").await;
    assert_eq!((first.changes.len(), first.more), (200, true));
    let second = page(&world, &ravi, &first.cursor).await;
    assert_eq!((second.changes.len(), second.more), (53, false));
    let ids: std::collections::HashSet<_> = first
        .changes
        .iter()
        .chain(&second.changes)
        .map(|change| change.id.clone())
        .collect();
    assert!(items.iter().all(|item| ids.contains(&item.id.to_string())));
}

#[tokio::test]
async fn a_cursor_that_is_not_of_this_epoch_is_stale() {
    use base64::Engine as _;
    let world = World::new();
    let ravi = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let cursor = |text: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let epoch = world.server.epoch();
    for stale in [
        cursor(format!("{}.1", epoch + 1)),
        cursor(format!("{epoch}.999999")),
        "nonsense".to_owned(),
    ] {
        let reply = ravi
            .get(&world, &format!("{}?since={stale}", paths::CHANGES))
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (409, ProblemCode::CursorStale)
        );
    }
}

#[tokio::test]
async fn the_feed_needs_a_session() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    assert_eq!(
        ravi.get(&world, paths::CHANGES).await.code(),
        ProblemCode::SessionInvalid
    );
}
