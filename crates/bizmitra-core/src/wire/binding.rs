//! Binding a device and signing in.

use bizmitra_contract as contract;
use contract::encoding::{Bytes32, Bytes64};
use contract::enrolment::{
    Approval, DeviceState, EnrolmentRequest, EnrolmentResponse, InvitationRequest,
    InvitationResponse,
};
use contract::ids;
use contract::login::{ChallengeRequest, ChallengeResponse, LoginRequest, LoginResponse};
use uuid::Uuid;

use super::sealing::open_sealing_key;
use super::standing::{Standing, read_standing};
use super::succession::read_successions;
use super::{AnchorRead, WireError, decode, encode, open_anchor};
use crate::clock::Entropy;
use crate::enrolment::{EndReason, Enrolment, Invitation, Platform, Stage};
use crate::ids::{CompanyId, DeviceId, EmployeeId};
use crate::keys::{KeyPair, Message, PublicKey};
use crate::seal::SealingKey;
use crate::succession::Succession;

/// The body that asks what a code opens.
///
/// # Errors
/// [`WireError::Encode`].
pub fn encode_invitation(code: &str) -> Result<Vec<u8>, WireError> {
    encode(&InvitationRequest {
        code: code.to_owned(),
    })
}

/// What a code opens.
///
/// # Errors
/// [`WireError::Malformed`].
pub fn decode_invitation(body: &[u8], code: &str) -> Result<Invitation, WireError> {
    let answer: InvitationResponse = decode(body)?;
    Ok(Invitation {
        code: code.to_owned(),
        company: CompanyId(answer.company.0),
        company_name: answer.company_name,
        employee: EmployeeId(answer.employee.0),
        employee_name: answer.employee_name,
        needs_approval: answer.approval == Approval::Manual,
        pin_digits: (answer.pin.min_digits, answer.pin.max_digits),
        notice_version: answer.notice_version,
        nonce: answer.nonce,
        server_key: PublicKey(answer.server_key.0),
        successions: read_successions(answer.successions),
        server_time_ms: answer.server_time_ms,
    })
}

/// The exact body of an enrolment, signed by both keys.
///
/// # Errors
/// [`WireError::Encode`].
pub fn encode_enrolment(
    invitation: &Invitation,
    identity: &KeyPair,
    presence: &KeyPair,
    platform: Platform,
    device_name: &str,
    app_version: &str,
) -> Result<Vec<u8>, WireError> {
    let (device_key, presence_key) = (identity.public(), presence.public());
    let message = Message::new(contract::signing::ENROL, invitation.company)
        .field(invitation.nonce.as_bytes())
        .field(invitation.code.as_bytes())
        .field(&device_key.0)
        .field(&presence_key.0)
        .field(platform.name().as_bytes())
        .field(device_name.as_bytes());
    encode(&EnrolmentRequest {
        code: invitation.code.clone(),
        nonce: invitation.nonce.clone(),
        device_key: Bytes32(device_key.0),
        presence_key: Bytes32(presence_key.0),
        platform: match platform {
            Platform::Android => contract::enrolment::Platform::Android,
            Platform::Ios => contract::enrolment::Platform::Ios,
            Platform::Desktop => contract::enrolment::Platform::Desktop,
        },
        device_name: device_name.to_owned(),
        app_version: app_version.to_owned(),
        device_sig: Bytes64(identity.sign(message.bytes())),
        presence_sig: Bytes64(presence.sign(message.bytes())),
    })
}

/// What the server made of an enrolment.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The device's id.
    pub device: DeviceId,
    /// Where it stands.
    pub standing: Standing,
    /// Server's clock.
    pub anchor: AnchorRead,
    /// What is captured is sealed to it.
    pub sealing_key: SealingKey,
    /// The enrolment with the server's key that counts now: it may have changed since it was pinned.
    pub enrolment: Enrolment,
    /// All successions that the server told: the enrolment that this one replaces pinned an earlier key.
    pub successions: Vec<Succession>,
}

/// Reads the answer to an enrolment: for this person, over these keys, signed by the pinned server or its successor.
///
/// # Errors
/// See [`WireError`].
pub fn decode_enrolment(
    body: &[u8],
    enrolment: &Enrolment,
    entropy: &dyn Entropy,
) -> Result<Bound, WireError> {
    let answer: EnrolmentResponse = decode(body)?;
    let Stage::Sent { body: sent, .. } = &enrolment.stage else {
        return Err(WireError::Mismatch);
    };
    let sent: EnrolmentRequest = decode(sent.as_bytes())?;
    if answer.company.0 != enrolment.company.0
        || answer.employee.0 != enrolment.employee.0
        || answer.fingerprint != enrolment.fingerprint()
    {
        return Err(WireError::Mismatch);
    }
    let device = DeviceId(answer.device.0);
    let successions = read_successions(answer.successions);
    let followed = enrolment.clone().followed(&successions);
    let enrolment = &followed;
    let anchor = open_anchor(
        &answer.anchor,
        enrolment.company,
        device,
        &enrolment.server_key,
    )?;
    let told = (answer.lease.as_ref(), answer.wipe.as_ref());
    Ok(Bound {
        device,
        standing: read_standing(answer.state, told, enrolment, device, &sent.nonce)?,
        anchor,
        sealing_key: open_sealing_key(&answer.sealing_key, enrolment, entropy)?,
        enrolment: followed,
        successions,
    })
}

