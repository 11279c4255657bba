//! In-memory twins of the ports of files: the device's shelf, and the server's, which fails on order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use bizmitra_core::api::{
    ApiError, Beginning, BoxFuture, Complete, DownloadError, End, FileApi, Offset, Piece, Refusal,
    Sink, Wanted,
};
use bizmitra_core::file::{
    Cost, Event, FileStore, FileWriter, Network, State, StoredFile, Unsent, Wish, decide_state,
};
use bizmitra_core::ids::{DeviceId, ItemId};
use bizmitra_core::outbox::State as RecordState;
use bizmitra_core::store::StoreError;
use bizmitra_core::vault::Columns;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

pub struct Free;

impl Network for Free {
    fn cost(&self) -> Cost {
        Cost::Free
    }
}

/// Costs something.
pub struct Paid;

impl Network for Paid {
    fn cost(&self) -> Cost {
        Cost::Metered
    }
}

/// The device's files.
#[derive(Default)]
pub struct FakeFiles(Mutex<Vec<(StoredFile, Vec<u8>)>>);

impl FakeFiles {
    pub fn add(&self, number: u128, bytes: Vec<u8>) -> ItemId {
        let id = ItemId(Uuid::from_u128(number));
        let file = StoredFile {
            id,
            record: RecordState::Acked,
            state: State::Waiting,
            paused: false,
            length: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
            acknowledged: 0,
            kept: true,
        };
        self.0.lock().unwrap().push((file, bytes));
        id
    }

    /// The disk changed a byte.
    pub fn damage(&self, id: ItemId) {
        let mut files = self.0.lock().unwrap();
        let (_, bytes) = files.iter_mut().find(|(file, _)| file.id == id).unwrap();
        *bytes.first_mut().unwrap() ^= 1;
    }

    fn with<T>(&self, id: ItemId, look: impl FnOnce(&mut StoredFile, &[u8]) -> T) -> Option<T> {
        let mut files = self.0.lock().unwrap();
        let found = files.iter_mut().find(|(file, _)| file.id == id);
        found.map(|(file, bytes)| look(file, bytes))
    }
}

impl FileStore for FakeFiles {
    fn create(&self, _: ItemId) -> Result<Box<dyn FileWriter>, StoreError> {
        Err(StoreError::DiskFull)
    }

    fn resume(&self, _: ItemId) -> Result<(Box<dyn FileWriter>, u64), StoreError> {
        Err(StoreError::DiskFull)
    }

    fn read_bytes(
        &self,
        id: ItemId,
        offset: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.with(id, |_, bytes| {
            let from = usize::try_from(offset).unwrap().min(bytes.len());
            bytes.iter().skip(from).take(length).copied().collect()
        }))
    }

    fn discard(&self, _: ItemId) -> Result<(), StoreError> {
        Ok(())
    }

    fn file(&self, id: ItemId) -> Result<Option<StoredFile>, StoreError> {
        Ok(self.with(id, |file, _| file.clone()))
    }

    fn files(&self) -> Result<Vec<StoredFile>, StoreError> {
        Ok(self
            .0
            .lock()
            .unwrap()
            .iter()
            .map(|(file, _)| file.clone())
            .collect())
    }

    fn cell(&self, _: &Columns, _: ItemId) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        Ok(None)
    }

    fn next_upload(&self, max_length: u64) -> Result<Option<StoredFile>, StoreError> {
        Ok(FileStore::files(self)?.into_iter().find(|file| {
            matches!(file.state, State::Waiting | State::InDoubt)
                && !file.paused
                && file.length <= max_length
        }))
    }

    fn settle(&self, id: ItemId, event: Event, _: i64) -> Result<bool, StoreError> {
        let settled = self.with(id, |file, _| {
            let next = decide_state(file.state, event);
            file.state = next.unwrap_or(file.state);
            next.is_some()
        });
        Ok(settled.unwrap_or(false))
    }

    fn acknowledge(&self, id: ItemId, bytes: u64) -> Result<(), StoreError> {
        self.with(id, |file, _| file.acknowledged = bytes);
        Ok(())
    }

    fn set_paused(&self, id: ItemId, paused: Wish) -> Result<bool, StoreError> {
        Ok(self
            .with(id, |file, _| file.paused = paused == Wish::Wait)
            .is_some())
    }

    fn note_kept(&self, _: ItemId, _: i64) -> Result<(), StoreError> {
        Ok(())
    }

    fn remove_expired(&self, _: i64) -> Result<(), StoreError> {
        Ok(())
    }

    fn unsent(&self) -> Result<Unsent, StoreError> {
        Ok(Unsent::default())
    }
}

