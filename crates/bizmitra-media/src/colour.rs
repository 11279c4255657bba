//! Colours of a profile, as sRGB: the profile itself is dropped, and with it what it says about the camera.

use image::RgbImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::square::Square;

/// The same colours in sRGB. A profile that cannot be used is none: a picture a little paler is better than none.
pub(crate) fn to_srgb(square: Square, profile: &[u8]) -> Square {
    if profile.is_empty() || square.chroma.is_none() {
        return square;
    }
    converted(&square, profile).unwrap_or(square)
}

fn converted(square: &Square, profile: &[u8]) -> Option<Square> {
    let source = ColorProfile::new_from_slice(profile).ok()?;
    if source.color_space != DataColorSpace::Rgb {
        return None;
    }
    let transform = source
        .create_transform_8bit(
            Layout::Rgb,
            &ColorProfile::new_srgb(),
            Layout::Rgb,
            TransformOptions::default(),
        )
        .ok()?;
    let from = square.to_rgb();
    let mut to = RgbImage::new(from.width(), from.height());
    transform.transform(&from, &mut to).ok()?;
    Some(Square::from_rgb(&to))
}
