//! What the operator does on the data folder: companies, people, codes, listings. Used by the command line, the demo
//! and tests; works beside a running server.

mod devices;
mod files;

use bizmitra_contract::attendance::AttendanceEntry;
use bizmitra_contract::changes::{Fence, Policy, Shift, Site};
use bizmitra_contract::enrolment::{Approval, PinPolicy};
use bizmitra_contract::ids::{CompanyId, EmployeeId, ItemId, ShiftId, SiteId};
use bizmitra_contract::login::Role;
use rusqlite::Connection;
use uuid::Uuid;

use crate::auth::{self, CompanyScope};
use crate::domain::{self, feed, invitation};
use crate::error::{Result, ServerError};
use crate::input::{self, InputError};
use crate::server::Server;
use crate::storage::company::Company;
use crate::storage::employee::Employee;
use crate::storage::{self, company, employee, plan};

pub use crate::storage::company::DeviceRules;
pub use devices::{
    DeviceDecision, Invited, approve, decide_about, devices, link, note_origin, origin, replace,
    rules_for_devices, set_rules_for_devices,
};
pub use files::{FileRow, files};

/// The privacy notice in force.
pub const NOTICE_VERSION: &str = "2026-11";

/// A person to add.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Display name.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// The person's shift.
    pub shift: Option<ShiftId>,
    /// Where the person works; for a site manager also whom the person decides about.
    pub sites: Vec<SiteId>,
}

/// A tap as listed for operators and tests.
#[derive(Debug, Clone, serde::Serialize)]
pub struct AttendanceRow {
    /// Whose it is.
    pub employee: EmployeeId,
    /// The tap with all that is known about it.
    #[serde(flatten)]
    pub entry: AttendanceEntry,
    /// The record's hash in hex.
    pub hash_hex: String,
}

/// Removes the open uploads that nothing arrived for in a week; the server does it by itself while it runs.
///
/// # Errors
/// When storage or the blob folder fail.
pub fn forget_abandoned_uploads(server: &Server) -> Result<()> {
    domain::upload::forget_all_abandoned(server)
}

/// Makes a company with a statement key and a sealing key of its own.
///
/// # Errors
/// When the name is empty, the zone is unknown, or storage or key folder fail.
pub fn create_company(server: &Server, name: &str, zone: &str) -> Result<CompanyId> {
    input::check_name(name)?;
    input::check_zone(zone)?;
    let id = CompanyId(Uuid::new_v4());
    // The keys are there before the commit: keys without a company are harmless.
    server.keys().make_statement_key(id)?;
    let company = Company {
        id,
        name: name.to_owned(),
        pin: PinPolicy {
            min_digits: 6,
            max_digits: 6,
        },
        policy: Policy {
            zone: zone.to_owned(),
            lock_after_min: 2,
            min_gap_s: 120,
            notice_version: NOTICE_VERSION.to_owned(),
        },
        sealing_key: server.keys().make_sealing_key(id)?,
    };
    let scope = auth::of_operator(id);
    server.write(|tx| {
        company::insert(tx, &scope, &company, server.now_ms())?;
        feed::publish_policy(tx, &scope)?;
        feed::publish_sealing_key(tx, &scope)
    })?;
    Ok(id)
}

/// Gives a company a new sealing key: what is captured from the next exchange on is sealed to it. Returns its id. Old keys
/// stay in the key folder, because what was sealed to them still arrives.
///
/// # Errors
/// When storage or key folder fail or the company is not here.
pub fn rotate_sealing_key(server: &Server, company: CompanyId) -> Result<String> {
    in_company(server, company, |tx, scope| {
        let public = server.keys().make_sealing_key(company)?;
        company::set_sealing_key(tx, scope, &public)?;
        feed::publish_sealing_key(tx, scope)?;
        Ok(domain::sealing::current(tx, scope)?.key_id)
    })
}

/// Gives a company a new statement key, signed in by the one before. Devices follow at their next exchange; what was signed
/// before still counts for what it was. Returns the print of the new key.
///
/// # Errors
/// When the key folder fails, the company is not here, or somebody else did the same at the same moment.
pub fn rotate_statement_key(server: &Server, company: CompanyId) -> Result<String> {
    in_company(server, company, |_, scope| {
        let since_ms = server.now_ms();
        server.keys().rotate_statement_key(company, |former, key| {
            crate::signed::sign_succession(scope.id(), former, key, since_ms)
        })?;
        Ok(())
    })?;
    server_key_print(server, company)
}

/// Adds a shift.
///
/// # Errors
/// When the shift cannot be worked, storage fails or the company is not here.
pub fn add_shift(server: &Server, company: CompanyId, shift: &Shift) -> Result<()> {
    input::check_shift(shift)?;
    in_company(server, company, |tx, scope| {
        plan::insert_shift(tx, scope, shift)
    })
}

/// Adds a site.
///
/// # Errors
/// When the name is empty, the fence is none, storage fails or the company is not here.
pub fn add_site(server: &Server, company: CompanyId, name: &str, fence: &Fence) -> Result<SiteId> {
    input::check_name(name)?;
    input::check_fence(fence)?;
    let site = Site {
        id: SiteId(Uuid::new_v4()),
        name: name.to_owned(),
        fence: fence.clone(),
    };
    in_company(server, company, |tx, scope| {
        plan::insert_site(tx, scope, &site)
    })?;
    Ok(site.id)
}

/// Whether a name may be given to a person, site, shift or company.
///
/// # Errors
/// [`InputError::BadName`].
pub fn check_name(name: &str) -> Result<(), InputError> {
    input::check_name(name)
}

