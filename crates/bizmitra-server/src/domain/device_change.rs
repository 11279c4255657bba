//! Carries out what [`super::device_state`] decides: the row, the audit log, sessions, and the places of older devices.

use bizmitra_contract::devices::DeviceStateResponse;
use bizmitra_contract::enrolment::{Approval, DeviceState};
use bizmitra_contract::ids::EmployeeId;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::statement::EndReason;
use rusqlite::Connection;

use super::device_state::{Decision, Effect, Event, Life, decide};
use crate::auth::CompanyScope;
use crate::error::{Result, ServerError};
use crate::server::Server;
use crate::storage::audit::Action;
use crate::storage::device::Device;
use crate::storage::{self, company};

/// Who decides, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By<'a> {
    /// The deciding person; `None` for the operator's command line and for what follows from something else.
    pub(crate) actor: Option<EmployeeId>,
    /// For the audit log.
    pub(crate) reason: &'a str,
}

impl By<'_> {
    /// What follows from something else.
    pub(crate) const CONSEQUENCE: Self = By {
        actor: None,
        reason: "",
    };
}

/// Does what the state machine decides, and writes it down.
pub(crate) fn apply(
    server: &Server,
    tx: &Connection,
    scope: &CompanyScope,
    device: &Device,
    event: Event,
    by: By<'_>,
) -> Result<DeviceStateResponse> {
    let conflict = || ServerError::Refused(ProblemCode::Conflict);
    let life = Life::of(device.state).ok_or_else(conflict)?;
    let state = match decide(life, event) {
        Decision::Refused => return Err(conflict()),
        Decision::Stays => device.state,
        Decision::Becomes(next, effect) => {
            let state = next.state().ok_or_else(conflict)?;
            let now_ms = server.now_ms();
            storage::device::set_state(tx, scope, device.id, state, now_ms)?;
            if let Some(action) = action_of(event) {
                let entry = (by.actor, action, by.reason);
                storage::audit::insert(tx, scope, entry, device.id, now_ms)?;
            }
            perform(server, tx, scope, device, effect)?;
            state
        }
    };
    Ok(DeviceStateResponse {
        device: device.id,
        state,
    })
}

/// Enrolment writes its own entry, with the row.
fn action_of(event: Event) -> Option<Action> {
    match event {
        Event::Approve => Some(Action::Approved),
        Event::Suspend => Some(Action::Suspended),
        Event::Resume => Some(Action::Resumed),
        Event::End(EndReason::Revoked) => Some(Action::Revoked),
        Event::End(EndReason::Lost) => Some(Action::Lost),
        Event::End(EndReason::Replaced) => Some(Action::Replaced),
        Event::Enrol | Event::EnrolForApproval | Event::End(EndReason::Unknown) => None,
    }
}

/// What a decision brings about beside the state itself.
pub(crate) fn perform(
    server: &Server,
    tx: &Connection,
    scope: &CompanyScope,
    device: &Device,
    effect: Effect,
) -> Result<()> {
    match effect {
        Effect::None => Ok(()),
        Effect::EndSessions => storage::session::end_all(tx, scope, device.id),
        Effect::MakePlace => make_place(server, tx, scope, device),
    }
}

/// The device whose place this one takes is over; so are the oldest of its class beyond what the company allows.
fn make_place(
    server: &Server,
    tx: &Connection,
    scope: &CompanyScope,
    device: &Device,
) -> Result<()> {
    let named = storage::invitation::replaced_by(tx, scope, device.id)?
        .map(|id| storage::device::get(tx, scope, id))
        .transpose()?
        .flatten();
    let replaced = Event::End(EndReason::Replaced);
    if let Some(older) = named {
        apply(server, tx, scope, &older, replaced, By::CONSEQUENCE)?;
    }
    let rules = company::device_rules(tx, scope)?;
    let most = if storage::device::is_phone(device) {
        rules.phones
    } else {
        rules.desktops
    };
    let others = usize::from(most).saturating_sub(1);
    for older in storage::device::living_of_class(tx, scope, device)?
        .iter()
        .skip(others)
    {
        apply(server, tx, scope, older, replaced, By::CONSEQUENCE)?;
    }
    Ok(())
}

/// The state that a code leads to.
pub(crate) fn enrolled(approval: Approval) -> Result<(DeviceState, Effect)> {
    let event = match approval {
        Approval::Automatic => Event::Enrol,
        Approval::Manual => Event::EnrolForApproval,
    };
    match decide(Life::Invited, event) {
        Decision::Becomes(life, effect) => life
            .state()
            .map(|state| (state, effect))
            .ok_or(ServerError::INVALID),
        Decision::Stays | Decision::Refused => Err(ServerError::INVALID),
    }
}
