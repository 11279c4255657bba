//! The person's devices, as the server lists them.

use bizmitra_core::wire;

use super::Device;
use crate::error::DeviceError;
use crate::views::OwnDevice;

impl Device {
    /// All devices of the person, those in use first. Asked of the server each time: what it says is true now or not at all.
    ///
    /// # Errors
    /// Locked, or the server did not answer.
    pub async fn my_devices(&self) -> Result<Vec<OwnDevice>, DeviceError> {
        let inner = &self.inner;
        let (enrolment, opened) = inner.unlocked()?;
        let this = enrolment.device().ok_or(DeviceError::NotActivated)?;
        let api = inner.api()?;
        let answer = inner
            .engine
            .fetch(
                &*api,
                &enrolment,
                this,
                &opened.presence,
                wire::path::MY_DEVICES,
            )
            .await?;
        if inner.unlocked().is_err() {
            // Locked under way: the session that was opened ends too.
            inner.engine.end_session();
            return Err(DeviceError::Locked);
        }
        let listed = wire::decode_devices(&answer.body).map_err(|_| DeviceError::NotOurServer)?;
        Ok(listed
            .into_iter()
            .map(|device| OwnDevice {
                is_this: device.id == this,
                name: device.name,
                platform: device.platform,
                state: device.state,
                enrolled_at_ms: device.enrolled_at_ms,
                last_heard_ms: device.last_heard_ms,
            })
            .collect())
    }
}
