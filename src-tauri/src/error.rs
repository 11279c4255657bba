//! What the UI is told when something failed: a code to act on and a text for support, never the cause's data.

use bizmitra_device::{Code, DeviceError, OpenError};
use bizmitra_ipc::error::{CommandError, ErrorCode};

/// Why the app did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The arguments are not ours.
    #[error(transparent)]
    Args(#[from] crate::args::ArgsError),
    /// The window system or its web view.
    #[error("the window did not open")]
    Window(#[from] tauri::Error),
}

impl StartError {
    /// 2 for a wrong call, 1 for the rest, as usual on a command line.
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Args(_) => 2,
            Self::Window(_) => 1,
        }
    }
}

/// What the UI is told when the device refused.
pub fn refused(failure: DeviceError) -> CommandError {
    CommandError {
        code: code(failure.code()),
        message: failure.to_string(),
    }
}

/// What the UI is told when the device did not open.
pub fn open_refused(failure: &OpenError) -> CommandError {
    let code = match failure {
        OpenError::Keystore(_) => ErrorCode::KeystoreUnavailable,
        OpenError::InUse => ErrorCode::InUse,
        OpenError::DiskFull => ErrorCode::DiskFull,
        OpenError::Newer | OpenError::Failed(_) => ErrorCode::Internal,
    };
    CommandError {
        code,
        message: failure.to_string(),
    }
}

/// What the UI is told when it asks with an id that is none.
pub fn not_an_id() -> CommandError {
    CommandError {
        code: ErrorCode::NotFound,
        message: "not an id".to_owned(),
    }
}

fn code(code: Code) -> ErrorCode {
    match code {
        Code::CodeUnknown => ErrorCode::CodeUnknown,
        Code::CodeUsed => ErrorCode::CodeUsed,
        Code::CodeExpired => ErrorCode::CodeExpired,
        Code::CodeBurned => ErrorCode::CodeBurned,
        Code::BadAddress => ErrorCode::BadAddress,
        Code::Offline => ErrorCode::Offline,
        Code::CaptivePortal => ErrorCode::CaptivePortal,
        Code::Certificate => ErrorCode::Certificate,
        Code::ServerUnavailable => ErrorCode::ServerUnavailable,
        Code::WeakPin => ErrorCode::WeakPin,
        Code::Locked => ErrorCode::Locked,
        Code::TooLate => ErrorCode::TooLate,
        Code::NotActivated => ErrorCode::NotActivated,
        Code::OtherPerson => ErrorCode::OtherPerson,
        Code::StillSending => ErrorCode::StillSending,
        Code::Revoked => ErrorCode::Revoked,
        Code::Suspended => ErrorCode::Suspended,
        Code::LeaseEnded => ErrorCode::LeaseEnded,
        Code::LinkUnreadable => ErrorCode::LinkUnreadable,
        Code::WrongServer => ErrorCode::WrongServer,
        Code::DiskFull => ErrorCode::DiskFull,
        Code::NotSaved => ErrorCode::NotSaved,
        Code::KeystoreUnavailable => ErrorCode::KeystoreUnavailable,
        Code::NotFound => ErrorCode::NotFound,
        Code::InUse => ErrorCode::InUse,
        Code::Internal => ErrorCode::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_the_ui_reads_is_the_device_s_own_word() {
        for failure in [
            DeviceError::Locked,
            DeviceError::CodeBurned,
            DeviceError::DiskFull,
            DeviceError::NotFound,
            DeviceError::InUse,
        ] {
            let word = failure.code().name();
            let told = serde_json::to_value(refused(failure)).unwrap();
            assert_eq!(told["code"], word);
        }
    }

    #[test]
    fn a_missing_keystore_is_told_from_a_damaged_store() {
        use bizmitra_core::keys::KeystoreError;
        use bizmitra_core::store::StoreError;
        assert_eq!(
            open_refused(&OpenError::Keystore(KeystoreError::Unavailable)).code,
            ErrorCode::KeystoreUnavailable
        );
        assert_eq!(
            open_refused(&OpenError::Failed(StoreError::Damaged)).code,
            ErrorCode::Internal
        );
    }
}
