//! A tap with what came later, as boards and the feed read it.

use bizmitra_contract::attendance::{AttendanceEntry, EntryFlag, TapKind};
use bizmitra_contract::changes::{Change, kind};
use bizmitra_contract::ids::ItemId;
use bizmitra_contract::record::{Record, RecordBody, Tap};
use rusqlite::Connection;

use super::day::{self, Graded};
use crate::auth::CompanyScope;
use crate::error::{Result, ServerError};
use crate::storage::attendance::StoredTap;
use crate::storage::feed::Audience;
use crate::storage::{self, company};

/// How long an undo is an undo; later ones are flagged.
const WITHDRAWAL_MS: i64 = 90_000;

/// Adds a tap and says so in the feed.
pub(crate) fn add_tap(
    db: &Connection,
    scope: &CompanyScope,
    record: &Record,
    tap: &Tap,
    graded: &Graded,
) -> Result<()> {
    let kind = match record.body {
        RecordBody::CheckIn(_) => TapKind::CheckIn,
        RecordBody::CheckOut(_) => TapKind::CheckOut,
        RecordBody::BreakStart(_) => TapKind::BreakStart,
        RecordBody::BreakEnd(_) => TapKind::BreakEnd,
        RecordBody::Evidence(_)
        | RecordBody::Withdrawal(_)
        | RecordBody::Consent(_)
        | RecordBody::Correction(_)
        | RecordBody::File(_) => return Ok(()),
    };
    let stored = StoredTap {
        item: record.id,
        employee: record.employee,
        device: record.device,
        kind,
        wall_ms: record.wall_ms,
        offset_min: record.offset_min,
        true_ms: graded.true_ms,
        day: day::of_tap(db, scope, record.employee, tap, graded.true_ms)?,
        grade: graded.grade,
        // Around what the device showed: a clock that was off must not look exact.
        tolerance_ms: graded
            .tolerance_ms
            .map(|ms| ms.saturating_add(graded.true_ms.abs_diff(record.wall_ms))),
    };
    storage::attendance::insert(db, scope, &stored)?;
    publish_with_next(db, scope, record.id)
}

/// Says in the feed what a tap is now; nothing when there is no such tap yet.
pub(crate) fn publish(db: &Connection, scope: &CompanyScope, item: ItemId) -> Result<()> {
    match storage::attendance::get(db, scope, item)? {
        Some(tap) => publish_tap(db, scope, &tap),
        None => Ok(()),
    }
}

/// Like [`publish`], and for the tap after it too: its distance to the one before may have changed.
pub(crate) fn publish_with_next(db: &Connection, scope: &CompanyScope, item: ItemId) -> Result<()> {
    let Some(tap) = storage::attendance::get(db, scope, item)? else {
        return Ok(());
    };
    publish_tap(db, scope, &tap)?;
    match storage::attendance::standing_after(db, scope, &tap)? {
        Some(next) => publish_tap(db, scope, &next),
        None => Ok(()),
    }
}

fn publish_tap(db: &Connection, scope: &CompanyScope, tap: &StoredTap) -> Result<()> {
    let value = serde_json::to_value(entry(db, scope, tap)?)
        .map_err(|_| ServerError::Damaged("attendance entry"))?;
    let change = Change {
        kind: kind::ATTENDANCE.to_owned(),
        id: tap.item.to_string(),
        deleted: false,
        value,
    };
    storage::feed::put(db, scope, Audience::Person(tap.employee), &change)
}

/// A tap with everything that is known about it.
pub(crate) fn entry(
    db: &Connection,
    scope: &CompanyScope,
    tap: &StoredTap,
) -> Result<AttendanceEntry> {
    let ingested = storage::ingest::get(db, scope, tap.item)?
        .ok_or(ServerError::Damaged("tap without record"))?;
    let withdrawn_ms = storage::later::withdrawn_wall_ms(db, scope, tap.item, tap.device)?;
    let is_late =
        withdrawn_ms.is_some_and(|at_ms| at_ms.saturating_sub(tap.wall_ms) > WITHDRAWAL_MS);
    let is_after_revocation =
        ingested.late || storage::later::has_late(db, scope, tap.item, tap.device)?;
    let flags = [
        (ingested.fork, EntryFlag::Fork),
        (
            withdrawn_ms.is_none() && is_close_to_previous(db, scope, tap)?,
            EntryFlag::ShortGap,
        ),
        (is_after_revocation, EntryFlag::AfterRevocation),
        (is_late, EntryFlag::LateWithdrawal),
        (
            super::beginning::shows_break(db, scope, &ingested)?,
            EntryFlag::ChainBreak,
        ),
    ];
    Ok(AttendanceEntry {
        item: tap.item,
        device: tap.device,
        kind: tap.kind,
        wall_ms: tap.wall_ms,
        offset_min: tap.offset_min,
        day: tap.day.clone(),
        hash: ingested.hash,
        received_at_ms: ingested.received_ms,
        grade: tap.grade,
        tolerance_ms: tap.tolerance_ms,
        place: storage::later::place_of(db, scope, tap.item, tap.device)?,
        withdrawn: withdrawn_ms.is_some(),
        flags: flags
            .into_iter()
            .filter_map(|(holds, flag)| holds.then_some(flag))
            .collect(),
        blobs: storage::item_blob::of_item(db, scope, tap.item)?,
    })
}

fn is_close_to_previous(db: &Connection, scope: &CompanyScope, tap: &StoredTap) -> Result<bool> {
    let min_gap_ms = i64::from(company::get(db, scope)?.policy.min_gap_s).saturating_mul(1000);
    let before = storage::attendance::standing_before(db, scope, tap)?;
    Ok(before.is_some_and(|before| tap.true_ms.saturating_sub(before.true_ms) < min_gap_ms))
}
