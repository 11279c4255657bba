//! The bytes of files: one piece a round. The server's offset wins; after any doubt it is asked.

use super::engine::Engine;
use super::pace::Pace;
use super::stop::Stop;
use crate::api::{ApiError, Beginning, Complete, End, FileApi, Gate, Offset, Piece, Refusal};
use crate::file::{Cost, Event, METERED_LIMIT, Reason, State, StoredFile};
use crate::ids::{DeviceId, ItemId};
use crate::store::StoreError;

/// The upload under way. What matters is in the store and at the server.
#[derive(Debug, Clone, Default)]
pub(super) struct Upload {
    /// How far our server said that a file is; gone with any doubt.
    at: Option<(ItemId, u64)>,
    pace: Pace,
    /// Refusals in a row that asking should have settled.
    doubts: u32,
    /// Metrics.
    sent: Sent,
}

/// So many refusals in a row that asking does not settle are the server's trouble: it is left alone for a while.
const MOST_DOUBTS: u32 = 3;

/// What uploads cost since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Bytes of pieces that were given to the network.
    pub bytes: u64,
    /// Bytes that the server acknowledged.
    pub acknowledged: u64,
    /// Pieces that were cut on the way.
    pub breaks: u32,
}

/// What is done next for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Never on a wire, or the server does not know it.
    Begin,
    /// May be there: how far?
    Ask,
    /// Goes on at this place with this many bytes.
    Append {
        offset: u64,
        length: usize,
        end: End,
    },
}

fn plan_step(file: &StoredFile, at: Option<u64>, size: usize) -> Step {
    match (file.state, at) {
        (State::Waiting, _) => Step::Begin,
        (_, None) => Step::Ask,
        (_, Some(offset)) => {
            let left = file.length.saturating_sub(offset);
            let length = usize::try_from(left).unwrap_or(size).min(size);
            Step::Append {
                offset,
                length,
                end: if length as u64 == left {
                    End::Yes
                } else {
                    End::No
                },
            }
        }
    }
}

impl Engine {
    /// What uploads cost since the start.
    pub fn sent(&self) -> Sent {
        self.state().upload.sent
    }

    /// The file that is next, as far as the network allows.
    pub(super) fn next_upload(&self) -> Result<Option<StoredFile>, StoreError> {
        let most = match self.parts.network.cost() {
            Cost::Free => u64::MAX,
            Cost::Metered => METERED_LIMIT,
        };
        self.parts.files.next_upload(most)
    }

    /// One exchange for the file that is next; false when none may go.
    pub(super) async fn upload(&self, api: &dyn FileApi, device: DeviceId) -> Result<bool, Stop> {
        let now_ms = self.parts.clock.now().wall_ms;
        self.parts.files.remove_expired(now_ms)?;
        let Some(file) = self.next_upload()? else {
            self.state().uploading.open();
            return Ok(false);
        };
        let (at, size) = {
            let state = self.state();
            let at = state.upload.at.filter(|(id, _)| *id == file.id);
            (at.map(|(_, at)| at), state.upload.pace.size())
        };
        let answer = match plan_step(&file, at, size) {
            Step::Begin => self.begin(api, device, &file).await?,
            Step::Ask => match api.offset(device, file.id).await {
                Err(ApiError::Refused {
                    code: Refusal::NotFound,
                    ..
                }) => self.begin(api, device, &file).await?,
                answer => answer,
            },
            Step::Append {
                offset,
                length,
                end,
            } => {
                let bytes = self.parts.files.read_bytes(file.id, offset, length)?;
                let Some(bytes) = bytes.filter(|bytes| bytes.len() == length) else {
                    let gone = Event::Refused(Reason::Damaged);
                    self.parts.files.settle(file.id, gone, now_ms)?;
                    return Ok(true);
                };
                self.append(api, device, (file.id, offset, end), bytes)
                    .await
            }
        };
        match answer {
            Ok(offset) => self.note_offset(&file, offset)?,
            Err(error) => self.note_refusal(&file, error)?,
        }
        Ok(true)
    }

    /// The send mark is the only way onto the wire, for files too.
    async fn begin(
        &self,
        api: &dyn FileApi,
        device: DeviceId,
        file: &StoredFile,
    ) -> Result<Result<Offset, ApiError>, StoreError> {
        let now_ms = self.parts.clock.now().wall_ms;
        self.parts.files.settle(file.id, Event::Marked, now_ms)?;
        let beginning = Beginning {
            id: file.id,
            length: file.length,
            sha256: file.sha256,
        };
        Ok(api.begin(device, beginning).await)
    }

