//! The ports that every platform shares: clocks, randomness, the operating system's keystore, an honest "no GPS",
//! and a network that costs nothing.

mod biometry;
mod clock;
mod entropy;
mod network;
mod os_keystore;
mod position;

pub use biometry::NoBiometry;
pub use clock::SystemClock;
pub use entropy::OsEntropy;
pub use network::Unmetered;
pub use os_keystore::OsKeystore;
pub use position::NoGps;
