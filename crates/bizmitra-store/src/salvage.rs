//! Saving what a damaged store still gives.
//!
//! Tables with a number as their key are read on behind each place that fails, row by row: a bad page costs its own rows.
//! The small ones are read from both ends. SQLCipher refuses everything on a connection that met a bad page, so each try
//! has a connection of its own.
//! Copying column by column keeps payloads as exact bytes. The chain is not copied: where it stood cannot be known for
//! sure, so the salvaged store starts another one, while records keep the chain they were signed for.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params_from_iter};

use crate::connection::open_connection;
use crate::fault::Fault;
use crate::key::StoreKey;
use crate::table::setting::SALVAGED;

/// So many keys in a row that cannot be read mean that the rest of the table is lost (a page holds fewer rows).
const GIVE_UP_AFTER: u32 = 1000;

struct Copied {
    reads: &'static [&'static str],
    /// The first column is the key, and `?1` the key to go on behind.
    numbered: bool,
    insert: &'static str,
}

/// In the order that foreign keys want.
const TABLES: &[Copied] = &[
    Copied {
        reads: &["SELECT name, value FROM setting ORDER BY name", "SELECT name, value FROM setting ORDER BY name DESC"],
        numbered: false,
        insert: "INSERT OR IGNORE INTO setting (name, value) VALUES (?1, ?2)",
    },
    Copied {
        reads: &["SELECT n, id, chain, seq, prev_hash, hash, content_type, payload, sigs, copy FROM record WHERE n > ?1 ORDER BY n"],
        numbered: true,
        insert: "INSERT OR IGNORE INTO record (n, id, chain, seq, prev_hash, hash, content_type, payload, sigs, copy)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    },
    Copied {
        reads: &["SELECT record, lane, state, park_reason, size FROM outbox WHERE record > ?1 ORDER BY record"],
        numbered: true,
        insert: "INSERT OR IGNORE INTO outbox (record, lane, state, park_reason, size)
                 SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM record WHERE n = ?1)",
    },
    Copied {
        reads: &["SELECT record, received_at_ms, body FROM receipt WHERE record > ?1 ORDER BY record"],
        numbered: true,
        insert: "INSERT OR IGNORE INTO receipt (record, received_at_ms, body)
                 SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM record WHERE n = ?1)",
    },
    Copied {
        reads: &["SELECT record, lane, state, park_reason, paused, length, sha256, acknowledged, kept, settled_ms, cell
                 FROM file WHERE record > ?1 ORDER BY record"],
        numbered: true,
        insert: "INSERT OR IGNORE INTO file (record, lane, state, park_reason, paused, length, sha256, acknowledged, kept, settled_ms, cell)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 WHERE EXISTS (SELECT 1 FROM record WHERE n = ?1)",
    },
    Copied {
        reads: &["SELECT n, id, hash, day_tag, tap, evidence, evidence_record, withdrawn, withdrawal_record, grade,
                        grade_tolerance_ms, received_at_ms, alarm
                 FROM entry WHERE n > ?1 ORDER BY n"],
        numbered: true,
        // A tap whose record is lost is known from its copy alone, as if the feed had brought it.
        insert: "INSERT OR IGNORE INTO entry (n, id, own, hash, day_tag, tap, evidence, evidence_record, withdrawn, withdrawal_record,
                        grade, grade_tolerance_ms, received_at_ms, alarm)
                 SELECT ?1, ?2, EXISTS (SELECT 1 FROM record WHERE id = ?2), ?3, ?4, ?5, ?6, (SELECT n FROM record WHERE n = ?7), ?8,
                        (SELECT n FROM record WHERE n = ?9), ?10, ?11, ?12, ?13",
    },
    Copied {
        reads: &["SELECT kind, id, value FROM feed ORDER BY kind, id", "SELECT kind, id, value FROM feed ORDER BY kind DESC, id DESC"],
        numbered: false,
        insert: "INSERT OR IGNORE INTO feed (kind, id, value) VALUES (?1, ?2, ?3)",
    },
];

/// What a salvaged store holds.
pub(crate) struct Salvaged {
    pub(crate) records: u32,
    pub(crate) unsent: u32,
    pub(crate) settings: u32,
}

