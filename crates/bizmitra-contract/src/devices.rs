//! Devices as the API shows them.

use serde::{Deserialize, Serialize};

use crate::enrolment::{DeviceState, Platform};
use crate::ids::{DeviceId, EmployeeId};

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

/// The state after approving or revoking.
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
