//! What is done with fuzzed bytes. Each function panics when a promise is broken, and only then.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bizmitra_contract::encoding::{Bytes, Bytes32, Bytes64};
use bizmitra_contract::sealing::CONTENT_TYPE;
use bizmitra_contract::sync::{BatchItem, RecordSig};
use bizmitra_contract::{
    changes, devices, enrolment, ids, login, problem, record, signing, statement, sync,
};
use bizmitra_core::clock::Entropy;
use bizmitra_core::enrolment::{Enrolment, Stage, canonical_code};
use bizmitra_core::ids::{ChainId, CompanyId, DeviceId, EmployeeId, ItemId};
use bizmitra_core::keys::{DeviceSecret, PublicKey, Secret};
use bizmitra_core::outbox::{OutboxItem, Outcome};
use bizmitra_core::seal::SealingKey;
use bizmitra_core::vault::biometric::{Kept, Pass};
use bizmitra_core::vault::{Envelope, KdfParams, Pin};
use bizmitra_core::wire::{self, BatchRead};
use bizmitra_media::workbook::{Budget, Column, Job, Kind, Request, run};
use bizmitra_media::{Crop, Frame, MAX_SELFIE_BYTES, MAX_SELFIE_SIDE_PX, prepare_selfie, probe};
use bizmitra_server::hostile;
use ed25519_dalek::{Signer as _, SigningKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A target by its name, for what replays.
pub type Target = fn(&[u8]);

/// Every target.
pub const ALL: &[(&str, Target)] = &[
    ("answers", answers),
    ("code", code),
    ("contract", contract),
    ("envelope", envelope),
    ("link", link),
    ("picture", picture),
    ("record", record),
    ("sealed", sealed),
    ("signature_headers", signature_headers),
    ("workbook", workbook),
];

const COMPANY: Uuid = Uuid::from_u128(1);
const EMPLOYEE: Uuid = Uuid::from_u128(2);
const DEVICE: Uuid = Uuid::from_u128(3);
const CHAIN: Uuid = Uuid::from_u128(4);
const ITEM: Uuid = Uuid::from_u128(5);
const REQUEST: Uuid = Uuid::from_u128(6);
const HASH: [u8; 32] = [7; 32];
/// A half of the keystore.
const PASS: &[u8] = br#"{"half":"0909090909090909090909090909090909090909090909090909090909090909","prompts":0,"pin_at":{"wall_ms":0,"elapsed_ms":0,"boot_id":"one"}}"#;

static SERVER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[42; 32]));
static DIK: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[1; 32]));
static UPK: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[2; 32]));

/// The vault's envelopes: whatever lies in the store, no key comes out of it here.
pub fn envelope(data: &[u8]) {
    second_envelope(data);
    let Ok(read) = serde_json::from_slice::<Envelope>(data) else {
        return;
    };
    same_again(&read);
    // Costs above the least would only make fuzzing slow: that they are clamped is the attack suite's to show.
    let kdf = read.kdf;
    let costly = kdf.m_kib > KdfParams::FLOOR.m_kib || kdf.t > KdfParams::FLOOR.t;
    let allowed = kdf.m_kib <= KdfParams::CEILING.m_kib && kdf.t <= KdfParams::CEILING.t;
    if !(costly && allowed) {
        let opened = read.open(
            &Pin::new("729461".to_owned()),
            &DeviceSecret::from_bytes([9; 32]),
        );
        assert!(opened.is_err(), "a stranger's secret opened an envelope");
    }
}

/// The second envelope, with its own header as the place, and a pass as the keystore holds it.
fn second_envelope(data: &[u8]) {
    read_again::<Kept>(data);
    let released = Secret::new(vec![9; 32]);
    if let (Ok(Kept::On(read)), Ok(pass)) = (
        serde_json::from_slice::<Kept>(data),
        Pass::from_secret(&Secret::new(PASS.to_vec())),
    ) {
        let opened = read.open(&released, &pass, &read.context);
        assert!(opened.is_err(), "a stranger's halves opened an envelope");
    }
    if let Ok(pass) = Pass::from_secret(&Secret::new(data.to_vec())) {
        let kept = pass.to_secret().expect("what was read is written");
        assert_eq!(Pass::from_secret(&kept).expect("and read again"), pass);
    }
}

