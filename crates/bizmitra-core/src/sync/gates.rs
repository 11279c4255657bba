//! Gates: what stands between the outbox and the server, and how long. Items do not change here.

use std::collections::BTreeMap;

use crate::api::{ApiError, Gate};
use crate::ids::ItemId;
use crate::planted::{self, Bug};

/// State of the sync strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncState {
    /// Nothing waits.
    AllSent,
    /// Something waits and nothing stands in its way.
    Sending,
    /// No network.
    Offline,
    /// Something answers in the server's place.
    CaptivePortal,
    /// Certificate not accepted.
    Certificate,
    /// This device's clock disagrees with the certificate.
    Clock,
    /// The server does not answer or is failing.
    ServerUnreachable,
    /// Sign in again.
    SignIn,
    /// This app is too old.
    UpdateNeeded,
    /// The device was revoked.
    Revoked,
}

/// The closed gate, if any, and the slow start of batches.
#[derive(Debug, Clone, Default)]
pub struct Gates {
    closed: Option<Closed>,
    failures: u32,
    batch: usize,
    limit: Option<usize>,
    later: BTreeMap<ItemId, Later>,
    suspect: Option<Suspect>,
}

#[derive(Debug, Clone, Copy)]
struct Closed {
    gate: Gate,
    until_ms: u64,
    /// The server's own wish: a hint of the network or the person does not shorten it.
    not_before_ms: u64,
}

#[derive(Debug, Clone, Copy)]
struct Later {
    until_ms: u64,
    /// The server's own wish.
    not_before_ms: u64,
    times: u32,
}

/// A lone item with which exchanges failed, one after the other.
#[derive(Debug, Clone, Copy)]
struct Suspect {
    item: ItemId,
    failures: u32,
}

/// So many failures in a row with the same lone item make room for the next one.
const SUSPICIOUS: u32 = 3;

const MAX_BATCH: usize = 200;

impl Gates {
    /// How long to wait at `now_ms` (elapsed clock); 0 when open.
    pub fn wait_ms(&self, now_ms: u64) -> u64 {
        self.closed
            .map_or(0, |closed| closed.until_ms.saturating_sub(now_ms))
    }

    /// The gate that is closed, whether or not it is time to try again: it opens by a good exchange.
    pub fn closed(&self) -> Option<Gate> {
        self.closed.map(|closed| closed.gate)
    }

    /// Closes a gate after a failed exchange. `random` is uniform; waits have full jitter (0 to the cap, never below the floor).
    pub fn close(&mut self, error: &ApiError, now_ms: u64, random: u64) {
        let gate = error.gate();
        self.failures = self.failures.saturating_add(1);
        self.batch = 1;
        let (floor, base, cap) = match gate {
            Gate::Net | Gate::CaptivePortal | Gate::Certificate | Gate::Clock => {
                (1_000, 2_000, 300_000)
            }
            Gate::Server => (1_000, 5_000, 900_000),
            Gate::Auth => (5_000, 30_000, 900_000),
            Gate::Revoked => (30_000, 60_000, 3_600_000),
            Gate::Upgrade => (60_000, 600_000, 3_600_000),
        };
        let mut wait = jitter(self.failures, base, cap, random).max(floor);
        if self.failures > 5 && planted::is(Bug::GivesUp) {
            wait = u64::MAX;
        }
        let wish = match error.retry_after_ms() {
            Some(wish) if !planted::is(Bug::IgnoresRetryAfter) => wish,
            Some(_) | None => 0,
        };
        let not_before_ms = now_ms.saturating_add(wish);
        self.closed = Some(Closed {
            gate,
            until_ms: now_ms.saturating_add(wait.max(wish)),
            not_before_ms,
        });
    }

    /// A good exchange: everything opens.
    pub fn open(&mut self) {
        self.closed = None;
        self.failures = 0;
    }

    /// The network, the foreground or the person hints that a try is worth it. Clears waits of our own, never the server's wish.
    pub fn hint(&mut self, now_ms: u64) {
        if let Some(closed) = &mut self.closed {
            closed.until_ms = closed.until_ms.min(closed.not_before_ms.max(now_ms));
        }
        for later in self.later.values_mut() {
            later.until_ms = later.until_ms.min(later.not_before_ms.max(now_ms));
        }
    }

    /// An exchange failed with one item alone. Two different items that fail one after the other mean that it is not the items.
    pub fn suspect(&mut self, item: ItemId) {
        self.suspect = Some(match self.suspect {
            Some(suspect) if suspect.item == item => Suspect {
                failures: suspect.failures.saturating_add(1),
                ..suspect
            },
            Some(_) | None => Suspect { item, failures: 1 },
        });
    }

    /// The item that steps aside for one try of another, if there is one.
    pub fn aside(&self) -> Option<ItemId> {
        self.suspect
            .filter(|suspect| suspect.failures >= SUSPICIOUS)
            .map(|suspect| suspect.item)
    }

    /// There is no other item: the suspect is tried again.
    pub fn pardon(&mut self) {
        self.suspect = None;
    }

    /// Other items passed while one stood aside: it is the item, and it waits by itself.
    pub fn convict(&mut self, now_ms: u64, random: u64) {
        if let Some(item) = self.aside() {
            self.defer(item, None, now_ms, random);
        }
        self.suspect = None;
    }

