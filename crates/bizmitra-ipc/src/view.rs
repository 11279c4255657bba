//! What screens show. Times are milliseconds since 1970-01-01T00:00:00Z with the UTC offset to show them in.

mod activation;
mod biometrics;
mod entry;
mod home;
mod me;
mod status;

pub use activation::*;
pub use biometrics::*;
pub use entry::*;
pub use home::*;
pub use me::*;
pub use status::*;
