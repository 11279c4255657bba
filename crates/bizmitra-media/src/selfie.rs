//! The picture of a face as it is kept: upright, square, small, only pixels.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, Rgb, RgbImage};

use crate::error::MediaError;
use crate::probe::{MIN_SIDE_PX, decode};

/// Longest side of a selfie, pixels.
pub const MAX_SELFIE_SIDE_PX: u32 = 512;
/// Largest selfie, bytes.
pub const MAX_SELFIE_BYTES: usize = 60_000;

const BEST_QUALITY: u8 = 92;
/// Below this a smaller picture looks better than a coarser one.
const WORST_QUALITY: u8 = 40;

/// A prepared selfie.
#[derive(Clone, PartialEq, Eq)]
pub struct Selfie {
    /// JPEG without metadata, at most [`MAX_SELFIE_BYTES`].
    pub jpeg: Vec<u8>,
    /// Width and height, at most [`MAX_SELFIE_SIDE_PX`].
    pub side_px: u32,
}

impl std::fmt::Debug for Selfie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Selfie({0} x {0}, {1} bytes)",
            self.side_px,
            self.jpeg.len()
        )
    }
}

/// Prepares a selfie from the bytes of a JPEG, PNG or WebP picture.
///
/// # Errors
/// [`MediaError`] with the reason.
pub fn prepare_selfie(bytes: &[u8]) -> Result<Selfie, MediaError> {
    let (pixels, orientation) = decode(bytes)?;
    let mut square = DynamicImage::ImageRgb8(centre_square(&flatten(pixels)));
    // After the crop: turning half a megabyte is cheaper than turning the whole photo, and the square turns onto itself.
    square.apply_orientation(orientation);
    shrink_to_fit(square.into_rgb8())
}

/// Colours only; what is transparent becomes white.
fn flatten(pixels: DynamicImage) -> RgbImage {
    if !pixels.color().has_alpha() {
        return pixels.into_rgb8();
    }
    let with_alpha = pixels.into_rgba8();
    let mut flat = RgbImage::new(with_alpha.width(), with_alpha.height());
    for (to, from) in flat.pixels_mut().zip(with_alpha.pixels()) {
        let [red, green, blue, alpha] = from.0;
        *to = Rgb([
            over_white(red, alpha),
            over_white(green, alpha),
            over_white(blue, alpha),
        ]);
    }
    flat
}

fn over_white(colour: u8, alpha: u8) -> u8 {
    let mixed = (u16::from(colour) * u16::from(alpha) + 255 * (255 - u16::from(alpha)) + 127) / 255;
    u8::try_from(mixed).unwrap_or(u8::MAX)
}

/// The middle square, never enlarged.
fn centre_square(photo: &RgbImage) -> RgbImage {
    let side = photo.width().min(photo.height());
    let (left, top) = ((photo.width() - side) / 2, (photo.height() - side) / 2);
    let target = side.min(MAX_SELFIE_SIDE_PX);
    let view = imageops::crop_imm(photo, left, top, side, side);
    if target == side {
        return view.to_image();
    }
    imageops::resize(&*view, target, target, FilterType::CatmullRom)
}

/// The best quality that fits; a picture that does not fit at the worst one is made smaller first.
fn shrink_to_fit(mut square: RgbImage) -> Result<Selfie, MediaError> {
    loop {
        let side_px = square.width();
        if let Some(jpeg) = best_fit(&square)? {
            return Ok(Selfie { jpeg, side_px });
        }
        let smaller = side_px * 4 / 5;
        if smaller < MIN_SIDE_PX {
            return Err(MediaError::NotEncoded);
        }
        square = imageops::resize(&square, smaller, smaller, FilterType::CatmullRom);
    }
}

/// Binary search for the best quality within [`MAX_SELFIE_BYTES`].
fn best_fit(square: &RgbImage) -> Result<Option<Vec<u8>>, MediaError> {
    let (mut low, mut high) = (WORST_QUALITY, BEST_QUALITY);
    let mut best = None;
    while low <= high {
        let quality = u8::midpoint(low, high);
        let jpeg = encode(square, quality)?;
        if jpeg.len() <= MAX_SELFIE_BYTES {
            best = Some(jpeg);
            low = quality + 1;
        } else {
            high = quality - 1;
        }
    }
    Ok(best)
}

fn encode(square: &RgbImage, quality: u8) -> Result<Vec<u8>, MediaError> {
    let mut jpeg = Vec::with_capacity(MAX_SELFIE_BYTES);
    JpegEncoder::new_with_quality(&mut jpeg, quality)
        .write_image(
            square.as_raw(),
            square.width(),
            square.height(),
            ExtendedColorType::Rgb8,
        )
        .map_err(|_| MediaError::NotEncoded)?;
    Ok(jpeg)
}