/// The answer to a device that asks for its own state: the enrolment with the server's key that counts now, and where the
/// device stands. A key that the known one signed in counts also when the rest of the answer is nothing.
///
/// # Errors
/// See [`WireError`].
pub fn decode_device_state(
    body: &[u8],
    enrolment: Enrolment,
    device: DeviceId,
    challenge: Uuid,
) -> (Enrolment, Result<Standing, WireError>) {
    let mut answer: contract::devices::ThisDeviceResponse = match decode(body) {
        Ok(answer) => answer,
        Err(error) => return (enrolment, Err(error)),
    };
    let successions = read_successions(std::mem::take(&mut answer.successions));
    let enrolment = enrolment.followed(&successions);
    let standing = device_standing(&answer, &enrolment, device, challenge);
    (enrolment, standing)
}

fn device_standing(
    answer: &contract::devices::ThisDeviceResponse,
    enrolment: &Enrolment,
    device: DeviceId,
    challenge: Uuid,
) -> Result<Standing, WireError> {
    if answer.device.0 != device.0 {
        return Err(WireError::Mismatch);
    }
    let told = (answer.lease.as_ref(), answer.wipe.as_ref());
    let challenge = challenge.to_string();
    read_standing(answer.state, told, enrolment, device, &challenge)
}

/// The query that asks for a lease in answer to a challenge.
pub fn challenge_query(challenge: Uuid) -> String {
    format!("challenge={challenge}")
}

/// One of the person's devices, as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDevice {
    /// The device.
    pub id: DeviceId,
    /// What its owner calls it.
    pub name: String,
    /// Kind of device.
    pub platform: Platform,
    /// Its state.
    pub state: OwnDeviceState,
    /// Enrolled at, by the server's clock.
    pub enrolled_at_ms: i64,
    /// Last heard of, to the minute, by the server's clock.
    pub last_heard_ms: i64,
}

/// State of one of the person's devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnDeviceState {
    /// A manager has to approve.
    Pending,
    /// In use.
    Active,
    /// Paused.
    Suspended,
    /// Over.
    Over(EndReason),
}

/// The person's devices; one in a state this version does not know is left out.
///
/// # Errors
/// [`WireError::Malformed`].
pub fn decode_devices(body: &[u8]) -> Result<Vec<OwnDevice>, WireError> {
    let answer: contract::devices::DevicesResponse = decode(body)?;
    Ok(answer.devices.into_iter().filter_map(own_device).collect())
}

fn own_device(device: contract::devices::DeviceSummary) -> Option<OwnDevice> {
    Some(OwnDevice {
        id: DeviceId(device.device.0),
        name: device.device_name,
        platform: match device.platform {
            contract::enrolment::Platform::Android => Platform::Android,
            contract::enrolment::Platform::Ios => Platform::Ios,
            contract::enrolment::Platform::Desktop => Platform::Desktop,
        },
        state: match device.state {
            DeviceState::Pending => OwnDeviceState::Pending,
            DeviceState::Active => OwnDeviceState::Active,
            DeviceState::Suspended => OwnDeviceState::Suspended,
            DeviceState::Revoked => OwnDeviceState::Over(EndReason::Revoked),
            DeviceState::Lost => OwnDeviceState::Over(EndReason::Lost),
            DeviceState::Replaced => OwnDeviceState::Over(EndReason::Replaced),
            DeviceState::Unknown => return None,
        },
        enrolled_at_ms: device.enrolled_at_ms,
        last_heard_ms: device.last_heard_ms,
    })
}

/// The body that asks for a login nonce.
///
/// # Errors
/// [`WireError::Encode`].
pub fn encode_challenge(device: DeviceId) -> Result<Vec<u8>, WireError> {
    encode(&ChallengeRequest {
        device: ids::DeviceId(device.0),
    })
}

/// The nonce to sign.
///
/// # Errors
/// [`WireError::Malformed`].
pub fn decode_challenge(body: &[u8]) -> Result<String, WireError> {
    decode::<ChallengeResponse>(body).map(|answer| answer.nonce)
}

/// The login proof by the user presence key.
///
/// # Errors
/// [`WireError::Encode`].
pub fn encode_login(
    enrolment: &Enrolment,
    device: DeviceId,
    origin: &str,
    nonce: &str,
    presence: &KeyPair,
) -> Result<Vec<u8>, WireError> {
    let message = Message::new(contract::signing::LOGIN, enrolment.company)
        .field(origin.as_bytes())
        .field(enrolment.employee.0.as_bytes())
        .field(device.0.as_bytes())
        .field(nonce.as_bytes());
    encode(&LoginRequest {
        device: ids::DeviceId(device.0),
        nonce: nonce.to_owned(),
        origin: origin.to_owned(),
        presence_sig: Bytes64(presence.sign(message.bytes())),
    })
}

/// A session: only in memory, wiped with the process.
#[derive(Clone)]
pub struct Session {
    /// Bearer token.
    pub token: zeroize::Zeroizing<String>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session(..)")
    }
}

/// The session and the server's clock.
///
/// # Errors
/// See [`WireError`].
pub fn decode_login(
    body: &[u8],
    enrolment: &Enrolment,
    device: DeviceId,
) -> Result<(Session, AnchorRead), WireError> {
    let answer: LoginResponse = decode(body)?;
    let anchor = open_anchor(
        &answer.anchor,
        enrolment.company,
        device,
        &enrolment.server_key,
    )?;
    Ok((
        Session {
            token: zeroize::Zeroizing::new(answer.token),
        },
        anchor,
    ))
}

/// The query that continues the feed at a cursor. Cursors are opaque: everything but unreserved characters is escaped.
pub fn canonical_query(cursor: &str) -> String {
    let mut query = String::from("since=");
    for byte in cursor.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            query.push(char::from(byte));
        } else {
            query.push('%');
            query.push_str(&hex::encode_upper([byte]));
        }
    }
    query
}
