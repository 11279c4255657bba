//! The attendance export: a file that a person keeps, and that verifies without the server.
//!
//! [`Export`] is the file, [`verify`] reads one and says of every record what is proven and what is not. Neither uses the
//! wire contract: this is a reading of its own, so a mistake there cannot hide here. The format is written down in
//! `docs/EXPORT.md`.
//!
//! Nothing that a record states stands in the file twice: a second, unsigned copy would be what people read and nobody
//! checks. What is in the file and cannot be verified says so, in the file and in the report.

mod bytes;
mod chain;
mod format;
mod record;
mod report;
mod verify;

pub use bytes::{Bytes, Fixed};
pub use format::{
    Binding, ChainHeadClaim, Elsewhere, Export, ExportError, ExportedReceipt, ExportedRecord,
    ExportedSig, FORMAT, Graded, MAX_BYTES, ServerSaid, VERSION,
};
pub use record::{ChainEnd, Kind, ShouldBe, Stated};
pub use report::{
    ChainReport, DeviceSeen, Finding, RecordReport, Report, ServerSeen, Summary, Verdict,
};
pub use verify::verify;
