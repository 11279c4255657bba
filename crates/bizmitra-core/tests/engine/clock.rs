//! A certificate out of its time: whose fault it is said to be.

use bizmitra_core::ids::AnchorId;
use bizmitra_core::store::Key;
use bizmitra_core::sync::Anchor;

use super::*;

/// What the strip says when the certificate is out of its time and the server said last that it is `server_time_ms` now.
fn strip_with(server_time_ms: i64, boot_id: &str) -> SyncState {
    let world = World::new();
    let now = world.clock.now();
    let anchor = Anchor {
        id: AnchorId(Uuid::from_u128(5)),
        server_time_ms,
        at_elapsed_ms: now.elapsed_ms,
        boot_id: boot_id.to_owned(),
        rtt_ms: 40,
    };
    let json = serde_json::to_vec(&anchor).unwrap();
    world.store.put(Key::Anchor, &json).unwrap();
    world.tap(10);
    world.api.then(|_| Err(ApiError::CertificateTime));
    world.round();
    assert_eq!(world.store.states(), [State::InDoubt], "nothing is lost");
    world.strip()
}

#[test]
fn a_certificate_out_of_its_time_is_the_clocks_fault_only_while_the_clock_disagrees_with_the_server()
 {
    let now = World::new().clock.now();
    const YEAR_MS: i64 = 31_557_600_000;
    for off_ms in [YEAR_MS, -YEAR_MS, 10 * YEAR_MS, -10 * YEAR_MS, 3_600_000] {
        let server_time_ms = now.wall_ms + off_ms;
        assert_eq!(strip_with(server_time_ms, &now.boot_id), SyncState::Clock);
    }
    assert_eq!(
        strip_with(now.wall_ms, &now.boot_id),
        SyncState::Certificate,
        "the clock is right: it is the certificate"
    );
    assert_eq!(
        strip_with(now.wall_ms, "another boot"),
        SyncState::Clock,
        "after a reboot nobody knows; the clock is what a person can look at"
    );
}
