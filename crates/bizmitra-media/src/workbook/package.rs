//! The ZIP archive of a workbook, read strictly and before anything is unpacked (APPNOTE 6.3.10, sections 4.3.7 to 4.3.16).
//!
//! Readers of archives differ in what they forgive, and files that mean one thing to a check and another to a reader live on that.
//! So there is one directory, at the very end, without gap or comment; it and each part's own header say the same; parts follow one
//! another without overlap; names are plain and differ. No spreadsheet program writes anything else.

use super::error::WorkbookError;
use super::{MAX_PART_BYTES, MAX_PARTS, MAX_RATIO, MAX_UNPACKED_BYTES, RATIO_FREE_BYTES};

/// A part as the directory describes it.
pub(super) struct Part<'a> {
    pub(super) name: &'a str,
    pub(super) packed: &'a [u8],
    pub(super) deflated: bool,
    pub(super) bytes: u64,
    pub(super) crc: u32,
}

const END: usize = 22;
const ENTRY: usize = 46;
const HEADER: usize = 30;

/// Every part of an archive.
///
/// # Errors
/// [`WorkbookError`] with the reason; [`WorkbookError::Damaged`] for whatever breaks the rules above.
pub(super) fn parts(bytes: &[u8]) -> Result<Vec<Part<'_>>, WorkbookError> {
    let directory_end = bytes.len().checked_sub(END).ok_or(WorkbookError::Damaged)?;
    let end = Fields(bytes.get(directory_end..).unwrap_or_default());
    let [disk, directory_disk] = [end.u16(4)?, end.u16(6)?];
    let (here, entries) = (end.u16(8)?, end.u16(10)?);
    let (size, offset) = (end.size(12)?, end.size(16)?);
    let plain = end.u32(0)? == 0x0605_4B50
        && (disk, directory_disk) == (0, 0)
        && here == entries
        && end.u16(20)? == 0
        && offset.checked_add(size) == Some(directory_end);
    if !plain {
        return Err(WorkbookError::Damaged);
    }
    if u32::from(entries) > MAX_PARTS {
        return Err(WorkbookError::TooManyParts {
            entries: u32::from(entries),
        });
    }
    let mut directory = bytes
        .get(offset..directory_end)
        .ok_or(WorkbookError::Damaged)?;
    let mut found = Vec::new();
    let mut ranges = Vec::new();
    let mut unpacked = 0;
    for _ in 0..entries {
        let entry = Entry::read(directory)?;
        directory = directory
            .get(entry.length..)
            .ok_or(WorkbookError::Damaged)?;
        let (part, range) = entry.part(bytes, offset)?;
        unpacked += part.bytes;
        check_size(&part, unpacked)?;
        ranges.push(range);
        found.push(part);
    }
    if !directory.is_empty() {
        return Err(WorkbookError::Damaged);
    }
    check_ranges(ranges, offset)?;
    check_names(&found)?;
    Ok(found)
}

fn check_size(part: &Part<'_>, unpacked: u64) -> Result<(), WorkbookError> {
    let packed = part.packed.len() as u64;
    let too_tight = part.bytes > RATIO_FREE_BYTES && part.bytes / packed.max(1) > MAX_RATIO;
    if too_tight || part.bytes > MAX_PART_BYTES || unpacked > MAX_UNPACKED_BYTES {
        return Err(WorkbookError::Bomb);
    }
    Ok(())
}

/// From the first byte on, one behind the other: nothing lies twice, nothing between them is hidden.
fn check_ranges(mut ranges: Vec<(usize, usize)>, directory: usize) -> Result<(), WorkbookError> {
    ranges.sort_unstable();
    let mut free = 0;
    for (from, to) in ranges {
        if from < free {
            return Err(WorkbookError::Bomb);
        }
        // Descriptors of 12 to 24 bytes may lie between.
        if from - free > 24 {
            return Err(WorkbookError::Damaged);
        }
        free = to;
    }
    if directory < free || directory - free > 24 {
        return Err(WorkbookError::Damaged);
    }
    Ok(())
}

