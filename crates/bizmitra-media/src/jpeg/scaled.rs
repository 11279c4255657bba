//! Baseline JPEGs at a half, a quarter or an eighth of their size, and only the part that is wanted: the coefficients that a
//! smaller picture cannot show are passed over, and so is what lies outside. Colours stay as they are stored (luma, and chroma at
//! its own size): a selfie is stored that way again.

use super::bits::Bits;
use super::head::{Component, Head};
use super::huffman::Ac;
use super::idct::{self, Block, PLACE};
use crate::area::Area;
use crate::error::MediaError;
use crate::square::{Plane, Planes};

/// Samples of a block's side in the smaller picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Half,
    Quarter,
    Eighth,
}

impl Scale {
    fn samples(self) -> usize {
        match self {
            Self::Half => 4,
            Self::Quarter => 2,
            Self::Eighth => 1,
        }
    }

    /// Pixels of a side that become one.
    pub(crate) fn divisor(self) -> u32 {
        match self {
            Self::Half => 2,
            Self::Quarter => 4,
            Self::Eighth => 8,
        }
    }

    /// The smallest that leaves `side_px` at least `target_px`.
    pub(crate) fn for_side(side_px: u32, target_px: u32) -> Option<Self> {
        [Self::Eighth, Self::Quarter, Self::Half]
            .into_iter()
            .find(|scale| side_px / scale.divisor() >= target_px)
    }
}

/// Whether a sequential picture comes in more than one scan.
pub(crate) fn has_separate_scans(head: &Head<'_>) -> bool {
    head.sequential && head.scan.len() < head.components.len()
}

/// Whether [`decode`] can read it: sequential, eight bits, grey or YCbCr, everything in one scan.
pub(crate) fn is_scalable(head: &Head<'_>) -> bool {
    let plain = |component: &Component| (component.h, component.v) == (1, 1);
    let in_one_scan = head.scan.len() == head.components.len()
        && head
            .scan
            .iter()
            .zip(&head.components)
            .all(|(scan, component)| scan.id == component.id);
    let colours = match *head.components {
        [_] => true,
        [y, ref chroma @ ..] if chroma.len() == 2 => {
            let rgb = head.adobe == Some(0)
                || (head.adobe.is_none() && head.components.iter().map(|c| c.id).eq(*b"RGB"));
            !rgb && matches!((y.h, y.v), (1 | 2, 1 | 2)) && chroma.iter().all(plain)
        }
        _ => false,
    };
    head.sequential && in_one_scan && colours
}

/// Decodes the square `area` of the stored picture, as large as `scale` makes it.
///
/// # Errors
/// [`MediaError::Damaged`].
pub(crate) fn decode(head: &Head<'_>, area: Area, scale: Scale) -> Result<Planes, MediaError> {
    let mut scan = Scan::new(head, area, scale)?;
    scan.run(head)?;
    let mut planes = scan.channels.into_iter().map(|channel| channel.plane);
    let y = planes.next().ok_or(MediaError::Damaged)?;
    let chroma = planes.next().zip(planes.next());
    Ok(Planes {
        y,
        chroma: chroma.map(|(blue, red)| [blue, red]),
    })
}

struct Scan {
    channels: Vec<Channel>,
    mcus_in_row: u32,
    /// Those that touch the area: from, up to and without.
    columns: (u32, u32),
    rows: (u32, u32),
}

/// A component with what its blocks need.
struct Channel {
    dc: super::huffman::Huffman,
    ac: Ac,
    quantizer: [i32; 25],
    /// Blocks of an MCU.
    h: usize,
    v: usize,
    mean: i32,
    samples: usize,
    plane: Plane,
}

