//! The port to durable storage. When a writing method returns `Ok`, what it wrote survives a kill, a crash and a power cut.

use serde::{Deserialize, Serialize};

use crate::attendance::Entry;
use crate::ids::{ChainId, ItemId};
use crate::outbox::{Counts, OutboxItem, Outcome, ParkReason};
use crate::record::NewRecord;
use crate::vault::Columns;

/// Durable storage of one device. One writer at a time; every writing method is one `BEGIN IMMEDIATE` transaction.
pub trait Store: Send + Sync {
    /// A small value, JSON by convention.
    fn get(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError>;
    /// Sets it.
    fn put(&self, key: Key, value: &[u8]) -> Result<(), StoreError>;
    /// Removes it; not an error when it is not there.
    fn remove(&self, key: Key) -> Result<(), StoreError>;

    /// The chain that records are appended to; `None` in a new or salvaged store.
    fn chain(&self) -> Result<Option<ChainHead>, StoreError>;
    /// Appends to this chain from now on; a chain that is the current one already goes on where it stands.
    fn start_chain(&self, chain: ChainId) -> Result<ChainHead, StoreError>;

    /// Appends a record to the chain: inside one transaction reads the head, calls `build` with it (which makes the exact
    /// bytes and signs them), and writes the record, its outbox row and its domain row. An `id` that is there already
    /// returns [`Appended::AlreadyThere`] and builds nothing: a double tap is one item. Evidence for a tap that has evidence,
    /// and a withdrawal of a withdrawn tap, do the same.
    fn append(&self, id: ItemId, build: BuildRecord<'_>) -> Result<Appended, StoreError>;

    /// A record with its exact bytes, as far as `columns` open them, and its receipt.
    fn record(&self, columns: &Columns, id: ItemId) -> Result<Option<StoredRecord>, StoreError>;
    /// Every record of this store, in the order of writing.
    fn record_ids(&self) -> Result<Vec<ItemId>, StoreError>;

    /// Highest sequence number of the current chain up to which every record has its receipt; 0 for none.
    fn acked_through(&self) -> Result<u64, StoreError>;
    /// What waits, is parked, is done.
    fn counts(&self) -> Result<Counts, StoreError>;
    /// Up to `limit` items that may be sent (QUEUED or IN_DOUBT, not in `except`), by lane, then oldest first, at most `max_bytes` of payload (at least one).
    fn pick(
        &self,
        limit: usize,
        max_bytes: usize,
        except: &[ItemId],
    ) -> Result<Vec<OutboxItem>, StoreError>;
    /// The send mark: QUEUED becomes IN_DOUBT, IN_DOUBT stays. Returns those of `ids` that are IN_DOUBT now; only they may go onto the wire.
    fn mark_in_doubt(&self, ids: &[ItemId]) -> Result<Vec<ItemId>, StoreError>;
    /// Applies verdicts, all in one commit. Late, repeated and unknown ids are fine.
    fn apply_outcomes(&self, outcomes: &[(ItemId, Outcome)]) -> Result<(), StoreError>;
    /// The server was restored: every ACKED becomes IN_DOUBT and is sent again; receipts stay.
    fn offer_again(&self) -> Result<(), StoreError>;
    /// Items that need the person.
    fn parked(&self) -> Result<Vec<(OutboxItem, ParkReason)>, StoreError>;
    /// PARKED becomes IN_DOUBT again; false when it is not parked.
    fn unpark(&self, id: ItemId) -> Result<bool, StoreError>;

    /// One entry. Like all that read entries: [`StoreError::Locked`] unless `columns` are open; what was written under a
    /// vault that is gone is not there.
    fn entry(&self, columns: &Columns, tap: ItemId) -> Result<Option<Entry>, StoreError>;
    /// Entries of a day (`YYYY-MM-DD`), by captured time.
    fn entries_of_day(&self, columns: &Columns, day: &str) -> Result<Vec<Entry>, StoreError>;
    /// The latest entries by captured time, newest first.
    fn latest_entries(&self, columns: &Columns, limit: usize) -> Result<Vec<Entry>, StoreError>;
    /// Entries whose server copy differs from what was signed.
    fn alarms(&self, columns: &Columns) -> Result<Vec<Entry>, StoreError>;
    /// How many these are; asked while locked too.
    fn count_alarms(&self) -> Result<u32, StoreError>;
    /// Taps whose evidence was never written: the app was ended while locating.
    fn taps_without_evidence(&self) -> Result<Vec<ItemId>, StoreError>;

    /// Applies a page of the change feed with its cursor, in one commit.
    fn apply_feed(&self, columns: &Columns, page: &FeedPage) -> Result<(), StoreError>;
    /// Cached values of a feed kind other than attendance (`profile`, `policy`, `site`, `shift`, `sealing_key`), as JSON.
    fn feed_values(&self, kind: FeedKind) -> Result<Vec<Vec<u8>>, StoreError>;
    /// Where the feed stands.
    fn feed_cursor(&self) -> Result<Option<String>, StoreError>;
    /// Forgets cursor and cached values (not own records): the server was restored.
    fn reset_feed(&self) -> Result<(), StoreError>;

    /// Destroys what can be read, by order of the server: cached values, entries, the vault, the person's settings, records
    /// that were confirmed, and damaged files moved aside. What waits or is parked stays, to be delivered. May be called again.
    fn wipe(&self) -> Result<(), StoreError>;
}

/// Makes the record for a place in the chain. Errors roll the transaction back.
pub type BuildRecord<'a> = &'a mut dyn FnMut(&ChainHead) -> Result<NewRecord, BuildError>;

/// Why a record could not be built inside the transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the record could not be built: {0}")]
pub struct BuildError(pub String);

impl BuildError {
    /// From its reason.
    pub fn new(reason: impl std::fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

/// Keys of small values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// [`crate::enrolment::Enrolment`]: who and where this device is.
    Enrolment,
    /// The sealed vault envelope.
    Vault,
    /// [`crate::vault::Tries`]: wrong PINs counted before they are checked.
    Tries,
    /// [`crate::sync::Anchor`]: the last time statement.
    Anchor,
    /// Last good exchange, wall clock.
    LastGood,
    /// `server_epoch` last seen.
    ServerEpoch,
    /// Version of the app that reads the feed.
    FeedReader,
    /// [`crate::lease::Lease`]: how long this device may be used without its server.
    Lease,
    /// Vault and counter of an enrolment that is being replaced: they come back if the server refuses the new one.
    Before,
    /// Location consent.
    Consent,
    /// Language and theme.
    Appearance,
    /// [`crate::vault::biometric::Kept`]: the second envelope of the vault key, or why it was ended.
    Biometric,
    /// [`crate::export::Binding`]s that were replaced: their keys verify what was recorded under them.
    FormerBindings,
}

impl Key {
    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enrolment => "enrolment",
            Self::Vault => "vault",
            Self::Tries => "tries",
            Self::Anchor => "anchor",
            Self::LastGood => "last_good",
            Self::ServerEpoch => "server_epoch",
            Self::FeedReader => "feed_reader",
            Self::Lease => "lease",
            Self::Before => "before",
            Self::Consent => "consent",
            Self::Appearance => "appearance",
            Self::Biometric => "biometric",
            Self::FormerBindings => "former_bindings",
        }
    }
}

/// Where the chain stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// The chain.
    pub chain: ChainId,
    /// Sequence number of the last record; 0 before the first.
    pub seq: u64,
    /// Its hash; zeros before the first.
    pub hash: [u8; 32],
    /// Before the first record: the last one of another chain here that the server receipted. The first record names it.
    pub follows: Option<ChainEnd>,
}

