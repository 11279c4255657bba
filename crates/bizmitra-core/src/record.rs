//! Records: exact bytes made, signed and sealed at the instant of the tap, inside the transaction that stores them.

use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::attendance::{Action, Correction, Evidence, TapRow};
use crate::clock::{Entropy, Reading, make_random};
use crate::file::{FileCell, NewFile};
use crate::ids::{CompanyId, DeviceId, EmployeeId, ItemId, ShiftId};
use crate::keys::{KeyPair, Message};
use crate::outbox::{Lane, OutboxItem};
use crate::seal::SealingKey;
use crate::store::{BuildError, ChainHead};
use crate::sync::Anchor;
use crate::vault::{Column, Columns};
use crate::wire;

/// A record ready to be written: its outbox item and the domain row that goes with it, in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRecord {
    /// As it is stored and sent: sealed to the company.
    pub item: OutboxItem,
    /// When it is sent.
    pub lane: Lane,
    /// The exact bytes once more, as a private cell: for the person's own eyes.
    pub copy: Vec<u8>,
    /// What else the transaction writes.
    pub effect: Effect,
}

/// The domain row of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A tap.
    Tap {
        /// Finds the day.
        day_tag: [u8; 16],
        /// The tap, as a private cell.
        tap: Vec<u8>,
    },
    /// Evidence for a tap.
    Evidence {
        /// The tap.
        about: ItemId,
        /// The verdict, as a private cell.
        evidence: Vec<u8>,
    },
    /// A tap is withdrawn.
    Withdrawal {
        /// The tap.
        about: ItemId,
    },
    /// A file.
    File {
        /// Encrypted bytes.
        length: u64,
        /// SHA-256 of the encrypted bytes.
        sha256: [u8; 32],
        /// Name and key, as a private cell.
        cell: Vec<u8>,
    },
    /// A file is taken back.
    CancelFile {
        /// The file.
        about: ItemId,
    },
    /// Location consent changed; the value of [`crate::store::Key::Consent`], JSON.
    Consent {
        /// JSON.
        value: Vec<u8>,
    },
    /// A request that somebody else decides: nothing changes here.
    Request,
}

/// Who states, and with which keys.
#[derive(Clone)]
pub struct Author {
    /// Company.
    pub company: CompanyId,
    /// Person.
    pub employee: EmployeeId,
    /// Device.
    pub device: DeviceId,
    /// Version of the app.
    pub app_version: String,
    /// Signs everything.
    pub identity: KeyPair,
    /// Signs too while unlocked.
    pub presence: Option<KeyPair>,
    /// Keeps the readable copies.
    pub columns: Arc<Columns>,
    /// Only the company opens what is sent.
    pub sealing: SealingKey,
}

/// What a record states.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// A tap.
    Tap {
        /// What.
        action: Action,
        /// Shift the device believed to be in.
        shift: Option<ShiftId>,
        /// First day of that shift, `YYYY-MM-DD`.
        day: String,
    },
    /// What became of a tap's location.
    Evidence(Evidence),
    /// A tap is taken back.
    Withdrawal {
        /// The tap.
        about: ItemId,
    },
    /// Consent to location was given or taken back.
    LocationConsent(Consent),
    /// Attendance should be put right.
    Correction(Correction),
    /// A file was captured; its id is the record's.
    File(NewFile),
    /// A file is taken back.
    CancelFile {
        /// The file.
        about: ItemId,
    },
}

/// A decision about location, as it is stored and stated.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Consent {
    /// Given?
    pub given: bool,
    /// The notice that was on the screen.
    pub notice_version: String,
    /// Its language, BCP 47.
    pub language: String,
}

/// When and under which circumstances.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Both clocks at the tap.
    pub reading: Reading,
    /// The last time statement of the server.
    pub anchor: Option<Anchor>,
    /// Notice version under which location may be used; `None` without consent.
    pub consent: Option<String>,
}

/// The hash under which a record is known: SHA-256(`bz/record/v1` || bytes).
pub fn derive_hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"bz/record/v1")
        .chain_update(bytes)
        .finalize()
        .into()
}

/// The message whose signatures go with a record.
pub fn signature_message(company: CompanyId, hash: &[u8; 32]) -> Message {
    Message::new("bz/record-signature/v1", company).field(hash)
}

/// HPKE `info` of everything that is sealed to a company.
fn seal_info(company: CompanyId, key: &SealingKey) -> Message {
    Message::new("bz/seal/v1", company).field(key.bytes())
}

/// HPKE `aad` of a record: the envelope that it travels in.
fn seal_aad(
    company: CompanyId,
    id: ItemId,
    head: &ChainHead,
    seq: u64,
    hash: &[u8; 32],
) -> Message {
    Message::new("bz/sealed-item/v1", company)
        .field(id.0.as_bytes())
        .field(head.chain.0.as_bytes())
        .number(seq)
        .field(&head.hash)
        .field(hash)
}

