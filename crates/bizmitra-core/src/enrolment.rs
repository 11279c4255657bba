//! Who and where this device is: from the activation code to the server's word that it is active.

use serde::{Deserialize, Serialize};

use crate::ids::{ChainId, CompanyId, DeviceId, EmployeeId};
use crate::keys::PublicKey;
use crate::seal::SealingKey;
use crate::succession::{self, Succession};

/// Kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Android phone.
    Android,
    /// iPhone.
    Ios,
    /// Desktop computer.
    Desktop,
}

impl Platform {
    /// Its wire word, which is also signed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Android => "android",
            Self::Ios => "ios",
            Self::Desktop => "desktop",
        }
    }
}

/// What a person may do. A role this version does not know is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// One's own attendance.
    Employee,
    /// The people of one's sites.
    SiteManager,
    /// The company.
    Admin,
    /// Data requests.
    PrivacyOfficer,
}

/// What an activation code opens; kept in memory between the code and the PIN.
#[derive(Debug, Clone, PartialEq)]
pub struct Invitation {
    /// The code, in canonical form.
    pub code: String,
    /// Company.
    pub company: CompanyId,
    /// Its name.
    pub company_name: String,
    /// Person.
    pub employee: EmployeeId,
    /// Display name.
    pub employee_name: String,
    /// A manager has to approve.
    pub needs_approval: bool,
    /// Fewest and most digits of the PIN.
    pub pin_digits: (u8, u8),
    /// Privacy notice to show.
    pub notice_version: String,
    /// To be signed.
    pub nonce: String,
    /// Server statement key.
    pub server_key: PublicKey,
    /// How it came after the ones before, as the server says.
    pub successions: Vec<Succession>,
    /// Server's clock at its answer.
    pub server_time_ms: i64,
}

impl Invitation {
    /// Every key of this company that leads to the one that signs now, itself included: who knows one of them knows this server.
    pub fn server_keys(&self) -> Vec<PublicKey> {
        succession::lineage(self.company, self.server_key, &self.successions)
    }
}

/// The binding of this device, as it is stored. Written before the request leaves, so that a lost answer cannot cost the keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Address of the server, `scheme://host[:port]`.
    pub origin: String,
    /// Company.
    pub company: CompanyId,
    /// Its name.
    pub company_name: String,
    /// Person.
    pub employee: EmployeeId,
    /// Display name: all that a locked phone shows.
    pub employee_name: String,
    /// Server statement key that counts now: the one pinned at activation, or the last of its successors.
    pub server_key: PublicKey,
    /// How it came after the pinned one, oldest first: what was signed before verifies under the keys of then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub successions: Vec<Succession>,
    /// Fewest and most digits of the PIN.
    pub pin_digits: (u8, u8),
    /// Privacy notice shown at activation.
    pub notice_version: String,
    /// Public half of the device identity key.
    pub device_key: PublicKey,
    /// Public half of the user presence key.
    pub presence_key: PublicKey,
    /// What is written while locked is sealed to it; the vault has the other half.
    pub locked_key: SealingKey,
    /// What is captured is sealed to it, until the feed names another; the server names it when it binds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealing_key: Option<SealingKey>,
    /// The chain that this enrolment writes.
    pub chain: ChainId,
    /// How far it got.
    pub stage: Stage,
    /// The ended enrolment of the same person on this device that this one replaces: it comes back if the server refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Box<Enrolment>>,
}

/// How far an enrolment got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// The request may have reached the server; repeated as it is until answered.
    Sent {
        /// The activation code.
        code: String,
        /// The request's exact body.
        body: String,
    },
    /// A manager has to approve.
    Pending {
        /// Named by the server.
        device: DeviceId,
    },
    /// In use.
    Active {
        /// Named by the server.
        device: DeviceId,
    },
    /// Paused by a manager: locked, nothing is taken from it.
    Suspended {
        /// Named by the server.
        device: DeviceId,
    },
    /// Over, and what could be read is destroyed; captured records are still delivered.
    Revoked {
        /// Named by the server.
        device: DeviceId,
        /// Why.
        reason: EndReason,
    },
    /// Over, and everything was delivered: no key of it is left.
    Wiped {
        /// Why.
        reason: EndReason,
    },
}

/// Why a device is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Switched off by a manager or by its own person.
    Revoked,
    /// Reported lost.
    Lost,
    /// Another device took its place.
    Replaced,
}

impl Enrolment {
    /// The device's id, once the server named it.
    pub fn device(&self) -> Option<DeviceId> {
        match self.stage {
            Stage::Sent { .. } | Stage::Wiped { .. } => None,
            Stage::Pending { device }
            | Stage::Active { device }
            | Stage::Suspended { device }
            | Stage::Revoked { device, .. } => Some(device),
        }
    }

    /// The key that was pinned at activation.
    pub fn pinned_key(&self) -> PublicKey {
        self.successions
            .first()
            .map_or(self.server_key, |first| PublicKey(first.former.0))
    }

    /// The same with the key that counts once these are known; those that do not lead on from it are nothing.
    #[must_use]
    pub fn followed(mut self, told: &[Succession]) -> Self {
        let next = succession::follow(self.company, self.server_key, &self.successions, told);
        if let Some(last) = next.last() {
            self.server_key = PublicKey(last.key.0);
        }
        self.successions.extend(next);
        self
    }

    /// Six groups to be compared on two screens.
    pub fn fingerprint(&self) -> String {
        crate::keys::derive_fingerprint(&self.device_key, &self.presence_key)
    }
}

/// The canonical form of a typed activation code: 10 characters of Crockford's base32, or `None` when it cannot be one.
/// Case, spaces and hyphens do not matter; O reads as 0, I and L as 1.
pub fn canonical_code(typed: &str) -> Option<String> {
    let mut code = String::with_capacity(10);
    for letter in typed.chars() {
        match letter.to_ascii_uppercase() {
            ' ' | '-' | '\u{2010}'..='\u{2015}' => {}
            'O' => code.push('0'),
            'I' | 'L' => code.push('1'),
            'U' => return None,
            letter if letter.is_ascii_alphanumeric() => code.push(letter),
            _ => return None,
        }
    }
    (code.len() == 10).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_forgiving_about_form_and_strict_about_content() {
        assert_eq!(
            canonical_code(" 7f3a-o9c2 il ").as_deref(),
            Some("7F3A09C211")
        );
        assert_eq!(canonical_code("7F3A09C21"), None);
        assert_eq!(canonical_code("7F3A09C211X"), None);
        assert_eq!(canonical_code("7F3A09C21U"), None);
        assert_eq!(canonical_code("7F3A09C21é"), None);
    }
}
