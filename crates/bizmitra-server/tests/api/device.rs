//! A device written from the contract's documents alone.

use std::convert::Infallible;

use bizmitra_contract::encoding::{Bytes, Bytes32, Bytes64};
use bizmitra_contract::enrolment::{Approval, EnrolmentResponse, InvitationResponse, Platform};
use bizmitra_contract::ids::{
    AnchorId, ChainId, CompanyId, DeviceId, EmployeeId, ItemId, RequestId,
};
use bizmitra_contract::login::{ChallengeRequest, ChallengeResponse, LoginRequest, LoginResponse};
use bizmitra_contract::record::{ChainEnd, Record, RecordBody, Tap};
use bizmitra_contract::sealing::{self, SealingKey};
use bizmitra_contract::statement::{SignedStatement, TimeAnchor};
use bizmitra_contract::sync::{BatchItem, BatchRequest, BatchResponse, ItemResult, RecordSig};
use bizmitra_contract::{paths, signing};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable as _, Kem, OpModeS, Serializable as _};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use crate::activation::{check, enrolment, keys};
pub use crate::request::Signing;
use crate::world::{Reply, World};

pub const HOST: &str = "localhost:8787";

pub fn message(purpose: &str, company: CompanyId, fields: &[&[u8]]) -> Vec<u8> {
    let mut bytes = [purpose.as_bytes(), &[0], company.0.as_bytes()].concat();
    for field in fields {
        bytes.extend((field.len() as u32).to_be_bytes());
        bytes.extend(*field);
    }
    bytes
}

fn key_id(key: &SigningKey) -> String {
    hex::encode(&Sha256::digest(key.verifying_key().as_bytes())[..8])
}

/// The system's randomness.
struct Random;

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(getrandom::u32().unwrap())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(getrandom::u64().unwrap())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        getrandom::fill(bytes).unwrap();
        Ok(())
    }
}

impl TryCryptoRng for Random {}

#[derive(Clone)]
pub struct TestDevice {
    pub dik: SigningKey,
    pub upk: SigningKey,
    pub company: CompanyId,
    pub employee: EmployeeId,
    pub device: DeviceId,
    pub server_key: [u8; 32],
    pub sealing_key: [u8; 32],
    pub fingerprint: String,
    pub chain: ChainId,
    pub seq: u64,
    pub prev_hash: Bytes32,
    /// What the next chain's first record names.
    pub follows: Option<ChainEnd>,
    pub anchor: Option<(AnchorId, u64)>,
    pub token: Option<String>,
}

impl TestDevice {
    /// Activates a phone by a new code.
    pub async fn enrol(world: &World, person: EmployeeId, seed: &str) -> Self {
        Self::enrol_as(world, person, seed, Platform::Android, Approval::Automatic).await
    }

    pub async fn enrol_as(
        world: &World,
        person: EmployeeId,
        seed: &str,
        platform: Platform,
        approval: Approval,
    ) -> Self {
        let code = world.invite_with(person, approval);
        let invitation: InvitationResponse = check(world, &code).await.json();
        let request = enrolment(invitation.company, &code, &invitation.nonce, seed, platform);
        let enrolled: EnrolmentResponse = world.post(paths::ENROLMENT, &request).await.json();
        let (dik, upk) = keys(seed);
        let mut device = Self {
            dik,
            upk,
            company: enrolled.company,
            employee: enrolled.employee,
            device: enrolled.device,
            server_key: invitation.server_key.0,
            sealing_key: [0; 32],
            fingerprint: enrolled.fingerprint,
            chain: ChainId(Uuid::now_v7()),
            seq: 0,
            prev_hash: Bytes32([0; 32]),
            follows: None,
            anchor: None,
            token: None,
        };
        let anchor: TimeAnchor = device.open(&enrolled.anchor, "anchor");
        assert_eq!(anchor.device, device.device);
        device.anchor = Some((anchor.anchor_id, 40));
        let key: SealingKey = device.open(&enrolled.sealing_key, sealing::STATEMENT_KIND);
        device.sealing_key = key.public_key.0;
        device
    }

    pub async fn signed_in(world: &World, person: EmployeeId, seed: &str) -> Self {
        let mut device = Self::enrol(world, person, seed).await;
        device.sign_in(world).await;
        device
    }

    /// Verifies a statement with the pinned key and reads it.
    pub fn open<T: serde::de::DeserializeOwned>(
        &self,
        statement: &SignedStatement,
        kind: &str,
    ) -> T {
        assert_eq!(statement.kind, kind);
        let signed = message(
            signing::STATEMENT,
            self.company,
            &[kind.as_bytes(), &statement.payload.0],
        );
        self.server_signed(&signed, &statement.sig);
        serde_json::from_slice(&statement.payload.0).unwrap()
    }

    pub fn server_signed(&self, signed: &[u8], sig: &Bytes64) {
        let key = VerifyingKey::from_bytes(&self.server_key).unwrap();
        key.verify_strict(signed, &Signature::from_bytes(&sig.0))
            .unwrap();
    }

    pub fn signing(&self, world: &World) -> Signing {
        Signing {
            created_s: Some(world.now_ms() / 1000),
            bearer: self.token.clone(),
            ..Signing::default()
        }
    }

    pub async fn get(&self, world: &World, path: &str) -> Reply {
        world
            .call(self.request("GET", path, None, &self.signing(world)))
            .await
    }

    pub async fn post<T: serde::Serialize>(&self, world: &World, path: &str, body: &T) -> Reply {
        let body = serde_json::to_vec(body).unwrap();
        world
            .call(self.request("POST", path, Some(body), &self.signing(world)))
            .await
    }