    /// Items to take into the next batch: 1, 2, 4, ... 200.
    pub fn batch_size(&self) -> usize {
        self.batch.clamp(1, self.limit.unwrap_or(MAX_BATCH))
    }

    /// A batch passed: the next may be twice as large.
    pub fn grow(&mut self) {
        self.batch = self.batch_size().saturating_mul(2).min(MAX_BATCH);
    }

    /// Batches of this size are too large for the server or a proxy before it.
    pub fn limit(&mut self, items: usize) {
        self.limit = Some(items.max(1));
    }

    /// The server asked to have an item later: 30 s to 6 h with full jitter, not before its wish.
    pub fn defer(&mut self, item: ItemId, wish_ms: Option<u64>, now_ms: u64, random: u64) {
        let times = self
            .later
            .get(&item)
            .map_or(1, |later| later.times.saturating_add(1));
        let wait = jitter(times, 30_000, 6 * 3_600_000, random)
            .max(1_000)
            .max(wish_ms.unwrap_or(0));
        let not_before_ms = now_ms.saturating_add(wish_ms.unwrap_or(0));
        let until_ms = now_ms.saturating_add(wait);
        self.later.insert(
            item,
            Later {
                until_ms,
                not_before_ms,
                times,
            },
        );
    }

    /// An item is done.
    pub fn settle(&mut self, item: ItemId) {
        self.later.remove(&item);
    }

    /// Items that are not due at `now_ms`.
    pub fn deferred(&self, now_ms: u64) -> Vec<ItemId> {
        self.later
            .iter()
            .filter(|(_, later)| later.until_ms > now_ms)
            .map(|(item, _)| *item)
            .collect()
    }

    /// When the next deferred item is due, from `now_ms`.
    pub fn next_deferred_ms(&self, now_ms: u64) -> Option<u64> {
        self.later
            .values()
            .filter_map(|later| later.until_ms.checked_sub(now_ms))
            .filter(|wait_ms| *wait_ms > 0)
            .min()
    }

    /// What the strip says.
    pub fn state(&self, waiting: u32) -> SyncState {
        match self.closed() {
            // Nothing to send and nothing known against it: a stale failure of a pull is not worth a word.
            Some(Gate::Net) => SyncState::Offline,
            Some(Gate::CaptivePortal) => SyncState::CaptivePortal,
            Some(Gate::Certificate) => SyncState::Certificate,
            Some(Gate::Clock) => SyncState::Clock,
            Some(Gate::Server) => SyncState::ServerUnreachable,
            Some(Gate::Auth) => SyncState::SignIn,
            Some(Gate::Revoked) => SyncState::Revoked,
            Some(Gate::Upgrade) => SyncState::UpdateNeeded,
            None if waiting == 0 => SyncState::AllSent,
            None => SyncState::Sending,
        }
    }
}

/// Full jitter: uniform between 0 and `base * 2^(times-1)`, capped.
fn jitter(times: u32, base: u64, cap: u64, random: u64) -> u64 {
    let doublings = times.saturating_sub(1).min(20);
    let top = base.saturating_mul(1_u64 << doublings).min(cap);
    random % top.saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(retry_after_ms: Option<u64>) -> ApiError {
        ApiError::Failing {
            status: 503,
            retry_after_ms,
        }
    }

    #[test]
    fn waits_have_full_jitter_and_a_cap() {
        let mut gates = Gates::default();
        for _ in 0..30 {
            gates.close(&ApiError::NotSent, 0, u64::MAX - 1);
            assert!(
                (1_000..=300_000).contains(&gates.wait_ms(0)),
                "{}",
                gates.wait_ms(0)
            );
        }
        assert_eq!(gates.state(1), SyncState::Offline);
    }

    #[test]
    fn a_hint_clears_network_waits_but_not_the_servers_wish() {
        let mut gates = Gates::default();
        gates.close(&ApiError::NotSent, 0, 1_999);
        assert!(gates.wait_ms(0) > 0);
        gates.hint(0);
        assert_eq!(gates.wait_ms(0), 0);
        gates.close(&refused(Some(40_000)), 0, 0);
        gates.hint(0);
        assert_eq!(gates.wait_ms(0), 40_000);
    }

    #[test]
    fn batches_start_slowly_after_each_failure() {
        let mut gates = Gates::default();
        let sizes: Vec<_> = (0..10)
            .map(|_| {
                let size = gates.batch_size();
                gates.grow();
                size
            })
            .collect();
        assert_eq!(sizes, [1, 2, 4, 8, 16, 32, 64, 128, 200, 200]);
        gates.close(&refused(None), 0, 0);
        assert_eq!(gates.batch_size(), 1);
    }

    #[test]
    fn a_deferred_item_waits_at_least_as_long_as_the_server_wishes() {
        let mut gates = Gates::default();
        let item = ItemId(uuid::Uuid::from_u128(1));
        gates.defer(item, Some(90_000), 1_000, 7);
        assert_eq!(gates.deferred(90_999), [item]);
        assert!(gates.deferred(91_000).is_empty());
    }
}
