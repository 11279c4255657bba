//! Nonces: made here, for one purpose and one subject, used once.
//!
//! A nonce proves itself by a MAC, so that asking for many costs the server no memory; only used ones are remembered,
//! and only until they would have expired. The key dies with the process: a restart makes all of them invalid.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::keys::{Keys, KeysError, make_random};

/// What a nonce is for, with the subject it is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose<'a> {
    /// An enrolment by the code of this tag.
    Enrolment(&'a str),
    /// A login of this device.
    Login([u8; 16]),
    /// A request of this device whose clock is off.
    Request([u8; 16]),
}

impl Purpose<'_> {
    /// How long such a nonce lives.
    pub(crate) fn lifetime_ms(self) -> i64 {
        match self {
            Self::Enrolment(_) => 10 * 60_000,
            Self::Login(_) | Self::Request(_) => 2 * 60_000,
        }
    }

    fn message(self, random: &[u8; 16], expires_ms: i64) -> Vec<u8> {
        let (word, subject): (&[u8], &[u8]) = match &self {
            Self::Enrolment(tag) => (b"enrolment", tag.as_bytes()),
            Self::Login(device) => (b"login", device),
            Self::Request(device) => (b"request", device),
        };
        [word, &[0], random, &expires_ms.to_be_bytes(), subject].concat()
    }
}

/// The nonces that were used and have not expired.
#[derive(Debug, Default)]
pub(crate) struct Nonces {
    used: Mutex<HashMap<[u8; 16], i64>>,
}

impl Nonces {
    /// Makes a nonce.
    pub(crate) fn make(
        &self,
        keys: &Keys,
        purpose: Purpose<'_>,
        now_ms: i64,
    ) -> Result<String, KeysError> {
        let random: [u8; 16] = make_random()?;
        let expires_ms = now_ms.saturating_add(purpose.lifetime_ms());
        let mac = keys.nonce_mac(&purpose.message(&random, expires_ms));
        Ok(URL_SAFE_NO_PAD.encode([random.as_slice(), &expires_ms.to_be_bytes(), &mac].concat()))
    }

    /// Uses a nonce up; false when it was not made here for this, is too old, or was used before.
    pub(crate) fn take(&self, keys: &Keys, purpose: Purpose<'_>, nonce: &str, now_ms: i64) -> bool {
        let Some((random, expires_ms, mac)) = split(nonce) else {
            return false;
        };
        let expected = keys.nonce_mac(&purpose.message(&random, expires_ms));
        if !bool::from(expected.ct_eq(&mac)) || now_ms >= expires_ms {
            return false;
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, expires_ms| now_ms < *expires_ms);
        used.insert(random, expires_ms).is_none()
    }
}

fn split(nonce: &str) -> Option<([u8; 16], i64, [u8; 32])> {
    let bytes = URL_SAFE_NO_PAD.decode(nonce).ok()?;
    let (random, rest) = bytes.split_first_chunk::<16>()?;
    let (expires, mac) = rest.split_first_chunk::<8>()?;
    Some((
        *random,
        i64::from_be_bytes(*expires),
        <[u8; 32]>::try_from(mac).ok()?,
    ))
}
