//! Files: encrypted while they are read, durable before the call returns, sent by the drainer.

use std::io::{Read, Write};
use std::sync::PoisonError;

use bizmitra_core::file::{
    Cost, Event, FileCell, FileKey, FileWriter, MAX_FILE_LENGTH, METERED_LIMIT, NewFile, Opener,
    SEGMENT, Sealer, State, StoredFile, TAG, Wish, sealed_length,
};
use bizmitra_core::ids::{CompanyId, ItemId};
use bizmitra_core::outbox::State as RecordState;
use bizmitra_core::record::Statement;
use bizmitra_core::store::{Appended, StoreError};
use bizmitra_core::vault::Columns;
use bizmitra_core::wire::MAX_FILE_NAME;
use sha2::{Digest as _, Sha256};

use super::Device;
use super::inner::Inner;
use crate::error::{DeviceError, FileError};
use crate::views::{FileInput, FileProgress, FileView, FileWhat, Topic};

impl Device {
    /// Captures a file; returns when its bytes, encrypted, and its record are durable. Reads it once, a segment at a time. The
    /// same id again is the same file, whatever `source` gives then. Blocks.
    ///
    /// # Errors
    /// See [`FileError`]: nothing was captured then, and the same id may be used again.
    pub fn add_file(&self, source: &mut dyn Read, input: FileInput) -> Result<FileView, FileError> {
        let inner = &self.inner;
        let reading = inner.now();
        let author = inner.author()?;
        let _one = inner
            .capturing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let id = input.id;
        if inner.files.file(id)?.is_none() {
            let file = inner.write_file(source, author.company, input)?;
            let appended = inner.moment(reading).and_then(|moment| {
                Ok(inner.append(&author, &moment, id, &Statement::File(file))?)
            });
            match appended {
                Ok(Appended::New { .. }) => inner.after_append(),
                // The id is another record's.
                Ok(Appended::AlreadyThere) => {
                    inner.files.discard(id)?;
                    return Err(DeviceError::NotFound.into());
                }
                Err(error) => {
                    if let Err(error) = inner.files.discard(id) {
                        tracing::warn!(%error, "bytes of a file without a record stay until the next start");
                    }
                    return Err(error.into());
                }
            }
        }
        Ok(inner.file_view(&author.columns, inner.stored_file(id)?)?)
    }

    /// Everything that was captured, newest first.
    ///
    /// # Errors
    /// Locked, or of the store.
    pub fn files(&self) -> Result<Vec<FileView>, DeviceError> {
        let (_, opened) = self.inner.unlocked()?;
        let files = self.inner.files.files()?;
        files
            .into_iter()
            .map(|file| self.inner.file_view(&opened.columns, file))
            .collect()
    }

    /// Lets a file wait. A piece that is under way still arrives.
    ///
    /// # Errors
    /// Locked, or no such file.
    pub fn pause_file(&self, id: ItemId) -> Result<FileView, DeviceError> {
        self.change_file(id, |inner| {
            inner.files.set_paused(id, Wish::Wait)?;
            Ok(())
        })
    }

    /// Lets a file go: one that waits, and one that was refused once more.
    ///
    /// # Errors
    /// Locked, or no such file.
    pub fn resume_file(&self, id: ItemId) -> Result<FileView, DeviceError> {
        self.change_file(id, |inner| {
            inner.files.set_paused(id, Wish::Go)?;
            inner.files.settle(id, Event::Retry, inner.now().wall_ms)?;
            Ok(())
        })
    }

    /// Takes a file back that the server does not have yet: a record of its own says so, the bytes go here and there.
    ///
    /// # Errors
    /// Locked, no such file, or too late.
    pub fn cancel_file(&self, id: ItemId) -> Result<FileView, DeviceError> {
        let author = self.inner.author()?;
        let file = self.inner.stored_file(id)?;
        match file.state {
            State::Cancelled => {}
            State::Sent => return Err(DeviceError::TooLate),
            State::Waiting | State::InDoubt | State::Parked(_) => {
                let inner = &self.inner;
                let moment = inner.moment(inner.now())?;
                let cancel = Statement::CancelFile { about: id };
                inner.append(&author, &moment, inner.mint(), &cancel)?;
                inner.after_append();
            }
        }
        self.inner
            .file_view(&author.columns, self.inner.stored_file(id)?)
    }

