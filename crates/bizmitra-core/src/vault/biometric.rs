//! Unlocking by fingerprint or face: a second envelope of the vault key, under a key that the operating system releases
//! only after a match.
//!
//! Nothing here believes a callback that says "matched": what opens the envelope are bytes that the system gives back, and
//! without them there is nothing to open it with. The envelope needs a second half as well, which lies in the keystore of
//! the platform: removing that half ends the envelope on the spot, also in a copy of the data folder that is put back later.
//!
//! ```text
//! system, after a match ── released key ──┐
//! keystore of the platform ── half ───────┴─ HKDF ── opens the envelope of the vault key
//! ```

pub mod envelope;
pub mod pass;

pub use envelope::BiometricEnvelope;
pub use pass::{Pass, PinAgain};

use serde::{Deserialize, Serialize};

use crate::api::BoxFuture;
use crate::keys::Secret;

/// What the operating system keeps behind a match. It never answers "yes": it gives bytes or it does not.
pub trait BiometricKey: Send + Sync {
    /// Whether it can be used on this device now; cheap.
    fn biometry(&self) -> Biometry;
    /// Puts `secret` under a key that is released only after a match, and that a changed enrolment destroys. Replaces what was
    /// there. Returns what [`Self::unwrap`] needs.
    fn wrap(
        &self,
        prompt: &Prompt,
        secret: Secret,
    ) -> BoxFuture<'_, Result<Vec<u8>, BiometricError>>;
    /// Gives the secret back after a match.
    fn unwrap(
        &self,
        prompt: &Prompt,
        wrapped: &[u8],
    ) -> BoxFuture<'_, Result<Secret, BiometricError>>;
    /// Removes what the system keeps, where it can; not an error when there is nothing.
    fn forget(&self);
}

/// Whether a device can recognise its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Biometry {
    /// It can, and somebody is enrolled.
    Ready,
    /// It cannot, or nobody is enrolled.
    Missing,
}

/// What the system's own dialog says, in the person's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What is about to happen.
    pub title: String,
    /// Why.
    pub reason: String,
    /// Of the button that ends it.
    pub cancel: String,
}

/// Why the system gave no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BiometricError {
    /// Somebody who is not enrolled.
    #[error("no match")]
    NoMatch,
    /// The person or the system closed the dialog.
    #[error("the dialog was closed")]
    Cancelled,
    /// The system itself refuses further tries.
    #[error("the system refuses further tries")]
    LockedOut,
    /// Fingers or faces were enrolled or removed: the key is gone.
    #[error("the enrolment changed")]
    EnrolmentChanged,
    /// The key no longer opens what it sealed.
    #[error("the system's key does not serve any more")]
    KeyLost,
    /// Nothing to recognise anybody with.
    #[error("there is nothing to recognise anybody with")]
    Missing,
    /// Anything else.
    #[error("the system did not serve")]
    Failed,
}

impl BiometricError {
    /// Whether the envelope can never open again, and why.
    pub fn ends(self) -> Option<OffReason> {
        match self {
            Self::EnrolmentChanged => Some(OffReason::EnrolmentChanged),
            Self::KeyLost => Some(OffReason::KeyLost),
            Self::NoMatch | Self::Cancelled | Self::LockedOut | Self::Missing | Self::Failed => {
                None
            }
        }
    }
}

/// Why biometrics were turned off without the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffReason {
    /// Fingers or faces of this device changed.
    EnrolmentChanged,
    /// The PIN was changed.
    PinChanged,
    /// The key in the system, its half in the keystore or the envelope is not what was written.
    KeyLost,
}

/// What lies in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// On.
    On(BiometricEnvelope),
    /// Turned off by what happened; said until the person decides anew.
    Off(OffReason),
}
