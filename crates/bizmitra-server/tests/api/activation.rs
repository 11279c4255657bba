//! The device's side of an activation.

use bizmitra_contract::encoding::{Bytes32, Bytes64};
use bizmitra_contract::enrolment::{EnrolmentRequest, InvitationRequest, Platform};
use bizmitra_contract::ids::CompanyId;
use bizmitra_contract::{paths, signing};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

use crate::device::message;
use crate::world::{Reply, World};

/// Fixed keys, so that failures repeat.
pub fn keys(seed: &str) -> (SigningKey, SigningKey) {
    let key =
        |purpose: &str| SigningKey::from_bytes(&Sha256::digest(format!("{seed} {purpose}")).into());
    (key("device"), key("presence"))
}

pub fn enrolment(
    company: CompanyId,
    code: &str,
    nonce: &str,
    seed: &str,
    platform: Platform,
) -> EnrolmentRequest {
    let (dik, upk) = keys(seed);
    let platform_word = match platform {
        Platform::Android => "android",
        Platform::Ios => "ios",
        Platform::Desktop => "desktop",
    };
    let canonical: String = code.chars().filter(|c| *c != '-').collect();
    let (device_key, presence_key) = (
        dik.verifying_key().to_bytes(),
        upk.verifying_key().to_bytes(),
    );
    let fields: [&[u8]; 6] = [
        nonce.as_bytes(),
        canonical.as_bytes(),
        &device_key,
        &presence_key,
        platform_word.as_bytes(),
        seed.as_bytes(),
    ];
    let signed = message(signing::ENROL, company, &fields);
    EnrolmentRequest {
        code: code.to_owned(),
        nonce: nonce.to_owned(),
        device_key: Bytes32(device_key),
        presence_key: Bytes32(presence_key),
        platform,
        device_name: seed.to_owned(),
        app_version: "0.1.0".to_owned(),
        device_sig: Bytes64(dik.sign(&signed).to_bytes()),
        presence_sig: Bytes64(upk.sign(&signed).to_bytes()),
    }
}

pub async fn check(world: &World, code: &str) -> Reply {
    world
        .post(
            paths::INVITATION,
            &InvitationRequest {
                code: code.to_owned(),
            },
        )
        .await
}
