//! Payloads that devices sealed to their company: opened here, one key at a time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bizmitra_contract::encoding::Bytes32;
use bizmitra_contract::ids::{CompanyId, ItemId};
use bizmitra_contract::sealing::{CONTENT_TYPE, STATEMENT_KIND, SealingKey, VERSION};
use bizmitra_contract::statement::SignedStatement;
use bizmitra_contract::sync::{BatchItem, VerdictCode};
use rusqlite::Connection;

use crate::auth::CompanyScope;
use crate::error::Result;
use crate::keys::{Keys, KeysError, Opener};
use crate::server::Server;
use crate::signed::{file_key_aad, seal_aad, seal_info};
use crate::storage::company;

/// Why a payload stays closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// It will never open.
    Never(VerdictCode),
    /// Its key is not here: the key folder may come back.
    NoKey,
}

/// Opens the payloads of one company.
pub(crate) struct Seals<'a> {
    keys: &'a Keys,
    scope: &'a CompanyScope,
    /// Those that this batch needed so far.
    open: RefCell<BTreeMap<[u8; 8], Rc<Opener>>>,
}

impl<'a> Seals<'a> {
    pub(crate) fn new(server: &'a Server, scope: &'a CompanyScope) -> Self {
        Self {
            keys: server.keys(),
            scope,
            open: RefCell::default(),
        }
    }

    /// The exact bytes of an item's record. Whether they are what the envelope says is for the caller to check.
    pub(crate) fn open(&self, item: &BatchItem) -> Result<Result<Vec<u8>, Closed>> {
        if item.content_type != CONTENT_TYPE {
            return Ok(Err(Closed::Never(VerdictCode::UnknownKind)));
        }
        let never = Closed::Never(VerdictCode::Validation);
        let Some((id, _)) = split(&item.payload.0) else {
            return Ok(Err(never));
        };
        let Some(key) = self.key(id)? else {
            return Ok(Err(Closed::NoKey));
        };
        Ok(open_with(&key, self.scope.id(), item).ok_or(never))
    }

    /// Whether the key of a file is one that this company opens: a file that nobody can ever read is not taken.
    pub(crate) fn opens_file_key(
        &self,
        item: ItemId,
        sealed_key: &[u8],
    ) -> Result<Result<(), Closed>> {
        let never = Closed::Never(VerdictCode::Validation);
        let Some((id, sealed)) = split(sealed_key) else {
            return Ok(Err(never));
        };
        let Some(key) = self.key(id)? else {
            return Ok(Err(Closed::NoKey));
        };
        let company = self.scope.id();
        let opened = key.open(
            &seal_info(company, &key.public()),
            &file_key_aad(company, item),
            sealed,
        );
        Ok(match opened {
            Some(key) if key.len() == 32 => Ok(()),
            Some(_) | None => Err(never),
        })
    }

    fn key(&self, id: [u8; 8]) -> Result<Option<Rc<Opener>>> {
        if let Some(key) = self.open.borrow().get(&id) {
            return Ok(Some(Rc::clone(key)));
        }
        match self.keys.sealing_key(self.scope.id(), id) {
            Ok(key) => {
                let key = Rc::new(key);
                self.open.borrow_mut().insert(id, Rc::clone(&key));
                Ok(Some(key))
            }
            Err(KeysError::Missing) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// The bytes that were sealed to this key for this envelope.
pub(crate) fn open_with(key: &Opener, company: CompanyId, item: &BatchItem) -> Option<Vec<u8>> {
    let (_, sealed) = split(&item.payload.0)?;
    key.open(
        &seal_info(company, &key.public()),
        &seal_aad(company, item),
        sealed,
    )
}

/// Key id and sealed bytes of a payload of this version.
fn split(payload: &[u8]) -> Option<([u8; 8], &[u8])> {
    let (version, rest) = payload.split_first()?;
    let (id, sealed) = rest.split_first_chunk::<8>()?;
    (*version == VERSION).then_some((*id, sealed))
}

/// The key that devices seal to from now on, as it is told.
pub(crate) fn current(db: &Connection, scope: &CompanyScope) -> Result<SealingKey> {
    let public = company::get(db, scope)?.sealing_key;
    Ok(SealingKey {
        key_id: hex::encode(crate::keys::sealing_key_id(&public)),
        public_key: Bytes32(public),
    })
}

/// The same, signed, for a device that binds.
pub(crate) fn statement(
    server: &Server,
    db: &Connection,
    scope: &CompanyScope,
) -> Result<SignedStatement> {
    server.sign(scope, STATEMENT_KIND, &current(db, scope)?)
}
