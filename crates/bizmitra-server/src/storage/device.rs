//! Table `device`.

use bizmitra_contract::devices::{DeviceSummary, PendingDevice};
use bizmitra_contract::enrolment::{DeviceState, Platform};
use bizmitra_contract::ids::{CompanyId, DeviceId, EmployeeId};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{key, read_word, uuid, word};
use crate::auth::CompanyScope;
use crate::error::Result;

/// One device.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) company: CompanyId,
    pub(crate) id: DeviceId,
    pub(crate) employee: EmployeeId,
    pub(crate) device_key: [u8; 32],
    pub(crate) presence_key: [u8; 32],
    pub(crate) platform: Platform,
    pub(crate) name: String,
    pub(crate) app_version: String,
    pub(crate) state: DeviceState,
    /// When it came into its state.
    pub(crate) state_ms: i64,
    /// Its last signed request, to the minute.
    pub(crate) heard_ms: i64,
}

const COLUMNS: &str = "company_id, device_id, employee_id, device_key, presence_key, platform, name, app_version, state, state_ms, heard_ms";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Device> {
    Ok(Device {
        company: CompanyId(uuid(row, "company_id")?),
        id: DeviceId(uuid(row, "device_id")?),
        employee: EmployeeId(uuid(row, "employee_id")?),
        device_key: row.get("device_key")?,
        presence_key: row.get("presence_key")?,
        platform: read_word(row, "platform")?,
        name: row.get("name")?,
        app_version: row.get("app_version")?,
        state: read_word(row, "state")?,
        state_ms: row.get("state_ms")?,
        heard_ms: row.get("heard_ms")?,
    })
}

/// A person has so many devices of each class in use as the company says.
fn class(platform: Platform) -> &'static str {
    match platform {
        Platform::Android | Platform::Ios => "phone",
        Platform::Desktop => "desktop",
    }
}

/// Finds a device by its id, in whatever company: for [`crate::auth`] alone.
pub(crate) fn find_anywhere(db: &Connection, device: DeviceId) -> Result<Option<Device>> {
    Ok(db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM device WHERE device_id = ?1"
        ))?
        .query_row([key(device.0)], from_row)
        .optional()?)
}

/// A device.
pub(crate) fn get(
    db: &Connection,
    scope: &CompanyScope,
    device: DeviceId,
) -> Result<Option<Device>> {
    Ok(db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM device WHERE company_id = ?1 AND device_id = ?2"
        ))?
        .query_row((scope.key(), key(device.0)), from_row)
        .optional()?)
}

/// Whether some device has this identity key already, in whatever company: keys are never shared.
pub(crate) fn is_key_taken(
    db: &Connection,
    _scope: &CompanyScope,
    device_key: &[u8; 32],
) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM device WHERE device_key = ?1)")?
        .query_row([device_key], |row| row.get(0))?)
}

/// Adds a device.
pub(crate) fn insert(
    db: &Connection,
    scope: &CompanyScope,
    device: &Device,
    now_ms: i64,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO device (company_id, device_id, employee_id, device_key, presence_key, platform, class, name,
                             app_version, state, enrolled_ms, state_ms, heard_ms)
         VALUES (:company, :device, :employee, :device_key, :presence_key, :platform, :class, :name, :app, :state, :now, :now,
                 :now)",
    )?
    .execute(named_params! {
        ":company": scope.key(), ":device": key(device.id.0), ":employee": key(device.employee.0),
        ":device_key": device.device_key, ":presence_key": device.presence_key, ":platform": word(&device.platform),
        ":class": class(device.platform), ":name": device.name, ":app": device.app_version,
        ":state": word(&device.state), ":now": now_ms,
    })?;
    Ok(())
}

/// The person's other devices of the same class that are not over, the latest first.
pub(crate) fn living_of_class(
    db: &Connection,
    scope: &CompanyScope,
    like: &Device,
) -> Result<Vec<Device>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM device WHERE company_id = ?1 AND employee_id = ?2 AND class = ?3 AND device_id <> ?4
         AND state IN ('pending', 'active', 'suspended') ORDER BY enrolled_ms DESC, device_id"
    ))?;
    let living = statement
        .query_map(
            (
                scope.key(),
                key(like.employee.0),
                class(like.platform),
                key(like.id.0),
            ),
            from_row,
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(living)
}

/// Whether a device counts as a phone.
pub(crate) fn is_phone(device: &Device) -> bool {
    class(device.platform) == "phone"
}

