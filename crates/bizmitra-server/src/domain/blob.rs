//! Files as their person reads them.

use bizmitra_contract::ids::BlobId;

use super::upload::person_key;
use crate::auth::Session;
use crate::blobs::{FileKey, Reader};
use crate::error::{Result, ServerError};
use crate::server::Server;
use crate::storage;

/// A complete file, ready to be read.
pub(crate) struct WholeBlob {
    pub(crate) length: u64,
    pub(crate) sha256: [u8; 32],
    pub(crate) reader: Reader,
}

/// Opens a complete file of the person who asks. Others' files, unknown ones and those that are not whole are not here.
pub(crate) fn open(server: &Server, session: &Session, id: BlobId) -> Result<WholeBlob> {
    let (scope, person) = (&session.caller.scope, session.person.id);
    let blob = server
        .read(|db| storage::blob::get(db, scope, person, id))?
        .filter(|blob| blob.complete)
        .ok_or(ServerError::NOT_FOUND)?;
    let key = FileKey::open(
        blob.file,
        &blob.sealed_key,
        &person_key(server, &session.caller)?,
    )?;
    Ok(WholeBlob {
        length: blob.length,
        sha256: blob.sha256,
        reader: server.blobs().read_whole(key, blob.have)?,
    })
}
