//! A JPEG of a square: half as wide chroma, tables of its own, no metadata.

use image::GrayImage;
use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};

use crate::error::MediaError;
use crate::square::Square;

/// Above it bytes grow faster than anybody can see.
const BEST_QUALITY: u8 = 80;
/// Below it a smaller picture looks better than a coarser one.
const WORST_QUALITY: u8 = 40;

/// Scans of a component: its means, and the rest at once. Progressive, because the encoder would write a baseline picture with
/// tables of its own component by component, which some decoders read wrongly.
const SCANS: u8 = 2;

/// A fill that needs no better quality, in hundredths of what is allowed.
const FULL: usize = 93;

/// A quality close to the best one of at most `max_bytes`; none when even the worst one is too large.
pub(super) fn within(square: &Square, max_bytes: usize) -> Result<Option<Vec<u8>>, MediaError> {
    let (mut low, mut high) = (WORST_QUALITY, BEST_QUALITY);
    // Most pictures fit at once.
    let mut quality = BEST_QUALITY;
    let mut best = None;
    while low <= high {
        let jpeg = encode(square, quality, max_bytes)?;
        let bytes = jpeg.len();
        if bytes <= max_bytes {
            best = Some(jpeg);
            low = quality + 1;
            if bytes * 100 >= max_bytes * FULL {
                break;
            }
        } else {
            high = quality - 1;
        }
        quality = guess(quality, bytes, max_bytes).clamp(low, high.max(low));
    }
    Ok(best)
}

/// The quality at which the picture should nearly fill `max_bytes`. Bytes go about as the 0.7th power of how fine the quantizers
/// are, and those by the formula of libjpeg, which every encoder follows.
fn guess(quality: u8, bytes: usize, max_bytes: usize) -> u8 {
    let coarseness = match f64::from(quality) {
        quality if quality < 50.0 => 5_000.0 / quality,
        quality => 200.0 - 2.0 * quality,
    };
    // A file's size fits into 32 bits; a float cast saturates.
    let too_large = bytes as f64 / (max_bytes as f64 * 0.97);
    let coarseness = coarseness * too_large.powf(1.0 / 0.7);
    if coarseness > 100.0 {
        (5_000.0 / coarseness) as u8
    } else {
        (100.0 - coarseness / 2.0) as u8
    }
}

fn encode(square: &Square, quality: u8, max_bytes: usize) -> Result<Vec<u8>, MediaError> {
    let mut jpeg = Vec::with_capacity(max_bytes);
    let mut encoder = Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_optimized_huffman_tables(true);
    encoder.set_progressive_scans(SCANS);
    let side = u16::try_from(square.side()).map_err(|_| MediaError::NotEncoded)?;
    encoder
        .encode_image(Rows { square, side })
        .map_err(|_| MediaError::NotEncoded)?;
    Ok(jpeg)
}

/// Hands the encoder rows of full width; its means of two by two equal samples are those samples.
struct Rows<'a> {
    square: &'a Square,
    side: u16,
}

impl ImageBuffer for Rows<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        match self.square.chroma {
            Some(_) => JpegColorType::Ycbcr,
            None => JpegColorType::Luma,
        }
    }

    fn width(&self) -> u16 {
        self.side
    }

    fn height(&self) -> u16 {
        self.side
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let [luma, blue, red, _] = buffers;
        luma.extend_from_slice(row(&self.square.luma, y));
        let Some([from_blue, from_red]) = &self.square.chroma else {
            return;
        };
        for (to, from) in [(blue, from_blue), (red, from_red)] {
            let doubled = row(from, y / 2).iter().flat_map(|sample| [*sample; 2]);
            to.extend(doubled.take(usize::from(self.side)));
        }
    }
}

fn row(plane: &GrayImage, y: u16) -> &[u8] {
    let width = plane.width() as usize;
    let from = usize::from(y) * width;
    plane.as_raw().get(from..from + width).unwrap_or_default()
}
