//! Order, gaps and forks: what can be said of records together.

use std::collections::{BTreeMap, HashMap};

use super::format::ChainHeadClaim;
use super::report::{ChainReport, Finding};
use super::verify::Item;
use crate::ids::{ChainId, ItemId};

/// The records of one chain.
#[derive(Default)]
struct Chain {
    /// Indices, in the order of the file.
    items: Vec<usize>,
    /// Indices by place.
    places: BTreeMap<u64, Vec<usize>>,
}

/// Blames records for what is wrong at their place, and chains for what is wrong at their end.
pub(super) fn check(items: &mut [Item], claims: &[ChainHeadClaim]) -> Vec<ChainReport> {
    mark_twice(items);
    let (order, chains) = sort(items, claims);
    let mut reports = Vec::new();
    for id in order {
        let Some(chain) = chains.get(&id) else {
            continue;
        };
        mark_late(items, chain);
        mark_links(items, chain);
        mark_heads(items, chain);
        mark_beginnings(items, chain, &chains);
        let claims: Vec<&ChainHeadClaim> =
            claims.iter().filter(|claim| claim.chain_id == id).collect();
        reports.push(ChainReport {
            chain_id: id,
            records: chain.items.len(),
            last_seq: chain.last_seq(),
            follows: follows(items, chain),
            findings: end_of(items, chain, &claims),
        });
    }
    reports
}

impl Chain {
    fn last_seq(&self) -> u64 {
        self.places.keys().next_back().copied().unwrap_or(0)
    }

    fn at(&self, seq: u64) -> &[usize] {
        self.places.get(&seq).map_or(&[], Vec::as_slice)
    }
}

/// An id is one record for ever.
fn mark_twice(items: &mut [Item]) {
    let mut seen: HashMap<ItemId, usize> = HashMap::new();
    for item in items {
        let times = seen.entry(item.id).or_default();
        if *times > 0 {
            item.findings.push(Finding::Twice);
        }
        *times += 1;
    }
}

fn sort(items: &[Item], claims: &[ChainHeadClaim]) -> (Vec<ChainId>, HashMap<ChainId, Chain>) {
    let mut order = Vec::new();
    let mut chains: HashMap<ChainId, Chain> = HashMap::new();
    for id in claims
        .iter()
        .map(|claim| claim.chain_id)
        .chain(items.iter().map(|item| item.chain))
    {
        chains.entry(id).or_insert_with(|| {
            order.push(id);
            Chain::default()
        });
    }
    for (index, item) in items.iter().enumerate() {
        if let Some(chain) = chains.get_mut(&item.chain) {
            chain.items.push(index);
            chain.places.entry(item.seq).or_default().push(index);
        }
    }
    (order, chains)
}

fn mark_late(items: &mut [Item], chain: &Chain) {
    let mut latest = 0;
    for index in &chain.items {
        if let Some(item) = items.get_mut(*index) {
            if item.seq < latest {
                item.findings.push(Finding::Late);
            }
            latest = latest.max(item.seq);
        }
    }
}

fn holds(items: &[Item], places: &[usize], hash: &[u8; 32]) -> bool {
    places
        .iter()
        .filter_map(|index| items.get(*index))
        .any(|item| item.hashes.contains(hash))
}

fn mark_links(items: &mut [Item], chain: &Chain) {
    let mut last = 0;
    for (seq, places) in &chain.places {
        let before = seq.saturating_sub(1);
        let mut findings = Vec::new();
        for index in places {
            let Some(item) = items.get(*index) else {
                continue;
            };
            let mut rivals = places.iter().filter_map(|other| items.get(*other));
            if rivals.any(|other| !shares_hash(other, item)) {
                findings.push((*index, Finding::SamePlace));
            }
            let follows = match before {
                0 => *seq == 1 && item.prev_hash == [0; 32],
                _ if chain.at(before).is_empty() => {
                    let from = u64::saturating_add(last, 1);
                    findings.push((*index, Finding::Missing { from, to: before }));
                    true
                }
                _ => holds(items, chain.at(before), &item.prev_hash),
            };
            if !follows {
                findings.push((*index, Finding::Link));
            }
        }
        for (index, finding) in findings {
            if let Some(item) = items.get_mut(index) {
                item.findings.push(finding);
            }
        }
        last = *seq;
    }
}

fn shares_hash(one: &Item, other: &Item) -> bool {
    one.hashes.iter().any(|hash| other.hashes.contains(hash))
}

/// What a receipt says that the server held must be what is here at that place.
fn mark_heads(items: &mut [Item], chain: &Chain) {
    for index in &chain.items {
        let wrong: Vec<Finding> = items.get(*index).map_or_else(Vec::new, |item| {
            let contradicts = |(seq, hash): &&(u64, [u8; 32])| {
                let places = chain.at(*seq);
                !places.is_empty() && !holds(items, places, hash)
            };
            let heads = item.heads.iter().filter(contradicts);
            heads.map(|(seq, _)| Finding::Head(*seq)).collect()
        });
        if let Some(item) = items.get_mut(*index) {
            item.findings.extend(wrong);
        }
    }
}

/// What the chain's first record names as the end of another one.
fn follows(items: &[Item], chain: &Chain) -> Option<(ChainId, u64)> {
    let first = chain.at(1).first().and_then(|index| items.get(*index))?;
    let end = first.stated.as_ref()?.follows?;
    Some((end.chain_id, end.seq))
}

/// A chain goes on from a record of another chain; where that one is in the file, the record is in it too.
fn mark_beginnings(items: &mut [Item], chain: &Chain, chains: &HashMap<ChainId, Chain>) {
    for index in &chain.items {
        let Some(item) = items.get(*index) else {
            continue;
        };
        let Some(end) = item.stated.as_ref().and_then(|stated| stated.follows) else {
            continue;
        };
        let other = chains.get(&end.chain_id);
        let finding = if item.seq != 1 || end.chain_id == item.chain {
            Some(Finding::Follows)
        } else if let Some(other) = other.filter(|other| !other.items.is_empty()) {
            let places = other.at(end.seq);
            if places.is_empty() {
                Some(Finding::FollowsMissing(end.seq))
            } else {
                (!holds(items, places, &end.hash.0)).then_some(Finding::Follows)
            }
        } else {
            None
        };
        if let Some(item) = items.get_mut(*index) {
            item.findings.extend(finding);
        }
    }
}

/// Records that a receipt or the device names and that are not here.
fn end_of(items: &[Item], chain: &Chain, claims: &[&ChainHeadClaim]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let last = chain.last_seq();
    let receipted = chain
        .items
        .iter()
        .filter_map(|index| items.get(*index))
        .flat_map(|item| item.heads.iter().map(|(seq, _)| *seq));
    let named = receipted.chain(claims.iter().map(|claim| claim.seq)).max();
    if let Some(to) = named.filter(|named| *named > last) {
        findings.push(Finding::EndMissing {
            from: last.saturating_add(1),
            to,
        });
    }
    if claims.is_empty() {
        findings.push(Finding::NoEnd);
    }
    let contradicted = claims.iter().any(|claim| {
        claim.seq < last
            || (claim.seq == last && last > 0 && !holds(items, chain.at(last), &claim.hash.0))
    });
    if contradicted {
        findings.push(Finding::OtherEnd);
    }
    findings
}
