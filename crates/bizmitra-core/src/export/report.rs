//! What a verification found.

use super::format::Elsewhere;
use super::record::Stated;
use crate::attendance::Grade;
use crate::ids::{ChainId, DeviceId, ItemId};

/// What became of one record. Later ones weigh more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Content, signatures, place in the chain and the server's receipt hold.
    Confirmed,
    /// All holds, and the server has not confirmed it yet.
    Unconfirmed,
    /// All that is there holds, and its content is not.
    Unreadable,
    /// The server's copy was seen to differ.
    Differs,
    /// It stands at the wrong place of the file.
    Order,
    /// Something before it is missing.
    Gap,
    /// Two records claim one place, or it does not follow the one before.
    Fork,
    /// The receipt is not the server's, or not for this record.
    Receipt,
    /// A signature is missing or wrong.
    Signature,
    /// It is not what was signed.
    Altered,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Confirmed,
        Self::Unconfirmed,
        Self::Unreadable,
        Self::Differs,
        Self::Order,
        Self::Gap,
        Self::Fork,
        Self::Receipt,
        Self::Signature,
        Self::Altered,
    ];

    /// Its stable word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Unconfirmed => "unconfirmed",
            Self::Unreadable => "unreadable",
            Self::Differs => "differs",
            Self::Order => "order",
            Self::Gap => "gap",
            Self::Fork => "fork",
            Self::Receipt => "receipt",
            Self::Signature => "signature",
            Self::Altered => "altered",
        }
    }

    /// Nothing speaks against it.
    pub fn is_sound(self) -> bool {
        matches!(self, Self::Confirmed | Self::Unconfirmed)
    }
}

/// One thing that is wrong. Nothing of the file's own text is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Finding {
    /// The hash is of other bytes.
    #[error("its bytes are not those of its hash")]
    Bytes,
    /// The envelope contradicts the signed bytes.
    #[error("its {0} is not what its signed bytes state")]
    Envelope(&'static str),
    /// Nothing that is read here.
    #[error("its bytes are no record that this program reads")]
    Unreadable,
    /// Only the hash is there.
    #[error("its content is not in the file: only its hash could be checked")]
    NoBytes,
    /// Of somebody else.
    #[error("it belongs to another {0}")]
    OtherOwner(&'static str),
    /// No binding names its device.
    #[error("the file has no keys of its device")]
    UnknownDevice,
    /// Not signed by the device key.
    #[error("the device's signature is missing")]
    DeviceUnsigned,
    /// The device key did not sign this.
    #[error("the device's signature does not hold")]
    DeviceSignature,
    /// Not signed by the presence key, though a person states it.
    #[error("the person's signature is missing")]
    PresenceUnsigned,
    /// The presence key did not sign this.
    #[error("the person's signature does not hold")]
    PresenceSignature,
    /// By a key that is nobody's here, or of another algorithm, or more than there can be.
    #[error("it has a signature that belongs to no key of the file")]
    StrangeSignature,
    /// Evidence and withdrawals count for a tap that the person signed.
    #[error("what it belongs to is not a tap that the person signed")]
    AboutNoTap,
    /// A receipt of something else.
    #[error("its receipt is for another {0}")]
    ReceiptOf(&'static str),
    /// By a key that no binding names.
    #[error("its receipt is by a key that is neither the pinned one nor a successor of it")]
    ReceiptKey,
    /// Not the server's.
    #[error("the server's signature on its receipt does not hold")]
    ReceiptSignature,
    /// More receipts than there can be.
    #[error("it has more receipts than there can be")]
    ManyReceipts,
    /// Another record at the same place.
    #[error("another record claims its place in the chain")]
    SamePlace,
    /// The record before has another hash.
    #[error("it does not follow the record before it")]
    Link,
    /// The server held another record at that place.
    #[error("its receipt names another record no. {0} than the one in the file")]
    Head(u64),
    /// What its chain claims to go on from is another record in the file, or it is no beginning of a chain.
    #[error("it claims to go on from a record that the file contradicts")]
    Follows,
    /// What its chain goes on from should be in the file and is not.
    #[error("no. {0} of the chain that it goes on from is missing")]
    FollowsMissing(u64),
    /// Records before it are not in the file.
    #[error("no. {from} to {to} before it are missing")]
    Missing {
        /// First.
        from: u64,
        /// Last.
        to: u64,
    },
    /// The tap is not in the file.
    #[error("the tap that it belongs to is not in the file")]
    AboutMissing,
    /// Later records stand before it.
    #[error("it stands behind a later record")]
    Late,
    /// Its id was there already.
    #[error("it is in the file twice")]
    Twice,
    /// The device raised the alarm.
    #[error("the device saw that the server's copy differs from it")]
    ServerDiffers,
    /// Of a chain: its last records are not in the file.
    #[error("no. {from} to {to} at the end are missing: a receipt or the device names them")]
    EndMissing {
        /// First.
        from: u64,
        /// Last.
        to: u64,
    },
    /// Of a chain: the device names another last record.
    #[error("the device names another last record")]
    OtherEnd,
    /// Of a chain: without that, missing records at its end could not be noticed.
    #[error("the file does not say where the chain ends")]
    NoEnd,
    /// Of the file: the server graded taps that are not in it.
    #[error("the server spoke of {0} taps of this device that are not in the file")]
    TapsMissing(usize),
    /// Of the file: a server key that no key before it signed in, or for another company.
    #[error(
        "a server key is said to have followed another one, and their signatures do not say so"
    )]
    Succession,
    /// Of the file: not the server that was asked for.
    #[error("the pinned server key is not the expected one")]
    OtherServer,
}

