//! What must be true of every world, after one more power cut that takes all it may take.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use bizmitra_contract::signing;
use bizmitra_contract::statement::Receipt;
use bizmitra_core::enrolment::Enrolment;
use bizmitra_core::keys::{DeviceSecret, Keystore as _, Message, entry};
use bizmitra_core::store::{Key, Store as _, StoredRecord};
use bizmitra_server::admin::{self, AttendanceRow};
use bizmitra_store::{SqlcipherStore, StoreKey};
use rusqlite::{Connection, OpenFlags};

use super::World;
use crate::phone::{End, Promise, Told};
use crate::template::Folders;

impl World<'_> {
    /// Ends everybody, takes all that was not synced, and looks.
    pub(super) async fn check(&mut self, folders: &Folders) -> Result<()> {
        for phone in &mut self.phones {
            if self.random.chance(50) {
                phone.close().await?;
            } else {
                phone.stop(End::Kill).await?;
            }
            phone.disk.cut_power_at_worst();
        }
        self.site.stop(End::Kill).await?;
        self.site.disk.cut_power_at_worst();
        if !self.site.start() {
            self.problem("corrupt: the server does not start after the last power cut");
            return Ok(());
        }
        for number in 0..self.phones.len() {
            if let Err(error) = self.check_promises(number) {
                self.problem(&format!("corrupt: attendance of phone {number}: {error:#}"));
            }
        }
        self.site.close().await?;
        match self.check_database(&folders.server().join("bizmitra.db")) {
            Ok(here) => {
                for number in 0..self.phones.len() {
                    if let Err(error) = self.check_store(number, folders, &here) {
                        self.problem(&format!("corrupt: the store of phone {number}: {error:#}"));
                    }
                }
            }
            Err(error) => self.problem(&format!("corrupt: the server's database: {error:#}")),
        }
        Ok(())
    }

    fn check_promises(&mut self, number: usize) -> Result<()> {
        let Some(server) = self.site.server() else {
            return Ok(());
        };
        let person = self.phones[number].prepared.person;
        let rows = admin::attendance(server, self.template.company, Some(person))?;
        let promises = self.phones[number].promises.clone();
        for promise in &promises {
            if promise.told == Told::Saved {
                self.outcome.saved += 1;
            }
            let found: Vec<&AttendanceRow> = rows
                .iter()
                .filter(|row| row.entry.item.0 == promise.form.0)
                .collect();
            if let Some(problem) = judge(promise, &found) {
                self.problem(&format!(
                    "{problem}: tap {} of phone {number}",
                    promise.form.0
                ));
            }
        }
        let forms: BTreeSet<_> = promises.iter().map(|promise| promise.form.0).collect();
        for row in rows.iter().filter(|row| !forms.contains(&row.entry.item.0)) {
            self.problem(&format!(
                "duplicated: phone {number} never made {}",
                row.entry.item
            ));
        }
        Ok(())
    }

    /// The ids of all records in the server's database.
    fn check_database(&mut self, file: &Path) -> Result<BTreeSet<[u8; 16]>> {
        let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let verdict: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if verdict != "ok" {
            self.problem(&format!("corrupt: the server's database: {verdict}"));
        }
        let forks: i64 = db.query_row("SELECT count(*) FROM ingest WHERE fork = 1", [], |row| {
            row.get(0)
        })?;
        if forks > 0 {
            self.problem(&format!(
                "duplicated: {forks} records claim a place that is taken"
            ));
        }
        let gaps: i64 = db.query_row(
            "SELECT count(*) FROM (SELECT 1 FROM ingest GROUP BY chain_id HAVING max(seq) <> count(*))",
            [],
            |row| row.get(0),
        )?;
        if gaps > 0 {
            self.problem(&format!("lost: {gaps} chains have gaps"));
        }
        let mut ids = db.prepare("SELECT item_id FROM ingest")?;
        let ids = ids.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    fn check_store(
        &mut self,
        number: usize,
        folders: &Folders,
        here: &BTreeSet<[u8; 16]>,
    ) -> Result<()> {
        let secret = self.phones[number]
            .prepared
            .keystore
            .load(entry::DEVICE_SECRET)?;
        let Some(secret) = secret else {
            anyhow::bail!("its secret is gone")
        };
        let key = StoreKey::new(*DeviceSecret::from_secret(&secret)?.derive_store_key());
        let (store, report) =
            SqlcipherStore::open(&folders.phone(number).join("bizmitra.db"), &key)?;
        if report.damage.is_some() {
            self.problem(&format!("corrupt: the store of phone {number} was damaged"));
        }
        let counts = store.counts()?;
        if counts.waiting() > 0 {
            self.problem(&format!(
                "stuck: phone {number} has {} items waiting",
                counts.waiting()
            ));
        }
        if counts.parked > 0 {
            self.problem(&format!(
                "stuck: phone {number} has {} items parked",
                counts.parked
            ));
        }
        let enrolment = store.get(Key::Enrolment)?.unwrap_or_default();
        let enrolment: Enrolment = serde_json::from_slice(&enrolment)?;
        let columns = self.phones[number].prepared.opened.columns.clone();
        for id in store.record_ids()? {
            let record = store.record(&columns, id)?;
            if !record.is_some_and(|record| holds(&record, &enrolment)) {
                self.problem(&format!("lost: a receipt of phone {number} does not hold"));
            }
        }
        let missing = store
            .record_ids()?
            .iter()
            .filter(|id| !here.contains(id.0.as_bytes()))
            .count();
        if missing > 0 {
            self.problem(&format!(
                "lost: {missing} records of phone {number} are not on the server"
            ));
        }
        let orphans = store.taps_without_evidence()?.len();
        if orphans > 0 {
            self.problem(&format!(
                "lost: {orphans} taps of phone {number} without evidence"
            ));
        }
        Ok(())
    }
}

/// Whether the receipt of a record is the server's word about this record.
fn holds(record: &StoredRecord, enrolment: &Enrolment) -> bool {
    let receipt = record.receipt.as_deref().unwrap_or_default();
    let Ok(receipt) = serde_json::from_slice::<Receipt>(receipt) else {
        return false;
    };
    let message = Message::new(signing::RECEIPT, enrolment.company)
        .field(record.item.id.0.as_bytes())
        .field(&record.item.hash)
        .signed(receipt.received_at_ms)
        .field(record.item.chain.0.as_bytes())
        .number(receipt.head_seq)
        .field(&receipt.head_hash.0);
    enrolment
        .server_key
        .verifies(message.bytes(), &receipt.sig.0)
}

fn judge(promise: &Promise, found: &[&AttendanceRow]) -> Option<&'static str> {
    match found {
        [] if promise.told == Told::Saved => Some("lost"),
        [] => None,
        [row] => {
            let other_hash = promise.hash.is_some_and(|hash| row.entry.hash.0 != hash);
            if other_hash {
                return Some("corrupt: another hash");
            }
            if promise.withdrawn && !row.entry.withdrawn {
                return Some("lost: its withdrawal");
            }
            if row.entry.withdrawn && !promise.withdrawn && !promise.maybe_withdrawn {
                return Some("corrupt: withdrawn by nobody");
            }
            row.entry.place.is_none().then_some("lost: its evidence")
        }
        _ => Some("duplicated"),
    }
}
