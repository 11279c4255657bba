//! Taps: frozen at the instant, durable before the call returns.

use std::sync::Arc;

use bizmitra_core::attendance::day::shift_day;
use bizmitra_core::attendance::{Action, Entry, Evidence};
use bizmitra_core::clock::{Reading, make_random};
use bizmitra_core::ids::{ItemId, ShiftId};
use bizmitra_core::outbox::State;
use bizmitra_core::planted::{self, Bug};
use bizmitra_core::record::{Author, Statement, make_record, make_tap_row};
use bizmitra_core::store::{Appended, FeedKind, StoreError};
use bizmitra_core::vault::Columns;
use bizmitra_core::{record::Moment, wire};
use bizmitra_rules::shift::Shift;

use super::Device;
use super::inner::Inner;
use crate::error::DeviceError;
use crate::views::{LocationWish, Topic};

/// Undo is possible for this long after the tap.
pub(super) const UNDO_MS: u64 = 90_000;

impl Device {
    /// Records a tap; returns when it is durable. The location follows in the background, as a record of its own.
    /// The same id again is the same tap.
    ///
    /// # Errors
    /// Locked, or not saved: nothing was recorded then, and the same id may be used again.
    pub fn tap(
        &self,
        id: ItemId,
        action: Action,
        location: LocationWish,
    ) -> Result<Entry, DeviceError> {
        // The clocks before anything else: the tap is now, not after a look at the disk.
        let reading = self.inner.now();
        let author = self.inner.author()?;
        let id = if planted::is(Bug::MintsPerTry) {
            self.inner.mint()
        } else {
            id
        };
        let Some(entry) = self.inner.append_tap(&author, id, action, reading)? else {
            return self.inner.entry(&author.columns, id);
        };
        // Saved: it goes out whatever happens to the rest of this call.
        self.inner.wake.notify_one();
        self.tasks.spawn(super::locate::follow(
            Arc::clone(&self.inner),
            author,
            entry.tap.clone(),
            location,
            self.inner.expect_location(id),
        ));
        self.inner.tell(Topic::Attendance);
        self.inner.tell(Topic::Status);
        Ok(entry)
    }

    /// One tap with what became of it.
    ///
    /// # Errors
    /// Locked, or no such tap.
    pub fn entry(&self, tap: ItemId) -> Result<Entry, DeviceError> {
        let (_, opened) = self.inner.unlocked()?;
        self.inner.entry(&opened.columns, tap)
    }

    /// Gives up waiting for the location of a tap.
    ///
    /// # Errors
    /// Locked, or no such tap.
    pub fn skip_location(&self, tap: ItemId) -> Result<Entry, DeviceError> {
        let author = self.inner.author()?;
        let entry = self.inner.entry(&author.columns, tap)?;
        if entry.evidence.is_none() && entry.seq > 0 {
            self.inner.give_up_location(tap);
            self.inner.append_evidence(
                &author,
                super::locate::no_place(tap, bizmitra_core::attendance::NoPlace::Skipped),
            )?;
            self.inner.after_append();
        }
        self.inner.entry(&author.columns, tap)
    }

    /// Takes a tap back within 90 s: a record of its own, both are delivered.
    ///
    /// # Errors
    /// Locked, too late, or not a tap of this device.
    pub fn undo(&self, tap: ItemId) -> Result<Entry, DeviceError> {
        let author = self.inner.author()?;
        let entry = self.inner.entry(&author.columns, tap)?;
        if entry.seq == 0 {
            return Err(DeviceError::NotFound);
        }
        if entry.withdrawn {
            return Ok(entry);
        }
        let now = self.inner.now();
        if undo_left_ms(&entry, &now) == 0 {
            return Err(DeviceError::TooLate);
        }
        let moment = self.inner.moment(now)?;
        self.inner.append(
            &author,
            &moment,
            self.inner.mint(),
            &Statement::Withdrawal { about: tap },
        )?;
        self.inner.after_append();
        self.inner.entry(&author.columns, tap)
    }
}

