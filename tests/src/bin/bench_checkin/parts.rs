//! The same tap once more, in parts: making the record, and writing its rows.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use bizmitra_core::attendance::Action;
use bizmitra_core::clock::{Clock as _, make_random};
use bizmitra_core::ids::{ChainId, CompanyId, DeviceId, EmployeeId, ItemId};
use bizmitra_core::keys::{KeyPair, VaultKey};
use bizmitra_core::record::{Author, Moment, NewRecord, Statement, make_record};
use bizmitra_core::seal::OpeningKey;
use bizmitra_core::store::{Appended, Store as _};
use bizmitra_core::vault::Opened;
use bizmitra_device::platform::{OsEntropy, SystemClock};
use bizmitra_store::{SqlcipherStore, StoreKey};
use bizmitra_tests::bench::ms;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A store of its own, written by an author of its own.
pub struct Parts {
    store: SqlcipherStore,
    author: Author,
    clock: SystemClock,
    /// Milliseconds to make each record.
    pub crypto: Vec<f64>,
    /// Milliseconds to write each.
    pub rows: Vec<f64>,
}

impl Parts {
    /// At `file`, whose folder is made.
    pub fn open(file: &Path) -> Result<Self> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let (store, _) = SqlcipherStore::open(file, &StoreKey::new([0x5b; 48]))?;
        store.start_chain(ChainId(Uuid::from_u128(1)))?;
        let opened = Opened::new(&VaultKey::from_bytes([1; 32]), Arc::new(OsEntropy));
        let author = Author {
            company: CompanyId(Uuid::from_u128(2)),
            employee: EmployeeId(Uuid::from_u128(3)),
            device: DeviceId(Uuid::from_u128(4)),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
            identity: KeyPair::from_seed(&[5; 32]),
            presence: Some(opened.presence),
            columns: opened.columns,
            sealing: OpeningKey::from_seed(Zeroizing::new([6; 32])).public(),
        };
        Ok(Self {
            store,
            author,
            clock: SystemClock::new(),
            crypto: Vec::new(),
            rows: Vec::new(),
        })
    }

    /// One tap, each part timed alone.
    pub fn tap(&mut self, action: Action) -> Result<NewRecord> {
        let moment = Moment {
            reading: self.clock.now(),
            anchor: None,
            consent: None,
        };
        let statement = Statement::Tap {
            action,
            shift: None,
            day: "2026-11-23".to_owned(),
        };
        let id = ItemId::mint(moment.reading.wall_ms, make_random(&OsEntropy));
        let head = self
            .store
            .chain()?
            .ok_or_else(|| anyhow::anyhow!("no chain was started"))?;
        let start = Instant::now();
        let record = make_record(&self.author, &moment, id, &head, &statement, &OsEntropy)?;
        self.crypto.push(ms(start));
        let start = Instant::now();
        let appended = self.store.append(id, &mut |_| Ok(record.clone()))?;
        self.rows.push(ms(start));
        ensure!(
            matches!(appended, Appended::New { .. }),
            "a record was there already"
        );
        Ok(record)
    }
}
