//! The store's files: bytes in a folder, rows beside the records.

use bizmitra_core::file::{Event, FileStore, FileWriter, KEPT_MS, StoredFile, Unsent, Wish};
use bizmitra_core::ids::ItemId;
use bizmitra_core::store::StoreError;
use bizmitra_core::vault::{Column, ColumnError, Columns};
use zeroize::Zeroizing;

use super::SqlcipherStore;
use crate::blobs::Strays;
use crate::table::{file, setting};

impl SqlcipherStore {
    /// Removes the files that a crash left: those without a row.
    pub(super) fn sweep(&self) -> Result<(), StoreError> {
        let ((whole, coming), salvaged) = self.read(|conn| {
            Ok((
                file::known(conn)?,
                setting::get(conn, setting::SALVAGED)?.is_some(),
            ))
        })?;
        let strays = if salvaged {
            Strays::Keep
        } else {
            Strays::Remove
        };
        self.blobs.sweep(&whole, &coming, strays)
    }
}

impl FileStore for SqlcipherStore {
    fn create(&self, id: ItemId) -> Result<Box<dyn FileWriter>, StoreError> {
        self.blobs.create(id)
    }

    fn resume(&self, id: ItemId) -> Result<(Box<dyn FileWriter>, u64), StoreError> {
        self.blobs.resume(id)
    }

    fn read_bytes(
        &self,
        id: ItemId,
        offset: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.blobs.read(id, offset, length)
    }

    fn discard(&self, id: ItemId) -> Result<(), StoreError> {
        if self.read(|conn| file::find(conn, id))?.is_some() {
            return Ok(());
        }
        self.blobs.remove(id)
    }

    fn file(&self, id: ItemId) -> Result<Option<StoredFile>, StoreError> {
        self.read(|conn| Ok(file::find(conn, id)?.map(|(_, file)| file)))
    }

    fn files(&self) -> Result<Vec<StoredFile>, StoreError> {
        self.read(file::all)
    }

    fn cell(
        &self,
        columns: &Columns,
        id: ItemId,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        self.read(|conn| {
            let Some(cell) = file::cell(conn, id)? else {
                return Ok(None);
            };
            match columns.read(Column::File, id, &cell) {
                Ok(plain) => Ok(Some(plain)),
                Err(ColumnError::Unreadable) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
    }

    fn next_upload(&self, max_length: u64) -> Result<Option<StoredFile>, StoreError> {
        self.read(|conn| file::next_upload(conn, max_length))
    }

    fn settle(&self, id: ItemId, event: Event, now_ms: i64) -> Result<bool, StoreError> {
        self.write_with_ballast(|tx| file::settle(tx, id, event, now_ms))
    }

    fn acknowledge(&self, id: ItemId, bytes: u64) -> Result<(), StoreError> {
        self.write_with_ballast(|tx| file::acknowledge(tx, id, bytes))
    }

    fn set_paused(&self, id: ItemId, paused: Wish) -> Result<bool, StoreError> {
        self.write(|tx| file::set_paused(tx, id, paused))
    }

    fn note_kept(&self, id: ItemId, now_ms: i64) -> Result<(), StoreError> {
        self.write(|tx| file::note_kept(tx, id, now_ms))
    }

    fn remove_expired(&self, now_ms: i64) -> Result<(), StoreError> {
        let before_ms = now_ms.saturating_sub(KEPT_MS);
        for id in self.read(|conn| file::expired(conn, before_ms))? {
            // The row first: what it does not claim any more, the next start removes if this is the last step.
            self.write_with_ballast(|tx| file::let_go(tx, id))?;
            self.blobs.remove(id)?;
        }
        Ok(())
    }

    fn unsent(&self) -> Result<Unsent, StoreError> {
        self.read(file::unsent)
    }
}
