//! What a file claims to be, before any memory is spent on it.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageResult, Limits};

use crate::area::{Area, Crop};
use crate::container::check_whole;
use crate::error::MediaError;
use crate::jpeg::{self, Head, Scale};
use crate::selfie::MAX_SELFIE_SIDE_PX;

/// Largest file, bytes.
pub const MAX_INPUT_BYTES: usize = 32 * 1024 * 1024;
/// Most memory for decoded pixels, bytes.
pub const MAX_PIXEL_BYTES: u64 = 64 * 1024 * 1024;
/// Most pixels of a JPEG that is decoded at a smaller scale: 256 megapixels, an eighth of which is 4.
pub const MAX_SCALED_PIXELS: u64 = 256 * 1024 * 1024;
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
/// Every [`MediaError`] but [`MediaError::NotEncoded`] and [`MediaError::FrameOutside`]; damage inside of the pixels is found
/// only by decoding.
pub fn probe(bytes: &[u8]) -> Result<Probe, MediaError> {
    let opened = Opened::open(bytes)?;
    let format = opened.format;
    let checked = opened.check(Crop::Centre)?;
    let (width, height) = checked.size;
    Ok(Probe {
        format,
        width,
        height,
        orientation: checked.orientation.to_exif(),
    })
}

/// A file of a known format that is all there.
pub(crate) struct Opened<'a> {
    format: PictureFormat,
    bytes: &'a [u8],
}

/// A picture within the limits.
pub(crate) struct Checked<'a> {
    size: (u32, u32),
    pub(crate) orientation: Orientation,
    pub(crate) area: Area,
    pub(crate) pixels: Pixels<'a>,
}

/// How its pixels are decoded.
pub(crate) enum Pixels<'a> {
    /// At a smaller scale, the wanted part only.
    Scaled(Box<Head<'a>>, Scale),
    /// All of them.
    Whole(Decoder<'a>),
}

impl<'a> Opened<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, MediaError> {
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
        Ok(Self { format, bytes })
    }

    /// Size limits, orientation and what is wanted, from the header alone.
    pub(crate) fn check(self, crop: Crop) -> Result<Checked<'a>, MediaError> {
        if self.format == PictureFormat::Jpeg {
            return self.check_jpeg(crop);
        }
        let mut decoder = Decoder::new(self.format, self.bytes)?;
        let size = decoder.check()?;
        let orientation = decoder.orientation();
        Ok(Checked {
            size,
            orientation,
            area: crop.in_stored(size, orientation)?,
            pixels: Pixels::Whole(decoder),
        })
    }

    fn check_jpeg(self, crop: Crop) -> Result<Checked<'a>, MediaError> {
        let head = jpeg::read(self.bytes)?;
        let size = (u32::from(head.width), u32::from(head.height));
        // A damaged orientation is no orientation: the pixels are what counts.
        let orientation = head
            .exif
            .and_then(Orientation::from_exif_chunk)
            .unwrap_or(Orientation::NoTransforms);
        let area = crop.in_stored(size, orientation)?;
        if jpeg::has_separate_scans(&head) {
            return Err(MediaError::UnusualJpeg);
        }
        let pixels = u64::from(size.0) * u64::from(size.1);
        let fits_whole = pixels * 3 <= MAX_PIXEL_BYTES;
        let scale = Scale::for_side(area.side, MAX_SELFIE_SIDE_PX);
        let pixels = match scale.or((!fits_whole).then_some(Scale::Half)) {
            Some(scale) if jpeg::is_scalable(&head) && pixels <= MAX_SCALED_PIXELS => {
                Pixels::Scaled(Box::new(head), scale)
            }
            _ if fits_whole => {
                let mut decoder = Decoder::new(self.format, self.bytes)?;
                decoder.check()?;
                Pixels::Whole(decoder)
            }
            _ => {
                let (width, height) = size;
                return Err(MediaError::TooManyPixels { width, height });
            }
        };
        Ok(Checked {
            size,
            orientation,
            area,
            pixels,
        })
    }
}

/// A decoder that has read the header.
pub(crate) enum Decoder<'a> {
    Jpeg(JpegDecoder<Cursor<&'a [u8]>>),
    Png(Box<PngDecoder<Cursor<&'a [u8]>>>),
    Webp(Box<WebPDecoder<Cursor<&'a [u8]>>>),
}

impl<'a> Decoder<'a> {
    fn new(format: PictureFormat, bytes: &'a [u8]) -> Result<Self, MediaError> {
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

    /// The size, when its pixels are not too many.
    fn check(&mut self) -> Result<(u32, u32), MediaError> {
        match self {
            Self::Jpeg(decoder) => check_decoder(decoder),
            Self::Png(decoder) => check_decoder(decoder.as_mut()),
            Self::Webp(decoder) => check_decoder(decoder.as_mut()),
        }
    }

    fn orientation(&mut self) -> Orientation {
        match self {
            Self::Jpeg(decoder) => decoder.orientation(),
            Self::Png(decoder) => decoder.orientation(),
            Self::Webp(decoder) => decoder.orientation(),
        }
        .unwrap_or(Orientation::NoTransforms)
    }

    /// Its colour profile; empty when it has none.
    pub(crate) fn profile(&mut self) -> Vec<u8> {
        match self {
            Self::Jpeg(decoder) => decoder.icc_profile(),
            Self::Png(decoder) => decoder.icc_profile(),
            Self::Webp(decoder) => decoder.icc_profile(),
        }
        .ok()
        .flatten()
        .unwrap_or_default()
    }

    pub(crate) fn pixels(self) -> Result<DynamicImage, MediaError> {
        match self {
            Self::Jpeg(decoder) => DynamicImage::from_decoder(decoder),
            Self::Png(decoder) => DynamicImage::from_decoder(*decoder),
            Self::Webp(decoder) => DynamicImage::from_decoder(*decoder),
        }
        .map_err(|error| reason(&error, 0, 0))
    }
}

fn check_decoder(decoder: &mut impl ImageDecoder) -> Result<(u32, u32), MediaError> {
    let (width, height) = decoder.dimensions();
    if decoder.total_bytes() > MAX_PIXEL_BYTES {
        return Err(MediaError::TooManyPixels { width, height });
    }
    let set: ImageResult<()> = decoder.set_limits(limits());
    set.map_err(|error| reason(&error, width, height))?;
    Ok((width, height))
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