/// Adds a person with a content key of their own.
///
/// # Errors
/// When the name is empty, company, shift or a site is not here, or storage or key folder fail.
pub fn add_person(server: &Server, company: CompanyId, person: &NewPerson) -> Result<EmployeeId> {
    input::check_name(&person.name)?;
    if person.role == Role::Unknown {
        return Err(InputError::BadRole.into());
    }
    let id = EmployeeId(Uuid::new_v4());
    in_company(server, company, |tx, scope| {
        if let Some(shift) = person.shift {
            plan::get_shift(tx, scope, shift)?.ok_or(InputError::UnknownShift(shift))?;
        }
        for site in &person.sites {
            plan::get_site(tx, scope, *site)?.ok_or(InputError::UnknownSite(*site))?;
        }
        // The key is there before the commit: a key without a person is harmless, a person without a key could store
        // nothing.
        server.keys().make_person_key(company, id)?;
        let row = Employee {
            id,
            name: person.name.clone(),
            role: person.role,
            shift: person.shift,
        };
        employee::insert(tx, scope, &row)?;
        for site in &person.sites {
            employee::add_site(tx, scope, id, *site)?;
        }
        feed::publish_person(tx, scope, id)
    })?;
    Ok(id)
}

/// Makes an activation code for a person, as shown to people.
///
/// # Errors
/// When the person is not here or storage fails.
pub fn invite(
    server: &Server,
    company: CompanyId,
    person: EmployeeId,
    approval: Approval,
) -> Result<String> {
    in_company(server, company, |tx, scope| {
        employee::get(tx, scope, person)?.ok_or(InputError::UnknownPerson(person))?;
        let place = invitation::Place {
            employee: person,
            approval,
            replaces: None,
        };
        Ok(invitation::issue(server, tx, scope, place)?.0.shown())
    })
}

/// Whether an activation code could still be used.
///
/// # Errors
/// When storage fails.
pub fn is_code_open(server: &Server, code: &str) -> Result<bool> {
    server.read(|db| invitation::is_open(server, db, code))
}

/// All taps of a company or of one person, oldest first.
///
/// # Errors
/// When storage fails or the company is not here.
pub fn attendance(
    server: &Server,
    company: CompanyId,
    person: Option<EmployeeId>,
) -> Result<Vec<AttendanceRow>> {
    in_company(server, company, |tx, scope| {
        storage::attendance::all(tx, scope, person)?
            .iter()
            .map(|tap| {
                let entry = domain::attendance::entry(tx, scope, tap)?;
                Ok(AttendanceRow {
                    employee: tap.employee,
                    hash_hex: hex::encode(entry.hash.0),
                    entry,
                })
            })
            .collect()
    })
}

/// The exact bytes of a record and the signatures over them, as JSON, opened with the person's key.
///
/// # Errors
/// When the record is not here, its person's key was erased, or storage fails.
pub fn content(server: &Server, company: CompanyId, item: ItemId) -> Result<Vec<u8>> {
    in_company(server, company, |tx, scope| {
        let owner = storage::ingest::get(tx, scope, item)?
            .ok_or(ServerError::NOT_FOUND)?
            .employee;
        let sealed =
            storage::ingest::get_content(tx, scope, item)?.ok_or(ServerError::NOT_FOUND)?;
        Ok(server
            .keys()
            .person_key(company, owner)?
            .open(&sealed, item.0.as_bytes())?)
    })
}

/// The people of a company, by name.
///
/// # Errors
/// When storage fails or the company is not here.
pub fn people(server: &Server, company: CompanyId) -> Result<Vec<(EmployeeId, String, Role)>> {
    in_company(server, company, |tx, scope| {
        Ok(employee::all(tx, scope)?
            .into_iter()
            .map(|person| (person.id, person.name, person.role))
            .collect())
    })
}

/// The sites of a company, by name.
///
/// # Errors
/// When storage fails or the company is not here.
pub fn sites(server: &Server, company: CompanyId) -> Result<Vec<Site>> {
    in_company(server, company, plan::all_sites)
}

/// The shifts of a company, by name.
///
/// # Errors
/// When storage fails or the company is not here.
pub fn shifts(server: &Server, company: CompanyId) -> Result<Vec<Shift>> {
    in_company(server, company, plan::all_shifts)
}

/// The print of a company's statement key, in groups: what links carry and exported files are compared with.
///
/// # Errors
/// When the company is unknown or its key cannot be read.
pub fn server_key_print(server: &Server, company: CompanyId) -> Result<String> {
    let key = server.keys().statement_key(company)?;
    let hex = crate::signed::key_print(key.verifying_key().as_bytes());
    let letters: Vec<char> = hex.chars().collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|four| four.iter().collect())
        .collect();
    Ok(groups.join("-"))
}

/// The working zone of a company (IANA).
///
/// # Errors
/// When storage fails or the company is not here.
pub fn zone(server: &Server, company: CompanyId) -> Result<String> {
    in_company(server, company, |tx, scope| {
        Ok(company::get(tx, scope)?.policy.zone)
    })
}

fn in_company<T>(
    server: &Server,
    company: CompanyId,
    work: impl FnOnce(&Connection, &CompanyScope) -> Result<T>,
) -> Result<T> {
    let scope = auth::of_operator(company);
    server.write(|tx| match company::get(tx, &scope) {
        Err(ServerError::Storage(rusqlite::Error::QueryReturnedNoRows)) => {
            Err(InputError::UnknownCompany(company).into())
        }
        found => found.and_then(|_| work(tx, &scope)),
    })
}