/// Plain, relative and different even where case does not count: readers look parts up without it.
fn check_names(parts: &[Part<'_>]) -> Result<(), WorkbookError> {
    let mut seen = std::collections::HashSet::new();
    for part in parts {
        let plain = !part.name.is_empty()
            && part.name.len() <= 256
            && !part.name.starts_with('/')
            && !part.name.contains(['\\', '\0', ':'])
            && part.name.split('/').all(|step| step != ".." && step != ".");
        if !plain || !seen.insert(part.name.to_lowercase()) {
            return Err(WorkbookError::BadPartName);
        }
    }
    Ok(())
}

/// An entry of the directory.
struct Entry<'a> {
    flags: u16,
    method: u16,
    crc: u32,
    packed: usize,
    bytes: usize,
    header: usize,
    name: &'a [u8],
    length: usize,
}

impl<'a> Entry<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, WorkbookError> {
        let fields = Fields(bytes);
        if fields.u32(0)? != 0x0201_4B50 || fields.u16(34)? != 0 {
            return Err(WorkbookError::Damaged);
        }
        let name = usize::from(fields.u16(28)?);
        let more = usize::from(fields.u16(30)?) + usize::from(fields.u16(32)?);
        Ok(Self {
            flags: fields.u16(8)?,
            method: fields.u16(10)?,
            crc: fields.u32(16)?,
            packed: fields.size(20)?,
            bytes: fields.size(24)?,
            header: fields.size(42)?,
            name: bytes
                .get(ENTRY..ENTRY + name)
                .ok_or(WorkbookError::Damaged)?,
            length: ENTRY + name + more,
        })
    }

    /// The part, and where it and its header lie.
    fn part(
        &self,
        bytes: &'a [u8],
        directory: usize,
    ) -> Result<(Part<'a>, (usize, usize)), WorkbookError> {
        const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
        const SIZES_FOLLOW: u16 = 1 << 3;
        if self.flags & ENCRYPTED != 0 {
            return Err(WorkbookError::Encrypted);
        }
        let before = bytes.get(..directory).ok_or(WorkbookError::Damaged)?;
        let header = before.get(self.header..).ok_or(WorkbookError::Damaged)?;
        let fields = Fields(header);
        let name = usize::from(fields.u16(26)?);
        let data = HEADER + name + usize::from(fields.u16(28)?);
        let (packed, whole) = (fields.u32(18)? as usize, fields.u32(22)? as usize);
        let follow = fields.u16(6)? & SIZES_FOLLOW != 0 && (packed, whole) == (0, 0);
        let agrees = fields.u32(0)? == 0x0403_4B50
            && fields.u16(8)? == self.method
            && header.get(HEADER..HEADER + name) == Some(self.name)
            && (follow || (packed, whole) == (self.packed, self.bytes));
        let content = header.get(data..).and_then(|rest| rest.get(..self.packed));
        let (Some(content), true) = (content, agrees) else {
            return Err(WorkbookError::Damaged);
        };
        let deflated = match self.method {
            0 if self.packed == self.bytes => false,
            8 => true,
            _ => return Err(WorkbookError::Damaged),
        };
        let part = Part {
            name: std::str::from_utf8(self.name).map_err(|_| WorkbookError::BadPartName)?,
            packed: content,
            deflated,
            bytes: self.bytes as u64,
            crc: self.crc,
        };
        Ok((part, (self.header, self.header + data + self.packed)))
    }
}

/// Little-endian numbers at their places.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], WorkbookError> {
        self.0
            .get(at..)
            .and_then(|rest| rest.first_chunk::<N>())
            .copied()
            .ok_or(WorkbookError::Damaged)
    }

    fn u16(&self, at: usize) -> Result<u16, WorkbookError> {
        Ok(u16::from_le_bytes(self.array(at)?))
    }

    fn u32(&self, at: usize) -> Result<u32, WorkbookError> {
        Ok(u32::from_le_bytes(self.array(at)?))
    }

    /// A size or a place. The largest stands for one of 64 bits, which no workbook within the limits needs.
    fn size(&self, at: usize) -> Result<usize, WorkbookError> {
        let size = self.u32(at)?;
        if size == u32::MAX {
            return Err(WorkbookError::Bomb);
        }
        usize::try_from(size).map_err(|_| WorkbookError::Damaged)
    }
}