    /// Writes the plain bytes of a file that is on this device. Blocks. Nothing is right before this returns `Ok`.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn open_file(&self, id: ItemId, to: &mut dyn Write) -> Result<(), FileError> {
        let (enrolment, opened) = self.inner.unlocked()?;
        let file = self.inner.stored_file(id)?;
        if !file.kept {
            return Err(FileError::NotHere);
        }
        let cell = self
            .inner
            .file_cell(&opened.columns, id)?
            .ok_or(FileError::NoKey)?;
        self.inner
            .read_file(&file, &cell.key, enrolment.company, to)
    }

    /// Brings the bytes of a sent file back to this device, going on where an earlier try stopped, and checks them whole before
    /// they count.
    ///
    /// # Errors
    /// Locked, no such file, or of the server: what came is kept for the next try.
    pub async fn fetch_file(&self, id: ItemId) -> Result<FileView, DeviceError> {
        let inner = &self.inner;
        let (enrolment, opened) = inner.unlocked()?;
        let file = inner.stored_file(id)?;
        if !file.kept {
            if file.state != State::Sent {
                return Err(DeviceError::NotFound);
            }
            let device = enrolment.device().ok_or(DeviceError::NotActivated)?;
            let (mut writer, there) = inner.files.resume(id)?;
            if there < file.length {
                let api = inner.api()?;
                let mut sink = |bytes: &[u8]| writer.write(bytes);
                inner
                    .engine
                    .download(
                        &*api,
                        (&enrolment, device, &opened.presence),
                        (&file, there),
                        &mut sink,
                    )
                    .await?;
            }
            if writer.digest()? != file.sha256 {
                writer.abandon()?;
                return Err(DeviceError::NotOurServer);
            }
            writer.finish()?;
            inner.files.note_kept(id, inner.now().wall_ms)?;
            inner.tell(Topic::Status);
        }
        inner.file_view(&opened.columns, inner.stored_file(id)?)
    }

    fn change_file(
        &self,
        id: ItemId,
        change: impl FnOnce(&Inner) -> Result<(), DeviceError>,
    ) -> Result<FileView, DeviceError> {
        let (_, opened) = self.inner.unlocked()?;
        self.inner.stored_file(id)?;
        change(&self.inner)?;
        self.inner.tell(Topic::Status);
        self.inner.wake.notify_one();
        self.inner
            .file_view(&opened.columns, self.inner.stored_file(id)?)
    }
}

impl Inner {
    fn stored_file(&self, id: ItemId) -> Result<StoredFile, DeviceError> {
        self.files.file(id)?.ok_or(DeviceError::NotFound)
    }

    fn file_cell(&self, columns: &Columns, id: ItemId) -> Result<Option<FileCell>, StoreError> {
        let cell = self.files.cell(columns, id)?;
        Ok(cell.and_then(|json| serde_json::from_slice(&json).ok()))
    }

    fn file_view(&self, columns: &Columns, file: StoredFile) -> Result<FileView, DeviceError> {
        let cell = self.file_cell(columns, file.id)?;
        Ok(FileView {
            id: file.id,
            what: cell.map(|cell| FileWhat {
                role: cell.role,
                about: cell.about,
                name: cell.name.clone(),
                media_type: cell.media_type.clone(),
                plain_length: cell.plain_length,
            }),
            progress: self.file_progress(&file),
            length: file.length,
            acknowledged: file.acknowledged,
            kept: file.kept && file.state != State::Cancelled,
        })
    }