impl Salvaged {
    pub(crate) fn count(conn: &Connection) -> Result<Self, Fault> {
        let count = |sql| conn.query_row(sql, [], |row| row.get(0));
        Ok(Self {
            records: count("SELECT count(*) FROM record")?,
            unsent: count("SELECT count(*) FROM outbox WHERE state IN ('queued', 'in_doubt')")?,
            settings: count("SELECT count(*) FROM setting WHERE name <> 'salvaged'")?,
        })
    }
}

/// Copies what can be read at `damaged` into the new store `to`. Errors are those of the new store; the damaged one may
/// fail as it likes.
pub(crate) fn salvage(damaged: &Path, key: &StoreKey, to: &mut Connection) -> Result<(), Fault> {
    let tx = to.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute(
        "INSERT INTO setting (name, value) VALUES (?1, x'31')",
        [SALVAGED],
    )?;
    if damaged.exists() {
        for table in TABLES {
            if table.numbered {
                copy_numbered(damaged, key, &tx, table)?;
            } else {
                for read in table.reads {
                    copy(damaged, key, &tx, read, table.insert, None)?;
                }
            }
        }
    }
    // A record whose outbox row is lost may or may not have been sent: sending again has one effect.
    tx.execute(
        "INSERT INTO outbox (record, lane, state, park_reason, size)
         SELECT record.n, CASE WHEN entry.n IS NULL THEN 2 ELSE 1 END, 'in_doubt', NULL, length(record.payload)
         FROM record LEFT JOIN entry ON entry.id = record.id
         WHERE record.n NOT IN (SELECT record FROM outbox)",
        [],
    )?;
    // Values of the feed may be incomplete: it is read afresh.
    tx.execute("DELETE FROM setting WHERE name = 'feed_cursor'", [])?;
    tx.commit()?;
    Ok(())
}

/// Goes on behind every row that cannot be read.
fn copy_numbered(
    damaged: &Path,
    key: &StoreKey,
    to: &Connection,
    table: &Copied,
) -> Result<(), Fault> {
    for read in table.reads {
        let mut after = 0_i64;
        let mut failed = 0;
        while failed < GIVE_UP_AFTER {
            match copy(damaged, key, to, read, table.insert, Some(after))? {
                Read::ToTheEnd => break,
                Read::UpTo(last) if last > after => (after, failed) = (last, 0),
                Read::UpTo(_) | Read::Nothing => {
                    (after, failed) = (after.saturating_add(1), failed + 1)
                }
            }
        }
    }
    Ok(())
}

/// How far one reading came.
enum Read {
    ToTheEnd,
    /// A page failed behind the row with this key.
    UpTo(i64),
    Nothing,
}

/// Copies rows until the source ends or fails; rows that are there already are skipped.
fn copy(
    damaged: &Path,
    key: &StoreKey,
    to: &Connection,
    select: &str,
    insert: &str,
    after: Option<i64>,
) -> Result<Read, Fault> {
    let Ok(from) = open_connection(damaged, key) else {
        return Ok(Read::Nothing);
    };
    // What is left in the log stays in the log: it is moved aside together with the file.
    if from
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .is_err()
    {
        tracing::warn!("the damaged store's log may be merged into it");
    }
    let Ok(mut reading) = from.prepare(select) else {
        return Ok(Read::Nothing);
    };
    let columns = reading.column_count();
    let Ok(mut rows) = reading.query(params_from_iter(after)) else {
        return Ok(Read::Nothing);
    };
    let mut writing = to.prepare(insert)?;
    let mut come = Read::Nothing;
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                let values: Result<Vec<Value>, _> =
                    (0..columns).map(|column| row.get(column)).collect();
                let Ok(values) = values else { return Ok(come) };
                if let Some(Value::Integer(n)) = values.first() {
                    come = Read::UpTo(*n);
                }
                match writing.execute(params_from_iter(values)) {
                    Ok(_) => {}
                    // A row that breaks a rule of its table was damaged itself.
                    Err(error)
                        if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(None) => return Ok(Read::ToTheEnd),
            Err(_) => return Ok(come),
        }
    }
}
