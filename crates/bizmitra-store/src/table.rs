//! The tables, a file each: string literals beside the mapping of their rows.

pub(crate) mod chain;
pub(crate) mod entry;
pub(crate) mod feed;
pub(crate) mod file;
pub(crate) mod outbox;
pub(crate) mod receipt;
pub(crate) mod record;
pub(crate) mod setting;
pub(crate) mod wipe;
