//! Signing in: a nonce, a signature by the user presence key, a session bound to the device key.

use serde::{Deserialize, Serialize};

use crate::encoding::Bytes64;
use crate::ids::{CompanyId, DeviceId, EmployeeId};
use crate::statement::SignedStatement;

/// Asks for a nonce. The answer has the same shape whether or not the device exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChallengeRequest {
    /// The device.
    pub device: DeviceId,
}

/// A nonce to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChallengeResponse {
    /// One use.
    pub nonce: String,
    /// How long it lives.
    pub expires_in_ms: u64,
}

/// The proof, in a request signed by the device key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginRequest {
    /// The device; must be the one that signs the request.
    pub device: DeviceId,
    /// The nonce of the challenge.
    pub nonce: String,
    /// Scheme, host and port the device believes to talk to; the server compares it with its own.
    pub origin: String,
    /// See [`crate::signing::LOGIN`].
    pub presence_sig: Bytes64,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginResponse {
    /// 256 random bits, base64url; sent as `Authorization: Bearer`.
    pub token: String,
    /// Ends after this long without a request.
    pub idle_ms: u64,
    /// Ends after this long whatever happens.
    pub absolute_ms: u64,
    /// A statement of kind `anchor`.
    pub anchor: SignedStatement,
}

/// The signed-in person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeResponse {
    /// The company.
    pub company: CompanyId,
    /// Its name.
    pub company_name: String,
    /// The person.
    pub employee: EmployeeId,
    /// Display name.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// This device.
    pub device: DeviceId,
}

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// One's own attendance.
    Employee,
    /// The people of one's sites.
    SiteManager,
    /// The company.
    Admin,
    /// Data requests and sealed positions.
    PrivacyOfficer,
    /// A role of a newer server: treated as the least.
    #[serde(other)]
    Unknown,
}