/// How long undo is still possible, by the clock that nobody sets.
pub(super) fn undo_left_ms(entry: &Entry, now: &Reading) -> u64 {
    if entry.tap.boot_id != now.boot_id || entry.withdrawn {
        return 0;
    }
    now.elapsed_ms
        .checked_sub(entry.tap.elapsed_ms)
        .map_or(0, |passed| UNDO_MS.saturating_sub(passed))
}

impl Inner {
    /// The entry as it was written, without reading it again; `None` when the id was there already.
    fn append_tap(
        &self,
        author: &Author,
        id: ItemId,
        action: Action,
        reading: Reading,
    ) -> Result<Option<Entry>, DeviceError> {
        let own = self.shift()?;
        let (day, shift) = shift_day(&reading, own.as_ref());
        let shift = shift.map(|shift| shift.id);
        let day = self.day_of_check_out(&author.columns, action, day, &reading)?;
        let moment = self.moment(reading)?;
        let tap = make_tap_row(&moment, id, action, shift, &day);
        let statement = Statement::Tap { action, shift, day };
        let mut hash = [0; 32];
        let appended = self.store.append(id, &mut |head| {
            let record = make_record(author, &moment, id, head, &statement, &*self.ports.entropy)?;
            hash = record.item.hash;
            Ok(record)
        })?;
        let Appended::New { seq } = appended else {
            return Ok(None);
        };
        Ok(Some(Entry {
            tap,
            seq,
            hash,
            state: State::Queued,
            confirmed_ms: None,
            evidence: None,
            withdrawn: false,
            grade: None,
            alarm: false,
        }))
    }

    /// Without a shift, what ends or interrupts work belongs to the day on which it began: past midnight too.
    fn day_of_check_out(
        &self,
        columns: &Columns,
        action: Action,
        day: String,
        reading: &Reading,
    ) -> Result<String, DeviceError> {
        if action == Action::CheckIn {
            return Ok(day);
        }
        let latest = self.store.latest_entries(columns, 8)?;
        let open = latest.iter().find(|entry| {
            !entry.withdrawn && matches!(entry.tap.action, Action::CheckIn | Action::CheckOut)
        });
        Ok(match open {
            Some(entry)
                if entry.tap.action == Action::CheckIn
                    && reading.wall_ms.abs_diff(entry.tap.wall_ms) <= LONGEST_WORK_MS =>
            {
                entry.tap.day.clone()
            }
            _ => day,
        })
    }

    /// One record into the chain: read the head, build, sign and write inside one transaction of the store.
    pub(super) fn append(
        &self,
        author: &Author,
        moment: &Moment,
        id: ItemId,
        statement: &Statement,
    ) -> Result<Appended, StoreError> {
        self.store.append(id, &mut |head| {
            make_record(author, moment, id, head, statement, &*self.ports.entropy)
        })
    }

    pub(super) fn append_evidence(
        &self,
        author: &Author,
        evidence: Evidence,
    ) -> Result<(), DeviceError> {
        let moment = self.moment(self.now())?;
        self.append(author, &moment, self.mint(), &Statement::Evidence(evidence))?;
        Ok(())
    }

    pub(super) fn after_append(&self) {
        self.tell(Topic::Attendance);
        self.tell(Topic::Status);
        self.wake.notify_one();
    }

    pub(super) fn mint(&self) -> ItemId {
        ItemId::mint(self.now().wall_ms, make_random(&*self.ports.entropy))
    }

    pub(super) fn entry(&self, columns: &Columns, tap: ItemId) -> Result<Entry, DeviceError> {
        self.store.entry(columns, tap)?.ok_or(DeviceError::NotFound)
    }

    /// The person's shift, if the profile names one that is here.
    pub(super) fn shift(&self) -> Result<Option<Shift<ShiftId>>, DeviceError> {
        let Some(wanted) = self.profile()?.and_then(|profile| profile.shift) else {
            return Ok(None);
        };
        Ok(self
            .store
            .feed_values(FeedKind::Shift)?
            .iter()
            .filter_map(|json| wire::shift(json))
            .find(|shift| shift.id == wanted))
    }
}

/// A check-in older than this was forgotten, not worked through.
const LONGEST_WORK_MS: u64 = 16 * 3_600_000;
