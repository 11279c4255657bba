//! The outbox: states of items. Rows change state and are never deleted.

use bizmitra_core::ids::ItemId;
use bizmitra_core::outbox::{Counts, Lane, OutboxItem, Outcome, ParkReason, State, decide_state};
use bizmitra_core::planted::{self, Bug};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::fault::Fault;
use crate::table::{receipt, record};

const SENDABLE: &str = "outbox.state IN ('queued', 'in_doubt')";

fn state_name(state: State) -> &'static str {
    match state {
        State::Queued => "queued",
        State::InDoubt => "in_doubt",
        State::Acked => "acked",
        State::Parked => "parked",
    }
}

pub(crate) fn state_from_name(name: &str) -> Result<State, Fault> {
    [State::Queued, State::InDoubt, State::Acked, State::Parked]
        .into_iter()
        .find(|state| state_name(*state) == name)
        .ok_or_else(|| Fault::unreadable("outbox.state"))
}

/// A state in column `column` of `row`.
pub(crate) fn state_in(row: &Row<'_>, column: usize) -> Result<State, Fault> {
    state_from_name(&row.get::<_, String>(column)?)
}

pub(crate) fn insert(conn: &Connection, record: i64, lane: Lane, size: usize) -> Result<(), Fault> {
    conn.prepare_cached("INSERT INTO outbox (record, lane, state, park_reason, size) VALUES (?1, ?2, 'queued', NULL, ?3)")?
        .execute(params![record, lane.number(), size])?;
    Ok(())
}

fn find(conn: &Connection, id: ItemId) -> Result<Option<(i64, State)>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT outbox.record, outbox.state FROM record JOIN outbox ON outbox.record = record.n WHERE record.id = ?1",
    )?;
    let mut rows = statement.query([id.0.as_bytes()])?;
    rows.next()?
        .map(|row| Ok((row.get(0)?, state_in(row, 1)?)))
        .transpose()
}

/// One below the first record of the current chain that is not acked; the head when all are. Two partial indexes find it.
pub(crate) fn acked_through(conn: &Connection) -> Result<u64, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT min(
             head,
             coalesce((SELECT min(seq) - 1 FROM outbox JOIN record ON n = outbox.record
                       WHERE state IN ('queued', 'in_doubt') AND record.chain = current), head),
             coalesce((SELECT min(seq) - 1 FROM outbox JOIN record ON n = outbox.record
                       WHERE state = 'parked' AND record.chain = current), head))
         FROM (SELECT id AS current, (SELECT coalesce(max(seq), 0) FROM record WHERE record.chain = chain.id) AS head FROM chain)",
    )?;
    Ok(statement
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

pub(crate) fn counts(conn: &Connection) -> Result<Counts, Fault> {
    let mut statement = conn.prepare_cached("SELECT state, count(*) FROM outbox GROUP BY state")?;
    let mut rows = statement.query([])?;
    let mut counts = Counts::default();
    while let Some(row) = rows.next()? {
        let number = row.get(1)?;
        match state_in(row, 0)? {
            State::Queued => counts.queued = number,
            State::InDoubt => counts.in_doubt = number,
            State::Acked => counts.acked = number,
            State::Parked => counts.parked = number,
        }
    }
    Ok(counts)
}

pub(crate) fn pick(
    conn: &Connection,
    limit: usize,
    max_bytes: usize,
    except: &[ItemId],
) -> Result<Vec<OutboxItem>, Fault> {
    let mut order = conn.prepare_cached(&pick_sql())?;
    let mut rows = order.query([])?;
    let mut picked = Vec::new();
    let mut bytes = 0_usize;
    while picked.len() < limit
        && let Some(row) = rows.next()?
    {
        let size: usize = row.get(1)?;
        let total = bytes.saturating_add(size);
        let id = ItemId(uuid::Uuid::from_bytes(row.get(2)?));
        if except.contains(&id) {
            continue;
        }
        // Stop rather than skip: a smaller item must not overtake.
        if total > max_bytes && !picked.is_empty() {
            break;
        }
        bytes = total;
        picked.push(read_item(conn, row.get(0)?)?);
    }
    Ok(picked)
}

pub(crate) fn pick_sql() -> String {
    format!(
        "SELECT outbox.record, outbox.size, record.id FROM outbox JOIN record ON record.n = outbox.record
         WHERE {SENDABLE} ORDER BY outbox.lane, outbox.record"
    )
}

fn read_item(conn: &Connection, n: i64) -> Result<OutboxItem, Fault> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {} FROM record WHERE n = ?1",
        record::COLUMNS
    ))?;
    let mut rows = statement.query([n])?;
    let row = rows
        .next()?
        .ok_or_else(|| Fault::unreadable("outbox.record"))?;
    Ok(record::from_row(row)?.1)
}

