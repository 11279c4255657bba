//! The file: its fields, its limits, and why one cannot be read.

use serde::{Deserialize, Serialize};

use super::bytes::{Bytes, Fixed};
use crate::attendance::{Grade, Place};
use crate::ids::{ChainId, CompanyId, DeviceId, EmployeeId, ItemId};
use crate::succession::Succession;

/// What [`Export::format`] says.
pub const FORMAT: &str = "bizmitra-attendance-export";
/// The version that this code writes and reads.
pub const VERSION: u32 = 1;
/// A larger file is refused before it is read: many times what 400 days of a busy person take.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// One person's attendance on one device. A field that this version does not know is refused: nobody would check it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// When it was made, by the device's wall clock: a claim.
    pub made_at_ms: i64,
    /// Version of the app that made it.
    pub app_version: String,
    /// Company; every signature covers it.
    pub company: CompanyId,
    /// Its name: not signed.
    pub company_name: String,
    /// Person; every record names it.
    pub employee: EmployeeId,
    /// Display name: not signed.
    pub employee_name: String,
    /// The keys, oldest binding first.
    pub bindings: Vec<Binding>,
    /// Where each chain ends on the device, in the order in which they were begun.
    pub chains: Vec<ChainHeadClaim>,
    /// In the order of writing.
    pub records: Vec<ExportedRecord>,
    /// Not verifiable in this file.
    pub server_said: ServerSaid,
}

/// One enrolment of this device: its keys, and the server's as it was pinned then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// The device id that the server gave.
    pub device: DeviceId,
    /// Public half of the device identity key.
    pub device_key: Fixed<32>,
    /// Public half of the user presence key.
    pub presence_key: Fixed<32>,
    /// Server statement key as pinned at activation: signs receipts.
    pub server_key: Fixed<32>,
    /// How others took its place while this binding was in use, oldest first; they sign receipts too.
    pub successions: Vec<Succession>,
}

/// Where a chain ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainHeadClaim {
    /// The chain.
    pub chain_id: ChainId,
    /// Its last record.
    pub seq: u64,
    /// Hash of that record.
    pub hash: Fixed<32>,
}

/// A record with everything that proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedRecord {
    /// The record.
    pub id: ItemId,
    /// Its chain.
    pub chain_id: ChainId,
    /// Place in it.
    pub seq: u64,
    /// Hash of the record before.
    pub prev_hash: Fixed<32>,
    /// Hash of this record.
    pub hash: Fixed<32>,
    /// The exact bytes that were signed; null when the device does not hold them in plain any more.
    pub bytes: Option<Bytes>,
    /// By the device key, and by the presence key where the person was there.
    pub sigs: Vec<ExportedSig>,
    /// As the server signed them; none before the first.
    pub receipts: Vec<ExportedReceipt>,
}

/// A signature over a record's hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedSig {
    /// Which key.
    pub key_id: String,
    /// `ed25519`.
    pub alg: String,
    /// 64 bytes.
    pub sig: Fixed<64>,
}

/// The server's promise that a record arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedReceipt {
    /// The record.
    pub item: ItemId,
    /// Its hash.
    pub record_hash: Fixed<32>,
    /// When the server committed it, by its own clock.
    pub received_at_ms: i64,
    /// The record's chain.
    pub chain_id: ChainId,
    /// How far the server held the chain without a gap, after this record.
    pub head_seq: u64,
    /// Hash of that record.
    pub head_hash: Fixed<32>,
    /// Key id of the server statement key.
    pub key_id: String,
    /// 64 bytes.
    pub sig: Fixed<64>,
}

/// What the server said in its change feed. It was signed when it came; the signed pages are not kept, so nothing in this
/// file proves it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSaid {
    /// Of taps in [`Export::records`].
    pub own: Vec<Graded>,
    /// Of taps that this device did not record: the person's other devices, or before a store was lost.
    pub elsewhere: Vec<Elsewhere>,
}

/// The server's view of a tap that is in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graded {
    /// The tap.
    pub tap: ItemId,
    /// How far its time can be trusted; absent before the server said so.
    pub grade: Option<Grade>,
    /// Half width of the true time's interval.
    pub tolerance_ms: Option<u64>,
    /// The device saw that the server's copy differs from what it signed.
    pub differs: bool,
}

/// A tap that only the server knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// The tap.
    pub tap: ItemId,
    /// Its kind.
    pub kind: String,
    /// Wall clock of its device.
    pub wall_ms: i64,
    /// UTC offset then, minutes.
    pub offset_min: i32,
    /// Day it counts for.
    pub day: String,
    /// Hash of the record that the server holds.
    pub hash: Fixed<32>,
    /// When the server committed it.
    pub received_at_ms: Option<i64>,
    /// How far its time can be trusted.
    pub grade: Option<Grade>,
    /// Half width of the true time's interval.
    pub tolerance_ms: Option<u64>,
    /// Undone.
    pub withdrawn: bool,
    /// Location verdict.
    pub place: Option<Place>,
    /// It claims to come from this device, which does not know it.
    pub differs: bool,
}

/// Why a file means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// Above [`MAX_BYTES`].
    #[error("the file is larger than {} MiB", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// Another kind of file.
    #[error("the file is not an attendance export of Bizmitra")]
    OtherFile,
    /// A version that this code does not read.
    #[error("the export has version {0}; this program reads version {VERSION}")]
    OtherVersion(u32),
    /// It ends too early.
    #[error("the file is cut off at line {line}, column {column} ({at})")]
    CutOff {
        /// Path of the value.
        at: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Not JSON, or not the field's kind of value.
    #[error("{at} cannot be read (line {line}, column {column})")]
    Unreadable {
        /// Path of the value.
        at: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
}

/// What every version of the file begins with.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

impl Export {
    /// Reads a file. What it says is not checked yet: that is [`super::verify`].
    ///
    /// # Errors
    /// [`ExportError`], naming the value that cannot be read and never its content.
    pub fn decode(file: &[u8]) -> Result<Self, ExportError> {
        if file.len() > MAX_BYTES {
            return Err(ExportError::TooLarge);
        }
        let head: Head = read(file)?;
        if head.format != FORMAT {
            return Err(ExportError::OtherFile);
        }
        if head.version != VERSION {
            return Err(ExportError::OtherVersion(head.version));
        }
        read(file)
    }

    /// The file.
    ///
    /// # Errors
    /// Of the encoder; with these types there are none.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

fn read<T: serde::de::DeserializeOwned>(file: &[u8]) -> Result<T, ExportError> {
    let mut json = serde_json::Deserializer::from_slice(file);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        classify(error.inner(), path)
    })?;
    json.end()
        .map_err(|error| classify(&error, "what follows the end".to_owned()))?;
    Ok(value)
}

fn classify(error: &serde_json::Error, path: String) -> ExportError {
    let at = if path == "." {
        "the file".to_owned()
    } else {
        path
    };
    let (line, column) = (error.line(), error.column());
    if error.is_eof() {
        ExportError::CutOff { at, line, column }
    } else {
        ExportError::Unreadable { at, line, column }
    }
}
