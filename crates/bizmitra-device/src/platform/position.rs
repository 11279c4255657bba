//! A computer without a receiver says so.

use bizmitra_core::api::BoxFuture;
use bizmitra_core::location::{Availability, Fix, PositionError, PositionSource};

/// No receiver: never a position made up, never 0/0.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGps;

impl PositionSource for NoGps {
    fn availability(&self) -> Availability {
        Availability::NoGps
    }

    fn locate(&self) -> BoxFuture<'_, Result<Fix, PositionError>> {
        Box::pin(std::future::ready(Err(PositionError::NoGps)))
    }
}
