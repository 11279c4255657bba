//! The store against its promises, on real files.

mod damage;
mod disk;
mod feed;
mod files;
mod outbox;
mod private;
mod records;
mod schema;
mod wipe;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bizmitra_core::attendance::{Action, Evidence, NoPlace, Place, TapRow};
use bizmitra_core::clock::Entropy;
use bizmitra_core::ids::{ChainId, ItemId};
use bizmitra_core::keys::VaultKey;
use bizmitra_core::outbox::{Lane, OutboxItem};
use bizmitra_core::record::{Effect, NewRecord, seal_cell};
use bizmitra_core::store::{Appended, ChainHead, Store as _, StoreError};
use bizmitra_core::vault::{Column, Columns};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{OpenReport, SqlcipherStore, StoreKey};

const DAY: &str = "2026-11-23";
/// Found in no file of the folder, though it is in every payload.
const CANARY: &str = "CANARY-Ravi-0912-payload";

fn key() -> StoreKey {
    StoreKey::new(std::array::from_fn(|i| u8::try_from(i).unwrap()))
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("store.db")
}

fn open(folder: &TempDir) -> (SqlcipherStore, OpenReport) {
    SqlcipherStore::open(&path(folder), &key()).unwrap()
}

/// A store with its chain started.
fn started() -> (TempDir, SqlcipherStore) {
    let folder = TempDir::new().unwrap();
    let (store, report) = open(&folder);
    assert_eq!(report, OpenReport::default());
    store.start_chain(ChainId(Uuid::from_u128(1))).unwrap();
    (folder, store)
}

fn id(n: u128) -> ItemId {
    ItemId(Uuid::from_u128(n))
}

/// The hash that record `n` of these tests has.
fn hash(n: ItemId) -> [u8; 32] {
    let mut hash = [7; 32];
    hash[..16].copy_from_slice(n.0.as_bytes());
    hash
}

fn build(head: &ChainHead, id: ItemId, lane: Lane, effect: Effect, size: usize) -> NewRecord {
    let mut payload = CANARY.as_bytes().to_vec();
    payload.resize(size.max(payload.len()), b'.');
    let sigs = vec![
        ("0123456789abcdef".to_owned(), [1; 64]),
        ("fedcba9876543210".to_owned(), [2; 64]),
    ];
    let item = OutboxItem {
        id,
        chain: head.chain,
        seq: head.seq + 1,
        prev_hash: head.hash,
        hash: hash(id),
        content_type: "application/vnd.bizmitra.record+json".to_owned(),
        payload,
        sigs,
    };
    let copy = columns()
        .seal(Column::Record, id, CANARY.as_bytes())
        .unwrap();
    NewRecord {
        item,
        lane,
        copy,
        effect,
    }
}

/// Nonces of these tests: never the same twice.
struct Counter;

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let count = COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        for (byte, value) in bytes.iter_mut().zip(count.iter().cycle()) {
            *byte = *value;
        }
    }
}

/// Of a vault with this key.
fn columns_of(vault: u8) -> Columns {
    Columns::open(&VaultKey::from_bytes([vault; 32]), Arc::new(Counter))
}

fn columns() -> Columns {
    columns_of(1)
}

fn tap_effect(tap: &TapRow) -> Effect {
    Effect::Tap {
        day_tag: columns().day_tag(&tap.day).unwrap(),
        tap: seal_cell(&columns(), Column::Tap, tap.id, tap).unwrap(),
    }
}

fn evidence_effect(evidence: &Evidence) -> Effect {
    Effect::Evidence {
        about: evidence.about,
        evidence: seal_cell(&columns(), Column::Evidence, evidence.about, evidence).unwrap(),
    }
}

fn tap_row(id: ItemId, wall_ms: i64) -> TapRow {
    TapRow {
        id,
        action: Action::CheckIn,
        wall_ms,
        offset_min: 330,
        day: DAY.to_owned(),
        shift: None,
        elapsed_ms: 5000,
        boot_id: "boot-1".to_owned(),
        tolerance_ms: Some(40),
    }
}

fn append(
    store: &SqlcipherStore,
    id: ItemId,
    lane: Lane,
    effect: Effect,
) -> Result<Appended, StoreError> {
    append_sized(store, id, lane, effect, 0)
}

fn append_sized(
    store: &SqlcipherStore,
    id: ItemId,
    lane: Lane,
    effect: Effect,
    size: usize,
) -> Result<Appended, StoreError> {
    store.append(id, &mut |head| {
        Ok(build(head, id, lane, effect.clone(), size))
    })
}

fn tap(store: &SqlcipherStore, n: u128) -> ItemId {
    let wall_ms = 1_764_000_000_000 + i64::try_from(n).unwrap();
    assert!(matches!(
        append(
            store,
            id(n),
            Lane::CheckIn,
            tap_effect(&tap_row(id(n), wall_ms))
        ),
        Ok(Appended::New { .. })
    ));
    id(n)
}

fn no_gps(about: ItemId) -> Evidence {
    Evidence {
        about,
        place: Place::None(NoPlace::NoGps),
        fix_age_ms: None,
        flags: vec![],
    }
}

fn evidence(store: &SqlcipherStore, n: u128, about: ItemId) -> Appended {
    append(store, id(n), Lane::Record, evidence_effect(&no_gps(about))).unwrap()
}

fn withdraw(store: &SqlcipherStore, n: u128, about: ItemId) -> Appended {
    append(store, id(n), Lane::Record, Effect::Withdrawal { about }).unwrap()
}
