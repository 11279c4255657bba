//! Uploads: begin, ask, append, cancel, and what becomes of those that nobody ends.
//!
//! Whose a file is follows from the device that signs: ids are the person's own, so a stranger's id is just not here.

use bizmitra_contract::blob::{
    MAX_AGE_S, MAX_APPEND_SIZE, MAX_SIZE, MAX_UNNAMED_S, MIN_APPEND_SIZE,
};
use bizmitra_contract::ids::BlobId;
use bizmitra_contract::problem::ProblemCode;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::attendance;
use super::standing::is_over;
use crate::auth::{self, Caller, CompanyScope, may_sign_in};
use crate::blobs::{Extent, FileKey};
use crate::error::{Result, ServerError};
use crate::keys::{KeysError, PersonKey};
use crate::server::Server;
use crate::storage::blob::Blob;
use crate::storage::{self, company};

/// Most bytes of one person's files.
const PERSON_BYTES: u64 = 1024 * 1024 * 1024;
/// Most open uploads of one person.
const PERSON_OPEN: u64 = 64;

/// What a beginning declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) length: u64,
    pub(crate) sha256: [u8; 32],
}

/// A piece to append.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    pub(crate) offset: u64,
    pub(crate) bytes: &'a [u8],
    /// Nothing follows.
    pub(crate) last: bool,
}

/// Where an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) complete: bool,
    /// How long it lives without another byte.
    pub(crate) max_age_s: i64,
}

impl Progress {
    fn of(blob: &Blob, now_ms: i64) -> Self {
        let age_s = now_ms.saturating_sub(blob.touched_ms).div_euclid(1000);
        Self {
            offset: blob.have.length,
            length: blob.length,
            complete: blob.complete,
            max_age_s: MAX_AGE_S.saturating_sub(age_s).clamp(0, MAX_AGE_S),
        }
    }
}

/// Begins an upload, or says where the same one stands.
pub(crate) fn begin(
    server: &Server,
    caller: &Caller,
    id: BlobId,
    declared: Declared,
) -> Result<Progress> {
    let late = is_late(caller)?;
    if declared.length > MAX_SIZE {
        return Err(ServerError::UploadTooLarge);
    }
    forget_abandoned(server, &caller.scope)?;
    let _lock = server.uploads().lock(id);
    let (scope, person) = (&caller.scope, caller.device.employee);
    let content = (&declared.sha256, declared.length);
    let contradicts = server.read(|db| {
        let states = storage::file::states(db, scope, (person, id), content)?;
        let withdrawn = storage::file::is_withdrawn(db, scope, (person, id))?;
        Ok(states == Some(false) || withdrawn)
    })?;
    if contradicts {
        return Err(ServerError::Refused(ProblemCode::Conflict));
    }
    let before = find(server, caller, id)?;
    if let Some(before) = &before {
        if (before.length, before.sha256) != (declared.length, declared.sha256) {
            return Err(ServerError::Refused(ProblemCode::Conflict));
        }
        if server.blobs().holds(before.file, before.have)? {
            return Ok(Progress::of(before, server.now_ms()));
        }
        tracing::warn!("a file is not in the blob folder any more; its upload begins again");
    }
    let vouched =
        |db: &Connection| storage::item_blob::is_vouched_for(db, scope, caller.device.id, id);
    // A device that is over only ends what its person had recorded on it.
    if late && !server.read(vouched)? {
        return Err(ServerError::Refused(ProblemCode::DeviceRevoked));
    }
    let key = FileKey::make()?;
    let mut blob = Blob {
        id,
        employee: person,
        device: caller.device.id,
        length: declared.length,
        sha256: declared.sha256,
        have: Extent::default(),
        complete: false,
        file: key.id(),
        sealed_key: key.sealed(&person_key(server, caller)?)?,
        touched_ms: server.now_ms(),
    };
    let stale = server.write(|tx| {
        let mut stale = None;
        if let Some(before) = &before
            && storage::blob::delete(tx, scope, before)?
        {
            stale = Some(before.file);
        }
        if let Some(same) = storage::blob::find_same(tx, scope, person, content)?
            && server.blobs().holds(same.file, same.have)?
        {
            blob.have = same.have;
            blob.complete = true;
            (blob.file, blob.sealed_key) = (same.file, same.sealed_key);
        } else {
            let usage = storage::blob::usage(tx, scope, person)?;
            let bytes = usage.bytes.saturating_add(declared.length);
            if bytes > PERSON_BYTES || usage.open >= PERSON_OPEN {
                return Err(ServerError::Refused(ProblemCode::QuotaExceeded));
            }
        }
        storage::blob::insert(tx, scope, &blob)?;
        // A whole file whose bytes were lost is awaited again.
        if blob.complete || before.as_ref().is_some_and(|before| before.complete) {
            publish(tx, scope, &blob)?;
        }
        Ok(stale)
    })?;
    if let Some(file) = stale {
        server.blobs().remove(file)?;
    }
    Ok(Progress::of(&blob, server.now_ms()))
}

