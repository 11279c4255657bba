//! What stands before the first scan of a JPEG (ITU-T T.81, annex B).

use super::huffman::Huffman;
use crate::error::MediaError;

/// A JPEG up to its first scan.
pub(crate) struct Head<'a> {
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// The TIFF structure of the first EXIF segment.
    pub(crate) exif: Option<&'a [u8]>,
    /// The colour profile, put together from its segments.
    pub(crate) icc: Vec<u8>,
    pub(super) sequential: bool,
    pub(super) components: Vec<Component>,
    pub(super) quantizers: [Option<[u16; 64]>; 4],
    pub(super) dc: [Option<Huffman>; 4],
    pub(super) ac: [Option<Huffman>; 4],
    pub(super) restart_interval: u32,
    /// What Adobe's segment says about the colours; 1 is YCbCr.
    pub(super) adobe: Option<u8>,
    pub(super) scan: Vec<ScanComponent>,
    /// Entropy-coded data from the first scan on.
    pub(super) data: &'a [u8],
}

#[derive(Clone, Copy)]
pub(super) struct Component {
    pub(super) id: u8,
    pub(super) h: u8,
    pub(super) v: u8,
    pub(super) quantizer: u8,
}

#[derive(Clone, Copy)]
pub(super) struct ScanComponent {
    pub(super) id: u8,
    pub(super) dc: u8,
    pub(super) ac: u8,
}

/// Most bytes of a colour profile that is read.
const MAX_ICC: usize = 1024 * 1024;

/// Reads up to the first scan.
///
/// # Errors
/// [`MediaError::Truncated`] or [`MediaError::Damaged`].
pub(crate) fn read(bytes: &[u8]) -> Result<Head<'_>, MediaError> {
    let mut head = Head {
        width: 0,
        height: 0,
        exif: None,
        icc: Vec::new(),
        sequential: false,
        components: Vec::new(),
        quantizers: [None; 4],
        dc: [None, None, None, None],
        ac: [None, None, None, None],
        restart_interval: 0,
        adobe: None,
        scan: Vec::new(),
        data: &[],
    };
    let mut rest = bytes.get(2..).ok_or(MediaError::Truncated)?;
    loop {
        let (marker, content, after) = segment(rest)?;
        rest = after;
        match marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => head.frame(marker, content)?,
            0xC4 => head.huffman_tables(content)?,
            0xDB => head.quantizer_tables(content)?,
            0xDD => {
                let [high, low] = *content else {
                    return Err(MediaError::Damaged);
                };
                head.restart_interval = u32::from(u16::from_be_bytes([high, low]));
            }
            0xE1 if head.exif.is_none() => head.exif = content.strip_prefix(b"Exif\0\0"),
            0xE2 => head.profile(content),
            0xEE => {
                if let [
                    b'A',
                    b'd',
                    b'o',
                    b'b',
                    b'e',
                    _,
                    _,
                    _,
                    _,
                    _,
                    _,
                    transform,
                    ..,
                ] = *content
                {
                    head.adobe = Some(transform);
                }
            }
            0xDA => {
                head.scan(content)?;
                head.data = rest;
                return Ok(head);
            }
            _ => {}
        }
    }
}

/// Marker, content and what follows.
fn segment(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), MediaError> {
    let mut rest = bytes;
    loop {
        match *rest {
            [0xFF, 0xFF, ..] => rest = rest.get(1..).unwrap_or(&[]),
            [0xFF, 0x01 | 0xD0..=0xD7, ref after @ ..] => rest = after,
            [0xFF, marker @ 0xC0..=0xFE, high, low, ref after @ ..] if marker != 0xD9 => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                let length = length.checked_sub(2).ok_or(MediaError::Damaged)?;
                let (content, after) = after
                    .split_at_checked(length)
                    .ok_or(MediaError::Truncated)?;
                return Ok((marker, content, after));
            }
            _ => return Err(MediaError::Damaged),
        }
    }
}

impl<'a> Head<'a> {
    fn frame(&mut self, marker: u8, content: &[u8]) -> Result<(), MediaError> {
        let [precision, h1, h0, w1, w0, count, ref components @ ..] = *content else {
            return Err(MediaError::Damaged);
        };
        if !self.components.is_empty() || components.len() != usize::from(count) * 3 {
            return Err(MediaError::Damaged);
        }
        self.height = u16::from_be_bytes([h1, h0]);
        self.width = u16::from_be_bytes([w1, w0]);
        self.sequential = matches!(marker, 0xC0 | 0xC1) && precision == 8;
        self.components = components
            .as_chunks::<3>()
            .0
            .iter()
            .map(|[id, sampling, quantizer]| Component {
                id: *id,
                h: sampling >> 4,
                v: sampling & 15,
                quantizer: *quantizer,
            })
            .collect();
        if self.components.is_empty() || self.width == 0 || self.height == 0 {
            return Err(MediaError::Damaged);
        }
        Ok(())
    }

    fn huffman_tables(&mut self, mut content: &[u8]) -> Result<(), MediaError> {
        while let [class, ref rest @ ..] = *content {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or(MediaError::Damaged)?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(total).ok_or(MediaError::Damaged)?;
            let tables = match class >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(MediaError::Damaged),
            };
            let slot = tables.get_mut(usize::from(class & 15));
            *slot.ok_or(MediaError::Damaged)? = Some(Huffman::new(counts, symbols)?);
            content = rest;
        }
        Ok(())
    }

    fn quantizer_tables(&mut self, mut content: &[u8]) -> Result<(), MediaError> {
        while let [class, ref rest @ ..] = *content {
            let slot = self.quantizers.get_mut(usize::from(class & 15));
            let slot = slot.ok_or(MediaError::Damaged)?;
            let mut table = [0; 64];
            content = if class >> 4 == 0 {
                let (values, rest) = rest.split_first_chunk::<64>().ok_or(MediaError::Damaged)?;
                for (to, from) in table.iter_mut().zip(values) {
                    *to = u16::from(*from);
                }
                rest
            } else {
                let (values, rest) = rest.split_first_chunk::<128>().ok_or(MediaError::Damaged)?;
                for (to, from) in table.iter_mut().zip(values.as_chunks::<2>().0) {
                    *to = u16::from_be_bytes(*from);
                }
                rest
            };
            *slot = Some(table);
        }
        Ok(())
    }

    /// ICC.1:2022, annex B.4: profiles over 64 kB come in numbered parts, in order in every file seen.
    fn profile(&mut self, content: &[u8]) {
        if let Some([_, _, part @ ..]) = content.strip_prefix(b"ICC_PROFILE\0")
            && self.icc.len() + part.len() <= MAX_ICC
        {
            self.icc.extend(part);
        }
    }

    fn scan(&mut self, content: &[u8]) -> Result<(), MediaError> {
        let [count, ref rest @ ..] = *content else {
            return Err(MediaError::Damaged);
        };
        let (components, rest) = rest
            .split_at_checked(usize::from(count) * 2)
            .ok_or(MediaError::Damaged)?;
        if rest.len() != 3 || components.is_empty() {
            return Err(MediaError::Damaged);
        }
        self.scan = components
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[id, tables]| ScanComponent {
                id: *id,
                dc: tables >> 4,
                ac: tables & 15,
            })
            .collect();
        Ok(())
    }
}
