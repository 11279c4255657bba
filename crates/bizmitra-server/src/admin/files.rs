//! What the operator sees of files: that they are there, whose, and how large. Never what is in them.

use bizmitra_contract::ids::{BlobId, CompanyId, EmployeeId};

use super::in_company;
use crate::error::Result;
use crate::server::Server;
use crate::storage;

/// A file as listed for operators.
#[derive(Debug, Clone, serde::Serialize)]
pub struct FileRow {
    /// Its id.
    pub id: BlobId,
    /// Whose it is.
    pub employee: EmployeeId,
    /// Encrypted bytes.
    pub length: u64,
    /// Of these, what is here.
    pub received: u64,
    /// Whole, and its digest held.
    pub complete: bool,
}

/// All files of a company or of one person, in the order of their ids.
///
/// # Errors
/// When storage fails or the company is not here.
pub fn files(
    server: &Server,
    company: CompanyId,
    person: Option<EmployeeId>,
) -> Result<Vec<FileRow>> {
    in_company(server, company, |tx, scope| {
        let blobs = storage::blob::all(tx, scope, person)?;
        Ok(blobs
            .into_iter()
            .map(|blob| FileRow {
                id: blob.id,
                employee: blob.employee,
                length: blob.length,
                received: blob.have.length,
                complete: blob.complete,
            })
            .collect())
    })
}
