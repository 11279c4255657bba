//! Records: exact bytes made and signed at the instant of the tap, inside the transaction that stores them.

use sha2::{Digest as _, Sha256};

use crate::attendance::{Action, Evidence, TapRow};
use crate::clock::Reading;
use crate::ids::{CompanyId, DeviceId, EmployeeId, ItemId, ShiftId};
use crate::keys::{KeyPair, Message};
use crate::outbox::{Lane, OutboxItem};
use crate::store::{BuildError, ChainHead};
use crate::sync::Anchor;
use crate::wire;

/// A record ready to be written: its outbox item and the domain row that goes with it, in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRecord {
    /// As it is stored and sent.
    pub item: OutboxItem,
    /// When it is sent.
    pub lane: Lane,
    /// What else the transaction writes.
    pub effect: Effect,
}

/// The domain row of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A tap.
    Tap(TapRow),
    /// Evidence for a tap.
    Evidence(Evidence),
    /// A tap is withdrawn.
    Withdrawal {
        /// The tap.
        about: ItemId,
    },
    /// Location consent changed; the value of [`crate::store::Key::Consent`], JSON.
    Consent {
        /// JSON.
        value: Vec<u8>,
    },
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

/// Makes the bytes of a record for a place in the chain, and signs them.
///
/// # Errors
/// When the bytes cannot be encoded; nothing is signed then.
pub fn make_record(
    author: &Author,
    moment: &Moment,
    id: ItemId,
    salt: [u8; 32],
    head: &ChainHead,
    statement: &Statement,
) -> Result<NewRecord, BuildError> {
    let seq = head
        .seq
        .checked_add(1)
        .ok_or_else(|| BuildError("the chain is full".into()))?;
    let payload = wire::encode_record(author, moment, id, salt, head, seq, statement)?;
    let hash = derive_hash(&payload);
    let message = signature_message(author.company, &hash);
    let sigs = std::iter::once(&author.identity)
        .chain(author.presence.as_ref())
        .map(|key| (key.public().key_id(), key.sign(message.bytes())))
        .collect();
    let item = OutboxItem {
        id,
        chain: head.chain,
        seq,
        prev_hash: head.hash,
        hash,
        content_type: wire::RECORD_CONTENT_TYPE.to_owned(),
        payload,
        sigs,
    };
    let (lane, effect) = match statement {
        Statement::Tap { action, shift, day } => (
            Lane::CheckIn,
            Effect::Tap(TapRow {
                id,
                action: *action,
                wall_ms: moment.reading.wall_ms,
                offset_min: moment.reading.offset_min,
                day: day.clone(),
                shift: *shift,
                elapsed_ms: moment.reading.elapsed_ms,
                boot_id: moment.reading.boot_id.clone(),
                tolerance_ms: moment
                    .anchor
                    .as_ref()
                    .and_then(|anchor| anchor.tolerance_ms(&moment.reading)),
            }),
        ),
        Statement::Evidence(evidence) => (Lane::Record, Effect::Evidence(evidence.clone())),
        Statement::Withdrawal { about } => (Lane::Record, Effect::Withdrawal { about: *about }),
        Statement::LocationConsent(consent) => {
            let value =
                serde_json::to_vec(consent).map_err(|error| BuildError(error.to_string()))?;
            (Lane::Control, Effect::Consent { value })
        }
    };
    Ok(NewRecord { item, lane, effect })
}
