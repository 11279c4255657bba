//! The one place that knows which client talks to the server.

use std::sync::Arc;

use bizmitra_client::{AddressError, HttpApi, Roots};
use bizmitra_core::api::{Api, RequestSigner};

use super::inner::Inner;
use crate::error::DeviceError;

impl Inner {
    /// A connection to an address, signing as this device when it has a key. Nothing is sent yet.
    pub(super) fn connect(
        &self,
        server: &str,
        signer: Option<Arc<dyn RequestSigner>>,
    ) -> Result<Arc<dyn Api>, DeviceError> {
        let roots = Roots::with_extra(&self.config.extra_roots)
            .map_err(|_| DeviceError::Internal("an additional root certificate cannot be read"))?;
        let api = HttpApi::new(server, signer, &roots, Arc::clone(&self.ports.clock)).map_err(
            |error| match error {
                AddressError::NoTls => DeviceError::Internal("TLS could not be set up"),
                _ => DeviceError::BadAddress,
            },
        )?;
        Ok(Arc::new(api))
    }

    /// The connection of the bound device, made once.
    pub(super) fn api(&self) -> Result<Arc<dyn Api>, DeviceError> {
        let (origin, identity) = {
            let state = self.state();
            if let Some(api) = &state.api {
                return Ok(Arc::clone(api));
            }
            let enrolment = state.enrolment.as_ref().ok_or(DeviceError::NotActivated)?;
            (
                enrolment.origin.clone(),
                state.identity.clone().ok_or(DeviceError::NotActivated)?,
            )
        };
        let api = self.connect(&origin, Some(Arc::new(identity)))?;
        self.state().api = Some(Arc::clone(&api));
        Ok(api)
    }
}
