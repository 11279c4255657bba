//! In-memory twins of core's ports.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use bizmitra_core::api::{Api, ApiError, BoxFuture, FileApi, Request, Response};
use bizmitra_core::attendance::Entry;
use bizmitra_core::clock::{Clock, Entropy, Reading};
use bizmitra_core::ids::{ChainId, ItemId};
use bizmitra_core::outbox::{Counts, OutboxItem, Outcome, ParkReason, State, decide_state};
use bizmitra_core::store::{
    Appended, BuildRecord, ChainHead, FeedKind, FeedPage, Key, Store, StoreError, StoredRecord,
};
use bizmitra_core::vault::Columns;

use crate::files::FakeShelf;

/// A clock that moves only when told.
#[derive(Default)]
pub struct FakeClock(pub AtomicU64);

impl FakeClock {
    pub fn advance(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Reading {
        let elapsed_ms = self.0.load(Ordering::Relaxed);
        Reading {
            wall_ms: 1_790_000_000_000 + i64::try_from(elapsed_ms).unwrap(),
            elapsed_ms,
            boot_id: "one".into(),
            zone: "Asia/Kolkata".into(),
            offset_min: 330,
        }
    }
}

/// Random bytes that repeat from run to run.
#[derive(Default)]
pub struct FakeEntropy(AtomicU64);

impl Entropy for FakeEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let step = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            *byte = step.to_le_bytes()[5];
        }
    }
}

#[derive(Default)]
struct Rows {
    values: BTreeMap<&'static str, Vec<u8>>,
    head: Option<ChainHead>,
    items: Vec<(OutboxItem, State, Option<ParkReason>)>,
    cursor: Option<String>,
}

/// A store in memory: the outbox as documented, no entries.
#[derive(Default)]
pub struct FakeStore(Mutex<Rows>);

impl FakeStore {
    pub fn states(&self) -> Vec<State> {
        self.0
            .lock()
            .unwrap()
            .items
            .iter()
            .map(|(_, state, _)| *state)
            .collect()
    }

    pub fn items(&self) -> Vec<OutboxItem> {
        self.0
            .lock()
            .unwrap()
            .items
            .iter()
            .map(|(item, ..)| item.clone())
            .collect()
    }
}

