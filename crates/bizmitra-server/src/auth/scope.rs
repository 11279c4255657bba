//! The proof that somebody may touch a company's rows.

use bizmitra_contract::ids::CompanyId;

use crate::storage::device::Device;
use crate::storage::invitation::Invitation;

/// A company that the caller was shown to belong to. Made by the authentication of a device or a code, and by the
/// operator's command line; there is no other way to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompanyScope(CompanyId);

impl CompanyScope {
    /// The company.
    pub fn id(&self) -> CompanyId {
        self.0
    }

    /// The company as it lies in a column.
    pub(crate) fn key(&self) -> [u8; 16] {
        self.0.0.into_bytes()
    }
}

/// The company of a device whose signature was verified.
pub(super) fn of_device(device: &Device) -> CompanyScope {
    CompanyScope(device.company)
}

/// The company of an activation code: its holder may learn what it opens and use it up.
pub(crate) fn of_invitation(invitation: &Invitation) -> CompanyScope {
    CompanyScope(invitation.company)
}

/// Any company: whoever can run the command line can read the data folder anyway.
pub(crate) fn of_operator(company: CompanyId) -> CompanyScope {
    CompanyScope(company)
}
