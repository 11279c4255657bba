//! Huffman tables, made for speed: most symbols with their value are one look-up, and coefficients that nobody needs are passed
//! over several at a time.

use super::bits::{Bits, extend};
use crate::error::MediaError;

/// Bits of a look-up: 4,096 entries stay in the first cache.
const LOOK: u32 = 12;
const ENTRIES: usize = 1 << LOOK;

/// A code as the file defines it (ITU-T T.81, annex C).
#[derive(Clone)]
pub(super) struct Huffman {
    /// By the next bits: length of the code in the low byte, symbol above; 0 where the code is longer.
    codes: Box<[u16; ENTRIES]>,
    /// By length: first code that is too large, and what to add to a code to get its symbol's place.
    ends: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Huffman {
    /// # Errors
    /// [`MediaError::Damaged`] for lengths that are no prefix code.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self, MediaError> {
        let mut codes = Box::new([0; ENTRIES]);
        let mut ends = [(0, 0); 17];
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1..=16_u32).zip(counts) {
            let end = code + u32::from(*count);
            if end > 1 << length {
                return Err(MediaError::Damaged);
            }
            let shift = place as i32 - code as i32;
            while code < end {
                let symbol = *symbols.get(place).ok_or(MediaError::Damaged)?;
                if length <= LOOK {
                    let first = (code << (LOOK - length)) as usize;
                    let entries = codes.get_mut(first..first + (1 << (LOOK - length)));
                    entries
                        .ok_or(MediaError::Damaged)?
                        .fill(u16::from(symbol) << 8 | length as u16);
                }
                place += 1;
                code += 1;
            }
            if let Some(entry) = ends.get_mut(length as usize) {
                *entry = (end, shift);
            }
            code <<= 1;
        }
        Ok(Self {
            codes,
            ends,
            symbols: symbols.to_vec(),
        })
    }

    /// The next symbol; ready bits are taken.
    #[inline(always)]
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Result<u8, MediaError> {
        let entry = look(&self.codes, bits);
        if entry != 0 {
            bits.take(u32::from(entry & 0xFF));
            return Ok((entry >> 8) as u8);
        }
        let (length, symbol) = self.long_symbol(*bits)?;
        bits.take(length);
        Ok(symbol)
    }

    /// Length and symbol of a code that is longer than a look-up.
    #[cold]
    fn long_symbol(&self, bits: Bits<'_>) -> Result<(u32, u8), MediaError> {
        for length in LOOK + 1..=16 {
            let code = bits.peek(length);
            let (end, shift) = self.ends.get(length as usize).copied().unwrap_or_default();
            if code < end {
                let place = usize::try_from(code as i32 + shift).unwrap_or(usize::MAX);
                let symbol = self.symbols.get(place).ok_or(MediaError::Damaged)?;
                return Ok((length, *symbol));
            }
        }
        Err(MediaError::Damaged)
    }

    /// The difference of a block's mean.
    #[inline(always)]
    pub(super) fn dc(&self, bits: &mut Bits<'_>) -> Result<i32, MediaError> {
        bits.ready();
        match u32::from(self.symbol(bits)?) {
            0 => Ok(0),
            size @ 1..=11 => Ok(bits.value(size)),
            _ => Err(MediaError::Damaged),
        }
    }
}

#[inline(always)]
fn look<T: Copy + Default>(table: &[T; ENTRIES], bits: &Bits<'_>) -> T {
    let at = bits.peek(LOOK) as usize & (ENTRIES - 1);
    table.get(at).copied().unwrap_or_default()
}

/// The code of the other coefficients, with what its look-ups hold worked out.
pub(super) struct Ac {
    huffman: Huffman,
    /// Whole symbols with their value.
    values: Box<[Step; ENTRIES]>,
    /// As many whole symbols as fit.
    skips: Box<[Step; ENTRIES]>,
}

/// What a look-up gives: bits to take (0: nothing fits), places to go on by (0: the block ends), the value of the last one.
#[derive(Clone, Copy, Default)]
struct Step {
    value: i16,
    bits: u8,
    advance: u8,
}

/// Instead of a value: after these places the block ends.
const ENDS: i16 = i16::MIN;