/// Requests: what is read is written and read the same.
pub fn contract(data: &[u8]) {
    read_again::<sync::BatchRequest>(data);
    read_again::<sync::BatchItem>(data);
    read_again::<enrolment::EnrolmentRequest>(data);
    read_again::<enrolment::InvitationRequest>(data);
    read_again::<login::LoginRequest>(data);
    read_again::<login::ChallengeRequest>(data);
    read_again::<devices::ApproveRequest>(data);
    read_again::<devices::RevokeRequest>(data);
    read_again::<record::Record>(data);
    read_again::<problem::Problem>(data);
    read_again::<statement::SignedStatement>(data);
    read_again::<changes::ChangesPage>(data);
    if let Ok(text) = std::str::from_utf8(data) {
        // A cursor is what a stranger sends back.
        let cursor = URL_SAFE_NO_PAD.encode(text);
        let _ = (
            hostile::read_cursor(text, 1),
            hostile::read_cursor(&cursor, 1),
        );
    }
}

fn read_again<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(data: &[u8]) {
    if let Ok(read) = serde_json::from_slice::<T>(data) {
        same_again(&read);
    }
}

fn same_again<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(read: &T) {
    let written = serde_json::to_vec(read).expect("what was read can be written");
    let again: T = serde_json::from_slice(&written).expect("what was written can be read");
    assert_eq!(&again, read);
}

/// A payload that the device's own keys signed: verified only when it says that it is this device's.
pub fn record(data: &[u8]) {
    let claimed: Value = serde_json::from_slice(data).unwrap_or_default();
    let id = |name: &str| {
        claimed[name]
            .as_str()
            .and_then(|text| Uuid::parse_str(text).ok())
    };
    let hash: [u8; 32] = Sha256::digest([signing::RECORD_HASH.as_bytes(), data].concat()).into();
    let signed = message(signing::RECORD_SIGNATURE, &[&hash]);
    let sign = |key: &SigningKey| RecordSig {
        key_id: key_id(key),
        alg: signing::ED25519.to_owned(),
        sig: Bytes64(key.sign(&signed).to_bytes()),
    };
    // The envelope is put together so that nothing but the payload can be the reason.
    let item = BatchItem {
        id: ids::ItemId(id("id").unwrap_or_default()),
        kind: "record".to_owned(),
        v: 1,
        content_type: CONTENT_TYPE.to_owned(),
        chain_id: ids::ChainId(id("chain_id").unwrap_or_default()),
        seq: claimed["seq"].as_u64().unwrap_or_default(),
        prev_hash: claimed["prev_hash"]
            .as_str()
            .and_then(|text| text.parse().ok())
            .unwrap_or(Bytes32([0; 32])),
        hash: Bytes32(hash),
        sigs: vec![sign(&DIK), sign(&UPK)],
        payload: Bytes(data.to_vec()),
        blobs: Vec::new(),
    };
    let signer = hostile::Signer {
        company: ids::CompanyId(COMPANY),
        employee: ids::EmployeeId(EMPLOYEE),
        device: ids::DeviceId(DEVICE),
        device_key: DIK.verifying_key().to_bytes(),
        presence_key: UPK.verifying_key().to_bytes(),
    };
    if hostile::verify_record(&item, data, &signer).is_ok() {
        assert_eq!(id("company"), Some(COMPANY));
        assert_eq!(id("employee"), Some(EMPLOYEE));
        assert_eq!(id("device"), Some(DEVICE));
        assert_ne!(claimed["seq"].as_u64(), Some(0));
    }
}

