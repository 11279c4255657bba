//! The batch: one savepoint per item, one commit, a verdict each.

use bizmitra_contract::encoding::{Bytes, Bytes32, Bytes64};
use bizmitra_contract::ids::{BlobId, ItemId};
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::record::RecordBody;
use bizmitra_contract::statement::Receipt;
use bizmitra_contract::sync::{
    BatchItem, BatchRequest, BatchResponse, ItemResult, MAX_ITEMS, Verdict, VerdictCode,
};
use ed25519_dalek::SigningKey;
use rusqlite::{Connection, Transaction};

use super::record::{VerifiedRecord, verify};
use super::sealing::{Closed, Seals};
use super::standing::{is_over, standing};
use super::{attendance, beginning, correction, day};
use crate::auth::{Caller, CompanyScope, may_sign_in};
use crate::error::{Result, ServerError};
use crate::keys::PersonKey;
use crate::planted::{self, Bug};
use crate::server::Server;
use crate::signed::{record_hash, sign_receipt};
use crate::storage;
use crate::storage::chain::Chain;
use crate::storage::ingest::Ingested;

/// When to try an item again that met a failure of ours.
const RETRY_AFTER_MS: u64 = 30_000;

/// What the whole batch shares.
struct Batch<'a> {
    caller: &'a Caller,
    statement_key: SigningKey,
    person_key: PersonKey,
    seals: Seals<'a>,
    received_ms: i64,
    /// The device is over: what it captured before is still taken.
    late: bool,
}

/// Applies a batch; when this returns, it is on disk.
pub(crate) fn apply(
    server: &Server,
    caller: &Caller,
    request: &BatchRequest,
) -> Result<BatchResponse> {
    if request.items.len() > MAX_ITEMS {
        return Err(ServerError::Refused(ProblemCode::TooLarge));
    }
    let late = is_over(caller.device.state);
    if !late {
        may_sign_in(caller.device.state)?;
    }
    let scope = &caller.scope;
    let batch = Batch {
        caller,
        statement_key: server.keys().statement_key(scope.id())?,
        person_key: server
            .keys()
            .person_key(scope.id(), caller.device.employee)?,
        seals: Seals::new(server, scope),
        received_ms: server.now_ms(),
        late,
    };
    let (results, anchor, told) = server.write(|tx| {
        let results = request
            .items
            .iter()
            .map(|item| batch.apply_one(tx, item))
            .collect::<Result<Vec<_>>>()?;
        let told = standing(
            server,
            tx,
            scope,
            &caller.device,
            &request.req_id.to_string(),
        )?;
        let anchor = server.make_anchor(tx, scope, caller.device.id)?;
        Ok((results, anchor, told))
    })?;
    Ok(BatchResponse {
        req_id: request.req_id,
        server_epoch: server.epoch(),
        server_time_ms: server.now_ms(),
        results,
        anchor,
        lease: told.lease,
        wipe: told.wipe,
    })
}

fn result(item: &BatchItem, verdict: Verdict, code: Option<VerdictCode>) -> ItemResult {
    ItemResult {
        id: item.id,
        verdict,
        code,
        retry_after_ms: None,
        receipt: None,
    }
}

/// What cannot be opened now, or ever.
fn stays_closed(item: &BatchItem, closed: Closed) -> ItemResult {
    match closed {
        Closed::Never(code) => result(item, Verdict::Rejected, Some(code)),
        Closed::NoKey => {
            tracing::error!("an item is sealed to a key that is not in the key folder");
            result(item, Verdict::Blocked, Some(VerdictCode::DepMissing))
        }
    }
}

