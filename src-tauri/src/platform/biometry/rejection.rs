//! What the plugin's words mean, and the form in which a secret travels through it.

use std::fmt::Write as _;

use bizmitra_core::keys::Secret;
use bizmitra_core::vault::biometric::BiometricError;

/// Codes and messages of `BiometricPlugin.kt` and `BiometricActivity.kt`, version 2.5. A key that cannot be used or does not
/// open has no code of its own, only a message; one that died with an enrolment says so in it.
pub fn read_rejection(code: &str, message: &str) -> BiometricError {
    match code {
        "authenticationFailed" => BiometricError::NoMatch,
        "userCancel" | "systemCancel" => BiometricError::Cancelled,
        "biometryLockout" => BiometricError::LockedOut,
        "biometryNotAvailable" | "biometryNotEnrolled" | "passcodeNotSet" => {
            BiometricError::Missing
        }
        _ if message.starts_with("Failed to initialize the cipher")
            && message.to_ascii_lowercase().contains("invalidated") =>
        {
            BiometricError::EnrolmentChanged
        }
        _ if message.starts_with("Failed to decrypt the data") => BiometricError::KeyLost,
        _ => BiometricError::Failed,
    }
}

/// Hexadecimal: the plugin takes text.
pub fn encode_secret(secret: &Secret) -> String {
    let bytes = secret.expose();
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _written = write!(text, "{byte:02x}");
    }
    text
}

/// Its bytes; what is not hexadecimal is no key, and opens nothing.
pub fn decode_secret(text: String) -> Secret {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect();
    let bytes = digits.map(|digits| {
        digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect()
    });
    Secret::new(bytes.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_get_no_key_is_told_apart() {
        for (code, message, meaning) in [
            ("authenticationFailed", "", BiometricError::NoMatch),
            (
                "userCancel",
                "Cancel button was pressed",
                BiometricError::Cancelled,
            ),
            (
                "systemCancel",
                "The system canceled authentication",
                BiometricError::Cancelled,
            ),
            (
                "biometryLockout",
                "Too many attempts.",
                BiometricError::LockedOut,
            ),
            ("biometryNotEnrolled", "", BiometricError::Missing),
            ("biometryNotAvailable", "", BiometricError::Missing),
            (
                "",
                "Failed to initialize the cipher: Key permanently invalidated",
                BiometricError::EnrolmentChanged,
            ),
            (
                "",
                "Failed to initialize the cipher: KeyPermanentlyInvalidatedException",
                BiometricError::EnrolmentChanged,
            ),
            (
                "",
                "Failed to initialize the cipher: Keystore operation failed",
                BiometricError::Failed,
            ),
            (
                "",
                "Failed to decrypt the data: AEADBadTagException",
                BiometricError::KeyLost,
            ),
            ("invalidContext", "", BiometricError::Failed),
            ("", "", BiometricError::Failed),
        ] {
            assert_eq!(read_rejection(code, message), meaning, "{code} {message}");
        }
    }

    #[test]
    fn a_secret_comes_back_as_it_went_and_nonsense_is_no_key() {
        let secret = Secret::new((0..=255).collect());
        let text = encode_secret(&secret);
        assert_eq!(decode_secret(text).expose(), secret.expose());
        for text in ["", "true", "zz", "1 "] {
            assert!(decode_secret(text.to_owned()).expose().is_empty(), "{text}");
        }
    }
}