/// The link of a QR code: what is read names a server, a whole code and a key.
pub fn link(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(read) = bizmitra_core::link::read(text) {
        assert!(bizmitra_core::link::is_link(text));
        assert_eq!(canonical_code(&read.code), Some(read.code.clone()));
        assert!(read.server.starts_with("https://") || read.server.starts_with("http://"));
    }
}

/// A payload as it came: opens only when it was sealed to this key, for this envelope.
pub fn sealed(data: &[u8]) {
    let item = BatchItem {
        id: ids::ItemId(ITEM),
        kind: "record".to_owned(),
        v: 1,
        content_type: CONTENT_TYPE.to_owned(),
        chain_id: ids::ChainId(CHAIN),
        seq: 1,
        prev_hash: Bytes32([0; 32]),
        hash: Bytes32(HASH),
        sigs: Vec::new(),
        payload: Bytes(data.to_vec()),
        blobs: Vec::new(),
    };
    assert_eq!(
        hostile::open_sealed(&[5; 32], ids::CompanyId(COMPANY), &item),
        None,
        "nothing was ever sealed for this envelope"
    );
}

/// A request's head, one line a header, after a first line `METHOD target`; the body after an empty line.
pub fn signature_headers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.split('\n');
    let (method, target) = lines
        .next()
        .and_then(|line| line.split_once(' '))
        .unwrap_or(("GET", "/"));
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let Some(read) = hostile::read_signature(method, target, &headers, body.as_bytes()) else {
        return;
    };
    let lines: Vec<&str> = read.base.split('\n').collect();
    let (parameters, components) = lines.split_last().expect("a base has lines");
    assert!((4..=8).contains(&components.len()), "{}", read.base);
    let names: Vec<&str> = components
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names.len(), components.len(), "{}", read.base);
    let covered = format!("\"@signature-params\": ({})", names.join(" "));
    assert!(parameters.starts_with(&covered), "{}", read.base);
    assert!(
        parameters.ends_with(";alg=\"ed25519\";tag=\"bizmitra\""),
        "{}",
        read.base
    );
    assert!(parameters.contains(&format!("keyid=\"{}\"", read.device)));
    assert!(parameters.contains(&format!(";created={}", read.created_s)));
    assert_eq!(parameters.contains(";nonce="), read.nonce.is_some());
}

/// A picture: what comes out is a small upright picture with nothing but pixels, whatever went in.
pub fn picture(data: &[u8]) {
    let face = Frame {
        left_px: 3,
        top_px: 5,
        side_px: 64,
    };
    for crop in [Crop::Centre, Crop::Frame(face)] {
        let Ok(selfie) = prepare_selfie(data, crop) else {
            continue;
        };
        assert!(selfie.jpeg.len() <= MAX_SELFIE_BYTES && selfie.side_px <= MAX_SELFIE_SIDE_PX);
        let read = probe(&selfie.jpeg).expect("what was written can be read");
        assert_eq!((read.width, read.height), (selfie.side_px, selfie.side_px));
        assert_eq!(read.orientation, 1);
    }
}

/// A workbook, as an archive and as the XML of its sheet: rows are good or not, and the good ones stay good.
pub fn workbook(data: &[u8]) {
    let column = |id: &str, kind| Column {
        id: id.to_owned(),
        names: Vec::new(),
        kind,
        required: true,
    };
    let request = Request {
        columns: vec![
            column("employee_code", Kind::EmployeeCode),
            column("date", Kind::Date),
            column("check_in", Kind::Time),
        ],
        sheet: None,
        mapping: Vec::new(),
        unique: vec!["employee_code".to_owned()],
    };
    let budget = Budget::new(std::time::Duration::from_secs(5));
    let job = Job::GoodRows { request };
    for bytes in [data.to_vec(), book_of(data)] {
        let Ok(outcome) = run(&job, &bytes, &budget) else {
            continue;
        };
        assert!(outcome.report.good <= outcome.report.rows);
        let again = run(&job, &outcome.workbook, &budget).expect("what was written can be read");
        assert_eq!(again.report.good, outcome.report.good);
    }
}

