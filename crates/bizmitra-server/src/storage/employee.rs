//! Tables `employee` and `employee_site`.

use bizmitra_contract::ids::{EmployeeId, ShiftId, SiteId};
use bizmitra_contract::login::Role;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{key, optional_uuid, read_word, uuid, word};
use crate::auth::CompanyScope;
use crate::error::Result;

/// One person.
#[derive(Debug, Clone)]
pub(crate) struct Employee {
    pub(crate) id: EmployeeId,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) shift: Option<ShiftId>,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Employee> {
    Ok(Employee {
        id: EmployeeId(uuid(row, "employee_id")?),
        name: row.get("name")?,
        role: read_word(row, "role")?,
        shift: optional_uuid(row, "shift_id")?.map(ShiftId),
    })
}

/// Adds a person.
pub(crate) fn insert(db: &Connection, scope: &CompanyScope, employee: &Employee) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO employee (company_id, employee_id, name, role, shift_id) VALUES (:company, :employee, :name, :role, :shift)",
    )?
    .execute(named_params! {
        ":company": scope.key(), ":employee": key(employee.id.0), ":name": employee.name, ":role": word(&employee.role),
        ":shift": employee.shift.map(|shift| key(shift.0)),
    })?;
    Ok(())
}

/// Says that a person works at a site.
pub(crate) fn add_site(
    db: &Connection,
    scope: &CompanyScope,
    employee: EmployeeId,
    site: SiteId,
) -> Result<()> {
    db.prepare_cached("INSERT OR IGNORE INTO employee_site (company_id, employee_id, site_id) VALUES (?1, ?2, ?3)")?.execute((
        scope.key(),
        key(employee.0),
        key(site.0),
    ))?;
    Ok(())
}

/// A person.
pub(crate) fn get(
    db: &Connection,
    scope: &CompanyScope,
    employee: EmployeeId,
) -> Result<Option<Employee>> {
    Ok(db
        .prepare_cached(
            "SELECT employee_id, name, role, shift_id FROM employee WHERE company_id = ?1 AND employee_id = ?2",
        )?
        .query_row((scope.key(), key(employee.0)), from_row)
        .optional()?)
}

/// All people, by name.
pub(crate) fn all(db: &Connection, scope: &CompanyScope) -> Result<Vec<Employee>> {
    let mut statement = db.prepare_cached(
        "SELECT employee_id, name, role, shift_id FROM employee WHERE company_id = ?1 ORDER BY name, employee_id",
    )?;
    let all = statement
        .query_map([scope.key()], from_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all)
}

/// Whether two people share a site.
pub(crate) fn share_a_site(
    db: &Connection,
    scope: &CompanyScope,
    one: EmployeeId,
    other: EmployeeId,
) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM employee_site a JOIN employee_site b
                            ON b.company_id = a.company_id AND b.site_id = a.site_id
                            WHERE a.company_id = ?1 AND a.employee_id = ?2 AND b.employee_id = ?3)",
        )?
        .query_row((scope.key(), key(one.0), key(other.0)), |row| row.get(0))?)
}