impl Store for FakeStore {
    fn get(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.lock().unwrap().values.get(key.name()).cloned())
    }

    fn put(&self, key: Key, value: &[u8]) -> Result<(), StoreError> {
        self.0
            .lock()
            .unwrap()
            .values
            .insert(key.name(), value.to_vec());
        Ok(())
    }

    fn remove(&self, key: Key) -> Result<(), StoreError> {
        self.0.lock().unwrap().values.remove(key.name());
        Ok(())
    }

    fn chain(&self) -> Result<Option<ChainHead>, StoreError> {
        Ok(self.0.lock().unwrap().head.clone())
    }

    fn start_chain(&self, chain: ChainId) -> Result<ChainHead, StoreError> {
        let mut rows = self.0.lock().unwrap();
        Ok(rows
            .head
            .get_or_insert(ChainHead {
                chain,
                seq: 0,
                hash: [0; 32],
                follows: None,
            })
            .clone())
    }

    fn append(&self, id: ItemId, build: BuildRecord<'_>) -> Result<Appended, StoreError> {
        let mut rows = self.0.lock().unwrap();
        if rows.items.iter().any(|(item, ..)| item.id == id) {
            return Ok(Appended::AlreadyThere);
        }
        let mut head = rows.head.clone().unwrap();
        let record = build(&head)?;
        head.seq = record.item.seq;
        head.hash = record.item.hash;
        rows.head = Some(head);
        let seq = record.item.seq;
        rows.items.push((record.item, State::Queued, None));
        Ok(Appended::New { seq })
    }

    fn record(&self, _: &Columns, id: ItemId) -> Result<Option<StoredRecord>, StoreError> {
        let rows = self.0.lock().unwrap();
        let found = rows.items.iter().find(|(item, ..)| item.id == id);
        Ok(found.map(|(item, ..)| StoredRecord {
            item: item.clone(),
            bytes: None,
            receipt: None,
        }))
    }

    fn record_ids(&self) -> Result<Vec<ItemId>, StoreError> {
        Ok(self.items().iter().map(|item| item.id).collect())
    }

    fn acked_through(&self) -> Result<u64, StoreError> {
        let acked = self
            .states()
            .iter()
            .take_while(|state| **state == State::Acked)
            .count();
        Ok(u64::try_from(acked).unwrap())
    }

    fn counts(&self) -> Result<Counts, StoreError> {
        let mut counts = Counts::default();
        for state in self.states() {
            match state {
                State::Queued => counts.queued += 1,
                State::InDoubt => counts.in_doubt += 1,
                State::Acked => counts.acked += 1,
                State::Parked => counts.parked += 1,
            }
        }
        Ok(counts)
    }

    fn pick(
        &self,
        limit: usize,
        max_bytes: usize,
        except: &[ItemId],
    ) -> Result<Vec<OutboxItem>, StoreError> {
        let rows = self.0.lock().unwrap();
        let due = |(item, state, _): &&(OutboxItem, State, Option<ParkReason>)| {
            matches!(state, State::Queued | State::InDoubt) && !except.contains(&item.id)
        };
        Ok(rows
            .items
            .iter()
            .filter(due)
            .take(limit)
            .scan(0, |bytes, (item, ..)| {
                let fits = *bytes == 0 || *bytes + item.payload.len() <= max_bytes;
                *bytes += item.payload.len();
                fits.then(|| item.clone())
            })
            .collect())
    }

    fn mark_in_doubt(&self, ids: &[ItemId]) -> Result<Vec<ItemId>, StoreError> {
        let mut rows = self.0.lock().unwrap();
        let mut marked = Vec::new();
        for (item, state, _) in &mut rows.items {
            if ids.contains(&item.id) && matches!(state, State::Queued | State::InDoubt) {
                *state = State::InDoubt;
                marked.push(item.id);
            }
        }
        Ok(marked)
    }

    fn apply_outcomes(&self, outcomes: &[(ItemId, Outcome)]) -> Result<(), StoreError> {
        let mut rows = self.0.lock().unwrap();
        for (id, outcome) in outcomes {
            for (item, state, reason) in &mut rows.items {
                if item.id == *id
                    && let Some(next) = decide_state(*state, outcome)
                {
                    *state = next;
                    *reason = if let Outcome::Parked(reason) = outcome {
                        Some(*reason)
                    } else {
                        None
                    };
                }
            }
        }
        Ok(())
    }

    fn offer_again(&self) -> Result<(), StoreError> {
        for (_, state, _) in &mut self.0.lock().unwrap().items {
            if *state == State::Acked {
                *state = State::InDoubt;
            }
        }
        Ok(())
    }

    fn parked(&self) -> Result<Vec<(OutboxItem, ParkReason)>, StoreError> {
        let rows = self.0.lock().unwrap();
        Ok(rows
            .items
            .iter()
            .filter_map(|(item, _, reason)| Some((item.clone(), (*reason)?)))
            .collect())
    }

    fn unpark(&self, _: ItemId) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn entry(&self, _: &Columns, _: ItemId) -> Result<Option<Entry>, StoreError> {
        Ok(None)
    }

    fn entries_of_day(&self, _: &Columns, _: &str) -> Result<Vec<Entry>, StoreError> {
        Ok(Vec::new())
    }

    fn latest_entries(&self, _: &Columns, _: usize) -> Result<Vec<Entry>, StoreError> {
        Ok(Vec::new())
    }

    fn alarms(&self, _: &Columns) -> Result<Vec<Entry>, StoreError> {
        Ok(Vec::new())
    }

    fn count_alarms(&self) -> Result<u32, StoreError> {
        Ok(0)
    }

    fn taps_without_evidence(&self) -> Result<Vec<ItemId>, StoreError> {
        Ok(Vec::new())
    }

    fn apply_feed(&self, _: &Columns, page: &FeedPage) -> Result<(), StoreError> {
        self.0.lock().unwrap().cursor = Some(page.cursor.clone());
        Ok(())
    }

    fn feed_values(&self, _: FeedKind) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(Vec::new())
    }

    fn feed_cursor(&self) -> Result<Option<String>, StoreError> {
        Ok(self.0.lock().unwrap().cursor.clone())
    }

    fn reset_feed(&self) -> Result<(), StoreError> {
        self.0.lock().unwrap().cursor = None;
        Ok(())
    }

    fn wipe(&self) -> Result<(), StoreError> {
        let mut rows = self.0.lock().unwrap();
        rows.items.retain(|(_, state, _)| *state != State::Acked);
        rows.cursor = None;
        rows.values.retain(|name, _| *name == "enrolment");
        Ok(())
    }
}

type Answer = Box<dyn Fn(&Request) -> Result<Response, ApiError> + Send>;

/// A server that answers what the test put into its queue, in order.
#[derive(Default)]
pub struct ScriptedApi {
    answers: Mutex<VecDeque<Answer>>,
    pub files: FakeShelf,
    pub requests: Mutex<Vec<Request>>,
}

impl ScriptedApi {
    /// Nothing is left to be said.
    pub fn is_silent(&self) -> bool {
        self.answers.lock().unwrap().is_empty()
    }

    pub fn then(&self, answer: impl Fn(&Request) -> Result<Response, ApiError> + Send + 'static) {
        self.answers.lock().unwrap().push_back(Box::new(answer));
    }
}

impl Api for ScriptedApi {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, ApiError>> {
        let answer = self.answers.lock().unwrap().pop_front();
        let result = answer.map_or(Err(ApiError::NotSent), |answer| answer(&request));
        self.requests.lock().unwrap().push(request);
        Box::pin(std::future::ready(result))
    }

    fn origin(&self) -> &str {
        "https://bizmitra.example"
    }

    fn files(&self) -> &dyn FileApi {
        &self.files
    }
}
