//! The attendance export: what a person keeps, verifiable without the server. Built only while unlocked.

use bizmitra_core::attendance::Entry;
use bizmitra_core::enrolment::Enrolment;
use bizmitra_core::export::{
    Binding, Bytes, ChainHeadClaim, Elsewhere, Export, ExportedRecord, ExportedSig, FORMAT, Fixed,
    Graded, ServerSaid, VERSION,
};
use bizmitra_core::ids::ItemId;
use bizmitra_core::store::{ChainHead, Key, StoredRecord};
use bizmitra_core::vault::Columns;
use bizmitra_core::wire;

use super::Device;
use super::inner::Inner;
use crate::error::DeviceError;

/// A record that is appended while the export is made makes it be made again, so often.
const TRIES: u32 = 10;

impl Device {
    /// All records with signatures and receipts, as a file that `bizmitra-cli verify` checks.
    ///
    /// # Errors
    /// Locked, or of the store.
    pub fn export(&self) -> Result<String, DeviceError> {
        let (enrolment, opened) = self.inner.unlocked()?;
        let inner = &self.inner;
        let mut tries = 0;
        // What is appended meanwhile must not look like something left out.
        let export = loop {
            let head = inner.store.chain()?;
            let ids = inner.store.record_ids()?;
            let export =
                inner.export_of((&enrolment, &opened.columns), head.as_ref(), &ids, true)?;
            tries += 1;
            if tries == TRIES || inner.store.chain()? == head {
                break export;
            }
        };
        encode(&export)
    }

    /// The same with one record alone: it verifies by itself, and the others are said to be missing.
    ///
    /// # Errors
    /// Locked, or no such record.
    pub fn export_item(&self, id: ItemId) -> Result<String, DeviceError> {
        let (enrolment, opened) = self.inner.unlocked()?;
        let head = self.inner.store.chain()?;
        let export =
            self.inner
                .export_of((&enrolment, &opened.columns), head.as_ref(), &[id], false)?;
        if export.records.is_empty() {
            return Err(DeviceError::NotFound);
        }
        encode(&export)
    }
}

fn encode(export: &Export) -> Result<String, DeviceError> {
    export
        .encode()
        .map_err(|_| DeviceError::Internal("the export could not be encoded"))
}

impl Inner {
    fn export_of(
        &self,
        (enrolment, columns): (&Enrolment, &Columns),
        head: Option<&ChainHead>,
        ids: &[ItemId],
        is_whole: bool,
    ) -> Result<Export, DeviceError> {
        let mut records = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(stored) = self.store.record(columns, *id)? {
                records.push(exported(stored)?);
            }
        }
        let mut entries: Vec<Entry> = if is_whole {
            self.store.latest_entries(columns, usize::MAX)?
        } else {
            let found = ids.iter().map(|id| self.store.entry(columns, *id));
            found
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?
        };
        entries.reverse();
        let mut bindings = self.former_bindings()?;
        bindings.extend(binding(enrolment));
        Ok(Export {
            format: FORMAT.to_owned(),
            version: VERSION,
            made_at_ms: self.now().wall_ms,
            app_version: self.config.app_version.clone(),
            company: enrolment.company,
            company_name: enrolment.company_name.clone(),
            employee: enrolment.employee,
            employee_name: enrolment.employee_name.clone(),
            bindings,
            chains: ends(&records, head),
            records,
            server_said: said(&entries),
        })
    }

    /// Keeps the public keys of a binding that is replaced: its records stay, and verify under them.
    pub(super) fn remember_binding(&self, ended: &Enrolment) -> Result<(), DeviceError> {
        let mut former = self.former_bindings()?;
        let Some(binding) = binding(ended).filter(|binding| !former.contains(binding)) else {
            return Ok(());
        };
        former.push(binding);
        self.keep(Key::FormerBindings, &former)
    }

    fn former_bindings(&self) -> Result<Vec<Binding>, DeviceError> {
        Ok(self.load(Key::FormerBindings)?.unwrap_or_default())
    }
}

