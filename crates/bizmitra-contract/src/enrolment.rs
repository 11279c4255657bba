//! Binding a device to a person.

use serde::{Deserialize, Serialize};

use crate::encoding::{Bytes32, Bytes64};
use crate::ids::{CompanyId, DeviceId, EmployeeId};
use crate::statement::{SignedStatement, Succession};

/// Asks what an activation code opens, without using it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationRequest {
    /// 10 characters of Crockford's base32; case, spaces and hyphens do not matter, O reads as 0, I and L as 1.
    pub code: String,
}

/// What the activation screen shows before anything is bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationResponse {
    /// The inviting company.
    pub company: CompanyId,
    /// Its name.
    pub company_name: String,
    /// The invited person.
    pub employee: EmployeeId,
    /// That person's display name.
    pub employee_name: String,
    /// Whether a manager has to approve the device by its fingerprint.
    pub approval: Approval,
    /// Rules for the PIN.
    pub pin: PinPolicy,
    /// Version of the privacy notice to show; its text ships with the app.
    pub notice_version: String,
    /// To be signed in the enrolment; one use, ten minutes.
    pub nonce: String,
    /// Public half of the server statement key, pinned by the device.
    pub server_key: Bytes32,
    /// Milliseconds since 1970-01-01T00:00:00Z by the server's clock.
    pub server_time_ms: i64,
    /// How the company's statement keys followed each other, oldest first; none before the first rotation. A device that pinned
    /// an earlier key follows it to the one that signs now, however many rotations it missed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub successions: Vec<Succession>,
}

/// How a device becomes active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// The code is enough.
    Automatic,
    /// A manager compares the fingerprint and approves.
    Manual,
}

/// Length of a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PinPolicy {
    /// Fewest digits, 4 to 8.
    pub min_digits: u8,
    /// Most digits, 4 to 8.
    pub max_digits: u8,
}

/// Kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Android phone.
    Android,
    /// iPhone.
    Ios,
    /// Desktop computer.
    Desktop,
}

/// Uses the code up. Sent again with the same keys it returns the first answer; with other keys it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentRequest {
    /// The activation code.
    pub code: String,
    /// The nonce of the invitation's answer.
    pub nonce: String,
    /// Device identity key (Ed25519).
    pub device_key: Bytes32,
    /// User presence key (Ed25519).
    pub presence_key: Bytes32,
    /// Kind of device.
    pub platform: Platform,
    /// What the person will recognise it by in their list of devices, at most 60 characters.
    pub device_name: String,
    /// Version of the app.
    pub app_version: String,
    /// See [`crate::signing::ENROL`].
    pub device_sig: Bytes64,
    /// See [`crate::signing::ENROL`].
    pub presence_sig: Bytes64,
}

/// What the device is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentResponse {
    /// The device's id, random.
    pub device: DeviceId,
    /// The company.
    pub company: CompanyId,
    /// The person.
    pub employee: EmployeeId,
    /// Active, or waiting for approval.
    pub state: DeviceState,
    /// 6 groups of 4 characters, to be compared on both screens.
    pub fingerprint: String,
    /// A statement of kind `anchor`.
    pub anchor: SignedStatement,
    /// A statement of kind `sealing_key`: [`crate::sealing::SealingKey`].
    pub sealing_key: SignedStatement,
    /// A statement of kind `lease`, for an active device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<SignedStatement>,
    /// A statement of kind `wipe`, for a device that is over: its code was sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wipe: Option<SignedStatement>,
    /// How the company's statement keys followed each other, oldest first; none before the first rotation. A device that pinned
    /// an earlier key follows it to the one that signs now, however many rotations it missed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub successions: Vec<Succession>,
}

/// Life of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Waits for a manager.
    Pending,
    /// May sign in and send.
    Active,
    /// Paused by a manager.
    Suspended,
    /// Over; may only deliver what was captured before.
    Revoked,
    /// Reported lost; like revoked.
    Lost,
    /// Another device took its place; like revoked.
    Replaced,
    /// A state of a newer server.
    #[serde(other)]
    Unknown,
}
