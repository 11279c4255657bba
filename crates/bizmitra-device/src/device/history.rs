//! Days.

use bizmitra_core::attendance::day::{shift_day, worked_ms};

use super::Device;
use crate::error::DeviceError;
use crate::views::Day;

impl Device {
    /// One day, `YYYY-MM-DD`; `None` is today by the shift.
    ///
    /// # Errors
    /// Locked, [`DeviceError::NotFound`] for what is no date, or of the store.
    pub fn day(&self, day: Option<&str>) -> Result<Day, DeviceError> {
        let inner = &self.inner;
        let (_, opened) = inner.unlocked()?;
        let now = inner.now();
        let own_shift = inner.shift()?;
        let (today, _) = shift_day(&now, own_shift.as_ref());
        let day = match day {
            Some(text) => text
                .parse::<jiff::civil::Date>()
                .map_err(|_| DeviceError::NotFound)?
                .to_string(),
            None => today.clone(),
        };
        let entries = inner.store.entries_of_day(&opened.columns, &day)?;
        let shift = own_shift.filter(|shift| shift.on(&day).is_ok());
        let open_until = (day == today).then_some(now.wall_ms);
        let worked_min =
            u32::try_from(worked_ms(&entries, open_until).max(0) / 60_000).unwrap_or(u32::MAX);
        Ok(Day {
            planned_min: shift
                .as_ref()
                .map_or(0, bizmitra_rules::shift::Shift::planned_min),
            shift: shift.map(|shift| (shift, day.clone())),
            today,
            entries,
            worked_min,
            day,
        })
    }
}
