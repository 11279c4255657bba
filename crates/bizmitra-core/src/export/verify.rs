//! The checks. Pure: the same file gives the same report, whoever asks and whenever.

use std::collections::{HashMap, HashSet};

use super::chain;
use super::format::{Binding, Export, ExportedReceipt, ExportedRecord};
use super::record::Stated;
use super::report::{DeviceSeen, Finding, RecordReport, Report, ServerSeen};
use crate::ids::{ChainId, ItemId};
use crate::keys::{Message, PublicKey, derive_fingerprint};
use crate::link::KeyPrint;
use crate::record::{derive_hash, signature_message};
use crate::succession::follow;

/// More signatures than two keys can make.
const MAX_SIGNATURES: usize = 4;
/// More receipts than the file's format has a use for.
const MAX_RECEIPTS: usize = 4;

/// One record while it is examined.
pub(super) struct Item {
    pub(super) id: ItemId,
    pub(super) chain: ChainId,
    pub(super) seq: u64,
    pub(super) prev_hash: [u8; 32],
    /// The hash in the file and the one of the bytes: two only when it was altered, so that its neighbours are not blamed.
    pub(super) hashes: Vec<[u8; 32]>,
    pub(super) stated: Option<Stated>,
    /// The person's signature holds.
    pub(super) presence: bool,
    pub(super) received_at_ms: Option<i64>,
    /// How far the server said that it holds the chain, by receipts that hold.
    pub(super) heads: Vec<(u64, [u8; 32])>,
    pub(super) findings: Vec<Finding>,
}

/// Checks a file. With `expected`, the receipts must be of the server whose key has this print.
pub fn verify(export: &Export, expected: Option<&KeyPrint>) -> Report {
    let (servers, lines_hold) = servers(export, expected);
    let mut items: Vec<Item> = export
        .records
        .iter()
        .map(|record| examine(export, &servers, record))
        .collect();
    let chains = chain::check(&mut items, &export.chains);
    check_about(&mut items);
    let (graded, mut findings) = check_said(export, &mut items);
    if !lines_hold {
        findings.push(Finding::Succession);
    }
    let servers: Vec<ServerSeen> = servers.into_iter().map(|server| server.seen).collect();
    let other = servers.iter().any(|server| server.expected == Some(false));
    if other || (expected.is_some() && servers.is_empty()) {
        findings.push(Finding::OtherServer);
    }
    Report {
        servers,
        devices: export.bindings.iter().map(device_seen).collect(),
        records: items
            .into_iter()
            .map(|item| RecordReport {
                graded: graded.get(&item.id).copied(),
                id: item.id,
                chain_id: item.chain,
                seq: item.seq,
                stated: item.stated,
                received_at_ms: item.received_at_ms,
                findings: item.findings,
            })
            .collect(),
        chains,
        findings,
        elsewhere: export.server_said.elsewhere.clone(),
    }
}

/// A key whose receipts count.
struct Server {
    id: String,
    key: PublicKey,
    seen: ServerSeen,
}

/// The pinned keys and their successors, each once; and whether all that is said to be a succession is one. A line of keys is
/// the expected server's when one of them is: they vouch for each other in both directions.
fn servers(export: &Export, expected: Option<&KeyPrint>) -> (Vec<Server>, bool) {
    let mut servers: Vec<Server> = Vec::new();
    let mut hold = true;
    for binding in &export.bindings {
        let pinned = PublicKey(binding.server_key.0);
        let followed = follow(export.company, pinned, &[], &binding.successions);
        hold &= followed.len() == binding.successions.len();
        let next = followed.iter().map(|next| PublicKey(next.key.0));
        let line: Vec<PublicKey> = std::iter::once(pinned).chain(next).collect();
        let is_expected = |wanted: &KeyPrint| line.iter().any(|key| KeyPrint::of(key) == *wanted);
        let line_expected = expected.map(is_expected);
        for key in line {
            let known = servers.iter_mut().find(|known| known.key == key);
            if let Some(known) = known {
                // The same key in another binding, with what followed it since.
                known.seen.expected = known.seen.expected.max(line_expected);
                continue;
            }
            servers.push(Server {
                id: key.key_id(),
                key,
                seen: ServerSeen {
                    print: KeyPrint::of(&key).to_string(),
                    expected: line_expected,
                },
            });
        }
    }
    (servers, hold)
}

fn device_seen(binding: &Binding) -> DeviceSeen {
    DeviceSeen {
        device: binding.device,
        fingerprint: derive_fingerprint(
            &PublicKey(binding.device_key.0),
            &PublicKey(binding.presence_key.0),
        ),
    }
}

