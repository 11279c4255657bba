//! The extractor of requests signed by a device's identity key.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use bizmitra_contract::enrolment::DeviceState;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::signing::MAX_SKEW_S;
use serde::de::DeserializeOwned;

use super::http_signature::{self, RequestSignature};
use super::nonce::Purpose;
use super::scope::{self, CompanyScope};
use crate::error::{Result, ServerError};
use crate::limits::DeviceWork;
use crate::server::Server;
use crate::storage;
use crate::storage::device::Device;

/// A device whose signature over the request was verified, in whatever state it is.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) scope: CompanyScope,
    pub(crate) device: Device,
}

/// The verified request.
#[derive(Debug)]
pub(crate) struct SignedRequest {
    pub(crate) caller: Caller,
    /// `scheme://host[:port]` as this server knows itself.
    pub(crate) origin: String,
    /// Token of the `Authorization` header; covered by the signature, not yet checked.
    pub(super) bearer: Option<String>,
    body: Bytes,
}

impl SignedRequest {
    /// The body as it came.
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|_| ServerError::INVALID)
    }
}

/// Whether a request claims to be signed; whether it is, only reading it tells.
pub(crate) fn is_signed(request: &Request) -> bool {
    request.headers().contains_key("signature")
}

/// Reads a whole body within the operation's limit.
async fn read_body(request: Request) -> Result<Bytes> {
    Bytes::from_request(request, &())
        .await
        .map_err(|rejection| {
            let too_large = rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE;
            ServerError::Refused(if too_large {
                ProblemCode::TooLarge
            } else {
                ProblemCode::Invalid
            })
        })
}

impl FromRequest<Server> for SignedRequest {
    type Rejection = ServerError;

    async fn from_request(request: Request, server: &Server) -> Result<Self> {
        let (parts, body) = request.into_parts();
        let body = read_body(Request::from_parts(parts.clone(), body)).await?;
        let invalid = || ServerError::Refused(ProblemCode::SignatureInvalid);
        let config = server.config();
        let scheme = if config.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let (origin, authority) = match &config.origin {
            Some(origin) => {
                let scheme = origin.split("://").next().unwrap_or(scheme);
                let authority = http_signature::authority(&parts, scheme).ok_or_else(invalid)?;
                if origin
                    .strip_prefix(scheme)
                    .and_then(|rest| rest.strip_prefix("://"))
                    != Some(&authority)
                {
                    return Err(invalid());
                }
                (origin.clone(), authority)
            }
            None => {
                let authority = http_signature::authority(&parts, scheme).ok_or_else(invalid)?;
                (format!("{scheme}://{authority}"), authority)
            }
        };
        let signature = http_signature::read(&parts, &authority, &body).ok_or_else(invalid)?;
        let bearer = http_signature::single(&parts.headers, "authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
            .map(str::to_owned);
        let caller = server.run(move |server| verify(server, &signature)).await?;
        Ok(Self {
            caller,
            origin,
            bearer,
            body,
        })
    }
}

fn verify(server: &Server, signature: &RequestSignature) -> Result<Caller> {
    let device = server.read(|db| storage::device::find_anywhere(db, signature.device))?;
    // An unknown device costs the same as a known one with a wrong signature.
    let key = device.as_ref().map_or(NOBODY, |device| device.device_key);
    let holds = crate::signed::holds(&key, signature.base.as_bytes(), &signature.sig);
    let Some(device) = device.filter(|_| holds) else {
        return Err(ServerError::Refused(ProblemCode::SignatureInvalid));
    };
    check_freshness(server, &device, signature)?;
    // Only now it is known that the device asks: a stranger, or an old request again, spends nothing of it.
    server
        .limits()
        .spend_of_device(device.id, DeviceWork::Request, server.now_ms())
        .map_err(ServerError::TooMany)?;
    let scope = scope::of_device(&device);
    note_heard(server, &scope, &device);
    Ok(Caller { scope, device })
}

/// When a device was last heard of is said to the minute: saves a commit for each request.
const HEARD_MS: i64 = 60_000;

/// Remembers that the device is alive. Nothing hangs on it: a disk that refuses must not refuse the request.
fn note_heard(server: &Server, scope: &CompanyScope, device: &Device) {
    let now_ms = server.now_ms();
    if now_ms.saturating_sub(device.heard_ms) < HEARD_MS {
        return;
    }
    if let Err(error) = server.write(|tx| storage::device::touch(tx, scope, device.id, now_ms)) {
        tracing::warn!(%error, "when a device was heard of could not be written");
    }
}

/// Base point of edwards25519 (RFC 8032, section 5.1): a valid key whose private half nobody uses.
const NOBODY: [u8; 32] = {
    let mut key = [0x66; 32];
    // Little endian: the first byte differs from the repeated 0x66.
    let (first, _) = key.split_at_mut(1);
    first.copy_from_slice(&[0x58]);
    key
};

/// A signature counts when its time is near ours, or when it was made over a nonce of ours: phones' clocks go wrong.
fn check_freshness(server: &Server, device: &Device, signature: &RequestSignature) -> Result<()> {
    let now_ms = server.now_ms();
    let purpose = Purpose::Request(device.id.0.into_bytes());
    let fresh = match &signature.nonce {
        Some(nonce) => server.nonces().take(server.keys(), purpose, nonce, now_ms),
        None => {
            signature
                .created_s
                .saturating_sub(now_ms.div_euclid(1000))
                .saturating_abs()
                <= MAX_SKEW_S
        }
    };
    if fresh {
        Ok(())
    } else {
        Err(ServerError::Stale {
            nonce: server.nonces().make(server.keys(), purpose, now_ms)?,
        })
    }
}

/// Whether a device in this state may sign in.
pub(crate) fn may_sign_in(state: DeviceState) -> Result<()> {
    match state {
        DeviceState::Active => Ok(()),
        DeviceState::Pending => Err(ServerError::Refused(ProblemCode::DevicePending)),
        DeviceState::Suspended => Err(ServerError::Refused(ProblemCode::DeviceSuspended)),
        DeviceState::Revoked | DeviceState::Lost | DeviceState::Replaced | DeviceState::Unknown => {
            Err(ServerError::Refused(ProblemCode::DeviceRevoked))
        }
    }
}

/// The scope of a device that was looked up again inside a transaction.
pub(crate) fn scope_of_caller(device: &Device) -> CompanyScope {
    scope::of_device(device)
}