/// Compare-and-set: the only way onto the wire. Returns those that are IN_DOUBT now.
pub(crate) fn mark_in_doubt(conn: &Connection, ids: &[ItemId]) -> Result<Vec<ItemId>, Fault> {
    if planted::is(Bug::SendsUnmarked) {
        return Ok(ids.to_vec());
    }
    let mut set = conn.prepare_cached(if planted::is(Bug::DoneWhenSent) {
        "UPDATE outbox SET state = 'acked' WHERE record = ?1"
    } else {
        "UPDATE outbox SET state = 'in_doubt' WHERE record = ?1 AND state = 'queued'"
    })?;
    let mut marked = Vec::with_capacity(ids.len());
    for id in ids {
        match find(conn, *id)? {
            Some((n, State::Queued)) if set.execute([n])? == 1 => marked.push(*id),
            Some((_, State::InDoubt)) => marked.push(*id),
            Some((_, State::Queued | State::Acked | State::Parked)) | None => {}
        }
    }
    Ok(marked)
}

/// Applies one verdict; late, repeated and unknown ones change nothing.
pub(crate) fn apply(conn: &Connection, id: ItemId, outcome: &Outcome) -> Result<(), Fault> {
    let Some((n, state)) = find(conn, id)? else {
        return Ok(());
    };
    let Some(next) = decide_state(state, outcome) else {
        return Ok(());
    };
    let reason = match outcome {
        Outcome::Acked {
            receipt,
            received_at_ms,
        } => {
            receipt::insert(conn, n, *received_at_ms, receipt)?;
            None
        }
        Outcome::Parked(reason) => Some(reason.name()),
    };
    conn.prepare_cached("UPDATE outbox SET state = ?2, park_reason = ?3 WHERE record = ?1")?
        .execute(params![n, state_name(next), reason])?;
    Ok(())
}

pub(crate) fn parked(conn: &Connection) -> Result<Vec<(OutboxItem, ParkReason)>, Fault> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {}, outbox.park_reason FROM outbox JOIN record ON record.n = outbox.record
         WHERE outbox.state = 'parked' ORDER BY outbox.record",
        record::COLUMNS
    ))?;
    let mut rows = statement.query([])?;
    let mut parked = Vec::new();
    while let Some(row) = rows.next()? {
        let reason: String = row.get(9)?;
        let reason = ParkReason::from_name(&reason)
            .ok_or_else(|| Fault::unreadable("outbox.park_reason"))?;
        parked.push((record::from_row(row)?.1, reason));
    }
    Ok(parked)
}

pub(crate) fn offer_again(conn: &Connection) -> Result<(), Fault> {
    conn.execute(
        "UPDATE outbox SET state = 'in_doubt' WHERE state = 'acked'",
        [],
    )?;
    Ok(())
}

pub(crate) fn unpark(conn: &Connection, id: ItemId) -> Result<bool, Fault> {
    let Some((n, State::Parked)) = find(conn, id)? else {
        return Ok(false);
    };
    conn.prepare_cached(
        "UPDATE outbox SET state = 'in_doubt', park_reason = NULL WHERE record = ?1",
    )?
    .execute([n])?;
    Ok(true)
}

/// State of a record's item.
pub(crate) fn state_of(conn: &Connection, record: i64) -> Result<Option<State>, Fault> {
    let mut statement = conn.prepare_cached("SELECT state FROM outbox WHERE record = ?1")?;
    let name: Option<String> = statement.query_row([record], |row| row.get(0)).optional()?;
    name.as_deref().map(state_from_name).transpose()
}