impl Batch<'_> {
    /// One item in its own savepoint: what fails leaves nothing and does not touch its neighbours.
    fn apply_one(&self, tx: &mut Transaction<'_>, item: &BatchItem) -> Result<ItemResult> {
        let mut savepoint = tx.savepoint()?;
        match self.decide(&savepoint, item) {
            Ok(result) => {
                savepoint.commit()?;
                Ok(result)
            }
            Err(error) => {
                savepoint.rollback()?;
                savepoint.commit()?;
                tracing::error!(error = %error, "an item could not be stored");
                let retry = result(item, Verdict::Retry, Some(VerdictCode::Busy));
                Ok(ItemResult {
                    retry_after_ms: Some(RETRY_AFTER_MS),
                    ..retry
                })
            }
        }
    }

    fn decide(&self, db: &Connection, item: &BatchItem) -> Result<ItemResult> {
        let scope = &self.caller.scope;
        let bytes = match self.seals.open(item)? {
            Ok(bytes) => bytes,
            Err(closed) => return Ok(stays_closed(item, closed)),
        };
        if let Some(before) = storage::ingest::get(db, scope, item.id)?
            && !planted::is(Bug::ForgetsDuplicates)
        {
            // A receipt is for the device whose record it is, and only that one may learn that the id is here.
            if before.device != self.caller.device.id {
                return Ok(result(
                    item,
                    Verdict::Rejected,
                    Some(VerdictCode::Forbidden),
                ));
            }
            // The bytes count, not what the envelope says about them.
            if record_hash(&bytes) != before.hash {
                return Ok(result(
                    item,
                    Verdict::Conflict,
                    Some(VerdictCode::OtherBytes),
                ));
            }
            let receipt = Some(self.receipt(&before));
            return Ok(ItemResult {
                receipt,
                ..result(item, Verdict::Duplicate, None)
            });
        }
        let verified = match verify(item, &bytes, &self.caller.device) {
            Ok(verified) => verified,
            Err(code) => return Ok(result(item, Verdict::Rejected, Some(code))),
        };
        if let RecordBody::File(file) = &verified.record.body
            && let Err(closed) = self.seals.opens_file_key(item.id, &file.key.0)?
        {
            return Ok(stays_closed(item, closed));
        }
        if let Some(refusal) = self.refuse_late(db, item, &verified)? {
            return Ok(refusal);
        }
        let chain = storage::chain::get(db, scope, item.chain_id)?;
        if chain.is_some_and(|chain| chain.device != self.caller.device.id) {
            return Ok(result(
                item,
                Verdict::Rejected,
                Some(VerdictCode::Forbidden),
            ));
        }
        let ingested = self.append(db, item, &bytes, &verified, chain)?;
        self.take_effect(db, &verified, &ingested)?;
        beginning::publish(db, scope, &ingested)?;
        let receipt = Some(self.receipt(&ingested));
        Ok(ItemResult {
            receipt,
            ..result(item, Verdict::Applied, None)
        })
    }

    /// A device that is over may be in a stranger's hands: what its own key alone signed is taken only about a tap of
    /// this device that is here, signed with presence. The tap may still be on its way; then this waits for it.
    fn refuse_late(
        &self,
        db: &Connection,
        item: &BatchItem,
        verified: &VerifiedRecord,
    ) -> Result<Option<ItemResult>> {
        if !self.late || verified.presence {
            return Ok(None);
        }
        let RecordBody::Evidence(evidence) = &verified.record.body else {
            let code = Some(VerdictCode::Validation);
            return Ok(Some(result(item, Verdict::Rejected, code)));
        };
        let scope = &self.caller.scope;
        let Some(about) = storage::ingest::get(db, scope, evidence.about)? else {
            let wait = result(item, Verdict::Retry, Some(VerdictCode::DepMissing));
            return Ok(Some(ItemResult {
                retry_after_ms: Some(RETRY_AFTER_MS),
                ..wait
            }));
        };
        let is_tap = storage::attendance::get(db, scope, evidence.about)?.is_some();
        let holds = is_tap && about.presence && about.device == self.caller.device.id;
        Ok((!holds).then(|| result(item, Verdict::Rejected, Some(VerdictCode::Forbidden))))
    }

    /// Puts a record at its place in the chain and keeps its bytes.
    fn append(
        &self,
        db: &Connection,
        item: &BatchItem,
        bytes: &[u8],
        verified: &VerifiedRecord,
        chain: Option<Chain>,
    ) -> Result<Ingested> {
        let (scope, record) = (&self.caller.scope, &verified.record);
        let rivals = storage::ingest::at_place(db, scope, record.chain_id, record.seq)?;
        let before =
            storage::ingest::at_place(db, scope, record.chain_id, record.seq.saturating_sub(1))?;
        let after =
            storage::ingest::at_place(db, scope, record.chain_id, record.seq.saturating_add(1))?;
        let unlinked =
            !before.is_empty() && !before.iter().any(|before| before.hash == record.prev_hash);
        // A follower that names another predecessor contradicts this record, unless it belongs to a rival.
        let strays = after
            .iter()
            .filter(|after| rivals.is_empty() && after.prev_hash != verified.hash);
        let contradicting: Vec<&Ingested> = rivals.iter().chain(strays).collect();
        for other in &contradicting {
            storage::ingest::mark_fork(db, scope, other.item)?;
            attendance::publish(db, scope, other.item)?;
            correction::publish(db, scope, other.item)?;
        }
        let start = Chain {
            device: self.caller.device.id,
            head_seq: 0,
            head_hash: Bytes32([0; 32]),
        };
        let head = self.advance(db, chain.unwrap_or(start), record.seq, verified)?;
        storage::chain::put(db, scope, record.chain_id, &head)?;
        if let Some(end) = record.follows.as_ref().filter(|_| rivals.is_empty()) {
            storage::chain::set_follows(db, scope, record.chain_id, end)?;
        }
        let graded = day::grade(db, scope, record, self.received_ms, self.caller.device.id)?;
        let ingested = Ingested {
            item: item.id,
            employee: record.employee,
            device: record.device,
            chain: record.chain_id,
            seq: record.seq,
            prev_hash: record.prev_hash,
            hash: verified.hash,
            presence: verified.presence,
            fork: unlinked || !contradicting.is_empty(),
            late: self.late,
            true_ms: graded.true_ms,
            received_ms: self.received_ms,
            receipt_head_seq: head.head_seq,
            receipt_head_hash: head.head_hash,
        };
        storage::ingest::insert(db, scope, &ingested)?;
        let sealed = self
            .person_key
            .seal(&content_of(item, bytes)?, item.id.0.as_bytes())?;
        storage::ingest::insert_content(db, scope, item.id, &sealed)?;
        let own = [BlobId(item.id.0)];
        let blobs: &[BlobId] = match &record.body {
            RecordBody::File(_) => &own,
            _ => &item.blobs,
        };
        storage::item_blob::insert(db, scope, &ingested, blobs)?;
        Ok(ingested)
    }

    /// How far the chain goes without a gap once this record is there.
    fn advance(
        &self,
        db: &Connection,
        mut head: Chain,
        seq: u64,
        verified: &VerifiedRecord,
    ) -> Result<Chain> {
        if seq == head.head_seq.saturating_add(1) {
            (head.head_seq, head.head_hash) = (seq, verified.hash);
            let chain = verified.record.chain_id;
            while let Some(next) = storage::ingest::at_place(
                db,
                &self.caller.scope,
                chain,
                head.head_seq.saturating_add(1),
            )?
            .first()
            {
                (head.head_seq, head.head_hash) = (next.seq, next.hash);
            }
        }
        Ok(head)
    }

    /// Writes what boards read, joined in whatever order records come.
    fn take_effect(
        &self,
        db: &Connection,
        verified: &VerifiedRecord,
        ingested: &Ingested,
    ) -> Result<()> {
        let (scope, record) = (&self.caller.scope, &verified.record);
        let (item, device) = (record.id, record.device);
        match &record.body {
            RecordBody::CheckIn(tap)
            | RecordBody::CheckOut(tap)
            | RecordBody::BreakStart(tap)
            | RecordBody::BreakEnd(tap) => {
                let graded = day::grade(db, scope, record, ingested.received_ms, device)?;
                attendance::add_tap(db, scope, record, tap, &graded)
            }
            RecordBody::Evidence(evidence) => {
                storage::later::insert_evidence(db, scope, (item, record.seq, device), evidence)?;
                attendance::publish(db, scope, evidence.about)
            }
            RecordBody::Withdrawal(withdrawal) => {
                storage::later::insert_withdrawal(
                    db,
                    scope,
                    (item, device),
                    withdrawal.about,
                    record.wall_ms,
                )?;
                attendance::publish_with_next(db, scope, withdrawal.about)?;
                publish_tap_of(db, scope, withdrawal.about)
            }
            RecordBody::File(file) => {
                storage::file::insert(db, scope, record, file)?;
                publish_tap_of(db, scope, item)
            }
            RecordBody::Consent(consent) => storage::later::insert_consent(
                db,
                scope,
                (item, record.employee),
                consent,
                record.wall_ms,
            ),
            RecordBody::Correction(asked) => {
                storage::correction::insert(db, scope, (item, record.employee), asked)?;
                correction::publish(db, scope, item)
            }
        }
    }

    /// The same for every answer about an item: Ed25519 is deterministic.
    fn receipt(&self, ingested: &Ingested) -> Receipt {
        let unsigned = Receipt {
            item: ingested.item,
            record_hash: ingested.hash,
            received_at_ms: ingested.received_ms,
            chain_id: ingested.chain,
            head_seq: ingested.receipt_head_seq,
            head_hash: ingested.receipt_head_hash,
            key_id: String::new(),
            sig: Bytes64([0; 64]),
        };
        sign_receipt(self.caller.scope.id(), &self.statement_key, unsigned)
    }
}

/// Says in the feed what became of the tap that a file belongs to.
fn publish_tap_of(db: &Connection, scope: &CompanyScope, file: ItemId) -> Result<()> {
    match storage::file::tap_of(db, scope, file)? {
        Some(tap) => attendance::publish(db, scope, tap),
        None => Ok(()),
    }
}

/// What is kept of an item under the person's key: the exact bytes and the signatures over them.
fn content_of(item: &BatchItem, bytes: &[u8]) -> Result<Vec<u8>> {
    let content = serde_json::json!({"payload": Bytes(bytes.to_vec()), "sigs": item.sigs});
    Ok(storage::json(&content)?.into_bytes())
}
