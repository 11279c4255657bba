//! Domain types to what screens show. No decision is made here: words, units and shapes only.

mod biometrics;
mod entry;
mod person;
mod status;

pub use biometrics::{biometric_turn, biometric_unlock, biometrics, prompt};
pub use entry::{Scene, read_action};
pub use person::{attention_reason, device, me, pin_problem};
pub use status::{invitation, language, language_word, no_keystore, status, theme_word, unlock};
