//! Reading a file back, from any byte on.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::folder::BlobError;
use super::segment::{End, Extent, FileKey, HEAD, SEGMENT, TAG, after};

/// A file whose segments are known, and the place from which it is read on.
pub(crate) struct Reader {
    file: Option<File>,
    key: FileKey,
    /// What is before each segment; the last one is behind them all.
    before: Vec<Extent>,
    next: usize,
    /// Bytes of the first segment that are not wanted, and bytes that are wanted in all.
    skip: u64,
    wanted: u64,
}

impl Reader {
    pub(super) fn empty(key: FileKey) -> Self {
        Self {
            file: None,
            key,
            before: vec![Extent::default()],
            next: 0,
            skip: 0,
            wanted: 0,
        }
    }

    pub(super) fn open(
        path: &Path,
        key: FileKey,
        have: Extent,
        end: End,
    ) -> Result<Self, BlobError> {
        let mut file = File::open(path)?;
        let there = file.metadata()?.len();
        // Behind an open file may lie what a crash left; behind a whole one nothing ever came.
        if there < have.stored || (end == End::Yes && there > have.stored) {
            return Err(BlobError::Damaged);
        }
        let mut before = vec![Extent::default()];
        let mut at = Extent::default();
        while at.segments < have.segments {
            let mut length = [0; 4];
            file.seek(SeekFrom::Start(at.stored))?;
            read_exact(&mut file, &mut length)?;
            let length = u32::from_be_bytes(length);
            if usize::try_from(length).map_or(true, |length| length > SEGMENT) {
                return Err(BlobError::Damaged);
            }
            at = after(&at, length)?;
            before.push(at);
        }
        if at != have {
            return Err(BlobError::Damaged);
        }
        let mut reader = Self {
            file: Some(file),
            key,
            before,
            next: 0,
            skip: 0,
            wanted: have.length,
        };
        if end == End::Yes {
            reader.before.pop();
            let last = *reader.before.last().ok_or(BlobError::Damaged)?;
            let mark = reader.read_segment(&last, &have, End::Yes)?;
            if !mark.is_empty() {
                return Err(BlobError::Damaged);
            }
        }
        Ok(reader)
    }

    /// Gives only `wanted` bytes from `from` on.
    pub(crate) fn limited(mut self, from: u64, wanted: u64) -> Self {
        // The segment that begins at or before `from`; there is one, the first begins at 0.
        let behind = self.before.partition_point(|place| place.length <= from);
        self.next = behind.saturating_sub(1);
        let start = self.before.get(self.next).map_or(0, |place| place.length);
        self.skip = from.saturating_sub(start);
        self.wanted = wanted;
        self
    }

    /// The next bytes, from one segment; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, BlobError> {
        if self.wanted == 0 {
            return Ok(None);
        }
        let border = |at: usize| self.before.get(at).copied().ok_or(BlobError::Damaged);
        let (start, end) = (border(self.next)?, border(self.next.saturating_add(1))?);
        let mut plain = self.read_segment(&start, &end, End::No)?;
        self.next = self.next.saturating_add(1);
        let skip = usize::try_from(self.skip).map_err(|_| BlobError::Damaged)?;
        plain.drain(..skip.min(plain.len()));
        self.skip = 0;
        plain.truncate(usize::try_from(self.wanted).unwrap_or(usize::MAX));
        self.wanted = self.wanted.saturating_sub(plain.len() as u64);
        Ok(Some(plain))
    }

    fn read_segment(
        &mut self,
        start: &Extent,
        end: &Extent,
        mark: End,
    ) -> Result<Vec<u8>, BlobError> {
        let file = self.file.as_mut().ok_or(BlobError::Damaged)?;
        let size = end.stored.saturating_sub(start.stored);
        let size = usize::try_from(size).map_err(|_| BlobError::Damaged)?;
        if size > HEAD + SEGMENT + TAG {
            return Err(BlobError::Damaged);
        }
        let mut bytes = vec![0; size];
        file.seek(SeekFrom::Start(start.stored))?;
        read_exact(file, &mut bytes)?;
        self.key.open_segment(start, &bytes, mark)
    }
}

/// A file that ends too early is damaged, not a failing disk.
fn read_exact(file: &mut File, bytes: &mut [u8]) -> Result<(), BlobError> {
    file.read_exact(bytes).map_err(|error| {
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            BlobError::Damaged
        } else {
            BlobError::Io(error)
        }
    })
}
