//! Table `company`.

use bizmitra_contract::changes::Policy;
use bizmitra_contract::enrolment::PinPolicy;
use bizmitra_contract::ids::CompanyId;
use rusqlite::{Connection, Row, named_params};

use super::{key, uuid};
use crate::auth::CompanyScope;
use crate::error::Result;

/// One company.
#[derive(Debug, Clone)]
pub(crate) struct Company {
    pub(crate) id: CompanyId,
    pub(crate) name: String,
    pub(crate) pin: PinPolicy,
    pub(crate) policy: Policy,
    /// Public half of the key that devices seal to from now on.
    pub(crate) sealing_key: [u8; 32],
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Company> {
    Ok(Company {
        id: CompanyId(uuid(row, "company_id")?),
        name: row.get("name")?,
        pin: PinPolicy {
            min_digits: row.get("pin_min_digits")?,
            max_digits: row.get("pin_max_digits")?,
        },
        policy: Policy {
            zone: row.get("zone")?,
            lock_after_min: row.get("lock_after_min")?,
            min_gap_s: row.get("min_gap_s")?,
            notice_version: row.get("notice_version")?,
        },
        sealing_key: row.get("sealing_key")?,
    })
}

/// Adds the company itself.
pub(crate) fn insert(
    db: &Connection,
    scope: &CompanyScope,
    company: &Company,
    now_ms: i64,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO company (company_id, name, zone, notice_version, pin_min_digits, pin_max_digits, lock_after_min,
                              min_gap_s, sealing_key, created_ms)
         VALUES (:company, :name, :zone, :notice, :min_digits, :max_digits, :lock_after, :min_gap, :sealing_key, :now)",
    )?
    .execute(named_params! {
        ":company": scope.key(), ":name": company.name, ":zone": company.policy.zone,
        ":notice": company.policy.notice_version, ":min_digits": company.pin.min_digits,
        ":max_digits": company.pin.max_digits, ":lock_after": company.policy.lock_after_min,
        ":min_gap": company.policy.min_gap_s, ":sealing_key": company.sealing_key, ":now": now_ms,
    })?;
    Ok(())
}

/// Which companies there are.
pub(crate) fn ids(db: &Connection) -> Result<Vec<CompanyId>> {
    let mut statement = db.prepare_cached("SELECT company_id FROM company ORDER BY company_id")?;
    let all = statement
        .query_map([], |row| Ok(CompanyId(uuid(row, "company_id")?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all)
}

/// The company itself.
pub(crate) fn get(db: &Connection, scope: &CompanyScope) -> Result<Company> {
    Ok(db
        .prepare_cached(
            "SELECT company_id, name, zone, notice_version, pin_min_digits, pin_max_digits, lock_after_min, min_gap_s,
                    sealing_key
             FROM company WHERE company_id = ?1",
        )?
        .query_row([key(scope.id().0)], from_row)?)
}

/// Devices seal to this key from now on.
pub(crate) fn set_sealing_key(
    db: &Connection,
    scope: &CompanyScope,
    public: &[u8; 32],
) -> Result<()> {
    db.prepare_cached("UPDATE company SET sealing_key = ?2 WHERE company_id = ?1")?
        .execute((scope.key(), public))?;
    Ok(())
}

/// How many devices of each class a person may have in use, and how long a device goes without its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceRules {
    /// Phones.
    pub phones: u8,
    /// Desktops.
    pub desktops: u8,
    /// Days.
    pub lease_days: u8,
}

/// The company's rules for devices.
pub(crate) fn device_rules(db: &Connection, scope: &CompanyScope) -> Result<DeviceRules> {
    Ok(db
        .prepare_cached("SELECT phones, desktops, lease_days FROM company WHERE company_id = ?1")?
        .query_row([scope.key()], |row| {
            Ok(DeviceRules {
                phones: row.get("phones")?,
                desktops: row.get("desktops")?,
                lease_days: row.get("lease_days")?,
            })
        })?)
}

/// Changes them.
pub(crate) fn set_device_rules(
    db: &Connection,
    scope: &CompanyScope,
    rules: DeviceRules,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE company SET phones = ?2, desktops = ?3, lease_days = ?4 WHERE company_id = ?1",
    )?
    .execute((scope.key(), rules.phones, rules.desktops, rules.lease_days))?;
    Ok(())
}
