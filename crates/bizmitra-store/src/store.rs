//! The store: one connection, one writer.

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use bizmitra_core::attendance::Entry;
use bizmitra_core::ids::{ChainId, ItemId};
use bizmitra_core::outbox::{Counts, OutboxItem, Outcome, ParkReason};
use bizmitra_core::planted::{self, Bug};
use bizmitra_core::record::{Effect, NewRecord};
use bizmitra_core::store::{
    Appended, BuildRecord, ChainHead, FeedKind, FeedPage, Key, Store, StoreError, StoredRecord,
};
use bizmitra_core::vault::Columns;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::blobs::Blobs;
use crate::cache::Cache;
use crate::connection::settle_log;
use crate::fault::Fault;
use crate::files::Files;
use crate::key::StoreKey;
use crate::open::{self, OpenReport};
use crate::table::{chain, entry, feed, file, outbox, receipt, record, setting, wipe};

/// The store of one device, in an encrypted file.
pub struct SqlcipherStore {
    files: Files,
    blobs: Blobs,
    key: StoreKey,
    /// `None` after an I/O error, until the next operation opens it again.
    conn: Mutex<Option<Connection>>,
    cache: Cache,
    _lock: File,
}

impl std::fmt::Debug for SqlcipherStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SqlcipherStore(..)")
    }
}

