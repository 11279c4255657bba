//! Exit codes, for scripts.

use std::process::ExitCode;

use bizmitra_device::{Code, DeviceError, OpenError};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// A bug.
    Internal,
    /// Wrong usage.
    Usage,
    /// Code, PIN, lock, too late, not there.
    Refused,
    /// Not reached, or records still wait.
    Waiting,
    /// Not saved.
    NotSaved,
    /// The device does not open.
    NotOpen,
    /// An exported file does not verify.
    Unsound,
}

impl Exit {
    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Waiting => 4,
            Self::NotSaved => 5,
            Self::NotOpen => 6,
            Self::Unsound => 7,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

/// A refusal that the cli itself states.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refused {
    /// Stable word.
    pub(crate) code: &'static str,
    /// For a person.
    pub(crate) message: String,
    /// How the command ends.
    pub(crate) exit: Exit,
}

impl Refused {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            exit: Exit::Refused,
        }
    }
}

pub(crate) fn of(error: &anyhow::Error) -> Exit {
    if let Some(refused) = error.downcast_ref::<Refused>() {
        return refused.exit;
    }
    if error.downcast_ref::<OpenError>().is_some() {
        return Exit::NotOpen;
    }
    let Some(error) = error.downcast_ref::<DeviceError>() else {
        return Exit::Internal;
    };
    match error.code() {
        Code::Offline | Code::CaptivePortal | Code::Certificate | Code::ServerUnavailable => {
            Exit::Waiting
        }
        Code::DiskFull | Code::NotSaved => Exit::NotSaved,
        Code::KeystoreUnavailable | Code::InUse => Exit::NotOpen,
        Code::BadAddress => Exit::Usage,
        Code::Internal => Exit::Internal,
        Code::CodeUnknown
        | Code::CodeUsed
        | Code::CodeExpired
        | Code::CodeBurned
        | Code::WeakPin
        | Code::Locked
        | Code::TooLate
        | Code::NotActivated
        | Code::OtherPerson
        | Code::StillSending
        | Code::Revoked
        | Code::Suspended
        | Code::LeaseEnded
        | Code::LinkUnreadable
        | Code::WrongServer
        | Code::NotFound => Exit::Refused,
    }
}

/// The stable word and the sentence of an error.
pub(crate) fn describe(error: &anyhow::Error) -> (&'static str, String) {
    if let Some(refused) = error.downcast_ref::<Refused>() {
        return (refused.code, refused.message.clone());
    }
    if let Some(open) = error.downcast_ref::<OpenError>() {
        return match open {
            OpenError::Keystore(cause) => (
                "keystore_unavailable",
                format!(
                    "{cause}. Nothing was changed. On a machine without a keystore: --keystore file"
                ),
            ),
            OpenError::InUse => (
                "in_use",
                "another process holds this data folder".to_owned(),
            ),
            OpenError::Newer => (
                "newer",
                "a newer version wrote this data folder; use that version".to_owned(),
            ),
            OpenError::DiskFull => ("disk_full", "the disk is full".to_owned()),
            OpenError::Failed(cause) => ("not_open", format!("the store does not open: {cause}")),
        };
    }
    let Some(device) = error.downcast_ref::<DeviceError>() else {
        return ("internal", format!("{error:#}"));
    };
    let code = device.code();
    let sentence = match code {
        Code::CodeUnknown => {
            "the activation code is not known to this server; check it and the address"
        }
        Code::CodeUsed => "the activation code was used; ask for a new one",
        Code::CodeExpired => "the activation code is older than 24 hours; ask for a new one",
        Code::CodeBurned => "the activation code was burned by wrong tries; ask for a new one",
        Code::BadAddress => {
            "the address must be https://host[:port] (plain http on this machine only)"
        }
        Code::Offline => "no connection to the server; nothing is lost",
        Code::CaptivePortal => {
            "something answered in the server's place, perhaps a Wi-Fi sign-in page; nothing is lost"
        }
        Code::Certificate => "the server's certificate is not accepted; nothing was sent",
        Code::ServerUnavailable => "the server is failing; nothing is lost, try again later",
        Code::Locked => "the device is locked",
        Code::TooLate => "too late: a tap can be taken back for 90 seconds",
        Code::NotActivated => "the device is not activated: bizmitra-cli activate",
        Code::OtherPerson => "the code is for another person than the one whose records are here",
        Code::StillSending => {
            "records of the ended binding are still to be sent; the code works once they are"
        }
        Code::Revoked => {
            "a manager revoked this device; what was recorded before is still delivered"
        }
        Code::Suspended => {
            "a manager suspended this device; what was recorded is safe and sent afterwards"
        }
        Code::LeaseEnded => {
            "this device was without its server for too long; it opens again after: bizmitra-cli sync"
        }
        Code::LinkUnreadable => "the invitation's link cannot be read; use the code instead",
        Code::WrongServer => {
            "the server is not the one of the invitation; nothing was activated, nothing was sent"
        }
        Code::DiskFull => "NOT saved: the disk is full",
        Code::NotSaved => "NOT saved: the store failed",
        Code::KeystoreUnavailable => "the keystore did not serve; nothing was changed",
        Code::NotFound => "there is no such thing here",
        Code::InUse => "another process holds this data folder",
        Code::WeakPin | Code::Internal => return (code.name(), format!("{error:#}")),
    };
    (code.name(), sentence.to_owned())
}
