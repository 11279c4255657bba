//! Which square of the picture is wanted: given as a person sees it, used as the camera stored it.

use image::metadata::Orientation;

use crate::error::MediaError;
use crate::probe::MIN_SIDE_PX;

/// Which square of the upright picture becomes the selfie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crop {
    /// The largest in the middle.
    Centre,
    /// The one around a face.
    Frame(Frame),
}

/// A square in the upright picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// From the left edge.
    pub left_px: u32,
    /// From the upper edge.
    pub top_px: u32,
    /// Width and height.
    pub side_px: u32,
}

/// A square in the stored picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) side: u32,
}

impl Crop {
    /// Where the square lies in a picture that is stored as `width` x `height` and turned by `orientation` to be upright.
    ///
    /// # Errors
    /// [`MediaError::TooSmall`] when there is less than a face in it, [`MediaError::FrameOutside`].
    pub(crate) fn in_stored(
        self,
        (width, height): (u32, u32),
        orientation: Orientation,
    ) -> Result<Area, MediaError> {
        if width.min(height) < MIN_SIDE_PX {
            return Err(MediaError::TooSmall { width, height });
        }
        let frame = match self {
            Self::Centre => {
                let side = width.min(height);
                return Ok(Area {
                    left: (width - side) / 2,
                    top: (height - side) / 2,
                    side,
                });
            }
            Self::Frame(frame) => frame,
        };
        let side = frame.side_px;
        if side < MIN_SIDE_PX {
            return Err(MediaError::TooSmall {
                width: side,
                height: side,
            });
        }
        let (across, down) = if swaps_sides(orientation) {
            (height, width)
        } else {
            (width, height)
        };
        // Distances to all four edges of the upright picture.
        let (left, top) = (frame.left_px, frame.top_px);
        let right = beyond(across, left, side)?;
        let bottom = beyond(down, top, side)?;
        let (left, top) = match orientation {
            Orientation::NoTransforms => (left, top),
            Orientation::FlipHorizontal => (right, top),
            Orientation::Rotate180 => (right, bottom),
            Orientation::FlipVertical => (left, bottom),
            Orientation::Rotate90FlipH => (top, left),
            Orientation::Rotate90 => (top, right),
            Orientation::Rotate270FlipH => (bottom, right),
            Orientation::Rotate270 => (bottom, left),
        };
        Ok(Area { left, top, side })
    }
}

fn beyond(whole: u32, before: u32, side: u32) -> Result<u32, MediaError> {
    whole
        .checked_sub(before)
        .and_then(|rest| rest.checked_sub(side))
        .ok_or(MediaError::FrameOutside)
}

fn swaps_sides(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}
