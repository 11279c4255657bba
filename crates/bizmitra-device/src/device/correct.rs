//! Requests to put attendance right: recorded here like a tap, decided by a manager.

use bizmitra_core::attendance::Correction;
use bizmitra_core::ids::ItemId;
use bizmitra_core::record::Statement;

use super::Device;
use crate::error::DeviceError;
use crate::views::Topic;

impl Device {
    /// Records a request; returns when it is durable. Works offline, is delivered like everything else, and changes no tap. The
    /// same id again is the same request.
    ///
    /// # Errors
    /// Locked, or not saved: nothing was recorded then, and the same id may be used again.
    pub fn correct(&self, id: ItemId, correction: Correction) -> Result<(), DeviceError> {
        let reading = self.inner.now();
        let author = self.inner.author()?;
        let moment = self.inner.moment(reading)?;
        let statement = Statement::Correction(correction);
        self.inner.append(&author, &moment, id, &statement)?;
        self.inner.tell(Topic::Attendance);
        self.inner.after_append();
        Ok(())
    }
}