/// Remembers that a device was heard of.
pub(crate) fn touch(
    db: &Connection,
    scope: &CompanyScope,
    device: DeviceId,
    now_ms: i64,
) -> Result<()> {
    db.prepare_cached("UPDATE device SET heard_ms = ?3 WHERE company_id = ?1 AND device_id = ?2")?
        .execute((scope.key(), key(device.0), now_ms))?;
    Ok(())
}

/// Changes the state of a device.
pub(crate) fn set_state(
    db: &Connection,
    scope: &CompanyScope,
    device: DeviceId,
    state: DeviceState,
    now_ms: i64,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE device SET state = ?3, state_ms = ?4 WHERE company_id = ?1 AND device_id = ?2",
    )?
    .execute((scope.key(), key(device.0), word(&state), now_ms))?;
    Ok(())
}

/// Whose devices a list holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whose {
    /// The whole company's.
    Everyone,
    /// Those of employees at the sites of this manager.
    EmployeesOf(EmployeeId),
    /// This person's.
    Of(EmployeeId),
}

/// Devices with their people: those in use first, then the latest.
pub(crate) fn list(
    db: &Connection,
    scope: &CompanyScope,
    whose: Whose,
) -> Result<Vec<DeviceSummary>> {
    let (manager, person) = match whose {
        Whose::Everyone => (None, None),
        Whose::EmployeesOf(manager) => (Some(key(manager.0)), None),
        Whose::Of(person) => (None, Some(key(person.0))),
    };
    let mut statement = db.prepare_cached(
        "SELECT d.device_id, d.employee_id, e.name AS employee_name, d.platform, d.name, d.app_version, d.state, d.enrolled_ms,
                d.heard_ms
         FROM device d JOIN employee e ON e.company_id = d.company_id AND e.employee_id = d.employee_id
         WHERE d.company_id = :company AND (:person IS NULL OR d.employee_id = :person)
           AND (:manager IS NULL OR (e.role = 'employee' AND EXISTS (
                SELECT 1 FROM employee_site a JOIN employee_site b ON b.company_id = a.company_id AND b.site_id = a.site_id
                WHERE a.company_id = d.company_id AND a.employee_id = d.employee_id AND b.employee_id = :manager)))
         ORDER BY d.state NOT IN ('active', 'pending', 'suspended'), d.enrolled_ms DESC, d.device_id",
    )?;
    let devices = statement
        .query_map(
            named_params! {":company": scope.key(), ":manager": manager, ":person": person},
            |row| {
                Ok(DeviceSummary {
                    device: DeviceId(uuid(row, "device_id")?),
                    employee: EmployeeId(uuid(row, "employee_id")?),
                    employee_name: row.get("employee_name")?,
                    platform: read_word(row, "platform")?,
                    device_name: row.get("name")?,
                    app_version: row.get("app_version")?,
                    state: read_word(row, "state")?,
                    enrolled_at_ms: row.get("enrolled_ms")?,
                    last_heard_ms: row.get("heard_ms")?,
                })
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(devices)
}

/// Devices that wait for approval, oldest first; of one manager's sites when `manager` is given.
pub(crate) fn pending(
    db: &Connection,
    scope: &CompanyScope,
    manager: Option<EmployeeId>,
) -> Result<Vec<PendingDevice>> {
    let mut statement = db.prepare_cached(
        "SELECT d.device_id, d.employee_id, e.name AS employee_name, d.platform, d.name, d.enrolled_ms
         FROM device d JOIN employee e ON e.company_id = d.company_id AND e.employee_id = d.employee_id
         WHERE d.company_id = :company AND d.state = 'pending'
           AND (:manager IS NULL OR (e.role = 'employee' AND EXISTS (
                SELECT 1 FROM employee_site a JOIN employee_site b ON b.company_id = a.company_id AND b.site_id = a.site_id
                WHERE a.company_id = d.company_id AND a.employee_id = d.employee_id AND b.employee_id = :manager)))
         ORDER BY d.enrolled_ms, d.device_id",
    )?;
    let pending = statement
        .query_map(
            named_params! {":company": scope.key(), ":manager": manager.map(|id| key(id.0))},
            |row| {
                Ok(PendingDevice {
                    device: DeviceId(uuid(row, "device_id")?),
                    employee: EmployeeId(uuid(row, "employee_id")?),
                    employee_name: row.get("employee_name")?,
                    platform: read_word(row, "platform")?,
                    device_name: row.get("name")?,
                    enrolled_at_ms: row.get("enrolled_ms")?,
                })
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(pending)
}
