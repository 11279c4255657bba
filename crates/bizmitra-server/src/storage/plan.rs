//! Tables `shift` and `site`: where and when a company works.

use bizmitra_contract::changes::{Shift, Site};
use bizmitra_contract::ids::{EmployeeId, ShiftId, SiteId};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{json, key, read_json, uuid};
use crate::auth::CompanyScope;
use crate::error::Result;

fn shift_from_row(row: &Row<'_>) -> rusqlite::Result<Shift> {
    let days: String = row.get("days")?;
    Ok(Shift {
        id: ShiftId(uuid(row, "shift_id")?),
        name: row.get("name")?,
        start_min: row.get("start_min")?,
        end_min: row.get("end_min")?,
        days: days.bytes().map(|digit| digit.wrapping_sub(b'0')).collect(),
        grace_min: row.get("grace_min")?,
        zone: row.get("zone")?,
    })
}

fn site_from_row(row: &Row<'_>) -> rusqlite::Result<Site> {
    Ok(Site {
        id: SiteId(uuid(row, "site_id")?),
        name: row.get("name")?,
        fence: read_json(row, "fence")?,
    })
}

/// Adds a shift.
pub(crate) fn insert_shift(db: &Connection, scope: &CompanyScope, shift: &Shift) -> Result<()> {
    let days: String = shift
        .days
        .iter()
        .map(|day| char::from(b'0'.wrapping_add(*day)))
        .collect();
    db.prepare_cached(
        "INSERT INTO shift (company_id, shift_id, name, start_min, end_min, days, grace_min, zone)
         VALUES (:company, :shift, :name, :start, :end, :days, :grace, :zone)",
    )?
    .execute(named_params! {
        ":company": scope.key(), ":shift": key(shift.id.0), ":name": shift.name, ":start": shift.start_min,
        ":end": shift.end_min, ":days": days, ":grace": shift.grace_min, ":zone": shift.zone,
    })?;
    Ok(())
}

/// Adds a site.
pub(crate) fn insert_site(db: &Connection, scope: &CompanyScope, site: &Site) -> Result<()> {
    db.prepare_cached("INSERT INTO site (company_id, site_id, name, fence) VALUES (:company, :site, :name, :fence)")?.execute(
        named_params! {":company": scope.key(), ":site": key(site.id.0), ":name": site.name, ":fence": json(&site.fence)?},
    )?;
    Ok(())
}

/// A shift.
pub(crate) fn get_shift(
    db: &Connection,
    scope: &CompanyScope,
    shift: ShiftId,
) -> Result<Option<Shift>> {
    Ok(db
        .prepare_cached(
            "SELECT shift_id, name, start_min, end_min, days, grace_min, zone FROM shift
             WHERE company_id = ?1 AND shift_id = ?2",
        )?
        .query_row((scope.key(), key(shift.0)), shift_from_row)
        .optional()?)
}

/// A site.
pub(crate) fn get_site(
    db: &Connection,
    scope: &CompanyScope,
    site: SiteId,
) -> Result<Option<Site>> {
    Ok(db
        .prepare_cached(
            "SELECT site_id, name, fence FROM site WHERE company_id = ?1 AND site_id = ?2",
        )?
        .query_row((scope.key(), key(site.0)), site_from_row)
        .optional()?)
}

/// All shifts, by name.
pub(crate) fn all_shifts(db: &Connection, scope: &CompanyScope) -> Result<Vec<Shift>> {
    let mut statement = db.prepare_cached(
        "SELECT shift_id, name, start_min, end_min, days, grace_min, zone FROM shift
         WHERE company_id = ?1 ORDER BY name, shift_id",
    )?;
    let shifts = statement
        .query_map([scope.key()], shift_from_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(shifts)
}

/// All sites, by name.
pub(crate) fn all_sites(db: &Connection, scope: &CompanyScope) -> Result<Vec<Site>> {
    let mut statement = db.prepare_cached(
        "SELECT site_id, name, fence FROM site WHERE company_id = ?1 ORDER BY name, site_id",
    )?;
    let sites = statement
        .query_map([scope.key()], site_from_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(sites)
}

/// The sites of a person, by name.
pub(crate) fn sites_of(
    db: &Connection,
    scope: &CompanyScope,
    employee: EmployeeId,
) -> Result<Vec<Site>> {
    let mut statement = db.prepare_cached(
        "SELECT s.site_id, s.name, s.fence FROM employee_site e
         JOIN site s ON s.company_id = e.company_id AND s.site_id = e.site_id
         WHERE e.company_id = ?1 AND e.employee_id = ?2 ORDER BY s.name",
    )?;
    let sites = statement
        .query_map((scope.key(), key(employee.0)), site_from_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(sites)
}
