//! Keystores for tests and scripts. The application uses [`crate::platform::OsKeystore`] only.

#[cfg(feature = "file-keystore")]
mod file;
mod memory;

#[cfg(feature = "file-keystore")]
pub use file::FileKeystore;
pub use memory::MemoryKeystore;
