//! Requests to put attendance right. They change no tap: a manager decides later, by a record of its own.
//!
//! A person's words lie under the person's key and nowhere else, so the feed keeps only that there is a request and where it
//! stands; what it says is put in when its person asks.

use bizmitra_contract::attendance::{CorrectionEntry, EntryFlag};
use bizmitra_contract::changes::{Change, kind};
use bizmitra_contract::encoding::Bytes;
use bizmitra_contract::ids::ItemId;
use bizmitra_contract::record::{Correction, MAX_WHY_CHARS, Record, RecordBody};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::json;

use crate::auth::CompanyScope;
use crate::error::{Result, ServerError};
use crate::keys::{KeysError, PersonKey};
use crate::server::Server;
use crate::storage;
use crate::storage::feed::Audience;
use crate::storage::ingest::Ingested;

/// No zone is further from UTC, minutes.
const MAX_OFFSET_MIN: i32 = 18 * 60;
/// No name of a zone is longer.
const MAX_ZONE: usize = 64;

/// Whether somebody could decide about it: it asks for something, with a day, a time and a reason.
pub(crate) fn is_askable(correction: &Correction) -> bool {
    let day: Result<jiff::civil::Date, _> = correction.day.parse();
    let is_day = day.is_ok_and(|day| day.to_string() == correction.day);
    let is_right = correction.should_be.as_ref().is_none_or(|right| {
        let is_zone = !right.zone.is_empty() && right.zone.len() <= MAX_ZONE;
        let is_time = jiff::Timestamp::from_millisecond(right.wall_ms).is_ok();
        is_zone && is_time && right.offset_min.abs_diff(0) <= MAX_OFFSET_MIN.unsigned_abs()
    });
    let asks = correction.about.is_some() || correction.should_be.is_some();
    let says_why = !correction.why.trim().is_empty();
    asks && is_day && is_right && says_why && correction.why.chars().count() <= MAX_WHY_CHARS
}

/// Says in its person's feed that there is a request and where it stands; nothing when the item is none.
pub(crate) fn publish(db: &Connection, scope: &CompanyScope, item: ItemId) -> Result<()> {
    let Some(state) = storage::correction::state(db, scope, item)? else {
        return Ok(());
    };
    let ingested = storage::ingest::get(db, scope, item)?
        .ok_or(ServerError::Damaged("correction without record"))?;
    let change = Change {
        kind: kind::CORRECTION.to_owned(),
        id: item.to_string(),
        deleted: false,
        value: json!({ "state": state, "flags": flags(&ingested) }),
    };
    storage::feed::put(db, scope, Audience::Person(ingested.employee), &change)
}

fn flags(ingested: &Ingested) -> Vec<EntryFlag> {
    [
        (ingested.fork, EntryFlag::Fork),
        (ingested.late, EntryFlag::AfterRevocation),
    ]
    .into_iter()
    .filter_map(|(holds, flag)| holds.then_some(flag))
    .collect()
}

/// What a change of the feed says of a request, with its person's words; gone when these were erased.
pub(crate) fn fill(
    server: &Server,
    db: &Connection,
    scope: &CompanyScope,
    change: Change,
) -> Result<Change> {
    if change.kind != kind::CORRECTION || change.deleted {
        return Ok(change);
    }
    let item = change.id.parse().map(ItemId);
    let item = item.map_err(|_| ServerError::Damaged("id of a correction"))?;
    Ok(match entry(server, db, scope, item)? {
        Some(entry) => Change {
            value: serde_json::to_value(entry).map_err(|_| ServerError::Damaged("correction"))?,
            ..change
        },
        None => Change {
            deleted: true,
            value: serde_json::Value::Null,
            ..change
        },
    })
}

/// A request with everything that is known about it; `None` when its content was erased.
pub(crate) fn entry(
    server: &Server,
    db: &Connection,
    scope: &CompanyScope,
    item: ItemId,
) -> Result<Option<CorrectionEntry>> {
    let state =
        storage::correction::state(db, scope, item)?.ok_or(ServerError::Damaged("correction"))?;
    let ingested = storage::ingest::get(db, scope, item)?
        .ok_or(ServerError::Damaged("correction without record"))?;
    let key = match server.keys().person_key(scope.id(), ingested.employee) {
        Err(KeysError::Missing) => return Ok(None),
        key => key?,
    };
    let Some(sealed) = storage::ingest::get_content(db, scope, item)? else {
        return Ok(None);
    };
    let record = open(&key, &sealed, item)?;
    let RecordBody::Correction(correction) = record.body else {
        return Err(ServerError::Damaged("content of a correction"));
    };
    Ok(Some(CorrectionEntry {
        item,
        device: ingested.device,
        wall_ms: record.wall_ms,
        offset_min: record.offset_min,
        hash: ingested.hash,
        received_at_ms: ingested.received_ms,
        correction,
        state,
        flags: flags(&ingested),
    }))
}

/// The bytes that were signed, as they are kept.
fn open(key: &PersonKey, sealed: &[u8], item: ItemId) -> Result<Record> {
    #[derive(Deserialize)]
    struct Content {
        payload: Bytes,
    }
    let plain = zeroize::Zeroizing::new(key.open(sealed, item.0.as_bytes())?);
    serde_json::from_slice::<Content>(&plain)
        .and_then(|content| serde_json::from_slice(&content.payload.0))
        .map_err(|_| ServerError::Damaged("content of a record"))
}
