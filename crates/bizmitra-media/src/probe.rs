//! What a file claims to be, before any memory is spent on it.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageResult, Limits};

use crate::container::check_whole;
use crate::error::MediaError;

/// Largest file, bytes.
pub const MAX_INPUT_BYTES: usize = 32 * 1024 * 1024;
/// Most memory for decoded pixels, bytes.
pub const MAX_PIXEL_BYTES: u64 = 64 * 1024 * 1024;
/// Shortest side, pixels.
pub const MIN_SIDE_PX: u32 = 64;

/// Formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

/// What a file claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// By content.
    pub format: PictureFormat,
    /// Stored width, pixels.
    pub width: u32,
    /// Stored height, pixels.
    pub height: u32,
    /// The EXIF orientation, 1 to 8; 1 when it says nothing.
    pub orientation: u8,
}

/// Looks at a picture without decoding it.
///
/// # Errors
/// Every [`MediaError`] but [`MediaError::NotEncoded`]; damage inside of the pixels is found only by decoding.
pub fn probe(bytes: &[u8]) -> Result<Probe, MediaError> {
    let (found, _) = Opened::open(bytes)?.check()?;
    Ok(found)
}

/// Decodes the pixels as they are stored, and says how to turn them.
pub(crate) fn decode(bytes: &[u8]) -> Result<(DynamicImage, Orientation), MediaError> {
    let opened = Opened::open(bytes)?;
    let (_, (opened, orientation)) = opened.check()?;
    Ok((opened.pixels()?, orientation))
}

/// A decoder that has read the header.
enum Opened<'a> {
    Jpeg(JpegDecoder<Cursor<&'a [u8]>>),
    Png(Box<PngDecoder<Cursor<&'a [u8]>>>),
    Webp(Box<WebPDecoder<Cursor<&'a [u8]>>>),
}

impl<'a> Opened<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, MediaError> {
        if bytes.is_empty() {
            return Err(MediaError::Empty);
        }
        if bytes.len() > MAX_INPUT_BYTES {
            return Err(MediaError::TooManyBytes {
                bytes: bytes.len(),
                max: MAX_INPUT_BYTES,
            });
        }
        let format = match image::guess_format(bytes) {
            Ok(ImageFormat::Jpeg) => PictureFormat::Jpeg,
            Ok(ImageFormat::Png) => PictureFormat::Png,
            Ok(ImageFormat::WebP) => PictureFormat::Webp,
            Ok(_) | Err(_) => return Err(MediaError::UnknownFormat),
        };
        check_whole(format, bytes)?;
        let input = Cursor::new(bytes);
        match format {
            PictureFormat::Jpeg => JpegDecoder::new(input).map(Self::Jpeg),
            PictureFormat::Png => {
                PngDecoder::with_limits(input, limits()).map(|decoder| Self::Png(Box::new(decoder)))
            }
            PictureFormat::Webp => {
                WebPDecoder::new(input).map(|decoder| Self::Webp(Box::new(decoder)))
            }
        }
        .map_err(|error| reason(&error, 0, 0))
    }

    /// Size limits and orientation, from the header alone.
    fn check(self) -> Result<(Probe, (Self, Orientation)), MediaError> {
        match self {
            Self::Jpeg(mut decoder) => {
                let (found, turn) = check_decoder(PictureFormat::Jpeg, &mut decoder)?;
                Ok((found, (Self::Jpeg(decoder), turn)))
            }
            Self::Png(mut decoder) => {
                let (found, turn) = check_decoder(PictureFormat::Png, decoder.as_mut())?;
                Ok((found, (Self::Png(decoder), turn)))
            }
            Self::Webp(mut decoder) => {
                let (found, turn) = check_decoder(PictureFormat::Webp, decoder.as_mut())?;
                Ok((found, (Self::Webp(decoder), turn)))
            }
        }
    }

    fn pixels(self) -> Result<DynamicImage, MediaError> {
        match self {
            Self::Jpeg(decoder) => DynamicImage::from_decoder(decoder),
            Self::Png(decoder) => DynamicImage::from_decoder(*decoder),
            Self::Webp(decoder) => DynamicImage::from_decoder(*decoder),
        }
        .map_err(|error| reason(&error, 0, 0))
    }
}

fn check_decoder(
    format: PictureFormat,
    decoder: &mut impl ImageDecoder,
) -> Result<(Probe, Orientation), MediaError> {
    let (width, height) = decoder.dimensions();
    if decoder.total_bytes() > MAX_PIXEL_BYTES {
        return Err(MediaError::TooManyPixels { width, height });
    }
    if width.min(height) < MIN_SIDE_PX {
        return Err(MediaError::TooSmall { width, height });
    }
    let set: ImageResult<()> = decoder.set_limits(limits());
    set.map_err(|error| reason(&error, width, height))?;
    // A damaged orientation is no orientation: the pixels are what counts.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((
        Probe {
            format,
            width,
            height,
            orientation: orientation.to_exif(),
        },
        orientation,
    ))
}

/// Decoders also need memory of their own, for a progressive scan or a row: as much again as the pixels.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(2 * MAX_PIXEL_BYTES);
    limits
}

fn reason(error: &ImageError, width: u32, height: u32) -> MediaError {
    match error {
        ImageError::Limits(_) => MediaError::TooManyPixels { width, height },
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::Unsupported(_)
        | ImageError::IoError(_) => MediaError::Damaged,
    }
}