    pub fn login_request(&self, nonce: &str, origin: &str) -> LoginRequest {
        let fields: [&[u8]; 4] = [
            origin.as_bytes(),
            self.employee.0.as_bytes(),
            self.device.0.as_bytes(),
            nonce.as_bytes(),
        ];
        let sig = self
            .upk
            .sign(&message(signing::LOGIN, self.company, &fields));
        LoginRequest {
            device: self.device,
            nonce: nonce.to_owned(),
            origin: origin.to_owned(),
            presence_sig: Bytes64(sig.to_bytes()),
        }
    }

    pub async fn nonce(&self, world: &World) -> String {
        let challenge: ChallengeResponse = world
            .post(
                paths::LOGIN_CHALLENGE,
                &ChallengeRequest {
                    device: self.device,
                },
            )
            .await
            .json();
        challenge.nonce
    }

    pub async fn sign_in(&mut self, world: &World) {
        self.token = None;
        let request = self.login_request(&self.nonce(world).await, &format!("http://{HOST}"));
        let session: LoginResponse = self.post(world, paths::LOGIN, &request).await.json();
        self.token = Some(session.token);
    }

    /// The next record of the chain, made at `wall_ms`.
    pub fn record(&mut self, wall_ms: i64, body: RecordBody) -> Record {
        self.seq += 1;
        Record {
            v: 1,
            salt: Bytes32(Sha256::digest(format!("{} {}", self.chain, self.seq)).into()),
            chain_id: self.chain,
            company: self.company,
            employee: self.employee,
            device: self.device,
            seq: self.seq,
            prev_hash: self.prev_hash,
            id: ItemId(Uuid::now_v7()),
            wall_ms,
            zone: "Asia/Kolkata".to_owned(),
            offset_min: 330,
            anchor_id: None,
            elapsed_since_anchor_ms: None,
            anchor_rtt_ms: None,
            same_boot: true,
            consent: None,
            app_version: "0.1.0".to_owned(),
            follows: self.follows.filter(|_| self.seq == 1),
            body,
        }
    }

    /// Signs a record as the tap does, and moves the chain on.
    pub fn item(&mut self, record: &Record, presence: bool) -> BatchItem {
        let item = self.item_of_bytes(record, serde_json::to_vec(record).unwrap(), presence);
        self.prev_hash = item.hash;
        item
    }

    pub fn item_of_bytes(&self, record: &Record, payload: Vec<u8>, presence: bool) -> BatchItem {
        let hash: [u8; 32] =
            Sha256::digest([signing::RECORD_HASH.as_bytes(), &payload].concat()).into();
        let signed = message(signing::RECORD_SIGNATURE, self.company, &[&hash]);
        let sign = |key: &SigningKey| RecordSig {
            key_id: key_id(key),
            alg: signing::ED25519.to_owned(),
            sig: Bytes64(key.sign(&signed).to_bytes()),
        };
        let mut sigs = vec![sign(&self.dik)];
        if presence {
            sigs.push(sign(&self.upk));
        }
        let mut item = BatchItem {
            id: record.id,
            kind: "record".to_owned(),
            v: 1,
            content_type: sealing::CONTENT_TYPE.to_owned(),
            chain_id: record.chain_id,
            seq: record.seq,
            prev_hash: record.prev_hash,
            hash: Bytes32(hash),
            sigs,
            payload: Bytes(Vec::new()),
            blobs: Vec::new(),
        };
        self.seal_into(&mut item, &payload);
        item
    }

    /// Seals bytes to the company, for the envelope as it is now.
    pub fn seal_into(&self, item: &mut BatchItem, bytes: &[u8]) {
        let fields: [&[u8]; 5] = [
            item.id.0.as_bytes(),
            item.chain_id.0.as_bytes(),
            &item.seq.to_be_bytes(),
            &item.prev_hash.0,
            &item.hash.0,
        ];
        let aad = message(signing::SEALED_ITEM, self.company, &fields);
        item.payload = Bytes(self.seal(&aad, bytes));
    }

    /// Seals bytes to the company: version, key id, encapsulated key, ciphertext.
    pub fn seal(&self, aad: &[u8], bytes: &[u8]) -> Vec<u8> {
        let info = message(signing::SEAL, self.company, &[&self.sealing_key]);
        let key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&self.sealing_key).unwrap();
        let (encapped, mut context) = hpke::setup_sender_with_rng::<
            ChaCha20Poly1305,
            HkdfSha256,
            X25519HkdfSha256,
        >(&OpModeS::Base, &key, &info, &mut Random)
        .unwrap();
        let sealed = context.seal(bytes, aad).unwrap();
        let key_id = &Sha256::digest(self.sealing_key)[..8];
        [&[1], key_id, &encapped.to_bytes(), &sealed].concat()
    }

    /// A check-in at `wall_ms`, signed with presence.
    pub fn check_in(&mut self, wall_ms: i64) -> BatchItem {
        let record = self.record(
            wall_ms,
            RecordBody::CheckIn(Tap {
                shift: None,
                day: None,
            }),
        );
        self.item(&record, true)
    }

    pub async fn send(&self, world: &World, items: &[&BatchItem]) -> Reply {
        let items = items.iter().map(|item| (*item).clone()).collect();
        let batch = BatchRequest {
            req_id: RequestId(Uuid::now_v7()),
            acked_through: 0,
            items,
        };
        let unlocked = Self {
            token: None,
            ..self.clone()
        };
        unlocked.post(world, paths::SYNC_BATCH, &batch).await
    }

    pub async fn deliver(&self, world: &World, items: &[&BatchItem]) -> Vec<ItemResult> {
        let response: BatchResponse = self.send(world, items).await.json();
        let _anchor: TimeAnchor = self.open(&response.anchor, "anchor");
        response.results
    }
}