/// What happens to the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The server did it; nobody hears of it.
    AnswerLost,
    /// Cut on the way: the server saw nothing whole.
    Cut,
    /// Refused with this.
    Refused(u16, Refusal),
}

#[derive(Default)]
struct Shelf {
    uploads: BTreeMap<ItemId, (Beginning, Vec<u8>)>,
    faults: VecDeque<Option<Fault>>,
    log: Vec<String>,
    pieces: Vec<usize>,
}

/// The server's files, as the contract says.
#[derive(Default)]
pub struct FakeShelf(Mutex<Shelf>);

impl FakeShelf {
    /// What happens to the next requests, in order; afterwards all goes well.
    pub fn then(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.0.lock().unwrap().faults.extend(faults);
    }

    pub fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().log)
    }

    pub fn pieces(&self) -> Vec<usize> {
        self.0.lock().unwrap().pieces.clone()
    }

    pub fn bytes(&self, id: ItemId) -> Option<Vec<u8>> {
        self.0
            .lock()
            .unwrap()
            .uploads
            .get(&id)
            .map(|(_, bytes)| bytes.clone())
    }

    /// The server was restored without it.
    pub fn forget(&self, id: ItemId) {
        self.0.lock().unwrap().uploads.remove(&id);
    }

    fn answer(
        &self,
        what: String,
        work: impl FnOnce(&mut Shelf) -> Result<Offset, ApiError>,
    ) -> BoxFuture<'_, Result<Offset, ApiError>> {
        let mut shelf = self.0.lock().unwrap();
        shelf.log.push(what);
        let result = match shelf.faults.pop_front().flatten() {
            None => work(&mut shelf),
            Some(Fault::AnswerLost) => {
                let _ = work(&mut shelf);
                Err(ApiError::AnswerLost)
            }
            Some(Fault::Cut) => Err(ApiError::AnswerLost),
            Some(Fault::Refused(status, code)) => Err(refused(status, code)),
        };
        Box::pin(std::future::ready(result))
    }
}

fn refused(status: u16, code: Refusal) -> ApiError {
    ApiError::Refused {
        status,
        code,
        retry_after_ms: None,
    }
}

fn offset((beginning, bytes): &(Beginning, Vec<u8>)) -> Offset {
    let is_whole = bytes.len() as u64 == beginning.length;
    Offset {
        bytes: bytes.len() as u64,
        complete: if is_whole {
            Complete::Yes
        } else {
            Complete::No
        },
    }
}

impl FileApi for FakeShelf {
    fn begin(&self, _: DeviceId, beginning: Beginning) -> BoxFuture<'_, Result<Offset, ApiError>> {
        self.answer("begin".to_owned(), |shelf| {
            let upload = shelf
                .uploads
                .entry(beginning.id)
                .or_insert_with(|| (beginning.clone(), Vec::new()));
            if upload.0 != beginning {
                return Err(refused(409, Refusal::Conflict));
            }
            Ok(offset(upload))
        })
    }

    fn offset(&self, _: DeviceId, id: ItemId) -> BoxFuture<'_, Result<Offset, ApiError>> {
        self.answer("ask".to_owned(), |shelf| {
            shelf
                .uploads
                .get(&id)
                .map(offset)
                .ok_or(refused(404, Refusal::NotFound))
        })
    }

    fn append(&self, _: DeviceId, piece: Piece) -> BoxFuture<'_, Result<Offset, ApiError>> {
        let what = format!("append {}+{}", piece.offset, piece.bytes.len());
        self.0.lock().unwrap().pieces.push(piece.bytes.len());
        self.answer(what, |shelf| {
            let upload = shelf
                .uploads
                .get_mut(&piece.id)
                .ok_or(refused(404, Refusal::NotFound))?;
            if piece.offset != upload.1.len() as u64 {
                return Err(refused(409, Refusal::Offset));
            }
            upload.1.extend(&piece.bytes);
            let digest: [u8; 32] = Sha256::digest(&upload.1).into();
            if piece.end == End::Yes && digest != upload.0.sha256 {
                shelf.uploads.remove(&piece.id);
                return Err(refused(422, Refusal::Digest));
            }
            Ok(offset(upload))
        })
    }

    fn download<'a>(
        &'a self,
        _: DeviceId,
        _: Wanted,
        _: Sink<'a>,
    ) -> BoxFuture<'a, Result<(), DownloadError>> {
        Box::pin(std::future::ready(Err(ApiError::NotSent.into())))
    }
}
