//! Ravi's day: recorded by core's own maker, receipted by a server that is written here from the contract's text.

use std::sync::Arc;

use bizmitra_core::attendance::{Action, Evidence, NoPlace, Place};
use bizmitra_core::clock::{Entropy, Reading};
use bizmitra_core::export::{
    Binding, Bytes, ChainHeadClaim, Export, ExportedReceipt, ExportedRecord, ExportedSig, FORMAT,
    Finding, Fixed, Report, ServerSaid, VERSION, verify,
};
use bizmitra_core::ids::{ChainId, CompanyId, DeviceId, EmployeeId, ItemId};
use bizmitra_core::keys::{KeyPair, VaultKey};
use bizmitra_core::record::{Author, Moment, NewRecord, Statement, derive_hash, make_record};
use bizmitra_core::seal::OpeningKey;
use bizmitra_core::store::ChainHead;
use bizmitra_core::vault::{Column, Columns};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

/// 2026-11-23 09:01 in Pune.
pub const MORNING_MS: i64 = 1_795_404_660_000;

pub fn company() -> CompanyId {
    CompanyId(Uuid::from_u128(0xC0))
}

pub fn employee() -> EmployeeId {
    EmployeeId(Uuid::from_u128(0xE0))
}

/// The server: its key and what it puts on a receipt.
pub struct Ssk(pub SigningKey);

impl Ssk {
    pub fn new() -> Self {
        Self(SigningKey::from_bytes(&[9; 32]))
    }

    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    pub fn key_id(&self) -> String {
        hex::encode(&Sha256::digest(self.public())[..8])
    }

    /// `bz/receipt/v1 || 0 || company || (length || field)*`, as the contract writes it down.
    pub fn receipt(&self, record: &ExportedRecord, head: (u64, [u8; 32])) -> ExportedReceipt {
        let received_at_ms = MORNING_MS + 700;
        let mut message = b"bz/receipt/v1\0".to_vec();
        message.extend(company().0.as_bytes());
        for field in [
            record.id.0.as_bytes().as_slice(),
            &record.hash.0,
            &received_at_ms.to_be_bytes(),
            record.chain_id.0.as_bytes(),
            &head.0.to_be_bytes(),
            &head.1,
        ] {
            message.extend((field.len() as u32).to_be_bytes());
            message.extend(field);
        }
        ExportedReceipt {
            item: record.id,
            record_hash: record.hash,
            received_at_ms,
            chain_id: record.chain_id,
            head_seq: head.0,
            head_hash: Fixed(head.1),
            key_id: self.key_id(),
            sig: Fixed(self.0.sign(&message).to_bytes()),
        }
    }
}

/// Random bytes that repeat from run to run.
struct Counting;

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for (number, byte) in bytes.iter_mut().enumerate() {
            *byte = (number % 251) as u8 + 3;
        }
    }
}

/// One device of Ravi's and the chain it writes.
pub struct Device {
    pub author: Author,
    pub presence: KeyPair,
    pub head: ChainHead,
    next_id: u128,
}

impl Device {
    pub fn new(number: u8) -> Self {
        let presence = KeyPair::from_seed(&[number + 100; 32]);
        Self {
            author: Author {
                company: company(),
                employee: employee(),
                device: DeviceId(Uuid::from_u128(0xD0 + u128::from(number))),
                app_version: "0.1.0".to_owned(),
                identity: KeyPair::from_seed(&[number; 32]),
                presence: Some(presence.clone()),
                columns: Arc::new(Columns::open(
                    &VaultKey::from_bytes([number; 32]),
                    Arc::new(Counting),
                )),
                sealing: OpeningKey::from_seed(Zeroizing::new([5; 32])).public(),
            },
            presence,
            head: start(u128::from(number)),
            next_id: u128::from(number) << 64,
        }
    }

    pub fn binding(&self, ssk: &Ssk) -> Binding {
        Binding {
            device: self.author.device,
            device_key: Fixed(self.author.identity.public().0),
            presence_key: Fixed(self.presence.public().0),
            server_key: Fixed(ssk.public()),
            successions: Vec::new(),
        }
    }

    /// Appends; evidence with the device key alone, as a locked device does.
    pub fn append(&mut self, statement: &Statement) -> ExportedRecord {
        let author = match statement {
            Statement::Evidence(_) => Author {
                presence: None,
                ..self.author.clone()
            },
            _ => self.author.clone(),
        };
        self.append_as(&author, statement)
    }

    pub fn append_as(&mut self, author: &Author, statement: &Statement) -> ExportedRecord {
        self.next_id += 1;
        let moment = Moment {
            reading: Reading {
                wall_ms: MORNING_MS,
                elapsed_ms: 1,
                boot_id: "one".to_owned(),
                zone: "Asia/Kolkata".to_owned(),
                offset_min: 330,
            },
            anchor: None,
            consent: None,
        };
        let id = ItemId(Uuid::from_u128(self.next_id));
        let made = make_record(author, &moment, id, &self.head, statement, &Counting).unwrap();
        self.head.seq = made.item.seq;
        self.head.hash = made.item.hash;
        self.head.follows = None;
        exported(author, made)
    }