/// The exact bytes come from the person's own copy: what lies in the outbox is sealed to the company.
fn exported(stored: StoredRecord) -> Result<ExportedRecord, DeviceError> {
    let receipt = stored
        .receipt
        .as_deref()
        .map(|json| {
            wire::exported_receipt(json)
                .ok_or(DeviceError::Internal("a stored receipt cannot be read"))
        })
        .transpose()?;
    let item = stored.item;
    let signed = |(key_id, sig)| ExportedSig {
        key_id,
        alg: "ed25519".to_owned(),
        sig: Fixed(sig),
    };
    Ok(ExportedRecord {
        id: item.id,
        chain_id: item.chain,
        seq: item.seq,
        prev_hash: Fixed(item.prev_hash),
        hash: Fixed(item.hash),
        bytes: stored.bytes.map(Bytes),
        sigs: item.sigs.into_iter().map(signed).collect(),
        receipts: receipt.into_iter().collect(),
    })
}

/// `None` before the server named the device: nothing was recorded under it.
fn binding(enrolment: &Enrolment) -> Option<Binding> {
    Some(Binding {
        device: enrolment.device()?,
        device_key: Fixed(enrolment.device_key.0),
        presence_key: Fixed(enrolment.presence_key.0),
        server_key: Fixed(enrolment.pinned_key().0),
        successions: enrolment.successions.clone(),
    })
}

/// The last record of each chain, in the order in which they were begun; of the current one as the store counts it.
fn ends(records: &[ExportedRecord], head: Option<&ChainHead>) -> Vec<ChainHeadClaim> {
    let mut ends: Vec<ChainHeadClaim> = Vec::new();
    let claims = records
        .iter()
        .map(|record| ChainHeadClaim {
            chain_id: record.chain_id,
            seq: record.seq,
            hash: record.hash,
        })
        .chain(head.map(|head| ChainHeadClaim {
            chain_id: head.chain,
            seq: head.seq,
            hash: Fixed(head.hash),
        }));
    for claim in claims {
        match ends.iter_mut().find(|end| end.chain_id == claim.chain_id) {
            Some(end) if end.seq < claim.seq => *end = claim,
            Some(_) => {}
            None => ends.push(claim),
        }
    }
    ends
}

fn said(entries: &[Entry]) -> ServerSaid {
    // A tap with a place in a chain of this store is its own.
    let (own, elsewhere): (Vec<&Entry>, Vec<&Entry>) =
        entries.iter().partition(|entry| entry.seq > 0);
    ServerSaid {
        own: own
            .into_iter()
            .filter(|entry| entry.grade.is_some() || entry.alarm)
            .map(|entry| Graded {
                tap: entry.tap.id,
                grade: entry.grade.map(|(grade, _)| grade),
                tolerance_ms: entry.grade.and_then(|(_, tolerance_ms)| tolerance_ms),
                differs: entry.alarm,
            })
            .collect(),
        elsewhere: elsewhere.into_iter().map(tap_elsewhere).collect(),
    }
}

fn tap_elsewhere(entry: &Entry) -> Elsewhere {
    Elsewhere {
        tap: entry.tap.id,
        kind: entry.tap.action.name().to_owned(),
        wall_ms: entry.tap.wall_ms,
        offset_min: entry.tap.offset_min,
        day: entry.tap.day.clone(),
        hash: Fixed(entry.hash),
        received_at_ms: entry.confirmed_ms,
        grade: entry.grade.map(|(grade, _)| grade),
        tolerance_ms: entry.grade.and_then(|(_, tolerance_ms)| tolerance_ms),
        withdrawn: entry.withdrawn,
        place: entry.evidence.as_ref().map(|evidence| evidence.place),
        differs: entry.alarm,
    }
}