impl Finding {
    /// What it makes of its record.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Bytes | Self::Envelope(_) | Self::Unreadable | Self::OtherOwner(_) => {
                Verdict::Altered
            }
            Self::NoBytes => Verdict::Unreadable,
            Self::UnknownDevice
            | Self::DeviceUnsigned
            | Self::DeviceSignature
            | Self::PresenceUnsigned
            | Self::PresenceSignature
            | Self::StrangeSignature
            | Self::AboutNoTap => Verdict::Signature,
            Self::ReceiptOf(_)
            | Self::ReceiptKey
            | Self::ReceiptSignature
            | Self::ManyReceipts
            | Self::Succession
            | Self::OtherServer => Verdict::Receipt,
            Self::SamePlace | Self::Link | Self::Follows | Self::Head(_) | Self::OtherEnd => {
                Verdict::Fork
            }
            Self::Missing { .. }
            | Self::AboutMissing
            | Self::FollowsMissing(_)
            | Self::EndMissing { .. }
            | Self::NoEnd
            | Self::TapsMissing(_) => Verdict::Gap,
            Self::Late | Self::Twice => Verdict::Order,
            Self::ServerDiffers => Verdict::Differs,
        }
    }
}

/// One record, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordReport {
    /// As its signed bytes state it, else as the file says.
    pub id: ItemId,
    /// Likewise.
    pub chain_id: ChainId,
    /// Likewise.
    pub seq: u64,
    /// What it states; only of bytes that are those of their hash.
    pub stated: Option<Stated>,
    /// When the server got it, by a receipt that holds.
    pub received_at_ms: Option<i64>,
    /// The server's grade and tolerance: not verifiable.
    pub graded: Option<(Grade, Option<u64>)>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl RecordReport {
    /// What became of it.
    pub fn verdict(&self) -> Verdict {
        let fault = self.findings.iter().map(|finding| finding.verdict()).max();
        fault.unwrap_or(if self.received_at_ms.is_some() {
            Verdict::Confirmed
        } else {
            Verdict::Unconfirmed
        })
    }
}

/// One chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// The chain.
    pub chain_id: ChainId,
    /// Records of it in the file.
    pub records: usize,
    /// Its last one in the file; 0 for none.
    pub last_seq: u64,
    /// What its first record says that it goes on from: another chain and a place in it.
    pub follows: Option<(ChainId, u64)>,
    /// What is wrong with it as a whole.
    pub findings: Vec<Finding>,
}

/// A device whose keys are in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSeen {
    /// The device.
    pub device: DeviceId,
    /// Six groups over both keys, to compare with the device or the manager's screen.
    pub fingerprint: String,
}

/// A server key that the device pinned, or that followed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSeen {
    /// Eight groups, to compare with the company's.
    pub print: String,
    /// Whether it is the expected one or in line with it; `None` when none was expected.
    pub expected: Option<bool>,
}

/// How many records have which verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    counts: [usize; Verdict::ALL.len()],
}

impl Summary {
    /// How many have this one.
    pub fn count(&self, verdict: Verdict) -> usize {
        let mut pairs = Verdict::ALL.iter().zip(self.counts);
        pairs
            .find(|(of, _)| **of == verdict)
            .map_or(0, |(_, count)| count)
    }
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Keys that signed receipts.
    pub servers: Vec<ServerSeen>,
    /// Keys that signed records.
    pub devices: Vec<DeviceSeen>,
    /// Each record.
    pub records: Vec<RecordReport>,
    /// Each chain.
    pub chains: Vec<ChainReport>,
    /// What is wrong with the file as a whole.
    pub findings: Vec<Finding>,
    /// Taps that only the server knows: not verifiable.
    pub elsewhere: Vec<Elsewhere>,
}

impl Report {
    /// Nothing in the file speaks against it.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
            && self.chains.iter().all(|chain| chain.findings.is_empty())
            && self
                .records
                .iter()
                .all(|record| record.verdict().is_sound())
            && !self.elsewhere.iter().any(|tap| tap.differs)
    }

    /// Nothing is wrong but that the content of some records is not in the file.
    pub fn is_incomplete(&self) -> bool {
        let only_content = |finding: &Finding| *finding == Finding::NoBytes;
        !self.is_sound()
            && self.findings.is_empty()
            && self.chains.iter().all(|chain| chain.findings.is_empty())
            && self
                .records
                .iter()
                .all(|record| record.findings.iter().all(only_content))
            && !self.elsewhere.iter().any(|tap| tap.differs)
    }

    /// Counts by verdict.
    pub fn summary(&self) -> Summary {
        Summary {
            counts: Verdict::ALL.map(|verdict| {
                let same = |record: &&RecordReport| record.verdict() == verdict;
                self.records.iter().filter(same).count()
            }),
        }
    }
}