/// A workbook whose sheet holds these bytes, packed like one of a spreadsheet program that stores without compressing.
fn book_of(sheet: &[u8]) -> Vec<u8> {
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships><Relationship Id=\"r\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let parts = [
        ("[Content_Types].xml", "<Types/>".to_owned().into_bytes()),
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml").into_bytes()),
        (
            "xl/workbook.xml",
            format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r\"/></sheets></workbook>").into_bytes(),
        ),
        ("xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml").into_bytes()),
        (
            "xl/styles.xml",
            b"<styleSheet><cellXfs count=\"3\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"20\"/></cellXfs></styleSheet>".to_vec(),
        ),
        ("xl/worksheets/sheet1.xml", sheet.to_vec()),
    ];
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    let count = parts.len() as u16;
    for (name, content) in parts {
        let size = (content.len() as u32).to_le_bytes();
        let mut crc = flate2::Crc::new();
        crc.update(&content);
        let mut fields = b"\x0a\0\0\0\0\0\0\0\0\0".to_vec();
        fields.extend([crc.sum().to_le_bytes(), size, size].concat());
        fields.extend((name.len() as u32).to_le_bytes());
        directory.extend([b"PK\x01\x02\x0a\0".as_slice(), &fields, &[0; 10]].concat());
        directory.extend((bytes.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        bytes.extend([b"PK\x03\x04".as_slice(), &fields, name.as_bytes(), &content].concat());
    }
    let sizes = [directory.len() as u32, bytes.len() as u32]
        .map(u32::to_le_bytes)
        .concat();
    let count = count.to_le_bytes();
    let end = [
        b"PK\x05\x06\0\0\0\0".as_slice(),
        &count,
        &count,
        &sizes,
        &[0, 0],
    ]
    .concat();
    [bytes, directory, end].concat()
}

/// Activation codes: what one side takes, the other reads the same.
pub fn code(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let device = canonical_code(text);
    if let Some(code) = &device {
        assert_eq!(code.len(), 10);
        assert_eq!(
            hostile::canonical_code(code).as_ref(),
            device.as_ref(),
            "the server reads what the device sends"
        );
        assert_eq!(
            canonical_code(code).as_ref(),
            device.as_ref(),
            "a canonical code is its own form"
        );
    }
    if let Some(code) = hostile::canonical_code(text) {
        assert_eq!(
            device,
            Some(code),
            "the device sends what the server would take"
        );
    }
}

/// Answers: raw with status and headers; as a body of each operation; and as a payload that our server signed.
pub fn answers(data: &[u8]) {
    classify(data);
    let (enrolment, device) = (enrolment(), DeviceId(DEVICE));
    let sent = [sent()];
    for body in [data.to_vec(), signed_batch(data)] {
        if let Ok(read) = wire::decode_batch(&body, REQUEST, &sent, &enrolment, device) {
            for (id, read) in read.items {
                assert_eq!(
                    id,
                    ItemId(ITEM),
                    "a verdict about something that was not sent"
                );
                if let BatchRead::Outcome(Outcome::Acked { receipt, .. }) = read {
                    let receipt: statement::Receipt =
                        serde_json::from_slice(&receipt).expect("a receipt is kept");
                    assert_eq!(
                        (receipt.record_hash.0, receipt.key_id),
                        (HASH, key_id(&SERVER))
                    );
                }
            }
        }
    }
    for since in ["", "MS4x"] {
        let signed = serde_json::to_vec(&statement("changes", data)).expect("a statement is JSON");
        for body in [data, &signed] {
            let _ = wire::decode_changes(body, &enrolment, device, since);
        }
    }
    let _ = wire::decode_enrolment(data, &enrolment, &Steady);
    let _ = wire::decode_login(data, &enrolment, device);
    let _ = wire::decode_invitation(data, "7F3A09C2KX");
    let _ = wire::decode_challenge(data);
    let _ = wire::decode_device_state(data, enrolment.clone(), device, REQUEST);
    // What was cached is read again at every start.
    let _ = (
        wire::profile(data),
        wire::policy(data),
        wire::site(data),
        wire::shift(data),
        wire::sealing_key(data, &Steady),
    );
}

/// `status\nname: value\n...\n\nbody`.
fn classify(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.split('\n');
    let Some(status) = lines.next().and_then(|line| line.parse().ok()) else {
        return;
    };
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let ours = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("bizmitra-server"));
    if let Some(Ok(_)) =
        bizmitra_client::hostile::classify(status, &headers, body.as_bytes().to_vec())
    {
        assert!(
            ours && (200..300).contains(&status),
            "only our own success is one"
        );
    }
}

