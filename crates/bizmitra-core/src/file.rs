//! Files: what a person captured beside the records, and how far each is.
//!
//! ```text
//!            cancel                     cancel
//! WAITING ───────────► CANCELLED ◄───────────────────┐
//!    │ send mark           ▲                         │
//!    ▼                     │ cancel                  │
//! IN_DOUBT ──refused───► PARKED ──retry──► IN_DOUBT ─┘
//!    │ whole at the server
//!    ▼
//!  SENT ──the server was restored──► IN_DOUBT
//! ```
//! A file has a record of its own in the device's chain, with the same id; the record goes first, the bytes follow when it is
//! confirmed. Cancelling appends a withdrawal: what the server has of the bytes goes with it.

mod seal;

pub use seal::{FileKey, Opener, SEGMENT, Sealer, TAG, UnreadableFile, sealed_length};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::ids::ItemId;
use crate::outbox::{Lane, State as RecordState};
use crate::store::StoreError;
use crate::vault::Columns;
pub use crate::wire::MAX_FILE_LENGTH;

/// Bytes of a file stay on the device this long after the server has them.
pub const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// A file larger than this waits for a network that costs nothing.
pub const METERED_LIMIT: u64 = 5 * 1024 * 1024;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A person at a tap.
    Selfie,
    /// A picture.
    Image,
    /// A workbook.
    Workbook,
}

impl Role {
    /// When its record and its bytes are sent.
    pub fn lane(self) -> Lane {
        match self {
            Self::Selfie => Lane::Selfie,
            Self::Image | Self::Workbook => Lane::File,
        }
    }

    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Selfie => "selfie",
            Self::Image => "image",
            Self::Workbook => "workbook",
        }
    }
}

/// A file that was written encrypted, as its record states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// What for.
    pub role: Role,
    /// The tap that it belongs to.
    pub about: Option<ItemId>,
    /// As its person calls it.
    pub name: Option<String>,
    /// Of the plain bytes.
    pub media_type: String,
    /// Plain bytes.
    pub plain_length: u64,
    /// Encrypted bytes.
    pub length: u64,
    /// SHA-256 of the encrypted bytes.
    pub sha256: [u8; 32],
    /// Opens it.
    pub key: FileKey,
}

/// What only an unlocked device shows of a file: a private cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCell {
    /// What for.
    pub role: Role,
    /// The tap that it belongs to.
    pub about: Option<ItemId>,
    /// As its person calls it.
    pub name: Option<String>,
    /// Of the plain bytes.
    pub media_type: String,
    /// Plain bytes.
    pub plain_length: u64,
    /// Opens it.
    pub key: FileKey,
}

/// How far the bytes of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing of them was ever on a wire.
    Waiting,
    /// Some of them may have reached the server.
    InDoubt,
    /// The server has all of them, and their digest held.
    Sent,
    /// Needs the person.
    Parked(Reason),
    /// Its person took it back.
    Cancelled,
}

/// Why the bytes of a file need the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// There is no room left for this person on the server.
    Quota,
    /// Larger than the server takes.
    TooLarge,
    /// The server has other bytes under this id.
    Conflict,
    /// What is on this device is not what was written.
    Damaged,
}

impl Reason {
    /// Its word in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quota => "quota",
            Self::TooLarge => "too_large",
            Self::Conflict => "conflict",
            Self::Damaged => "damaged",
        }
    }

    /// From its word.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Quota, Self::TooLarge, Self::Conflict, Self::Damaged]
            .into_iter()
            .find(|reason| reason.name() == name)
    }
}

/// What can happen to the bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// They are about to go onto a wire.
    Marked,
    /// The server has all of them.
    Arrived,
    /// The server, or this device's disk, refused for good.
    Refused(Reason),
    /// The person tries again.
    Retry,
    /// The person takes it back.
    Cancel,
    /// The server was restored from a backup and may have lost them.
    OfferedAgain,
}

/// The state after an event; `None` when it changes nothing.
pub fn decide_state(state: State, event: Event) -> Option<State> {
    use Event::{Arrived, Cancel, Marked, OfferedAgain, Refused, Retry};
    match (state, event) {
        (State::Waiting, Marked) => Some(State::InDoubt),
        (State::Waiting, Cancel) => Some(State::Cancelled),
        // The bytes here can be gone before the first of them left.
        (State::Waiting, Refused(reason)) => Some(State::Parked(reason)),
        (State::Waiting, Arrived | Retry | OfferedAgain) => None,
        (State::InDoubt, Arrived) => Some(State::Sent),
        (State::InDoubt, Refused(reason)) => Some(State::Parked(reason)),
        (State::InDoubt, Cancel) => Some(State::Cancelled),
        (State::InDoubt, Marked | Retry | OfferedAgain) => None,
        (State::Sent, OfferedAgain) => Some(State::InDoubt),
        (State::Sent, Marked | Arrived | Refused(_) | Retry | Cancel) => None,
        (State::Parked(_), Retry) => Some(State::InDoubt),
        (State::Parked(_), Cancel) => Some(State::Cancelled),
        // Another process may have delivered it meanwhile.
        (State::Parked(_), Arrived) => Some(State::Sent),
        (State::Parked(_), Marked | Refused(_) | OfferedAgain) => None,
        (State::Cancelled, Marked | Arrived | Refused(_) | Retry | Cancel | OfferedAgain) => None,
    }
}