    fn file_progress(&self, file: &StoredFile) -> FileProgress {
        match file.state {
            State::Sent => FileProgress::Sent,
            State::Cancelled => FileProgress::Cancelled,
            State::Parked(reason) => FileProgress::Parked(reason),
            State::Waiting | State::InDoubt if file.paused => FileProgress::Paused,
            State::Waiting | State::InDoubt => {
                let costs = self.ports.network.cost() == Cost::Metered;
                if file.record != RecordState::Acked {
                    FileProgress::Saved
                } else if costs && file.length > METERED_LIMIT {
                    FileProgress::WaitingForFreeNetwork
                } else {
                    FileProgress::Sending
                }
            }
        }
    }

    /// Encrypts a file into the store, under its name and synced; without a record nothing of it counts.
    fn write_file(
        &self,
        source: &mut dyn Read,
        company: CompanyId,
        input: FileInput,
    ) -> Result<NewFile, FileError> {
        let key = FileKey::make(&*self.ports.entropy);
        let mut writer = self.files.create(input.id)?;
        let sealer = Sealer::new(&key, company, input.id);
        let written = match copy_sealed(source, sealer, &mut *writer) {
            Ok(written) => written,
            Err(error) => {
                writer.abandon()?;
                return Err(error);
            }
        };
        writer.finish()?;
        Ok(NewFile {
            role: input.role,
            about: input.about,
            name: input
                .name
                .map(|name| name.chars().take(MAX_FILE_NAME).collect()),
            media_type: input.media_type,
            plain_length: written.plain,
            length: sealed_length(written.plain),
            sha256: written.sha256,
            key,
        })
    }

    fn read_file(
        &self,
        file: &StoredFile,
        key: &FileKey,
        company: CompanyId,
        to: &mut dyn Write,
    ) -> Result<(), FileError> {
        let mut opener = Opener::new(key, company, file.id);
        let mut write = |plain: &[u8]| {
            to.write_all(plain)
                .map_err(|error| FileError::Io(error.kind()))
        };
        let mut offset = 0_u64;
        loop {
            let read = self.files.read_bytes(file.id, offset, SEGMENT + TAG)?;
            let sealed = read.ok_or(FileError::NotHere)?;
            offset = offset.saturating_add(sealed.len() as u64);
            if offset >= file.length {
                if offset > file.length {
                    return Err(FileError::Damaged);
                }
                return write(&opener.finish(&sealed).map_err(|_| FileError::Damaged)?);
            }
            write(&opener.open(&sealed).map_err(|_| FileError::Damaged)?)?;
        }
    }
}

/// What was written of a file.
struct Written {
    plain: u64,
    sha256: [u8; 32],
}

/// Encrypts a source to its end. Two segments are in memory: only behind the next one is it known which is the last.
fn copy_sealed(
    source: &mut dyn Read,
    mut sealer: Sealer,
    writer: &mut dyn FileWriter,
) -> Result<Written, FileError> {
    let (mut hash, mut plain) = (Sha256::new(), 0_u64);
    let mut put = |sealed: &[u8]| {
        hash.update(sealed);
        writer.write(sealed)
    };
    let mut segment = read_segment(source)?;
    loop {
        plain = plain.saturating_add(segment.len() as u64);
        if sealed_length(plain) > MAX_FILE_LENGTH {
            return Err(FileError::TooLarge);
        }
        let next = if segment.len() == SEGMENT {
            read_segment(source)?
        } else {
            Vec::new()
        };
        let unreadable = |_| DeviceError::Internal("a file has too many segments");
        if next.is_empty() {
            put(&sealer.finish(&segment).map_err(unreadable)?)?;
            return Ok(Written {
                plain,
                sha256: hash.finalize().into(),
            });
        }
        put(&sealer.seal(&segment).map_err(unreadable)?)?;
        segment = next;
    }
}

/// A whole segment, unless the source ends before.
fn read_segment(source: &mut dyn Read) -> Result<Vec<u8>, FileError> {
    let mut segment = Vec::with_capacity(SEGMENT);
    source
        .take(SEGMENT as u64)
        .read_to_end(&mut segment)
        .map_err(|error| FileError::Io(error.kind()))?;
    Ok(segment)
}
