//! What the facade cannot do, by what the caller can do about it.

use bizmitra_core::api::{ApiError, Refusal};
use bizmitra_core::keys::KeystoreError;
use bizmitra_core::store::StoreError;
use bizmitra_core::sync::Stop;
use bizmitra_core::vault::PinProblem;

/// Why a device did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The keystore is missing or refuses; without it nothing opens, and nothing is made anew.
    #[error("the keystore did not serve")]
    Keystore(#[source] KeystoreError),
    /// Another process holds the store.
    #[error("another copy of the app holds the store")]
    InUse,
    /// A newer version of the app wrote the store.
    #[error("the store was written by a newer version")]
    Newer,
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// Anything else of the disk or the database.
    #[error("the store did not open")]
    Failed(#[source] StoreError),
}

impl From<KeystoreError> for OpenError {
    fn from(error: KeystoreError) -> Self {
        Self::Keystore(error)
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::InUse => Self::InUse,
            StoreError::Newer => Self::Newer,
            StoreError::DiskFull => Self::DiskFull,
            error => Self::Failed(error),
        }
    }
}

/// Why something did not happen. [`DeviceError::code`] is what a UI acts on.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The activation code is not one, or the server does not know it.
    #[error("the activation code is not known")]
    CodeUnknown,
    /// The activation code was used.
    #[error("the activation code was used")]
    CodeUsed,
    /// The activation code is older than 24 hours.
    #[error("the activation code has expired")]
    CodeExpired,
    /// Five wrong tries burned the activation code.
    #[error("the activation code was burned by wrong tries")]
    CodeBurned,
    /// The address is not `https://host[:port]` (plain `http` only on loopback).
    #[error("the server's address is not one")]
    BadAddress,
    /// The server did not serve; says how.
    #[error("the server did not answer")]
    Api(#[source] ApiError),
    /// The server answered something that is not its own.
    #[error("the answer is not one of our server")]
    NotOurServer,
    /// The PIN breaks a rule.
    #[error("the PIN is refused")]
    WeakPin(#[source] PinProblem),
    /// The device is locked.
    #[error("the device is locked")]
    Locked,
    /// Undo came after 90 s.
    #[error("too late to undo")]
    TooLate,
    /// Nothing is bound, or no code was checked.
    #[error("the device is not activated")]
    NotActivated,
    /// A person is bound already.
    #[error("the device is activated already")]
    AlreadyActivated,
    /// This device holds another person's records.
    #[error("the code is for another person than this device's")]
    OtherPerson,
    /// Records of the ended binding wait to be sent; a new one has to wait for them.
    #[error("records are still to be sent")]
    StillSending,
    /// The device was revoked.
    #[error("the device was revoked")]
    Revoked,
    /// The device was paused.
    #[error("the device was suspended")]
    Suspended,
    /// The lease is over: the server must be heard of first.
    #[error("the device was without its server for too long")]
    LeaseEnded,
    /// The invitation's link cannot be read.
    #[error("the invitation's link cannot be read")]
    LinkUnreadable,
    /// The server shows another key than the link, or the binding, says.
    #[error("the server is not the one of the invitation")]
    WrongServer,
    /// Not saved: the disk is full.
    #[error("not saved: the disk is full")]
    DiskFull,
    /// Not saved: the store failed.
    #[error("not saved: the store failed")]
    NotSaved(#[source] StoreError),
    /// The keystore is missing or refuses.
    #[error("the keystore did not serve")]
    Keystore(#[source] KeystoreError),
    /// Not there, or not in a state that allows this.
    #[error("not found, or not in a state that allows this")]
    NotFound,
    /// Another process holds the store.
    #[error("another copy of the app holds the store")]
    InUse,
    /// A bug; nothing was lost.
    #[error("internal: {0}")]
    Internal(&'static str),
}

/// Why a file was not captured or not opened.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Reading it, or writing it out, failed.
    #[error("the file cannot be read or written: {0}")]
    Io(std::io::ErrorKind),
    /// Larger than the server takes.
    #[error("the file is larger than 64 MiB")]
    TooLarge,
    /// It was captured under a vault that is gone.
    #[error("the file was captured under a PIN that is gone")]
    NoKey,
    /// What lies here is not what was written.
    #[error("the file is damaged on this device")]
    Damaged,
    /// Its bytes are at the server only.
    #[error("the file is not on this device any more")]
    NotHere,
    /// Of the device.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

impl From<StoreError> for FileError {
    fn from(error: StoreError) -> Self {
        Self::Device(error.into())
    }
}

/// The word a UI acts on; each exists once in the IPC contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// See [`DeviceError::CodeUnknown`].
    CodeUnknown,
    /// See [`DeviceError::CodeUsed`].
    CodeUsed,
    /// See [`DeviceError::CodeExpired`].
    CodeExpired,
    /// See [`DeviceError::CodeBurned`].
    CodeBurned,
    /// See [`DeviceError::BadAddress`].
    BadAddress,
    /// No connection.
    Offline,
    /// Something answered in the server's place.
    CaptivePortal,
    /// The certificate is not accepted, or does not fit the device's clock.
    Certificate,
    /// The server failed in a way that may pass.
    ServerUnavailable,
    /// See [`DeviceError::WeakPin`].
    WeakPin,
    /// See [`DeviceError::Locked`].
    Locked,
    /// See [`DeviceError::TooLate`].
    TooLate,
    /// See [`DeviceError::NotActivated`].
    NotActivated,
    /// See [`DeviceError::OtherPerson`].
    OtherPerson,
    /// See [`DeviceError::StillSending`].
    StillSending,
    /// See [`DeviceError::Revoked`].
    Revoked,
    /// See [`DeviceError::Suspended`].
    Suspended,
    /// See [`DeviceError::LeaseEnded`].
    LeaseEnded,
    /// See [`DeviceError::LinkUnreadable`].
    LinkUnreadable,
    /// See [`DeviceError::WrongServer`].
    WrongServer,
    /// See [`DeviceError::DiskFull`].
    DiskFull,
    /// See [`DeviceError::NotSaved`].
    NotSaved,
    /// See [`DeviceError::Keystore`].
    KeystoreUnavailable,
    /// See [`DeviceError::NotFound`].
    NotFound,
    /// See [`DeviceError::InUse`].
    InUse,
    /// See [`DeviceError::Internal`].
    Internal,
}

impl Code {
    /// Its word, as in the IPC contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CodeUnknown => "code_unknown",
            Self::CodeUsed => "code_used",
            Self::CodeExpired => "code_expired",
            Self::CodeBurned => "code_burned",
            Self::BadAddress => "bad_address",
            Self::Offline => "offline",
            Self::CaptivePortal => "captive_portal",
            Self::Certificate => "certificate",
            Self::ServerUnavailable => "server_unavailable",
            Self::WeakPin => "weak_pin",
            Self::Locked => "locked",
            Self::TooLate => "too_late",
            Self::NotActivated => "not_activated",
            Self::OtherPerson => "other_person",
            Self::StillSending => "still_sending",
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::LeaseEnded => "lease_ended",
            Self::LinkUnreadable => "link_unreadable",
            Self::WrongServer => "wrong_server",
            Self::DiskFull => "disk_full",
            Self::NotSaved => "not_saved",
            Self::KeystoreUnavailable => "keystore_unavailable",
            Self::NotFound => "not_found",
            Self::InUse => "in_use",
            Self::Internal => "internal",
        }
    }
}

impl DeviceError {
    /// The word a UI acts on.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::CodeUnknown => Code::CodeUnknown,
            Self::CodeUsed => Code::CodeUsed,
            Self::CodeExpired => Code::CodeExpired,
            Self::CodeBurned => Code::CodeBurned,
            Self::BadAddress => Code::BadAddress,
            Self::Api(error) => code_of(error),
            Self::NotOurServer => Code::CaptivePortal,
            Self::WeakPin(_) => Code::WeakPin,
            Self::Locked => Code::Locked,
            Self::TooLate => Code::TooLate,
            Self::NotActivated => Code::NotActivated,
            Self::OtherPerson => Code::OtherPerson,
            Self::StillSending => Code::StillSending,
            Self::Revoked => Code::Revoked,
            Self::Suspended => Code::Suspended,
            Self::LeaseEnded => Code::LeaseEnded,
            Self::LinkUnreadable => Code::LinkUnreadable,
            Self::WrongServer => Code::WrongServer,
            Self::DiskFull => Code::DiskFull,
            Self::NotSaved(_) => Code::NotSaved,
            Self::Keystore(_) => Code::KeystoreUnavailable,
            Self::NotFound => Code::NotFound,
            Self::InUse => Code::InUse,
            Self::AlreadyActivated | Self::Internal(_) => Code::Internal,
        }
    }
}