/// A record of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEnd {
    /// The chain.
    pub chain: ChainId,
    /// The record's place in it.
    pub seq: u64,
    /// The record's hash.
    pub hash: [u8; 32],
}

/// What came of appending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// Written now.
    New {
        /// Its place in the chain.
        seq: u64,
    },
    /// Was there before; nothing was written.
    AlreadyThere,
}

/// A record with its receipt, for export and verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// As it is sent.
    pub item: OutboxItem,
    /// The exact bytes that were hashed and signed; `None` when they were kept under a vault that is gone.
    pub bytes: Option<Vec<u8>>,
    /// The server's receipt, JSON as it came.
    pub receipt: Option<Vec<u8>>,
}

/// Kinds of the feed that are cached as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedKind {
    /// The person.
    Profile,
    /// Rules of the company.
    Policy,
    /// Sites.
    Site,
    /// Shifts.
    Shift,
    /// What is captured from now on is sealed to it.
    SealingKey,
}

impl FeedKind {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Policy => "policy",
            Self::Site => "site",
            Self::Shift => "shift",
            Self::SealingKey => "sealing_key",
        }
    }
}

/// A verified page of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedPage {
    /// New cursor.
    pub cursor: String,
    /// Values to cache: kind, id, JSON (`None` removes).
    pub values: Vec<(FeedKind, String, Option<Vec<u8>>)>,
    /// What the server says of taps.
    pub attendance: Vec<crate::attendance::ServerCopy>,
}

/// Why storage failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Not written: the disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The file is damaged.
    #[error("the store is damaged")]
    Damaged,
    /// The key does not open it.
    #[error("the store does not open with this key")]
    WrongKey,
    /// Another process holds it.
    #[error("another copy of the app holds the store")]
    InUse,
    /// A newer version of the app wrote it.
    #[error("the store was written by a newer version")]
    Newer,
    /// The vault is locked: what it keeps cannot be read.
    #[error("the vault is locked")]
    Locked,
    /// The record could not be built; nothing was written.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Anything else of the disk or the database.
    #[error("the store failed: {0}")]
    Failed(String),
}
