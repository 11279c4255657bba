//! What the server tells a device about itself, signed: a lease while it is active, a wipe order once it is over.
//!
//! Both are made anew from the device's row each time. A wipe order says when the device was ended, so it reads the same
//! whenever it is asked for.

use bizmitra_contract::enrolment::DeviceState;
use bizmitra_contract::statement::{EndReason, Lease, SignedStatement, WipeOrder};
use rusqlite::Connection;

use super::device_state::Life;
use crate::auth::CompanyScope;
use crate::error::Result;
use crate::server::Server;
use crate::storage::company;
use crate::storage::device::Device;

const DAY_MS: u64 = 24 * 3_600_000;

/// At most one of the two.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    pub(crate) lease: Option<SignedStatement>,
    pub(crate) wipe: Option<SignedStatement>,
}

/// The standing of a device; a lease answers the challenge that the device sent along.
pub(crate) fn standing(
    server: &Server,
    db: &Connection,
    scope: &CompanyScope,
    device: &Device,
    challenge: &str,
) -> Result<Standing> {
    Ok(match Life::of(device.state) {
        Some(Life::Active) => Standing {
            lease: Some(lease(server, db, scope, device, challenge)?),
            wipe: None,
        },
        Some(Life::Over(reason)) => Standing {
            lease: None,
            wipe: Some(wipe(server, scope, device, reason)?),
        },
        Some(Life::Invited | Life::Pending | Life::Suspended) | None => Standing::default(),
    })
}

fn lease(
    server: &Server,
    db: &Connection,
    scope: &CompanyScope,
    device: &Device,
    challenge: &str,
) -> Result<SignedStatement> {
    let days = company::device_rules(db, scope)?.lease_days;
    let lease = Lease {
        device: device.id,
        challenge: challenge.to_owned(),
        issued_at_ms: server.now_ms(),
        valid_for_ms: u64::from(days) * DAY_MS,
    };
    server.sign(scope, "lease", &lease)
}

fn wipe(
    server: &Server,
    scope: &CompanyScope,
    device: &Device,
    reason: EndReason,
) -> Result<SignedStatement> {
    let order = WipeOrder {
        company: scope.id(),
        device: device.id,
        reason,
        ended_at_ms: device.state_ms,
    };
    server.sign(scope, "wipe", &order)
}

/// Whether a device is over: what it captured before is still taken.
pub(crate) fn is_over(state: DeviceState) -> bool {
    matches!(Life::of(state), Some(Life::Over(_)))
}