    async fn append(
        &self,
        api: &dyn FileApi,
        device: DeviceId,
        (id, offset, end): (ItemId, u64, End),
        bytes: Vec<u8>,
    ) -> Result<Offset, ApiError> {
        let length = bytes.len();
        // Until it is answered nothing is known.
        self.state().upload.at = None;
        let before = self.parts.clock.now();
        let answer = api
            .append(
                device,
                Piece {
                    id,
                    offset,
                    bytes,
                    end,
                },
            )
            .await;
        let took_ms = self
            .parts
            .clock
            .now()
            .elapsed_ms
            .saturating_sub(before.elapsed_ms);
        let mut state = self.state();
        let upload = &mut state.upload;
        match &answer {
            Err(ApiError::NotSent) => {}
            _ => upload.sent.bytes = upload.sent.bytes.saturating_add(length as u64),
        }
        match &answer {
            Ok(_) => {
                upload.pace.passed(length, took_ms);
                upload.doubts = 0;
                upload.sent.acknowledged = upload.sent.acknowledged.saturating_add(length as u64);
            }
            Err(error) if error.gate() == Gate::Net => {
                upload.pace.broke();
                upload.sent.breaks = upload.sent.breaks.saturating_add(1);
            }
            Err(_) => {}
        }
        answer
    }

    fn note_offset(&self, file: &StoredFile, offset: Offset) -> Result<(), StoreError> {
        let now_ms = self.parts.clock.now().wall_ms;
        let bytes = offset.bytes.min(file.length);
        self.parts.files.acknowledge(file.id, bytes)?;
        if offset.complete == Complete::Yes {
            self.parts.files.settle(file.id, Event::Arrived, now_ms)?;
        }
        let mut state = self.state();
        state.upload.at = (offset.complete == Complete::No).then_some((file.id, bytes));
        state.uploading.open();
        Ok(())
    }

    /// What a refusal makes of a file; everything that is not about the file closes the gate.
    fn note_refusal(&self, file: &StoredFile, error: ApiError) -> Result<(), Stop> {
        let ApiError::Refused { code, .. } = &error else {
            return Err(error.into());
        };
        let reason = match code {
            // Its place was another: the next round asks.
            Refusal::NotFound | Refusal::Offset if self.may_doubt() => return Ok(()),
            Refusal::TooLarge if file.length > crate::file::MAX_FILE_LENGTH => Reason::TooLarge,
            Refusal::TooLarge if self.state().upload.pace.too_large() => return Ok(()),
            Refusal::Quota => Reason::Quota,
            Refusal::Conflict => Reason::Conflict,
            Refusal::Digest if !self.is_sound(file)? => Reason::Damaged,
            // What is here is right: the server forgot what it had, and it begins again after a wait.
            _ => return Err(error.into()),
        };
        let now_ms = self.parts.clock.now().wall_ms;
        self.parts
            .files
            .settle(file.id, Event::Refused(reason), now_ms)?;
        Ok(())
    }

    fn may_doubt(&self) -> bool {
        let doubts = &mut self.state().upload.doubts;
        *doubts = doubts.saturating_add(1);
        if *doubts > MOST_DOUBTS {
            *doubts = 0;
            return false;
        }
        true
    }

    /// Whether the bytes here are those that were written.
    fn is_sound(&self, file: &StoredFile) -> Result<bool, StoreError> {
        use sha2::{Digest as _, Sha256};
        let (mut hash, mut offset) = (Sha256::new(), 0_u64);
        while let Some(bytes) =
            self.parts
                .files
                .read_bytes(file.id, offset, crate::file::SEGMENT)?
        {
            if bytes.is_empty() {
                break;
            }
            offset = offset.saturating_add(bytes.len() as u64);
            hash.update(&bytes);
        }
        Ok(<[u8; 32]>::from(hash.finalize()) == file.sha256)
    }

    /// The server was restored: what it had of files may be gone.
    pub(super) fn offer_files_again(&self) -> Result<(), StoreError> {
        let now_ms = self.parts.clock.now().wall_ms;
        self.state().upload.at = None;
        for file in self.parts.files.files()? {
            if file.state == State::Sent && file.kept {
                self.parts
                    .files
                    .settle(file.id, Event::OfferedAgain, now_ms)?;
            }
        }
        Ok(())
    }
}