    pub fn tap(&mut self, action: Action) -> ExportedRecord {
        self.append(&tap(action))
    }

    pub fn evidence(&mut self, about: ItemId) -> ExportedRecord {
        self.append(&evidence(about))
    }
}

pub fn start(number: u128) -> ChainHead {
    ChainHead {
        chain: ChainId(Uuid::from_u128(0xA0 + number)),
        seq: 0,
        hash: [0; 32],
        follows: None,
    }
}

pub fn tap(action: Action) -> Statement {
    Statement::Tap {
        action,
        shift: None,
        day: "2026-11-23".to_owned(),
    }
}

pub fn evidence(about: ItemId) -> Statement {
    Statement::Evidence(Evidence {
        about,
        place: Place::None(NoPlace::NoGps),
        fix_age_ms: None,
        flags: Vec::new(),
    })
}

/// What is sent is sealed; the file holds what the person's own vault reads.
fn exported(author: &Author, made: NewRecord) -> ExportedRecord {
    let item = made.item;
    let bytes = author.columns.read(Column::Record, item.id, &made.copy);
    let signed = |(key_id, sig)| ExportedSig {
        key_id,
        alg: "ed25519".to_owned(),
        sig: Fixed(sig),
    };
    ExportedRecord {
        id: item.id,
        chain_id: item.chain,
        seq: item.seq,
        prev_hash: Fixed(item.prev_hash),
        hash: Fixed(item.hash),
        bytes: Some(Bytes(bytes.unwrap().to_vec())),
        sigs: item.sigs.into_iter().map(signed).collect(),
        receipts: Vec::new(),
    }
}

/// Check-in, its evidence, check-out, its evidence, a withdrawal: the first four confirmed.
pub struct Story {
    pub ssk: Ssk,
    pub device: Device,
    pub export: Export,
}

pub fn story() -> Story {
    let ssk = Ssk::new();
    let mut device = Device::new(1);
    let check_in = device.tap(Action::CheckIn);
    let located = device.evidence(check_in.id);
    let check_out = device.tap(Action::CheckOut);
    let unlocated = device.evidence(check_out.id);
    let undone = device.append(&Statement::Withdrawal {
        about: check_out.id,
    });
    let mut records = vec![check_in, located, check_out, unlocated, undone];
    for record in records.iter_mut().take(4) {
        record.receipts = vec![ssk.receipt(record, (record.seq, record.hash.0))];
    }
    let export = export_of(&ssk, &[&device], records);
    Story {
        ssk,
        device,
        export,
    }
}

/// A file with these devices and records, that says where each device's chain ends.
pub fn export_of(ssk: &Ssk, devices: &[&Device], records: Vec<ExportedRecord>) -> Export {
    Export {
        format: FORMAT.to_owned(),
        version: VERSION,
        made_at_ms: MORNING_MS,
        app_version: "0.1.0".to_owned(),
        company: company(),
        company_name: "Sahyadri Foods".to_owned(),
        employee: employee(),
        employee_name: "Ravi Patil".to_owned(),
        bindings: devices.iter().map(|device| device.binding(ssk)).collect(),
        chains: devices.iter().map(|device| end(&device.head)).collect(),
        records,
        server_said: ServerSaid::default(),
    }
}

pub fn end(head: &ChainHead) -> ChainHeadClaim {
    ChainHeadClaim {
        chain_id: head.chain,
        seq: head.seq,
        hash: Fixed(head.hash),
    }
}

/// A record whose bytes are replaced by others that the same keys sign: what a device may do, and a thief of a file may not.
pub fn sign_again(device: &Device, record: &mut ExportedRecord, bytes: Vec<u8>) {
    let hash = derive_hash(&bytes);
    record.bytes = Some(Bytes(bytes));
    record.hash = Fixed(hash);
    let message = bizmitra_core::record::signature_message(company(), &hash);
    record.sigs = [&device.author.identity, &device.presence]
        .map(|key| ExportedSig {
            key_id: key.public().key_id(),
            alg: "ed25519".to_owned(),
            sig: Fixed(key.sign(message.bytes())),
        })
        .to_vec();
}

/// Findings of each record, by its place in the file.
pub fn findings(export: &Export) -> Vec<(usize, Finding)> {
    let report = verify(export, None);
    let records = report.records.iter().enumerate();
    records
        .flat_map(|(index, record)| record.findings.iter().map(move |finding| (index, *finding)))
        .collect()
}

/// Findings of chains and file.
pub fn others(report: &Report) -> Vec<Finding> {
    let chains = report.chains.iter().flat_map(|chain| &chain.findings);
    chains.chain(&report.findings).copied().collect()
}
