//! Events of the shell. They say that something changed; the UI asks for the view it shows.

use serde::{Deserialize, Serialize};

/// Name of the one event.
pub const CHANGED: &str = "bizmitra://changed";

/// Payload of [`CHANGED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// What to ask for again.
    pub what: Topic,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// [`crate::view::StatusView`]: phase, lock, counts, sync strip.
    Status,
    /// Taps, their evidence and confirmations: home and history.
    Attendance,
    /// Language or theme.
    Settings,
}
