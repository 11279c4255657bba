//! The sync engine: gates, waits, and one round of sending and pulling. It has no loop and no timer of its own: the device
//! calls [`Engine::round`] and sleeps as long as it is told, on a clock that counts sleep.
//!
//! Only a well-formed, authenticated, per-item verdict of our own server changes an item. Everything else opens and closes gates.

mod anchor;
mod engine;
mod exchange;
mod gates;
mod pace;
mod pull;
mod stop;
mod upload;

pub use anchor::Anchor;
pub use engine::{Engine, Next, Parts, Told};
pub use gates::{Gates, SyncState};
pub use pace::Pace;
pub use stop::Stop;
pub use upload::Sent;
