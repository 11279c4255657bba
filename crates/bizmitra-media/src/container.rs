//! Whether a file holds its picture to the end. Decoders fill a missing rest with grey and call it a picture; here the
//! markers, chunks and lengths of the format itself decide, without decoding.
//!
//! Bytes after the end are fine: phones append depth maps and second pictures there, and nothing of them is kept.

use crate::error::MediaError;
use crate::probe::PictureFormat;

/// Refuses a file that ends before its picture does.
pub(crate) fn check_whole(format: PictureFormat, bytes: &[u8]) -> Result<(), MediaError> {
    let mut reader = Reader { rest: bytes };
    match format {
        PictureFormat::Jpeg => jpeg(&mut reader),
        PictureFormat::Png => png(&mut reader),
        PictureFormat::Webp => webp(&mut reader),
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], MediaError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(MediaError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MediaError> {
        self.take(N)?.try_into().map_err(|_| MediaError::Truncated)
    }

    fn byte(&mut self) -> Result<u8, MediaError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn skip(&mut self, count: u32) -> Result<(), MediaError> {
        self.take(usize::try_from(count).map_err(|_| MediaError::Truncated)?)
            .map(|_| ())
    }
}

/// ITU-T T.81, annex B: segments, then entropy-coded data between markers, up to EOI.
fn jpeg(reader: &mut Reader<'_>) -> Result<(), MediaError> {
    const SOI: u8 = 0xD8;
    const EOI: u8 = 0xD9;
    const SOS: u8 = 0xDA;
    if reader.array()? != [0xFF, SOI] {
        return Err(MediaError::Damaged);
    }
    let mut scans = 0_usize;
    loop {
        match next_marker(reader)? {
            EOI if scans > 0 => return Ok(()),
            EOI | SOI => return Err(MediaError::Damaged),
            // TEM and restart markers stand alone; so do the two-byte zeroes that `next_marker` does not return.
            0x01 | 0xD0..=0xD7 => {}
            marker => {
                let length = u16::from_be_bytes(reader.array()?);
                reader.skip(u32::from(length.checked_sub(2).ok_or(MediaError::Damaged)?))?;
                if marker == SOS {
                    scans += 1;
                }
            }
        }
    }
}

/// Skips entropy-coded data and fill bytes up to the next marker.
fn next_marker(reader: &mut Reader<'_>) -> Result<u8, MediaError> {
    loop {
        let data = memchr::memchr(0xFF, reader.rest).ok_or(MediaError::Truncated)?;
        reader.take(data + 1)?;
        loop {
            match reader.byte()? {
                0xFF => {}
                0x00 => break,
                marker => return Ok(marker),
            }
        }
    }
}

/// PNG, third edition, section 5.3: chunks of length, type, data and CRC, up to IEND.
fn png(reader: &mut Reader<'_>) -> Result<(), MediaError> {
    reader.take(8)?;
    loop {
        let length = u32::from_be_bytes(reader.array()?);
        let kind: [u8; 4] = reader.array()?;
        reader.skip(length)?;
        reader.take(4)?;
        if kind == *b"IEND" {
            return Ok(());
        }
    }
}

/// RFC 9649, section 2.4: the RIFF header states how many bytes follow it.
fn webp(reader: &mut Reader<'_>) -> Result<(), MediaError> {
    reader.take(4)?;
    let length = u32::from_le_bytes(reader.array()?);
    reader.skip(length)
}
