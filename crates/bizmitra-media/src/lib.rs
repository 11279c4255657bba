#![doc = include_str!("../README.md")]

mod area;
mod colour;
mod container;
mod error;
mod jpeg;
mod probe;
mod selfie;
mod square;
pub mod workbook;

pub use area::{Crop, Frame};
pub use error::MediaError;
pub use probe::{
    MAX_INPUT_BYTES, MAX_PIXEL_BYTES, MAX_SCALED_PIXELS, MIN_SIDE_PX, PictureFormat, Probe, probe,
};
pub use selfie::{MAX_SELFIE_BYTES, MAX_SELFIE_SIDE_PX, Selfie, prepare_selfie};
