//! The picture of a face as it is kept: upright, square, small, only pixels.

use crate::area::Crop;
use crate::colour::to_srgb;
use crate::error::MediaError;
use crate::jpeg::{self, Scale};
use crate::probe::{MIN_SIDE_PX, Opened, Pixels};
use crate::square::Square;

mod encode;

/// Longest side of a selfie, pixels.
pub const MAX_SELFIE_SIDE_PX: u32 = 512;
/// Largest selfie, bytes.
pub const MAX_SELFIE_BYTES: usize = 60_000;

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
pub fn prepare_selfie(bytes: &[u8], crop: Crop) -> Result<Selfie, MediaError> {
    let opened = Opened::open(bytes)?;
    let checked = opened.check(crop)?;
    let (square, profile) = match checked.pixels {
        Pixels::Scaled(head, scale) => {
            let planes = jpeg::decode(&head, checked.area, scale)?;
            let side = scaled_side(checked.area.side, scale);
            (Square::from_planes(&planes, side)?, head.icc)
        }
        Pixels::Whole(mut decoder) => {
            let profile = decoder.profile();
            let side = checked.area.side.min(MAX_SELFIE_SIDE_PX);
            let pixels = decoder.pixels()?;
            (Square::from_pixels(&pixels, checked.area, side)?, profile)
        }
    };
    let square = to_srgb(square, &profile).upright(checked.orientation);
    shrink_to_fit(square)
}

/// Never enlarged: a face that is small in a huge picture stays small.
fn scaled_side(side_px: u32, scale: Scale) -> u32 {
    (side_px / scale.divisor()).min(MAX_SELFIE_SIDE_PX)
}

/// The best quality that fits; a picture that does not fit at the worst one is made smaller first.
fn shrink_to_fit(mut square: Square) -> Result<Selfie, MediaError> {
    loop {
        let side_px = square.side();
        if let Some(jpeg) = encode::within(&square, MAX_SELFIE_BYTES)? {
            return Ok(Selfie { jpeg, side_px });
        }
        let smaller = side_px * 4 / 5;
        if smaller < MIN_SIDE_PX {
            return Err(MediaError::NotEncoded);
        }
        square = square.shrunk(smaller)?;
    }
}
