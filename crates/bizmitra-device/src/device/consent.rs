//! Consent to location: given or taken back by a record, effective at once.

use bizmitra_core::record::{Consent, Statement};

use super::Device;
use crate::error::DeviceError;
use crate::views::Topic;

impl Device {
    /// Gives or takes back consent to location at the tap; works offline, is delivered like everything else.
    ///
    /// # Errors
    /// Locked, or not saved: the decision of before stands then.
    pub fn set_location_consent(
        &self,
        given: bool,
        notice_version: &str,
        language: &str,
    ) -> Result<(), DeviceError> {
        let author = self.inner.author()?;
        let consent = Consent {
            given,
            notice_version: notice_version.to_owned(),
            language: language.to_owned(),
        };
        let moment = self.inner.moment(self.inner.now())?;
        self.inner.append(
            &author,
            &moment,
            self.inner.mint(),
            &Statement::LocationConsent(consent),
        )?;
        self.inner.tell(Topic::Settings);
        self.inner.after_append();
        Ok(())
    }
}