impl SqlcipherStore {
    /// Opens or creates the store at `path`. Blocks: call it off the async threads.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process holds it, [`StoreError::WrongKey`] when it was made with another key
    /// (it is not touched), [`StoreError::Newer`], [`StoreError::DiskFull`], [`StoreError::Failed`]. A damaged file is no
    /// error: it is moved aside and the report says so.
    pub fn open(path: &Path, key: &StoreKey) -> Result<(Self, OpenReport), StoreError> {
        let files = Files::new(path);
        files.make_folder()?;
        let lock = files.lock()?;
        let (conn, report) = open::open(&files, key)?;
        files.take_ballast();
        let blobs = Blobs::new(files.folder());
        let store = Self {
            files,
            blobs,
            key: key.copy(),
            conn: Mutex::new(Some(conn)),
            cache: Cache::default(),
            _lock: lock,
        };
        store.sweep()?;
        Ok((store, report))
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        // A panic cannot leave a transaction behind: it rolls back when it is dropped.
        self.conn
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Runs `work`, once more on a new connection when the disk failed under the first. `work` must be repeatable; its
    /// argument says whether this is the second run.
    fn run<T>(
        &self,
        mut work: impl FnMut(&mut Connection, bool) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let mut slot = self.connection();
        let mut result = self.attempt(&mut slot, false, &mut work);
        if result.as_ref().is_err_and(Fault::taints_connection) {
            tracing::warn!("the disk failed under the store: opening it again");
            *slot = None;
            result = self.attempt(&mut slot, true, &mut work);
        }
        result.map_err(|fault| {
            if fault.taints_connection() {
                *slot = None;
                if self.files.disk_is_full() {
                    return StoreError::DiskFull;
                }
            }
            let error = fault.into_store_error();
            if error == StoreError::Damaged {
                self.files.mark_suspect();
            }
            error
        })
    }

    fn attempt<T>(
        &self,
        slot: &mut Option<Connection>,
        again: bool,
        work: &mut impl FnMut(&mut Connection, bool) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let conn = match slot {
            Some(conn) => conn,
            None => slot.insert(open::open_settled(&self.files, &self.key)?),
        };
        work(conn, again)
    }

    fn read<T>(
        &self,
        mut work: impl FnMut(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        self.run(|conn, _| work(conn))
    }

    fn write<T>(
        &self,
        mut work: impl FnMut(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        self.run(|conn, _| in_transaction(conn, &mut work))
    }

    /// A write that makes room for others: on a full disk the ballast is released for it.
    fn write_with_ballast<T>(
        &self,
        mut work: impl FnMut(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        match self.write(&mut work) {
            Err(StoreError::DiskFull) if self.files.release_ballast() => {
                tracing::warn!("the disk is full: ballast released");
                self.write(work)
            }
            other => other,
        }
    }

    /// The disk is full from here on, as far as the database goes; 0 takes the limit away.
    #[cfg(any(test, feature = "test-hooks"))]
    pub fn limit_pages(&self, pages: u32) {
        let pages = if pages == 0 { u32::MAX - 1 } else { pages };
        if let Some(conn) = self.connection().as_ref() {
            let limited =
                conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()));
            debug_assert!(limited.is_ok());
        }
    }

    /// For tests that look at the file itself.
    #[cfg(test)]
    pub(crate) fn with_connection<T>(&self, look: impl FnOnce(&Connection) -> T) -> T {
        look(self.connection().as_ref().unwrap())
    }

    /// What the next operation finds after an I/O error.
    #[cfg(test)]
    pub(crate) fn drop_connection(&self) {
        *self.connection() = None;
    }
}

fn in_transaction<T>(
    conn: &mut Connection,
    work: &mut impl FnMut(&Transaction<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = work(&tx)?;
    tx.commit()?;
    Ok(done)
}

/// Where an append stands when its transaction may be committed.
enum Step {
    Written(u64),
    Nothing,
    /// The id was there before; its place in the chain.
    Found(u64),
}

fn append(tx: &Transaction<'_>, id: ItemId, build: BuildRecord<'_>) -> Result<Step, Fault> {
    if let Some(seq) = record::seq_of(tx, id)? {
        return Ok(Step::Found(seq));
    }
    let head = chain::read(tx)?
        .ok_or_else(|| Fault::misuse("nothing is appended before the chain is started"))?;
    let NewRecord {
        item,
        lane,
        copy,
        effect,
    } = build(&head).map_err(StoreError::from)?;
    let seq = head.seq.saturating_add(1);
    if item.id != id || item.chain != head.chain || item.seq != seq || item.prev_hash != head.hash {
        return Err(Fault::misuse(
            "the record was built for another place in the chain",
        ));
    }
    let taken = match &effect {
        Effect::Evidence { about, .. } => entry::has_evidence(tx, *about)?,
        Effect::Withdrawal { about } => entry::is_withdrawn(tx, *about)?,
        Effect::CancelFile { about } => !file::may_cancel(tx, *about)?,
        Effect::Tap { .. } | Effect::Consent { .. } | Effect::File { .. } | Effect::Request => {
            false
        }
    };
    if taken {
        return Ok(Step::Nothing);
    }
    let n = record::insert(tx, &item, &copy)?;
    if planted::is(Bug::RowAfterCommit) {
        tx.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
    }
    outbox::insert(tx, n, lane, item.payload.len())?;
    match effect {
        Effect::Tap { day_tag, tap } => entry::insert_own(tx, id, &item.hash, &day_tag, &tap)?,
        Effect::Evidence { about, evidence } => entry::set_evidence(tx, n, about, &evidence)?,
        Effect::Withdrawal { about } => entry::set_withdrawn(tx, n, about)?,
        Effect::File {
            length,
            sha256,
            cell,
        } => file::insert(tx, (n, lane), length, &sha256, &cell)?,
        Effect::CancelFile { about } => file::cancel(tx, about)?,
        Effect::Consent { value } => setting::put(tx, Key::Consent.name(), &value)?,
        Effect::Request => {}
    }
    Ok(Step::Written(seq))
}

impl Store for SqlcipherStore {
    fn get(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.cache
            .setting(key, || self.read(|conn| setting::get(conn, key.name())))
    }

    fn put(&self, key: Key, value: &[u8]) -> Result<(), StoreError> {
        let put = self.write(|tx| setting::put(tx, key.name(), value));
        self.cache.forget_setting(key);
        put
    }

    fn remove(&self, key: Key) -> Result<(), StoreError> {
        let removed = self.write(|tx| setting::remove(tx, key.name()));
        self.cache.forget_setting(key);
        removed
    }

    fn chain(&self) -> Result<Option<ChainHead>, StoreError> {
        self.read(chain::read)
    }

    fn start_chain(&self, id: ChainId) -> Result<ChainHead, StoreError> {
        self.write(|tx| chain::start(tx, id))
    }

    fn append(&self, id: ItemId, build: BuildRecord<'_>) -> Result<Appended, StoreError> {
        let mut consent = false;
        let build: BuildRecord<'_> = &mut |head: &ChainHead| {
            let record = build(head)?;
            consent = matches!(record.effect, Effect::Consent { .. });
            Ok(record)
        };
        let appended = self.run(|conn, again| {
            let step = in_transaction(conn, &mut |tx| append(tx, id, &mut *build))?;
            match step {
                Step::Written(seq) => Ok(Appended::New { seq }),
                // The first run's commit did reach the file though its fsync failed. The system may believe those pages
                // clean, so the log is copied into the file, as new writes with a sync of their own, before it counts.
                Step::Found(seq) if again => {
                    settle_log(conn)?;
                    Ok(Appended::New { seq })
                }
                Step::Found(_) | Step::Nothing => Ok(Appended::AlreadyThere),
            }
        });
        if consent {
            self.cache.forget_setting(Key::Consent);
        }
        match appended {
            Err(StoreError::DiskFull) if planted::is(Bug::SwallowsDiskFull) => {
                Ok(Appended::New { seq: 1 })
            }
            appended => appended,
        }
    }

    fn record(&self, columns: &Columns, id: ItemId) -> Result<Option<StoredRecord>, StoreError> {
        self.read(|conn| {
            let Some((n, item)) = record::find(conn, id)? else {
                return Ok(None);
            };
            Ok(Some(StoredRecord {
                item,
                bytes: record::bytes(conn, columns, n, id)?,
                receipt: receipt::body(conn, n)?,
            }))
        })
    }

    fn record_ids(&self) -> Result<Vec<ItemId>, StoreError> {
        self.read(record::ids)
    }

    fn acked_through(&self) -> Result<u64, StoreError> {
        self.read(outbox::acked_through)
    }

    fn counts(&self) -> Result<Counts, StoreError> {
        self.read(outbox::counts)
    }

    fn pick(
        &self,
        limit: usize,
        max_bytes: usize,
        except: &[ItemId],
    ) -> Result<Vec<OutboxItem>, StoreError> {
        self.read(|conn| outbox::pick(conn, limit, max_bytes, except))
    }

    fn mark_in_doubt(&self, ids: &[ItemId]) -> Result<Vec<ItemId>, StoreError> {
        self.write_with_ballast(|tx| outbox::mark_in_doubt(tx, ids))
    }

    fn apply_outcomes(&self, outcomes: &[(ItemId, Outcome)]) -> Result<(), StoreError> {
        self.write_with_ballast(|tx| {
            outcomes
                .iter()
                .try_for_each(|(id, outcome)| outbox::apply(tx, *id, outcome))
        })
    }

    fn offer_again(&self) -> Result<(), StoreError> {
        self.write(|tx| outbox::offer_again(tx))
    }

    fn parked(&self) -> Result<Vec<(OutboxItem, ParkReason)>, StoreError> {
        self.read(outbox::parked)
    }

    fn unpark(&self, id: ItemId) -> Result<bool, StoreError> {
        self.write(|tx| outbox::unpark(tx, id))
    }

    fn entry(&self, columns: &Columns, tap: ItemId) -> Result<Option<Entry>, StoreError> {
        self.read(|conn| entry::find(conn, columns, tap))
    }

    fn entries_of_day(&self, columns: &Columns, day: &str) -> Result<Vec<Entry>, StoreError> {
        self.read(|conn| entry::of_day(conn, columns, day))
    }

    fn latest_entries(&self, columns: &Columns, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.read(|conn| entry::latest(conn, columns, limit))
    }

    fn alarms(&self, columns: &Columns) -> Result<Vec<Entry>, StoreError> {
        self.read(|conn| entry::alarms(conn, columns))
    }

    fn count_alarms(&self) -> Result<u32, StoreError> {
        self.read(entry::count_alarms)
    }

    fn taps_without_evidence(&self) -> Result<Vec<ItemId>, StoreError> {
        self.read(entry::without_evidence)
    }

    fn apply_feed(&self, columns: &Columns, page: &FeedPage) -> Result<(), StoreError> {
        let applied = self.write(|tx| {
            for (kind, id, value) in &page.values {
                feed::set(tx, *kind, id, value.as_deref())?;
            }
            for copy in &page.attendance {
                entry::apply_copy(tx, columns, copy)?;
            }
            setting::put(tx, setting::FEED_CURSOR, page.cursor.as_bytes())
        });
        self.cache.forget_feed();
        applied
    }

    fn feed_values(&self, kind: FeedKind) -> Result<Vec<Vec<u8>>, StoreError> {
        self.cache
            .feed(kind, || self.read(|conn| feed::values(conn, kind)))
    }

    fn feed_cursor(&self) -> Result<Option<String>, StoreError> {
        self.read(|conn| match setting::get(conn, setting::FEED_CURSOR)? {
            None => Ok(None),
            Some(bytes) => String::from_utf8(bytes)
                .map(Some)
                .map_err(|_| Fault::unreadable("setting.value")),
        })
    }

    fn reset_feed(&self) -> Result<(), StoreError> {
        let reset = self.write(|tx| {
            feed::clear(tx)?;
            entry::forget_foreign(tx)?;
            setting::remove(tx, setting::FEED_CURSOR)
        });
        self.cache.forget_feed();
        reset
    }

    fn wipe(&self) -> Result<(), StoreError> {
        let wiped = self.run(|conn, _| {
            // What is deleted is overwritten (`secure_delete`); the log that still holds it is emptied.
            in_transaction(conn, &mut |tx| wipe::apply(tx))?;
            settle_log(conn)
        });
        self.cache.forget_all();
        wiped?;
        self.sweep()?;
        self.files.remove_set_aside()
    }
}

mod files;
#[cfg(test)]
mod tests;
