//! Paths of the API, each with its method. Bodies are JSON, except those of files; errors are `application/problem+json` (RFC 9457).

/// `GET`: liveness, version and `server_epoch`; needs nothing.
pub const HEALTH: &str = "/health";
/// `GET`: the OpenAPI 3.1 description.
pub const OPENAPI: &str = "/openapi.json";
/// `POST` [`crate::enrolment::InvitationRequest`]: looks an activation code up without using it.
pub const INVITATION: &str = "/v1/invitations/check";
/// `POST` [`crate::enrolment::EnrolmentRequest`]: binds a device; the code is used up.
pub const ENROLMENT: &str = "/v1/enrolments";
/// `GET ?challenge=<uuid>`, signed by the device key: state of this device. The challenge comes back in the lease.
pub const THIS_DEVICE: &str = "/v1/devices/self";
/// `POST` [`crate::login::ChallengeRequest`].
pub const LOGIN_CHALLENGE: &str = "/v1/login/challenge";
/// `POST` [`crate::login::LoginRequest`], signed by the device key.
pub const LOGIN: &str = "/v1/login";
/// `POST` [`crate::sync::BatchRequest`], signed by the device key; a session is not needed.
pub const SYNC_BATCH: &str = "/v1/sync/batch";
/// `GET ?since=<cursor>`, with a session: a [`crate::statement::SignedStatement`] of a [`crate::changes::ChangesPage`].
pub const CHANGES: &str = "/v1/changes";
/// `GET`, with a session: the signed-in person.
pub const ME: &str = "/v1/me";
/// `GET`, with a deciding session: devices of the company that wait for approval.
pub const PENDING_DEVICES: &str = "/v1/devices/pending";
/// `POST`, with a deciding session: approves a pending device by its fingerprint. `{id}` is a device id.
pub const APPROVE_DEVICE: &str = "/v1/devices/{id}/approve";
/// `POST`, with a deciding session, or the person's own: revokes a device. `{id}` is a device id.
pub const REVOKE_DEVICE: &str = "/v1/devices/{id}/revoke";
/// `POST`, with a deciding session: pauses an active device. `{id}` is a device id.
pub const SUSPEND_DEVICE: &str = "/v1/devices/{id}/suspend";
/// `POST`, with a deciding session: ends the pause. `{id}` is a device id.
pub const RESUME_DEVICE: &str = "/v1/devices/{id}/resume";
/// `POST`, with a deciding session, or the person's own: reports a device lost. `{id}` is a device id.
pub const REPORT_LOST_DEVICE: &str = "/v1/devices/{id}/lost";
/// `POST`, with a deciding session: a one-time code for the device that takes this one's place. `{id}` is a device id.
pub const REPLACE_DEVICE: &str = "/v1/devices/{id}/replace";
/// `GET`, with a deciding session: devices of the people that the asking person decides about.
pub const DEVICES: &str = "/v1/devices";
/// `GET`, with a session: the asking person's own devices.
pub const MY_DEVICES: &str = "/v1/devices/mine";
/// `PUT`, signed by the device key: begins an upload, see [`crate::blob`]. `GET`, with a session of its person: the bytes,
/// whole or one range. `{id}` is a blob id.
pub const BLOB: &str = "/v1/blobs/{id}";
/// `HEAD`, `PATCH`, `DELETE`, signed by the device key: offset, append and cancel of an upload. `{id}` is a blob id.
pub const UPLOAD: &str = "/v1/uploads/{id}";

/// Media type of requests and answers.
pub const JSON: &str = "application/json";
/// Media type of a file's bytes: they are opaque here.
pub const OCTET_STREAM: &str = "application/octet-stream";
/// Media type of a piece of an upload, see [`crate::blob`].
pub const PARTIAL_UPLOAD: &str = "application/partial-upload";
/// Media type of errors (RFC 9457, section 3).
pub const PROBLEM_JSON: &str = "application/problem+json";
/// Response header that carries this server's name, so that a captive portal's 200 is not taken for ours.
pub const SERVER_HEADER: &str = "bizmitra-server";
