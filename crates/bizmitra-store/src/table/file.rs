//! What is known of the bytes of files.

use std::collections::BTreeSet;

use bizmitra_core::file::{Event, Reason, State, StoredFile, Unsent, Wish, decide_state};
use bizmitra_core::ids::ItemId;
use bizmitra_core::outbox::Lane;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use crate::fault::Fault;
use crate::table::outbox;

fn state_from(name: &str, reason: Option<&str>) -> Result<State, Fault> {
    match (name, reason.map(Reason::from_name)) {
        ("waiting", None) => Ok(State::Waiting),
        ("in_doubt", None) => Ok(State::InDoubt),
        ("sent", None) => Ok(State::Sent),
        ("cancelled", None) => Ok(State::Cancelled),
        ("parked", Some(Some(reason))) => Ok(State::Parked(reason)),
        _ => Err(Fault::unreadable("file.state")),
    }
}

fn state_name(state: State) -> (&'static str, Option<&'static str>) {
    match state {
        State::Waiting => ("waiting", None),
        State::InDoubt => ("in_doubt", None),
        State::Sent => ("sent", None),
        State::Cancelled => ("cancelled", None),
        State::Parked(reason) => ("parked", Some(reason.name())),
    }
}

const SELECT: &str = "SELECT record.id, outbox.state, file.state, file.park_reason, file.paused, file.length, file.sha256,
        file.acknowledged, file.kept, file.record
    FROM file JOIN record ON record.n = file.record JOIN outbox ON outbox.record = file.record";

fn from_row(row: &Row<'_>) -> Result<(i64, StoredFile), Fault> {
    let (name, reason): (String, Option<String>) = (row.get(2)?, row.get(3)?);
    let file = StoredFile {
        id: ItemId(Uuid::from_bytes(row.get(0)?)),
        record: outbox::state_in(row, 1)?,
        state: state_from(&name, reason.as_deref())?,
        paused: row.get(4)?,
        length: row.get(5)?,
        sha256: row.get(6)?,
        acknowledged: row.get(7)?,
        kept: row.get(8)?,
    };
    Ok((row.get(9)?, file))
}

pub(crate) fn insert(
    conn: &Connection,
    (record, lane): (i64, Lane),
    length: u64,
    sha256: &[u8; 32],
    cell: &[u8],
) -> Result<(), Fault> {
    conn.prepare_cached(
        "INSERT INTO file (record, lane, state, park_reason, paused, length, sha256, acknowledged, kept, settled_ms, cell)
         VALUES (?1, ?2, 'waiting', NULL, 0, ?3, ?4, 0, 1, NULL, ?5)",
    )?
    .execute(params![record, lane.number(), length, sha256, cell])?;
    Ok(())
}

pub(crate) fn find(conn: &Connection, id: ItemId) -> Result<Option<(i64, StoredFile)>, Fault> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} WHERE record.id = ?1"))?;
    let mut rows = statement.query([id.0.as_bytes()])?;
    rows.next()?.map(from_row).transpose()
}

pub(crate) fn all(conn: &Connection) -> Result<Vec<StoredFile>, Fault> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} ORDER BY file.record DESC"))?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(from_row(row)?.1);
    }
    Ok(all)
}

pub(crate) fn cell(conn: &Connection, id: ItemId) -> Result<Option<Vec<u8>>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT cell FROM file JOIN record ON record.n = file.record WHERE record.id = ?1",
    )?;
    Ok(statement
        .query_row([id.0.as_bytes()], |row| row.get(0))
        .optional()?)
}

pub(crate) fn next_upload(conn: &Connection, max_length: u64) -> Result<Option<StoredFile>, Fault> {
    let mut statement = conn.prepare_cached(&format!(
        "{SELECT} WHERE file.state IN ('waiting', 'in_doubt') AND file.paused = 0 AND file.length <= ?1
         AND outbox.state = 'acked' ORDER BY file.lane, file.record LIMIT 1"
    ))?;
    let most = i64::try_from(max_length).unwrap_or(i64::MAX);
    let mut rows = statement.query([most])?;
    Ok(rows
        .next()?
        .map(from_row)
        .transpose()?
        .map(|(_, file)| file))
}

