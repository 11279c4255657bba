//! What a check may cost: time that is looked at often, and a flag to stop. Memory needs no count of its own: the limits bound
//! every structure that is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::error::WorkbookError;

/// What a check may cost.
#[derive(Debug, Clone)]
pub struct Budget {
    deadline: Instant,
    cancelled: Arc<AtomicBool>,
}

impl Budget {
    /// From now on.
    pub fn new(time: Duration) -> Self {
        Self {
            deadline: Instant::now() + time,
            cancelled: Arc::default(),
        }
    }

    /// Ends the check at its next look.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// # Errors
    /// [`WorkbookError::TimedOut`] or [`WorkbookError::Cancelled`].
    pub(super) fn check(&self) -> Result<(), WorkbookError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(WorkbookError::Cancelled);
        }
        if self.left().is_zero() {
            return Err(WorkbookError::TimedOut);
        }
        Ok(())
    }
}
