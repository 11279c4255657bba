//! Fingerprint or face.

use serde::{Deserialize, Serialize};

use super::UnlockView;

/// As far as it can be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "why")]
pub enum BiometricsView {
    /// Not offered on this device.
    Missing,
    /// Off; why, when the person did not turn it off.
    Off(Option<BiometricsOff>),
    /// May be used.
    Ready,
    /// On, but only the PIN opens now.
    PinFirst(PinAgain),
}

/// Why it was turned off without the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BiometricsOff {
    /// Fingers or faces of this device changed.
    EnrolmentChanged,
    /// The PIN was changed.
    PinChanged,
    /// Its key is gone.
    KeyLost,
}

/// Why only the PIN opens now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinAgain {
    /// It was typed a week ago.
    Week,
    /// The device was restarted.
    Restart,
    /// A clock was set.
    Clock,
    /// Three prompts opened nothing.
    Prompts,
}

/// What the system's own dialog says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptView {
    /// What is about to happen.
    pub title: String,
    /// Why.
    pub reason: String,
    /// Of the button that ends it.
    pub cancel: String,
}

/// Why the system gave no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoMatch {
    /// Not recognised.
    NotRecognised,
    /// The dialog was closed.
    Closed,
    /// The system refuses further tries for now.
    LockedOut,
    /// Nothing to recognise anybody with.
    Missing,
    /// Anything else.
    Failed,
}

/// What came of turning it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "why")]
pub enum BiometricTurnView {
    /// On.
    On,
    /// The PIN did not open.
    Pin(UnlockView),
    /// The system did not take it.
    No(NoMatch),
}

/// What came of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "why")]
pub enum BiometricUnlockView {
    /// Open.
    Open,
    /// The system gave no key.
    No(NoMatch),
    /// Only the PIN opens now.
    PinFirst(PinAgain),
    /// Off; why, when the person did not turn it off.
    Off(Option<BiometricsOff>),
}