/// Where an upload stands. Waits for an append that is being written, so that the answer is not outdated.
pub(crate) fn offset(server: &Server, caller: &Caller, id: BlobId) -> Result<Progress> {
    is_late(caller)?;
    let _lock = server.uploads().lock(id);
    let blob = find_here(server, caller, id)?;
    Ok(Progress::of(&blob, server.now_ms()))
}

/// Appends a piece. When this returns, it is on disk, and whole files are checked.
pub(crate) fn append(
    server: &Server,
    caller: &Caller,
    id: BlobId,
    declared_length: Option<u64>,
    piece: Piece<'_>,
) -> Result<Progress> {
    is_late(caller)?;
    if piece.bytes.len() > MAX_APPEND_SIZE {
        return Err(ServerError::UploadTooLarge);
    }
    let _lock = server.uploads().lock(id);
    let mut blob = find_here(server, caller, id)?;
    if piece.offset != blob.have.length {
        return Err(ServerError::OffsetMismatch {
            expected: blob.have.length,
            provided: piece.offset,
        });
    }
    let reached = piece.offset.saturating_add(piece.bytes.len() as u64);
    let contradicts = declared_length.is_some_and(|length| length != blob.length);
    if contradicts || reached > blob.length || (piece.last && reached != blob.length) {
        return Err(ServerError::Refused(ProblemCode::LengthInconsistent));
    }
    if piece.bytes.len() < MIN_APPEND_SIZE && reached != blob.length {
        return Err(ServerError::INVALID);
    }
    if blob.complete {
        // The answer to the last piece was lost: it is given again.
        return Ok(Progress::of(&blob, server.now_ms()));
    }
    let person = person_key(server, caller)?;
    let key = || FileKey::open(blob.file, &blob.sealed_key, &person);
    if !piece.bytes.is_empty() {
        let have = server.blobs().append(&key()?, blob.have, piece.bytes)?;
        let to = Blob {
            have,
            touched_ms: server.now_ms(),
            ..blob.clone()
        };
        advance(server, &caller.scope, &blob, &to)?;
        blob = to;
    }
    if piece.last {
        blob = complete(server, &caller.scope, &blob, &person)?;
    }
    Ok(Progress::of(&blob, server.now_ms()))
}

/// Reads a whole file back from the disk and checks it; a file that is not the declared one is gone afterwards.
fn complete(
    server: &Server,
    scope: &CompanyScope,
    blob: &Blob,
    person: &PersonKey,
) -> Result<Blob> {
    let key = || FileKey::open(blob.file, &blob.sealed_key, person);
    let mut reader = server.blobs().read_open(key()?, blob.have)?;
    let mut hash = Sha256::new();
    while let Some(bytes) = reader.next()? {
        hash.update(&bytes);
    }
    if <[u8; 32]>::from(hash.finalize()) != blob.sha256 {
        forget(server, scope, blob)?;
        return Err(ServerError::Refused(ProblemCode::DigestMismatch));
    }
    let to = Blob {
        have: server.blobs().finish(&key()?, blob.have)?,
        complete: true,
        touched_ms: server.now_ms(),
        ..blob.clone()
    };
    advance(server, scope, blob, &to)?;
    Ok(to)
}

fn advance(server: &Server, scope: &CompanyScope, from: &Blob, to: &Blob) -> Result<()> {
    server.write(|tx| {
        if !storage::blob::advance(tx, scope, from, to)? {
            return Err(ServerError::Damaged("upload that changed under its lock"));
        }
        if to.complete {
            publish(tx, scope, to)?;
        }
        Ok(())
    })
}

