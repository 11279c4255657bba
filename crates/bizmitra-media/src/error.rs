//! Why a picture cannot be used.

/// Why a picture cannot be used. The texts name the reason and nothing of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// No bytes at all.
    #[error("the picture is empty")]
    Empty,
    /// The file is larger than [`crate::MAX_INPUT_BYTES`].
    #[error("the picture file has {bytes} bytes, the most is {max}")]
    TooManyBytes {
        /// Size of the file.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Not a JPEG, PNG or WebP by its content.
    #[error("not a JPEG, PNG or WebP picture")]
    UnknownFormat,
    /// Its pixels would need more than [`crate::MAX_PIXEL_BYTES`].
    #[error("{width} x {height} pixels are too many to decode")]
    TooManyPixels {
        /// Declared width.
        width: u32,
        /// Declared height.
        height: u32,
    },
    /// The shorter side is under [`crate::MIN_SIDE_PX`].
    #[error("{width} x {height} pixels are too few for a face")]
    TooSmall {
        /// Declared width.
        width: u32,
        /// Declared height.
        height: u32,
    },
    /// A JPEG whose colours come in separate scans without being progressive: no camera writes it, and decoders misread it.
    #[error("a kind of JPEG that is not read")]
    UnusualJpeg,
    /// The wanted square is not within the picture.
    #[error("the frame lies outside of the picture")]
    FrameOutside,
    /// The file ends before the picture does.
    #[error("the picture is cut off")]
    Truncated,
    /// The content contradicts its own format.
    #[error("the picture is damaged")]
    Damaged,
    /// The result could not be written.
    #[error("the picture could not be encoded")]
    NotEncoded,
}
