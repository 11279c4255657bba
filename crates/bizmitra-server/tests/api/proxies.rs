//! Whose request it is when proxies stand in between.

use axum::http::StatusCode;
use bizmitra_contract::ids::DeviceId;
use bizmitra_contract::login::ChallengeRequest;
use bizmitra_contract::paths;

use crate::place::Place;
use crate::world::World;

async fn challenge(place: &Place<'_>, forwarded_for: &str) -> StatusCode {
    let headers = [
        ("x-forwarded-for", forwarded_for),
        ("forwarded", "for=192.0.2.77"),
        ("x-real-ip", "192.0.2.78"),
    ];
    let device = DeviceId(uuid::Uuid::nil());
    place
        .post_with(
            paths::LOGIN_CHALLENGE,
            &headers,
            &ChallengeRequest { device },
        )
        .await
        .status
}

/// How many of `tries` challenges are served, each with another `X-Forwarded-For`.
async fn served(place: &Place<'_>, tries: u32, forwarded_for: impl Fn(u32) -> String) -> u32 {
    let mut served = 0;
    for number in 0..tries {
        served += u32::from(challenge(place, &forwarded_for(number)).await == StatusCode::OK);
    }
    served
}

fn someone(number: u32) -> String {
    std::net::Ipv4Addr::from(0x0800_0000 + number).to_string()
}

fn behind_proxies() -> World {
    World::with(|config| {
        config.devices_per_address = 10;
        config.trusted_proxies = vec![
            "127.0.0.1/32".parse().unwrap(),
            "10.0.0.0/8".parse().unwrap(),
        ];
    })
}

#[tokio::test]
async fn a_stranger_who_writes_another_address_into_each_request_is_still_one_address() {
    let world = behind_proxies();
    let stranger = world.at("203.0.113.9");
    assert_eq!(served(&stranger, 100, someone).await, 20);
}

#[tokio::test]
async fn behind_a_proxy_what_the_client_wrote_changes_nothing() {
    let world = behind_proxies();
    let proxy = world.at("127.0.0.1");
    let as_the_proxy_passes_on = |number| format!("{}, 203.0.113.9", someone(number));
    assert_eq!(served(&proxy, 100, as_the_proxy_passes_on).await, 20);
    // Through a second proxy of ours it is the same client.
    let through_two = |number| format!("{}, 203.0.113.9, 10.1.2.3", someone(number));
    assert_eq!(served(&proxy, 10, through_two).await, 0);
}

#[tokio::test]
async fn behind_a_proxy_each_client_has_its_own_budget() {
    let world = behind_proxies();
    let proxy = world.at("127.0.0.1");
    assert_eq!(served(&proxy, 100, |_| "203.0.113.9".to_owned()).await, 20);
    assert_eq!(served(&proxy, 100, someone).await, 100);
}

#[tokio::test]
async fn broken_forwarding_counts_as_the_proxy_and_not_as_what_a_client_wrote() {
    let world = behind_proxies();
    let proxy = world.at("127.0.0.1");
    let broken = |number| format!("{}, unknown", someone(number));
    assert_eq!(served(&proxy, 100, broken).await, 20);
    assert_eq!(challenge(&proxy, "203.0.113.9").await, StatusCode::OK);
}
