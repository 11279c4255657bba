//! Bits of entropy-coded data: stuffed zeroes are taken out, a marker ends them, and behind it come zeroes that are counted.

use crate::error::MediaError;

/// Reads bits, the first one in the highest place. A value at the reader's end is judged by [`Bits::check`], not at once: that
/// keeps the fast way free of errors. Slow ways work on a copy: a reader whose address nobody takes lives in registers.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    rest: &'a [u8],
    buffer: u64,
    count: u32,
    padding: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            rest: data,
            buffer: 0,
            count: 0,
            padding: 0,
        }
    }

    /// Makes at least 32 bits ready: enough for any code (16) and what follows it (15).
    #[inline(always)]
    pub(super) fn ready(&mut self) {
        if self.count < 32 {
            self.refill();
        }
    }

    #[inline(always)]
    fn refill(&mut self) {
        // Eight bytes at once where none of them is 0xFF. Bits of a byte that is only partly in reach are or-ed again next time,
        // with the same value.
        if let Some(next) = self.rest.first_chunk::<8>() {
            let word = u64::from_be_bytes(*next);
            if !has_ff(word) {
                self.buffer |= word >> self.count;
                let bytes = (63 - self.count) >> 3;
                self.rest = self.rest.get(bytes as usize..).unwrap_or(&[]);
                self.count += bytes * 8;
                return;
            }
        }
        *self = self.refilled_by_byte();
    }

    #[cold]
    #[inline(never)]
    fn refilled_by_byte(mut self) -> Self {
        while self.count <= 56 {
            let byte = match *self.rest {
                [0xFF, 0, ref rest @ ..] => {
                    self.rest = rest;
                    0xFF
                }
                [0xFF, ..] | [] => {
                    self.padding += 8;
                    0
                }
                [byte, ref rest @ ..] => {
                    self.rest = rest;
                    byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        self
    }

    /// The next bits without taking them, 1 to 32.
    #[inline(always)]
    pub(super) fn peek(&self, bits: u32) -> u32 {
        (self.buffer >> (64 - bits)) as u32
    }

    /// Takes bits that [`Bits::ready`] made ready.
    #[inline(always)]
    pub(super) fn take(&mut self, bits: u32) {
        self.buffer <<= bits;
        self.count -= bits;
    }

    /// A signed value of `size` bits, 1 to 15 (ITU-T T.81, F.2.2.1, EXTEND).
    #[inline(always)]
    pub(super) fn value(&mut self, size: u32) -> i32 {
        let raw = self.peek(size) as i32;
        self.take(size);
        extend(raw, size)
    }

    /// Refuses when bits behind the end were taken.
    #[inline(always)]
    pub(super) fn check(&self) -> Result<(), MediaError> {
        if self.padding > self.count {
            return Err(MediaError::Damaged);
        }
        Ok(())
    }

    /// Goes on behind a restart marker.
    pub(super) fn restarted(self) -> Result<Self, MediaError> {
        self.check()?;
        let mut rest = self.rest;
        while let [0xFF, 0xFF, ..] = rest {
            rest = rest.get(1..).unwrap_or(&[]);
        }
        match *rest {
            [0xFF, 0xD0..=0xD7, ref rest @ ..] => Ok(Self::new(rest)),
            _ => Err(MediaError::Damaged),
        }
    }
}

#[inline(always)]
pub(super) fn extend(raw: i32, size: u32) -> i32 {
    if raw < 1 << (size - 1) {
        raw - (1 << size) + 1
    } else {
        raw
    }
}

#[inline(always)]
fn has_ff(word: u64) -> bool {
    let inverse = !word;
    inverse.wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 != 0
}