/// Cancels an upload that is not complete.
pub(crate) fn cancel(server: &Server, caller: &Caller, id: BlobId) -> Result<()> {
    if is_late(caller)? {
        return Err(ServerError::Refused(ProblemCode::DeviceRevoked));
    }
    let _lock = server.uploads().lock(id);
    let blob = find(server, caller, id)?.ok_or(ServerError::NOT_FOUND)?;
    if blob.complete {
        return Err(ServerError::Refused(ProblemCode::Conflict));
    }
    forget(server, &caller.scope, &blob)
}

/// Removes the open uploads of every company that nothing arrived for in a week, and whole files that nothing needs.
pub(crate) fn forget_all_abandoned(server: &Server) -> Result<()> {
    for company in server.read(company::ids)? {
        forget_abandoned(server, &auth::of_operator(company))?;
    }
    Ok(())
}

fn forget_abandoned(server: &Server, scope: &CompanyScope) -> Result<()> {
    let before_ms = server
        .now_ms()
        .saturating_sub(MAX_AGE_S.saturating_mul(1000));
    for found in server.read(|db| storage::blob::abandoned(db, scope, before_ms))? {
        let _lock = server.uploads().lock(found.id);
        // It may have gone on since it was found.
        let now = server.read(|db| storage::blob::get(db, scope, found.employee, found.id))?;
        if let Some(blob) = now.filter(|blob| !blob.complete && blob.touched_ms < before_ms) {
            forget(server, scope, &blob)?;
        }
    }
    forget_unneeded(server, scope)
}

/// Removes files that were taken back, and whole ones that no record named for a month.
fn forget_unneeded(server: &Server, scope: &CompanyScope) -> Result<()> {
    let before_ms = server
        .now_ms()
        .saturating_sub(MAX_UNNAMED_S.saturating_mul(1000));
    for found in server.read(|db| storage::blob::unneeded(db, scope, before_ms))? {
        let _lock = server.uploads().lock(found.id);
        // In one writing transaction: no beginning can meanwhile come to share these bytes. A crash before the commit leaves a
        // row whose bytes are gone, which begins again and is found here again.
        server.write(|tx| {
            // A record may have come to name it since it was found.
            if storage::blob::is_unneeded(tx, scope, before_ms, &found)?
                && storage::blob::delete(tx, scope, &found)?
            {
                server.blobs().remove(found.file)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Removes bytes, then the row that knows them: a crash in between leaves a row whose bytes are gone, which begins again.
fn forget(server: &Server, scope: &CompanyScope, blob: &Blob) -> Result<()> {
    server.blobs().remove(blob.file)?;
    server.write(|tx| storage::blob::delete(tx, scope, blob).map(|_| ()))
}

/// Says in the feed what became of the files of an item.
fn publish(db: &Connection, scope: &CompanyScope, blob: &Blob) -> Result<()> {
    storage::item_blob::naming(db, scope, blob.employee, blob.id)?
        .into_iter()
        .try_for_each(|item| attendance::publish(db, scope, item))
}

fn find(server: &Server, caller: &Caller, id: BlobId) -> Result<Option<Blob>> {
    let person = caller.device.employee;
    server.read(|db| storage::blob::get(db, &caller.scope, person, id))
}

/// An upload whose acknowledged bytes are there; else it is as if it had never begun.
fn find_here(server: &Server, caller: &Caller, id: BlobId) -> Result<Blob> {
    let blob = find(server, caller, id)?.ok_or(ServerError::NOT_FOUND)?;
    if server.blobs().holds(blob.file, blob.have)? {
        Ok(blob)
    } else {
        Err(ServerError::NOT_FOUND)
    }
}

/// Whether the device is over and may only deliver what was captured before.
fn is_late(caller: &Caller) -> Result<bool> {
    let over = is_over(caller.device.state);
    if !over {
        may_sign_in(caller.device.state)?;
    }
    Ok(over)
}

/// A person whose key was erased has no files.
pub(super) fn person_key(server: &Server, caller: &Caller) -> Result<PersonKey> {
    match server
        .keys()
        .person_key(caller.scope.id(), caller.device.employee)
    {
        Err(KeysError::Missing) => Err(ServerError::NOT_FOUND),
        key => Ok(key?),
    }
}
