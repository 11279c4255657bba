//! A computer on its cable or Wi-Fi.

use bizmitra_core::file::{Cost, Network};

/// Sending costs nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unmetered;

impl Network for Unmetered {
    fn cost(&self) -> Cost {
        Cost::Free
    }
}
