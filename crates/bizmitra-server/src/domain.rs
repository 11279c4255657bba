//! What the operations mean, apart from HTTP and SQL.

pub(crate) mod attendance;
pub(crate) mod beginning;
pub(crate) mod blob;
pub(crate) mod code;
pub(crate) mod correction;
pub(crate) mod day;
pub(crate) mod device;
pub(crate) mod device_change;
pub(crate) mod device_state;
pub(crate) mod enrolment;
pub(crate) mod feed;
pub(crate) mod ingest;
pub(crate) mod invitation;
pub(crate) mod link;
pub(crate) mod login;
pub(crate) mod record;
pub(crate) mod sealing;
pub(crate) mod standing;
pub(crate) mod upload;
