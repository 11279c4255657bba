//! What the operator does about devices. The same state machine as for managers, without a manager's limits: whoever can run
//! the command line can read the data folder anyway.

use bizmitra_contract::devices::DeviceSummary;
use bizmitra_contract::enrolment::DeviceState;
use bizmitra_contract::ids::{CompanyId, DeviceId};
use bizmitra_contract::statement::EndReason;
use rusqlite::Connection;

use super::in_company;
use crate::auth::CompanyScope;
use crate::domain::code::Code;
use crate::domain::device::{is_fingerprint_of, issue_replacement};
use crate::domain::device_change::{By, apply};
use crate::domain::device_state::Event;
use crate::domain::link;
use crate::error::{Result, ServerError};
use crate::input::InputError;
use crate::server::Server;
use crate::storage;
use crate::storage::company::{DeviceRules, device_rules, set_device_rules};
use crate::storage::device::{Device, Whose};

/// What the operator decides about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceDecision {
    /// Pauses it.
    Suspend,
    /// Ends the pause.
    Resume,
    /// Ends it.
    Revoke,
    /// Ends it as lost.
    ReportLost,
}

impl DeviceDecision {
    fn event(self) -> Event {
        match self {
            Self::Suspend => Event::Suspend,
            Self::Resume => Event::Resume,
            Self::Revoke => Event::End(EndReason::Revoked),
            Self::ReportLost => Event::End(EndReason::Lost),
        }
    }
}

/// A one-time code with the link that its QR code holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// As people type it.
    pub code: String,
    /// See [`bizmitra_contract::link`].
    pub link: String,
}

/// The devices of a company.
///
/// # Errors
/// When storage fails or the company is not here.
pub fn devices(server: &Server, company: CompanyId) -> Result<Vec<DeviceSummary>> {
    in_company(server, company, |tx, scope| {
        storage::device::list(tx, scope, Whose::Everyone)
    })
}

/// Decides about a device and says its state now.
///
/// # Errors
/// When the device is not here, its state does not allow it, or storage fails.
pub fn decide_about(
    server: &Server,
    company: CompanyId,
    id: DeviceId,
    decision: DeviceDecision,
    reason: &str,
) -> Result<DeviceState> {
    in_company(server, company, |tx, scope| {
        let device = known(tx, scope, id)?;
        let by = By {
            actor: None,
            reason,
        };
        apply(server, tx, scope, &device, decision.event(), by)
            .map(|decided| decided.state)
            .map_err(|error| match error {
                ServerError::Refused(_) => InputError::WrongState(id).into(),
                error => error,
            })
    })
}

/// Approves a pending device by the fingerprint on its screen, in whatever case and with whatever between the groups.
///
/// # Errors
/// When the device is not here, the fingerprint is another one's, its state does not allow it, or storage fails.
pub fn approve(
    server: &Server,
    company: CompanyId,
    id: DeviceId,
    typed: &str,
) -> Result<DeviceState> {
    in_company(server, company, |tx, scope| {
        let device = known(tx, scope, id)?;
        if !is_fingerprint_of(typed, &device) {
            return Err(InputError::OtherFingerprint.into());
        }
        apply(server, tx, scope, &device, Event::Approve, By::CONSEQUENCE)
            .map(|decided| decided.state)
            .map_err(|error| match error {
                ServerError::Refused(_) => InputError::WrongState(id).into(),
                error => error,
            })
    })
}

/// Makes a one-time code for the device that takes this one's place: a new phone, or the same one after a forgotten PIN.
///
/// # Errors
/// When the device is not here or storage fails.
pub fn replace(
    server: &Server,
    company: CompanyId,
    id: DeviceId,
    reason: &str,
    origin: &str,
) -> Result<Invited> {
    in_company(server, company, |tx, scope| {
        let device = known(tx, scope, id)?;
        let by = By {
            actor: None,
            reason,
        };
        let issued = issue_replacement(server, tx, scope, &device, by, origin)?;
        Ok(Invited {
            code: issued.code,
            link: issued.link,
        })
    })
}

/// The link of a code that is there.
///
/// # Errors
/// When the code is none or the key folder fails.
pub fn link(server: &Server, company: CompanyId, code: &str, origin: &str) -> Result<String> {
    let code = Code::read(code).ok_or(ServerError::INVALID)?;
    let key = server.keys().statement_key(company)?;
    Ok(link::write(origin, &code, key.verifying_key().as_bytes()))
}

/// Remembers the address at which the server is served, for links that the command line makes.
///
/// # Errors
/// When storage fails.
pub fn note_origin(server: &Server, origin: &str) -> Result<()> {
    let known = server.read(storage::origin)?;
    if known.as_deref() == Some(origin) {
        return Ok(());
    }
    server.write(|tx| storage::put_origin(tx, origin))
}

/// The address at which it was last served.
///
/// # Errors
/// When storage fails.
pub fn origin(server: &Server) -> Result<Option<String>> {
    server.read(storage::origin)
}

/// The company's rules for devices.
///
/// # Errors
/// When storage fails or the company is not here.
pub fn rules_for_devices(server: &Server, company: CompanyId) -> Result<DeviceRules> {
    in_company(server, company, device_rules)
}

/// Changes them. Devices that are in use stay; the next one makes its place.
///
/// # Errors
/// When a number is out of range, storage fails or the company is not here.
pub fn set_rules_for_devices(
    server: &Server,
    company: CompanyId,
    rules: DeviceRules,
) -> Result<()> {
    let fits = (1..=10).contains(&rules.phones)
        && (1..=10).contains(&rules.desktops)
        && (1..=90).contains(&rules.lease_days);
    if !fits {
        return Err(InputError::BadDeviceRules.into());
    }
    in_company(server, company, |tx, scope| {
        set_device_rules(tx, scope, rules)
    })
}

fn known(tx: &Connection, scope: &CompanyScope, id: DeviceId) -> Result<Device> {
    storage::device::get(tx, scope, id)?.ok_or_else(|| InputError::UnknownDevice(id).into())
}