fn code_of(error: &ApiError) -> Code {
    match error {
        ApiError::NotSent | ApiError::AnswerLost => Code::Offline,
        ApiError::Certificate | ApiError::CertificateTime => Code::Certificate,
        ApiError::NotOurServer => Code::CaptivePortal,
        ApiError::Refused {
            code: Refusal::Revoked,
            ..
        } => Code::Revoked,
        ApiError::Refused {
            code: Refusal::Suspended,
            ..
        } => Code::Suspended,
        ApiError::Refused { .. } | ApiError::Failing { .. } => Code::ServerUnavailable,
    }
}

impl From<ApiError> for DeviceError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Refused {
                code: Refusal::CodeUnknown,
                ..
            } => Self::CodeUnknown,
            ApiError::Refused {
                code: Refusal::CodeUsed,
                ..
            } => Self::CodeUsed,
            ApiError::Refused {
                code: Refusal::CodeExpired,
                ..
            } => Self::CodeExpired,
            ApiError::Refused {
                code: Refusal::CodeBurned,
                ..
            } => Self::CodeBurned,
            error => Self::Api(error),
        }
    }
}

impl From<Stop> for DeviceError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Api(error) => error.into(),
            // The next round asks for the new key.
            Stop::OtherKey => Self::NotOurServer,
            Stop::Store(error) => error.into(),
        }
    }
}

impl From<KeystoreError> for DeviceError {
    fn from(error: KeystoreError) -> Self {
        Self::Keystore(error)
    }
}

impl From<StoreError> for DeviceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull => Self::DiskFull,
            StoreError::InUse => Self::InUse,
            StoreError::Locked => Self::Locked,
            error => Self::NotSaved(error),
        }
    }
}
