//! What a command answers when it cannot do what was asked.

use serde::{Deserialize, Serialize};

/// An error the UI can act on. The words a person reads come from the UI's locales, chosen by `code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandError {
    /// What the UI acts on.
    pub code: ErrorCode,
    /// English, for support; no personal data.
    pub message: String,
}

/// A code exists only if the UI acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The activation code is not one, or the server does not know it.
    CodeUnknown,
    /// The activation code was used.
    CodeUsed,
    /// The activation code is older than 24 hours.
    CodeExpired,
    /// Five wrong tries burned the activation code.
    CodeBurned,
    /// The server's address is not one (`https://host`; plain `http` only on loopback).
    BadAddress,
    /// No connection to the server.
    Offline,
    /// Something between us and the server answered in its place.
    CaptivePortal,
    /// The server's certificate is not one we accept.
    Certificate,
    /// The server failed or is unreachable in a way that may pass.
    ServerUnavailable,
    /// The PIN breaks a rule; see [`crate::view::PinProblem`] for live checks.
    WeakPin,
    /// The device is locked.
    Locked,
    /// The person undid too late (90 s).
    TooLate,
    /// The device is not activated.
    NotActivated,
    /// The code is for another person than the one whose records this device holds.
    OtherPerson,
    /// Records of the ended binding are still to be sent; then a new code works.
    StillSending,
    /// The device was revoked.
    Revoked,
    /// The device was paused by a manager.
    Suspended,
    /// The device was without its server for too long.
    LeaseEnded,
    /// The invitation's link cannot be read.
    LinkUnreadable,
    /// The server is not the one that the invitation, or this device, knows.
    WrongServer,
    /// Not saved: the disk is full. The form stays open.
    DiskFull,
    /// Not saved: the store failed. The form stays open.
    NotSaved,
    /// The operating system's keystore is missing or refuses.
    KeystoreUnavailable,
    /// The item does not exist or is not in a state that allows this.
    NotFound,
    /// Another copy of the app holds the store.
    InUse,
    /// A bug: said plainly, nothing was lost.
    Internal,
}
