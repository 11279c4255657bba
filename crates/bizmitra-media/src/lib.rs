#![doc = include_str!("../README.md")]

mod container;
mod error;
mod probe;
mod selfie;

pub use error::MediaError;
pub use probe::{MAX_INPUT_BYTES, MAX_PIXEL_BYTES, MIN_SIDE_PX, PictureFormat, Probe, probe};
pub use selfie::{MAX_SELFIE_BYTES, MAX_SELFIE_SIDE_PX, Selfie, prepare_selfie};