/// An answer around results that somebody else wrote.
fn signed_batch(results: &[u8]) -> Vec<u8> {
    let anchor = json!({"anchor_id": Uuid::from_u128(9), "device": DEVICE, "server_time_ms": 1});
    let anchor = serde_json::to_vec(&anchor).unwrap_or_default();
    let answer = json!({
        "req_id": REQUEST, "server_epoch": 1, "server_time_ms": 1, "anchor": statement("anchor", &anchor),
        "results": serde_json::from_slice::<Value>(results).unwrap_or_default(),
    });
    serde_json::to_vec(&answer).unwrap_or_default()
}

fn statement(kind: &str, payload: &[u8]) -> statement::SignedStatement {
    let signed = message(signing::STATEMENT, &[kind.as_bytes(), payload]);
    statement::SignedStatement {
        kind: kind.to_owned(),
        key_id: key_id(&SERVER),
        payload: Bytes(payload.to_vec()),
        sig: Bytes64(SERVER.sign(&signed).to_bytes()),
    }
}

fn message(purpose: &str, fields: &[&[u8]]) -> Vec<u8> {
    let mut bytes = [purpose.as_bytes(), &[0], COMPANY.as_bytes()].concat();
    for field in fields {
        bytes.extend(u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(*field);
    }
    bytes
}

fn key_id(key: &SigningKey) -> String {
    PublicKey(key.verifying_key().to_bytes()).key_id()
}

fn enrolment() -> Enrolment {
    Enrolment {
        origin: "https://localhost".to_owned(),
        company: CompanyId(COMPANY),
        company_name: "Sahyadri Foods".to_owned(),
        employee: EmployeeId(EMPLOYEE),
        employee_name: "Ravi".to_owned(),
        server_key: PublicKey(SERVER.verifying_key().to_bytes()),
        successions: Vec::new(),
        pin_digits: (6, 6),
        notice_version: "2026-11".to_owned(),
        device_key: PublicKey(DIK.verifying_key().to_bytes()),
        presence_key: PublicKey(UPK.verifying_key().to_bytes()),
        locked_key: sealing_key(),
        sealing_key: Some(sealing_key()),
        chain: ChainId(CHAIN),
        stage: Stage::Active {
            device: DeviceId(DEVICE),
        },
        replaces: None,
    }
}

/// The base point of X25519: a usable key.
fn sealing_key() -> SealingKey {
    let mut point = [0; 32];
    point[0] = 9;
    SealingKey::from_bytes(point, &Steady).expect("the base point is usable")
}

/// Randomness that is the same in each run.
struct Steady;

impl Entropy for Steady {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn sent() -> OutboxItem {
    OutboxItem {
        id: ItemId(ITEM),
        chain: ChainId(CHAIN),
        seq: 1,
        prev_hash: [0; 32],
        hash: HASH,
        content_type: CONTENT_TYPE.to_owned(),
        payload: Vec::new(),
        sigs: Vec::new(),
    }
}