impl Scan {
    fn new(head: &Head<'_>, area: Area, scale: Scale) -> Result<Self, MediaError> {
        let (h, v) = match *head.components {
            // A scan of one component has MCUs of one block, whatever the frame says (T.81, A.2.2).
            [_] => (1, 1),
            [y, ..] => (u32::from(y.h), u32::from(y.v)),
            [] => return Err(MediaError::Damaged),
        };
        let (width, height) = (8 * h, 8 * v);
        let touched = |from: u32, size: u32| (from / size, (from + area.side).div_ceil(size));
        let (columns, rows) = (touched(area.left, width), touched(area.top, height));
        let samples = scale.samples();
        let mut channels = Vec::new();
        for (place, (component, scan)) in head.components.iter().zip(&head.scan).enumerate() {
            let (own_h, own_v) = if place == 0 { (h, v) } else { (1, 1) };
            let table = |tables: &[Option<super::huffman::Huffman>; 4], at: u8| {
                tables.get(usize::from(at)).cloned().flatten()
            };
            let quantizer = head.quantizers.get(usize::from(component.quantizer));
            let quantizer = quantizer.copied().flatten().ok_or(MediaError::Damaged)?;
            let mut first = [0; 25];
            for (to, from) in first.iter_mut().zip(quantizer) {
                *to = i32::from(from);
            }
            // Samples of this component that a pixel of the whole picture becomes.
            let across = f64::from(own_h) * samples as f64 / f64::from(width);
            let down = f64::from(own_v) * samples as f64 / f64::from(height);
            let blocks = |(from, to): (u32, u32), own: u32| (to - from) as usize * own as usize;
            channels.push(Channel {
                dc: table(&head.dc, scan.dc).ok_or(MediaError::Damaged)?,
                ac: Ac::new(table(&head.ac, scan.ac).ok_or(MediaError::Damaged)?),
                quantizer: first,
                h: own_h as usize,
                v: own_v as usize,
                mean: 0,
                samples,
                plane: Plane::new(
                    blocks(columns, own_h) * samples,
                    blocks(rows, own_v) * samples,
                    [
                        f64::from(area.left - columns.0 * width) * across,
                        f64::from(area.top - rows.0 * height) * down,
                        f64::from(area.side) * across,
                        f64::from(area.side) * down,
                    ],
                ),
            });
        }
        Ok(Self {
            channels,
            mcus_in_row: u32::from(head.width).div_ceil(width),
            columns,
            rows,
        })
    }

    fn run(&mut self, head: &Head<'_>) -> Result<(), MediaError> {
        let mut bits = Bits::new(head.data);
        let mut until_restart = head.restart_interval;
        for row in 0..self.rows.1 {
            let row_wanted = row >= self.rows.0;
            for column in 0..self.mcus_in_row {
                if head.restart_interval > 0 {
                    if until_restart == 0 {
                        bits = bits.restarted()?;
                        until_restart = head.restart_interval;
                        for channel in &mut self.channels {
                            channel.mean = 0;
                        }
                    }
                    until_restart -= 1;
                }
                let wanted = row_wanted && (self.columns.0..self.columns.1).contains(&column);
                let at = wanted.then(|| {
                    let left = (column - self.columns.0) as usize;
                    (left, (row - self.rows.0) as usize)
                });
                for channel in &mut self.channels {
                    channel.mcu(&mut bits, at)?;
                }
            }
            bits.check()?;
        }
        Ok(())
    }
}

impl Channel {
    /// Decodes the blocks of an MCU into its place, or passes over them.
    #[inline(always)]
    fn mcu(&mut self, bits: &mut Bits<'_>, at: Option<(usize, usize)>) -> Result<(), MediaError> {
        let Some((left, top)) = at else {
            for _ in 0..self.h * self.v {
                self.mean = self.mean.wrapping_add(self.dc.dc(bits)?);
                self.ac.skip(bits, 1)?;
            }
            return Ok(());
        };
        for down in 0..self.v {
            for across in 0..self.h {
                let x = (left * self.h + across) * self.samples;
                let y = (top * self.v + down) * self.samples;
                self.mean = self.mean.wrapping_add(self.dc.dc(bits)?);
                match self.samples {
                    1 => {
                        self.ac.skip(bits, 1)?;
                        let [first, ..] = self.quantizer;
                        let samples = [[idct::one(self.mean.wrapping_mul(first))]];
                        self.plane.put(x, y, &samples);
                    }
                    2 => {
                        let block = self.block(bits, 4)?;
                        self.plane.put(x, y, &idct::two(&block));
                    }
                    _ => {
                        let block = self.block(bits, 24)?;
                        self.plane.put(x, y, &idct::four(&block));
                    }
                }
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn block(&self, bits: &mut Bits<'_>, last: u32) -> Result<Block, MediaError> {
        let mut block: Block = [0; 17];
        let [first, ..] = self.quantizer;
        let [dc, ..] = &mut block;
        *dc = self.mean.wrapping_mul(first);
        self.ac.block(bits, last, |place, value| {
            let place = place as usize;
            if let (Some(to), Some(quantizer)) = (PLACE.get(place), self.quantizer.get(place))
                && let Some(to) = block.get_mut(usize::from(*to))
            {
                *to = value.wrapping_mul(*quantizer);
            }
        })?;
        Ok(block)
    }
}