/// What can be said of a record alone.
fn examine(export: &Export, servers: &[Server], record: &ExportedRecord) -> Item {
    let mut findings = Vec::new();
    let actual = record.bytes.as_ref().map(|bytes| derive_hash(&bytes.0));
    let mut hashes = vec![record.hash.0];
    hashes.extend(actual.filter(|actual| *actual != record.hash.0));
    let stated = match (&record.bytes, hashes.len()) {
        (None, _) => {
            findings.push(Finding::NoBytes);
            None
        }
        (Some(bytes), 1) => {
            let stated = Stated::read(&bytes.0);
            if stated.is_none() {
                findings.push(Finding::Unreadable);
            }
            stated
        }
        (Some(_), _) => {
            findings.push(Finding::Bytes);
            None
        }
    };
    if let Some(stated) = &stated {
        findings.extend(contradictions(export, record, stated));
    }
    let mut item = Item {
        id: stated.as_ref().map_or(record.id, |stated| stated.id),
        chain: stated
            .as_ref()
            .map_or(record.chain_id, |stated| stated.chain_id),
        seq: stated.as_ref().map_or(record.seq, |stated| stated.seq),
        prev_hash: stated
            .as_ref()
            .map_or(record.prev_hash.0, |stated| stated.prev_hash.0),
        hashes,
        stated,
        presence: false,
        received_at_ms: None,
        heads: Vec::new(),
        findings,
    };
    check_signatures(export, record, &mut item);
    if record.receipts.len() > MAX_RECEIPTS {
        item.findings.push(Finding::ManyReceipts);
    }
    for receipt in record.receipts.iter().take(MAX_RECEIPTS) {
        match check_receipt(export, servers, receipt, &item) {
            Ok(()) => {
                let first = item.received_at_ms.unwrap_or(receipt.received_at_ms);
                item.received_at_ms = Some(first.min(receipt.received_at_ms));
                item.heads.push((receipt.head_seq, receipt.head_hash.0));
            }
            Err(finding) => item.findings.push(finding),
        }
    }
    item
}

/// Where the file says something else than the signed bytes.
fn contradictions(export: &Export, record: &ExportedRecord, stated: &Stated) -> Vec<Finding> {
    [
        (stated.id != record.id, Finding::Envelope("id")),
        (
            stated.chain_id != record.chain_id,
            Finding::Envelope("chain_id"),
        ),
        (stated.seq != record.seq, Finding::Envelope("seq")),
        (
            stated.prev_hash != record.prev_hash,
            Finding::Envelope("prev_hash"),
        ),
        (
            stated.company != export.company,
            Finding::OtherOwner("company"),
        ),
        (
            stated.employee != export.employee,
            Finding::OtherOwner("person"),
        ),
    ]
    .into_iter()
    .filter_map(|(differs, finding)| differs.then_some(finding))
    .collect()
}

/// The binding that a record belongs to; where its own word cannot be read, the one whose key it names.
fn binding<'a>(export: &'a Export, record: &ExportedRecord, item: &Item) -> Option<&'a Binding> {
    let named = |binding: &&Binding| {
        let id = PublicKey(binding.device_key.0).key_id();
        record.sigs.iter().any(|sig| sig.key_id == id)
    };
    match &item.stated {
        None => export.bindings.iter().find(named),
        Some(stated) => {
            let own = |binding: &&Binding| binding.device == stated.device;
            let mut bindings = export.bindings.iter().filter(own);
            bindings.clone().find(named).or_else(|| bindings.next())
        }
    }
}