/// A file's key as the company opens it.
fn seal_file_key(
    author: &Author,
    id: ItemId,
    file: &NewFile,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, BuildError> {
    let aad = Message::new(wire::FILE_KEY_PURPOSE, author.company).field(id.0.as_bytes());
    let sealed = author
        .sealing
        .seal(
            seal_info(author.company, &author.sealing).bytes(),
            aad.bytes(),
            file.key.expose(),
            entropy,
        )
        .map_err(BuildError::new)?;
    Ok(wire::sealed_payload(&author.sealing, &sealed))
}

/// Makes the bytes of a record for a place in the chain, signs them, and seals them to the company.
///
/// # Errors
/// When the bytes cannot be encoded or sealed; there is no record then.
pub fn make_record(
    author: &Author,
    moment: &Moment,
    id: ItemId,
    head: &ChainHead,
    statement: &Statement,
    entropy: &dyn Entropy,
) -> Result<NewRecord, BuildError> {
    let seq = head
        .seq
        .checked_add(1)
        .ok_or_else(|| BuildError("the chain is full".into()))?;
    let salt = make_random(entropy);
    let file_key = match statement {
        Statement::File(file) => Some(seal_file_key(author, id, file, entropy)?),
        _ => None,
    };
    let body = wire::record_body(statement, file_key);
    let bytes = wire::encode_record(author, moment, (id, salt), head, seq, body)?;
    let hash = derive_hash(&bytes);
    let message = signature_message(author.company, &hash);
    let sigs = std::iter::once(&author.identity)
        .chain(author.presence.as_ref())
        .map(|key| (key.public().key_id(), key.sign(message.bytes())))
        .collect();
    let sealed = author
        .sealing
        .seal(
            seal_info(author.company, &author.sealing).bytes(),
            seal_aad(author.company, id, head, seq, &hash).bytes(),
            &bytes,
            entropy,
        )
        .map_err(BuildError::new)?;
    let item = OutboxItem {
        id,
        chain: head.chain,
        seq,
        prev_hash: head.hash,
        hash,
        content_type: wire::RECORD_CONTENT_TYPE.to_owned(),
        payload: wire::sealed_payload(&author.sealing, &sealed),
        sigs,
    };
    let (lane, effect) = effect_of(author, moment, id, statement)?;
    Ok(NewRecord {
        item,
        lane,
        copy: author
            .columns
            .seal(Column::Record, id, &bytes)
            .map_err(BuildError::new)?,
        effect,
    })
}

fn effect_of(
    author: &Author,
    moment: &Moment,
    id: ItemId,
    statement: &Statement,
) -> Result<(Lane, Effect), BuildError> {
    Ok(match statement {
        Statement::Tap { action, shift, day } => {
            let tap = make_tap_row(moment, id, *action, *shift, day);
            let effect = Effect::Tap {
                day_tag: author.columns.day_tag(day).map_err(BuildError::new)?,
                tap: seal_cell(&author.columns, Column::Tap, id, &tap)?,
            };
            (Lane::CheckIn, effect)
        }
        Statement::Evidence(evidence) => {
            let about = evidence.about;
            let evidence = seal_cell(&author.columns, Column::Evidence, about, evidence)?;
            (Lane::Record, Effect::Evidence { about, evidence })
        }
        Statement::Withdrawal { about } => (Lane::Record, Effect::Withdrawal { about: *about }),
        Statement::File(file) => {
            let cell = FileCell {
                role: file.role,
                about: file.about,
                name: file.name.clone(),
                media_type: file.media_type.clone(),
                plain_length: file.plain_length,
                key: file.key.clone(),
            };
            let effect = Effect::File {
                length: file.length,
                sha256: file.sha256,
                cell: seal_cell(&author.columns, Column::File, id, &cell)?,
            };
            (file.role.lane(), effect)
        }
        Statement::CancelFile { about } => (Lane::Record, Effect::CancelFile { about: *about }),
        Statement::LocationConsent(consent) => {
            let value = serde_json::to_vec(consent).map_err(BuildError::new)?;
            (Lane::Control, Effect::Consent { value })
        }
        Statement::Correction(_) => (Lane::Record, Effect::Request),
    })
}

/// A tap as the device keeps it beside its record.
pub fn make_tap_row(
    moment: &Moment,
    id: ItemId,
    action: Action,
    shift: Option<ShiftId>,
    day: &str,
) -> TapRow {
    TapRow {
        id,
        action,
        wall_ms: moment.reading.wall_ms,
        offset_min: moment.reading.offset_min,
        day: day.to_owned(),
        shift,
        elapsed_ms: moment.reading.elapsed_ms,
        boot_id: moment.reading.boot_id.clone(),
        tolerance_ms: moment
            .anchor
            .as_ref()
            .and_then(|anchor| anchor.tolerance_ms(&moment.reading)),
    }
}

/// A value as a private cell: JSON, sealed.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn seal_cell<T: Serialize>(
    columns: &Columns,
    column: Column,
    id: ItemId,
    value: &T,
) -> Result<Vec<u8>, BuildError> {
    let json = Zeroizing::new(serde_json::to_vec(value).map_err(BuildError::new)?);
    columns.seal(column, id, &json).map_err(BuildError::new)
}
