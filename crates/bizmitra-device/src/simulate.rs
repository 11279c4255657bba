//! What stands in for the platform in development and tests. Compiled out of release builds.

mod biometry;
mod later;
mod recording;

pub use biometry::{ScriptedBiometry, Step};
pub use later::LaterClock;
pub use recording::{GpxSource, RecordingError, Replay};