fn check_signatures(export: &Export, record: &ExportedRecord, item: &mut Item) {
    let Some(binding) = binding(export, record, item) else {
        item.findings.push(Finding::UnknownDevice);
        return;
    };
    if record.sigs.len() > MAX_SIGNATURES {
        item.findings.push(Finding::StrangeSignature);
        return;
    }
    let messages: Vec<Message> = item
        .hashes
        .iter()
        .map(|hash| signature_message(export.company, hash))
        .collect();
    // Whether each signature that names the key holds; `None` when there is none.
    let signed_by = |key: &PublicKey, id: &str| {
        let mut sigs = record.sigs.iter().filter(|sig| sig.key_id == id).peekable();
        sigs.peek()?;
        Some(sigs.all(|sig| {
            let holds = |message: &Message| key.verifies(message.bytes(), &sig.sig.0);
            sig.alg == "ed25519" && messages.iter().any(holds)
        }))
    };
    let (device, presence) = (
        PublicKey(binding.device_key.0),
        PublicKey(binding.presence_key.0),
    );
    let (device_id, presence_id) = (device.key_id(), presence.key_id());
    match signed_by(&device, &device_id) {
        Some(true) => {}
        Some(false) => item.findings.push(Finding::DeviceSignature),
        None => item.findings.push(Finding::DeviceUnsigned),
    }
    let kind = item.stated.as_ref().map(|stated| stated.kind);
    match signed_by(&presence, &presence_id) {
        Some(true) => item.presence = true,
        Some(false) => item.findings.push(Finding::PresenceSignature),
        None if kind.is_some_and(super::Kind::needs_presence) => {
            item.findings.push(Finding::PresenceUnsigned);
        }
        None => {}
    }
    let known = |id: &str| id == device_id || id == presence_id;
    if record.sigs.iter().any(|sig| !known(&sig.key_id)) {
        item.findings.push(Finding::StrangeSignature);
    }
}

fn check_receipt(
    export: &Export,
    servers: &[Server],
    receipt: &ExportedReceipt,
    item: &Item,
) -> Result<(), Finding> {
    let server = servers.iter().find(|server| server.id == receipt.key_id);
    let key = &server.ok_or(Finding::ReceiptKey)?.key;
    let message = Message::new("bz/receipt/v1", export.company)
        .field(receipt.item.0.as_bytes())
        .field(&receipt.record_hash.0)
        .signed(receipt.received_at_ms)
        .field(receipt.chain_id.0.as_bytes())
        .number(receipt.head_seq)
        .field(&receipt.head_hash.0);
    if !key.verifies(message.bytes(), &receipt.sig.0) {
        return Err(Finding::ReceiptSignature);
    }
    if receipt.item != item.id {
        return Err(Finding::ReceiptOf("record"));
    }
    if !item.hashes.contains(&receipt.record_hash.0) {
        return Err(Finding::ReceiptOf("content"));
    }
    if receipt.chain_id != item.chain {
        return Err(Finding::ReceiptOf("chain"));
    }
    Ok(())
}

/// Evidence and withdrawals count only for a tap that the person signed.
fn check_about(items: &mut [Item]) {
    /// A tap with the person's signature; another record; one that cannot be read and is blamed itself.
    #[derive(Clone, Copy)]
    enum About {
        Tap,
        Other,
        Unknown,
    }
    let known: HashMap<ItemId, About> = items
        .iter()
        .map(|item| {
            let about = match &item.stated {
                Some(stated) if stated.kind.is_tap() && item.presence => About::Tap,
                Some(_) => About::Other,
                None => About::Unknown,
            };
            (item.id, about)
        })
        .collect();
    for item in items {
        let Some(stated) = &item.stated else {
            continue;
        };
        let about = stated.about.map(|about| known.get(&about));
        // A correction may be about a tap of another device, or about one that is missing.
        let may_be_elsewhere = stated.kind == super::Kind::Correction;
        let is_about = may_be_elsewhere
            || matches!(stated.kind, super::Kind::Evidence | super::Kind::Withdrawal);
        if !is_about || (may_be_elsewhere && matches!(about, None | Some(None))) {
            continue;
        }
        match about {
            Some(Some(About::Tap | About::Unknown)) => {}
            Some(Some(About::Other)) | None => item.findings.push(Finding::AboutNoTap),
            Some(None) => item.findings.push(Finding::AboutMissing),
        }
    }
}

type Grades = HashMap<ItemId, (crate::attendance::Grade, Option<u64>)>;

/// Joins what the server said; it proves nothing, but it can contradict.
fn check_said(export: &Export, items: &mut [Item]) -> (Grades, Vec<Finding>) {
    let differs: HashSet<ItemId> = export
        .server_said
        .own
        .iter()
        .filter(|said| said.differs)
        .map(|said| said.tap)
        .collect();
    let mut here = HashSet::new();
    for item in items {
        here.insert(item.id);
        if differs.contains(&item.id) {
            item.findings.push(Finding::ServerDiffers);
        }
    }
    let own = &export.server_said.own;
    let missing: HashSet<ItemId> = own
        .iter()
        .map(|said| said.tap)
        .filter(|tap| !here.contains(tap))
        .collect();
    let graded = own
        .iter()
        .filter_map(|said| Some((said.tap, (said.grade?, said.tolerance_ms))))
        .collect();
    let findings = (!missing.is_empty()).then_some(Finding::TapsMissing(missing.len()));
    (graded, findings.into_iter().collect())
}
