//! Devices as the API shows them.

use serde::{Deserialize, Serialize};

use crate::enrolment::{DeviceState, Platform};
use crate::ids::{DeviceId, EmployeeId};
use crate::statement::{SignedStatement, Succession};

/// State of the asking device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ThisDeviceResponse {
    /// The device.
    pub device: DeviceId,
    /// Its state.
    pub state: DeviceState,
    /// 6 groups of 4 characters.
    pub fingerprint: String,
    /// A statement of kind `lease`, for an active device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<SignedStatement>,
    /// A statement of kind `wipe`, for a device that is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wipe: Option<SignedStatement>,
    /// How the company's statement keys followed each other, oldest first; none before the first rotation. A device that pinned
    /// an earlier key follows it to the one that signs now, however many rotations it missed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub successions: Vec<Succession>,
}

/// A device in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceSummary {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub employee: EmployeeId,
    /// That person's display name.
    pub employee_name: String,
    /// Kind of device.
    pub platform: Platform,
    /// What its owner calls it.
    pub device_name: String,
    /// Version of the app at enrolment.
    pub app_version: String,
    /// Its state.
    pub state: DeviceState,
    /// Enrolled at, milliseconds since 1970-01-01T00:00:00Z.
    pub enrolled_at_ms: i64,
    /// Its last signed request, to the minute, milliseconds since 1970-01-01T00:00:00Z.
    pub last_heard_ms: i64,
}

/// Devices: one's own, or those that the asking person decides about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DevicesResponse {
    /// Those in use first, then the latest.
    pub devices: Vec<DeviceSummary>,
}

/// A device that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingDevice {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub employee: EmployeeId,
    /// That person's display name.
    pub employee_name: String,
    /// Kind of device.
    pub platform: Platform,
    /// What its owner calls it.
    pub device_name: String,
    /// Enrolled at, milliseconds since 1970-01-01T00:00:00Z.
    pub enrolled_at_ms: i64,
}

/// Devices that wait for approval; their fingerprints are read from the phones' screens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingDevicesResponse {
    /// Oldest first.
    pub devices: Vec<PendingDevice>,
}

/// Approves by the fingerprint that the manager read from the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApproveRequest {
    /// 6 groups of 4 characters; case, spaces and hyphens do not matter.
    pub fingerprint: String,
}

/// Revokes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevokeRequest {
    /// Why, for the audit log; at most 200 characters.
    pub reason: String,
}

/// Suspends, resumes, reports lost or replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReasonRequest {
    /// Why, for the audit log; at most 200 characters.
    pub reason: String,
}

/// A one-time code for the device that takes another one's place: a new phone, or the same one after a forgotten PIN.
/// The old device is over as soon as the new one is active.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceResponse {
    /// 10 characters of Crockford's base32, shown in two groups.
    pub code: String,
    /// The same with address and server key, see [`crate::link`]: what the QR code holds.
    pub link: String,
    /// No use from then on, milliseconds since 1970-01-01T00:00:00Z.
    pub expires_at_ms: i64,
}

impl std::fmt::Debug for ReplaceResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplaceResponse")
            .field("expires_at_ms", &self.expires_at_ms)
            .finish_non_exhaustive()
    }
}

/// The state after a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceStateResponse {
    /// The device.
    pub device: DeviceId,
    /// Its state now.
    pub state: DeviceState,
}

/// `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HealthResponse {
    /// `ok`.
    pub status: String,
    /// Version of the server.
    pub version: String,
    /// Changes after a restore from backup.
    pub server_epoch: u64,
    /// Milliseconds since 1970-01-01T00:00:00Z by the server's clock.
    pub server_time_ms: i64,
}