impl Ac {
    pub(super) fn new(huffman: Huffman) -> Self {
        let mut values = Box::new([Step::default(); ENTRIES]);
        for (at, to) in values.iter_mut().enumerate() {
            *to = whole_step(&huffman.codes, at);
        }
        let mut skips = Box::new([Step::default(); ENTRIES]);
        for (at, to) in skips.iter_mut().enumerate() {
            *to = whole_steps(&values, at);
        }
        Self {
            huffman,
            values,
            skips,
        }
    }

    /// Reads coefficients up to the place `last` in zigzag order and hands each to `keep`; passes over the rest of the block.
    #[inline(always)]
    pub(super) fn block(
        &self,
        bits: &mut Bits<'_>,
        last: u32,
        mut keep: impl FnMut(u32, i32),
    ) -> Result<(), MediaError> {
        let mut place = 1;
        while place <= last {
            bits.ready();
            let step = look(&self.values, bits);
            if step.bits != 0 {
                bits.take(u32::from(step.bits));
                if step.advance == 0 {
                    return Ok(());
                }
                place += u32::from(step.advance);
                keep(place - 1, i32::from(step.value));
            } else {
                let step = self.step(*bits)?;
                *bits = step.bits;
                if step.advance == 0 {
                    return Ok(());
                }
                place += step.advance;
                keep(place - 1, step.value);
            }
        }
        self.skip(bits, place)
    }

    /// Passes over a block from the place `place` on.
    #[inline(always)]
    pub(super) fn skip(&self, bits: &mut Bits<'_>, mut place: u32) -> Result<(), MediaError> {
        while place < 64 {
            bits.ready();
            let step = look(&self.skips, bits);
            let after = place + u32::from(step.advance);
            if step.bits != 0 && after < 64 {
                bits.take(u32::from(step.bits));
                if step.value == ENDS {
                    return Ok(());
                }
                place = after;
                continue;
            }
            // Too long for a look-up, or some of it belongs to the next block.
            let step = self.step(*bits)?;
            *bits = step.bits;
            if step.advance == 0 {
                return Ok(());
            }
            place += step.advance;
        }
        if place == 64 {
            return Ok(());
        }
        Err(MediaError::Damaged)
    }

    /// One symbol of any length.
    #[inline(never)]
    fn step<'a>(&self, mut bits: Bits<'a>) -> Result<LongStep<'a>, MediaError> {
        let symbol = self.huffman.symbol(&mut bits)?;
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        let (advance, value) = match (run, size) {
            (15, 0) => (16, 0),
            (_, 0) => (0, 0),
            _ => (run + 1, bits.value(size)),
        };
        Ok(LongStep {
            advance,
            value,
            bits,
        })
    }
}

/// A [`Step`] that no look-up has, and the bits behind it.
struct LongStep<'a> {
    advance: u32,
    value: i32,
    bits: Bits<'a>,
}

/// The first symbol in the bits `at`, when it fits with its value.
fn whole_step(codes: &[u16; ENTRIES], at: usize) -> Step {
    let code = codes.get(at).copied().unwrap_or_default();
    let (length, symbol) = (u32::from(code & 0xFF), code >> 8);
    let (run, size) = ((symbol >> 4) as u8, u32::from(symbol & 15));
    if length == 0 || length + size > LOOK {
        return Step::default();
    }
    let (advance, value) = match (run, size) {
        (15, 0) => (16, 0),
        (_, 0) => (0, ENDS),
        _ => {
            let raw = (at >> (LOOK - length - size)) as i32 & ((1 << size) - 1);
            (run + 1, extend(raw, size) as i16)
        }
    };
    Step {
        value,
        bits: (length + size) as u8,
        advance,
    }
}

/// As many whole symbols of one block as the bits `at` hold.
fn whole_steps(values: &[Step; ENTRIES], at: usize) -> Step {
    let mut sum = Step::default();
    loop {
        let rest = (at << sum.bits) & (ENTRIES - 1);
        let step = values.get(rest).copied().unwrap_or_default();
        let fits = step.bits != 0 && u32::from(sum.bits + step.bits) <= LOOK;
        if !fits || sum.advance + step.advance > 63 {
            return sum;
        }
        sum.bits += step.bits;
        sum.advance += step.advance;
        if step.advance == 0 {
            sum.value = ENDS;
            return sum;
        }
    }
}