/// Applies an event; false when it changes nothing.
pub(crate) fn settle(
    conn: &Connection,
    id: ItemId,
    event: Event,
    now_ms: i64,
) -> Result<bool, Fault> {
    let Some((record, file)) = find(conn, id)? else {
        return Ok(false);
    };
    let Some(next) = decide_state(file.state, event) else {
        return Ok(false);
    };
    let (name, reason) = state_name(next);
    let settled_ms = (next == State::Sent).then_some(now_ms);
    conn.prepare_cached(
        "UPDATE file SET state = ?2, park_reason = ?3, settled_ms = ?4 WHERE record = ?1",
    )?
    .execute(params![record, name, reason, settled_ms])?;
    Ok(true)
}

/// Whether there is such a file and taking it back means anything.
pub(crate) fn may_cancel(conn: &Connection, id: ItemId) -> Result<bool, Fault> {
    Ok(find(conn, id)?.is_some_and(|(_, file)| decide_state(file.state, Event::Cancel).is_some()))
}

/// Taken back: its bytes go with the next sweep of what is not kept.
pub(crate) fn cancel(conn: &Connection, id: ItemId) -> Result<(), Fault> {
    settle(conn, id, Event::Cancel, 0).map(|_| ())
}

pub(crate) fn acknowledge(conn: &Connection, id: ItemId, bytes: u64) -> Result<(), Fault> {
    conn.prepare_cached(
        "UPDATE file SET acknowledged = ?2
         WHERE record = (SELECT n FROM record WHERE id = ?1) AND acknowledged <> ?2",
    )?
    .execute(params![id.0.as_bytes(), bytes])?;
    Ok(())
}

pub(crate) fn set_paused(conn: &Connection, id: ItemId, wish: Wish) -> Result<bool, Fault> {
    let changed = conn
        .prepare_cached(
            "UPDATE file SET paused = ?2 WHERE record = (SELECT n FROM record WHERE id = ?1)",
        )?
        .execute(params![id.0.as_bytes(), wish == Wish::Wait])?;
    Ok(changed == 1)
}

/// Its bytes go next.
pub(crate) fn let_go(conn: &Connection, id: ItemId) -> Result<(), Fault> {
    conn.prepare_cached(
        "UPDATE file SET kept = 0 WHERE record = (SELECT n FROM record WHERE id = ?1)",
    )?
    .execute([id.0.as_bytes()])?;
    Ok(())
}

/// Its bytes came down again; their week begins anew.
pub(crate) fn note_kept(conn: &Connection, id: ItemId, now_ms: i64) -> Result<(), Fault> {
    conn.prepare_cached(
        "UPDATE file SET kept = 1, settled_ms = ?2
         WHERE record = (SELECT n FROM record WHERE id = ?1) AND state = 'sent'",
    )?
    .execute(params![id.0.as_bytes(), now_ms])?;
    Ok(())
}

/// Files whose bytes are not needed any more.
pub(crate) fn expired(conn: &Connection, before_ms: i64) -> Result<Vec<ItemId>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT record.id FROM file JOIN record ON record.n = file.record
         WHERE file.kept = 1 AND (file.state = 'cancelled' OR (file.state = 'sent' AND file.settled_ms < ?1))",
    )?;
    let rows = statement.query_map([before_ms], |row| Ok(ItemId(Uuid::from_bytes(row.get(0)?))))?;
    rows.collect::<Result<_, _>>().map_err(Fault::from)
}

/// Files that have bytes in the folder, and those that may be coming down again.
pub(crate) fn known(conn: &Connection) -> Result<(BTreeSet<ItemId>, BTreeSet<ItemId>), Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT record.id, file.kept, file.state = 'sent' FROM file JOIN record ON record.n = file.record",
    )?;
    let mut rows = statement.query([])?;
    let (mut whole, mut coming) = (BTreeSet::new(), BTreeSet::new());
    while let Some(row) = rows.next()? {
        let id = ItemId(Uuid::from_bytes(row.get(0)?));
        if row.get(1)? {
            whole.insert(id);
        } else if row.get(2)? {
            coming.insert(id);
        }
    }
    Ok((whole, coming))
}

pub(crate) fn unsent(conn: &Connection) -> Result<Unsent, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FILTER (WHERE state <> 'parked'), count(*) FILTER (WHERE state = 'parked'),
                coalesce(sum(length) FILTER (WHERE state <> 'parked'), 0),
                coalesce(sum(acknowledged) FILTER (WHERE state <> 'parked'), 0)
         FROM file WHERE state NOT IN ('sent', 'cancelled')",
    )?;
    Ok(statement.query_row([], |row| {
        Ok(Unsent {
            waiting: row.get(0)?,
            parked: row.get(1)?,
            bytes: row.get(2)?,
            acknowledged: row.get(3)?,
        })
    })?)
}
