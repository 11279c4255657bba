//! The person and the device.

use serde::{Deserialize, Serialize};

/// Me.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeView {
    /// Display name.
    pub name: String,
    /// Company.
    pub company: String,
    /// Role.
    pub role: RoleView,
    /// Six groups.
    pub fingerprint: String,
    /// What the device is called.
    pub device_name: String,
    /// Whether location may be used at the tap.
    pub location_consent: bool,
    /// Version of the notice in force.
    pub notice_version: String,
    /// Lock after this many minutes in the background.
    pub lock_after_min: u8,
    /// Version of the app.
    pub app_version: String,
    /// Host of the server.
    pub server: String,
}

/// One of the person's devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceView {
    /// What its owner calls it.
    pub name: String,
    /// Phone or desktop.
    pub kind: DeviceKind,
    /// Its state.
    pub state: DeviceStateView,
    /// Last heard of, to the minute.
    pub last_heard_ms: i64,
    /// UTC offset to show it in, minutes.
    pub offset_min: i32,
    /// This long ago, minutes.
    pub heard_ago_min: u32,
    /// The one in hand.
    pub is_this: bool,
}

/// Phone or desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// Phone.
    Phone,
    /// Desktop.
    Desktop,
}

/// State of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceStateView {
    /// A manager has to approve.
    Pending,
    /// In use.
    Active,
    /// Paused.
    Suspended,
    /// Switched off.
    Revoked,
    /// Reported lost.
    Lost,
    /// Another device took its place.
    Replaced,
}

/// What the person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleView {
    /// Own attendance.
    Employee,
    /// People of one's sites.
    SiteManager,
    /// The company.
    Admin,
    /// Data requests.
    PrivacyOfficer,
}
