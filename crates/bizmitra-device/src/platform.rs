//! The ports that every platform shares: clocks, randomness, the operating system's keystore, and an honest "no GPS".

mod biometry;
mod clock;
mod entropy;
mod os_keystore;
mod position;

pub use biometry::NoBiometry;
pub use clock::SystemClock;
pub use entropy::OsEntropy;
pub use os_keystore::OsKeystore;
pub use position::NoGps;
