//! Tables `evidence`, `withdrawal` and `consent`: records that say something about a tap or a person, in any order.

use bizmitra_contract::attendance::Place;
use bizmitra_contract::ids::{DeviceId, EmployeeId, ItemId, SiteId};
use bizmitra_contract::record::{Consent, Evidence};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{json, key, optional_uuid, read_json, read_optional_word, read_word, word};
use crate::auth::CompanyScope;
use crate::error::Result;

fn place_from_row(row: &Row<'_>) -> rusqlite::Result<Place> {
    Ok(Place {
        verdict: read_word(row, "verdict")?,
        reason: read_optional_word(row, "reason")?,
        site: optional_uuid(row, "site_id")?.map(SiteId),
        distance_m: row.get("distance_m")?,
        accuracy_m: row.get("accuracy_m")?,
        flags: read_json(row, "flags")?,
    })
}

/// Adds the location verdict of a tap.
pub(crate) fn insert_evidence(
    db: &Connection,
    scope: &CompanyScope,
    (item, seq, device): (ItemId, u64, DeviceId),
    evidence: &Evidence,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO evidence (company_id, item_id, about, device_id, seq, verdict, reason, site_id, distance_m, accuracy_m, flags)
         VALUES (:company, :item, :about, :device, :seq, :verdict, :reason, :site, :distance, :accuracy, :flags)",
    )?
    .execute(named_params! {
        ":company": scope.key(), ":item": key(item.0), ":about": key(evidence.about.0), ":device": key(device.0),
        ":seq": seq, ":verdict": word(&evidence.place), ":reason": evidence.reason.as_ref().map(word),
        ":site": evidence.site.map(|site| key(site.0)), ":distance": evidence.distance_m, ":accuracy": evidence.accuracy_m,
        ":flags": json(&evidence.flags)?,
    })?;
    Ok(())
}

/// The location verdict of a tap of this device: the first that the device made after it in the tap's own chain. Numbers
/// of another chain say nothing about order, so what lies elsewhere comes after it, as received.
pub(crate) fn place_of(
    db: &Connection,
    scope: &CompanyScope,
    tap: ItemId,
    device: DeviceId,
) -> Result<Option<Place>> {
    Ok(db
        .prepare_cached(
            "SELECT e.verdict, e.reason, e.site_id, e.distance_m, e.accuracy_m, e.flags FROM evidence e
             JOIN ingest i ON i.company_id = e.company_id AND i.item_id = e.item_id
             JOIN ingest t ON t.company_id = e.company_id AND t.item_id = e.about AND t.device_id = e.device_id
             WHERE e.company_id = ?1 AND e.about = ?2 AND e.device_id = ?3
             ORDER BY CASE WHEN i.chain_id = t.chain_id AND i.seq > t.seq THEN i.seq END NULLS LAST,
                      i.received_ms, i.item_id LIMIT 1",
        )?
        .query_row((scope.key(), key(tap.0), key(device.0)), place_from_row)
        .optional()?)
}

/// Whether anything about a tap of this device arrived after the device was over.
pub(crate) fn has_late(
    db: &Connection,
    scope: &CompanyScope,
    tap: ItemId,
    device: DeviceId,
) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM (SELECT company_id, item_id, about, device_id FROM evidence
                                           UNION ALL SELECT company_id, item_id, about, device_id FROM withdrawal) said
                            JOIN ingest i ON i.company_id = said.company_id AND i.item_id = said.item_id
                            WHERE said.company_id = ?1 AND said.about = ?2 AND said.device_id = ?3 AND i.late = 1)",
        )?
        .query_row((scope.key(), key(tap.0), key(device.0)), |row| row.get(0))?)
}

/// Adds the withdrawal of a tap.
pub(crate) fn insert_withdrawal(
    db: &Connection,
    scope: &CompanyScope,
    (item, device): (ItemId, DeviceId),
    about: ItemId,
    wall_ms: i64,
) -> Result<()> {
    db.prepare_cached("INSERT INTO withdrawal (company_id, item_id, about, device_id, wall_ms) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((scope.key(), key(item.0), key(about.0), key(device.0), wall_ms))?;
    Ok(())
}

/// When a tap of this device was withdrawn first, by the device's clock.
pub(crate) fn withdrawn_wall_ms(
    db: &Connection,
    scope: &CompanyScope,
    tap: ItemId,
    device: DeviceId,
) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("SELECT min(wall_ms) FROM withdrawal WHERE company_id = ?1 AND about = ?2 AND device_id = ?3")?
        .query_row((scope.key(), key(tap.0), key(device.0)), |row| row.get(0))?)
}

/// Adds a decision about a purpose.
pub(crate) fn insert_consent(
    db: &Connection,
    scope: &CompanyScope,
    (item, employee): (ItemId, EmployeeId),
    consent: &Consent,
    wall_ms: i64,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO consent (company_id, item_id, employee_id, purpose, given, notice_version, language, wall_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        scope.key(),
        key(item.0),
        key(employee.0),
        word(&consent.purpose),
        consent.given,
        &consent.notice_version,
        &consent.language,
        wall_ms,
    ))?;
    Ok(())
}