/// A file as the store keeps it. Nothing of it is readable beyond what the outbox of a locked device may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Id of the record and of the blob.
    pub id: ItemId,
    /// How far its record is.
    pub record: RecordState,
    /// How far its bytes are.
    pub state: State,
    /// Its person wants it to wait.
    pub paused: bool,
    /// Encrypted bytes.
    pub length: u64,
    /// SHA-256 of the encrypted bytes.
    pub sha256: [u8; 32],
    /// Bytes that the server acknowledged last; its own word counts.
    pub acknowledged: u64,
    /// Whether the bytes are on this device.
    pub kept: bool,
}

/// Durable storage of files: bytes in files of their own, what is known of them beside the records. As with
/// [`crate::store::Store`], what a writing method wrote survives a kill, a crash and a power cut when it returns.
pub trait FileStore: Send + Sync {
    /// Begins a new file. Nothing of it is there before [`FileWriter::finish`], and without a row it is gone at the next start.
    fn create(&self, id: ItemId) -> Result<Box<dyn FileWriter>, StoreError>;
    /// Goes on with a file that is being downloaded, and says how many bytes are there.
    fn resume(&self, id: ItemId) -> Result<(Box<dyn FileWriter>, u64), StoreError>;
    /// Encrypted bytes from `offset`, at most `length`; fewer at the end; `None` when there is no such file.
    fn read_bytes(
        &self,
        id: ItemId,
        offset: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, StoreError>;
    /// Removes bytes that no row names: their record was not written.
    fn discard(&self, id: ItemId) -> Result<(), StoreError>;

    /// One file.
    fn file(&self, id: ItemId) -> Result<Option<StoredFile>, StoreError>;
    /// All of them, newest first.
    fn files(&self) -> Result<Vec<StoredFile>, StoreError>;
    /// What only an unlocked device shows; `None` when it was written under a vault that is gone.
    fn cell(&self, columns: &Columns, id: ItemId)
    -> Result<Option<Zeroizing<Vec<u8>>>, StoreError>;
    /// The next file whose bytes may go: record confirmed, not paused, at most `max_length` bytes; by lane, then oldest first.
    fn next_upload(&self, max_length: u64) -> Result<Option<StoredFile>, StoreError>;
    /// Applies an event; false when it changes nothing. `now_ms` is the wall clock.
    fn settle(&self, id: ItemId, event: Event, now_ms: i64) -> Result<bool, StoreError>;
    /// What the server acknowledged.
    fn acknowledge(&self, id: ItemId, bytes: u64) -> Result<(), StoreError>;
    /// Lets it wait, or go.
    fn set_paused(&self, id: ItemId, paused: Wish) -> Result<bool, StoreError>;
    /// The bytes of a sent file came down again.
    fn note_kept(&self, id: ItemId, now_ms: i64) -> Result<(), StoreError>;
    /// Removes bytes that were sent longer than [`KEPT_MS`] ago and those of cancelled files.
    fn remove_expired(&self, now_ms: i64) -> Result<(), StoreError>;
    /// What is not sent yet.
    fn unsent(&self) -> Result<Unsent, StoreError>;
}

/// Files that are neither sent nor cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unsent {
    /// How many may go.
    pub waiting: u32,
    /// How many need the person.
    pub parked: u32,
    /// Encrypted bytes of those that may go.
    pub bytes: u64,
    /// Of these, what the server acknowledged.
    pub acknowledged: u64,
}

/// Whether an upload may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// It goes.
    Go,
    /// It waits.
    Wait,
}

/// Writes one file.
pub trait FileWriter: Send {
    /// Appends.
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError>;
    /// SHA-256 of everything that is there, read back.
    fn digest(&mut self) -> Result<[u8; 32], StoreError>;
    /// Everything is there: synced, under its name, the folder synced.
    fn finish(self: Box<Self>) -> Result<(), StoreError>;
    /// Removes what was written.
    fn abandon(self: Box<Self>) -> Result<(), StoreError>;
}

/// What sending costs on the network of the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Nothing: Wi-Fi or a cable.
    Free,
    /// The person may pay for it.
    Metered,
}

/// What the platform says about the network.
pub trait Network: Send + Sync {
    /// What sending costs now.
    fn cost(&self) -> Cost;
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 5] = [
        State::Waiting,
        State::InDoubt,
        State::Sent,
        State::Parked(Reason::Quota),
        State::Cancelled,
    ];

    #[test]
    fn nothing_leads_out_of_cancelled() {
        for event in [
            Event::Marked,
            Event::Arrived,
            Event::Refused(Reason::Quota),
            Event::Retry,
            Event::Cancel,
            Event::OfferedAgain,
        ] {
            assert_eq!(decide_state(State::Cancelled, event), None, "{event:?}");
        }
    }

    #[test]
    fn only_what_was_marked_can_have_arrived() {
        let arrives: Vec<State> = STATES
            .into_iter()
            .filter(|state| decide_state(*state, Event::Arrived) == Some(State::Sent))
            .collect();
        assert_eq!(arrives, [State::InDoubt, State::Parked(Reason::Quota)]);
    }

    #[test]
    fn what_was_sent_is_neither_cancelled_nor_parked_but_offered_again() {
        assert_eq!(decide_state(State::Sent, Event::Cancel), None);
        assert_eq!(
            decide_state(State::Sent, Event::Refused(Reason::Quota)),
            None
        );
        assert_eq!(
            decide_state(State::Sent, Event::OfferedAgain),
            Some(State::InDoubt)
        );
    }

    #[test]
    fn reasons_have_words() {
        for reason in [
            Reason::Quota,
            Reason::TooLarge,
            Reason::Conflict,
            Reason::Damaged,
        ] {
            assert_eq!(Reason::from_name(reason.name()), Some(reason));
        }
    }
}
