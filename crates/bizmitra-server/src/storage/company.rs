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
                              min_gap_s, created_ms)
         VALUES (:company, :name, :zone, :notice, :min_digits, :max_digits, :lock_after, :min_gap, :now)",
    )?
    .execute(named_params! {
        ":company": scope.key(), ":name": company.name, ":zone": company.policy.zone,
        ":notice": company.policy.notice_version, ":min_digits": company.pin.min_digits,
        ":max_digits": company.pin.max_digits, ":lock_after": company.policy.lock_after_min,
        ":min_gap": company.policy.min_gap_s, ":now": now_ms,
    })?;
    Ok(())
}

/// The company itself.
pub(crate) fn get(db: &Connection, scope: &CompanyScope) -> Result<Company> {
    Ok(db
        .prepare_cached(
            "SELECT company_id, name, zone, notice_version, pin_min_digits, pin_max_digits, lock_after_min, min_gap_s
             FROM company WHERE company_id = ?1",
        )?
        .query_row([key(scope.id().0)], from_row)?)
}
