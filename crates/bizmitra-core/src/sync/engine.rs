//! One round: send what waits, then pull what changed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::gates::{Gates, SyncState};
use super::stop::Stop;
use super::upload::Upload;
use crate::api::{Api, ApiError, Gate, Method, Refusal, Request, Response};
use crate::clock::{Clock, Entropy, Reading, make_random};
use crate::enrolment::{Enrolment, Stage};
use crate::file::{FileStore, Network};
use crate::ids::{DeviceId, ItemId};
use crate::outbox::{OutboxItem, Outcome};
use crate::planted::{self, Bug};
use crate::store::{Store, StoreError};
use crate::vault::Opened;
use crate::wire::{self, BatchRead, LeaseRead, Session, WipeRead};

/// Payload bytes of a batch: its body, with base64 and envelopes, stays under the wire's 256 KiB.
const BATCH_PAYLOAD_BYTES: usize = 96 * 1024;
/// Pulls are due this often while nothing else happens.
pub(super) const PULL_EVERY_MS: u64 = 60_000;

/// What a round works with.
#[derive(Clone)]
pub struct Parts {
    /// Durable storage.
    pub store: Arc<dyn Store>,
    /// The same, of files.
    pub files: Arc<dyn FileStore>,
    /// What sending costs.
    pub network: Arc<dyn Network>,
    /// Clocks.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// When the next round is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// At once: more waits.
    Now,
    /// At once: a piece of a file went, and more of it waits.
    Piece,
    /// After this long, or when something is saved or hinted.
    After {
        /// Milliseconds.
        wait_ms: u64,
    },
}

/// The engine. Its memory is only about waits; everything that matters is in the store.
pub struct Engine {
    pub(super) parts: Parts,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// Between the outbox and the server.
    pub(super) gates: Gates,
    /// Between the server's changes and this device: a failing login or feed must not hold up a check-in.
    pub(super) pulling: Gates,
    /// Between the bytes of files and the server.
    pub(super) uploading: Gates,
    pub(super) upload: Upload,
    pub(super) session: Option<Session>,
    pub(super) pulled_at_ms: Option<u64>,
    done: u32,
    told: Told,
}

/// What batches brought about the device itself since it was last taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The latest lease, with the reading at which it was asked for.
    pub lease: Option<(LeaseRead, Reading)>,
    /// An order to wipe.
    pub wipe: Option<WipeRead>,
    /// An answer was signed by a key that this device does not know: its server's next one, or nobody's.
    pub other_key: bool,
}

impl Engine {
    /// A new engine: no waits, no session.
    pub fn new(parts: Parts) -> Self {
        let parts = plant_wall_clock(parts);
        Self {
            parts,
            state: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The network came up, the app came to the front, or the person asked.
    pub fn hint(&self) {
        let now = self.parts.clock.now();
        let mut state = self.state();
        state.gates.hint(now.elapsed_ms);
        state.pulling.hint(now.elapsed_ms);
        state.uploading.hint(now.elapsed_ms);
        state.pulled_at_ms = None;
    }

    /// What batches said about the device itself; said once.
    pub fn take_told(&self) -> Told {
        std::mem::take(&mut self.state().told)
    }

    /// Forgets the session: locked, or another person.
    pub fn end_session(&self) {
        self.state().session = None;
    }

    /// What the strip says, how many were confirmed since everything was sent, and the next try.
    ///
    /// # Errors
    /// Of the store.
    pub fn strip(&self) -> Result<(SyncState, u32, Option<u64>), StoreError> {
        let waiting = self.parts.store.counts()?.waiting();
        let files = u32::from(self.next_upload()?.is_some());
        let now = self.parts.clock.now();
        let mut state = self.state();
        if waiting == 0 {
            state.done = 0;
        }
        // What waits is what the person asks about; without it only the news can be late.
        let gates = match (waiting, files) {
            (0, 0) => &state.pulling,
            (0, _) => &state.uploading,
            _ => &state.gates,
        };
        let wait = gates.wait_ms(now.elapsed_ms);
        let strip = gates.state(waiting.saturating_add(files));
        Ok((strip, state.done, (wait > 0).then_some(wait)))
    }

    /// Sends one batch; when nothing waits, pulls and sends one piece of a file: a record never waits for more. The device key alone is enough to send; pulling needs the open vault.
    ///
    /// # Errors
    /// Only of the store. Failures of the exchange close gates.
    pub async fn round(
        &self,
        api: &dyn Api,
        enrolment: &Enrolment,
        opened: Option<&Opened>,
    ) -> Result<Next, StoreError> {
        let Some(device) = enrolment.device() else {
            return Ok(Next::After {
                wait_ms: PULL_EVERY_MS,
            });
        };
        if matches!(
            enrolment.stage,
            Stage::Pending { .. } | Stage::Suspended { .. }
        ) {
            return Ok(Next::After {
                wait_ms: PULL_EVERY_MS,
            });
        }
        let now = self.parts.clock.now().elapsed_ms;
        let (send_wait, pull_wait, upload_wait) = {
            let state = self.state();
            (
                state.gates.wait_ms(now),
                state.pulling.wait_ms(now),
                state.uploading.wait_ms(now),
            )
        };
        if send_wait == 0 {
            match self.send(api, enrolment, device).await {
                Ok(true) => return Ok(Next::Now),
                Ok(false) => {}
                Err(stop) => self.close(stop, |state| &mut state.gates)?,
            }
        }
        // While sending fails for want of the server, asking it for news would only cost its battery and ours.
        let server_is_there = self.state().gates.closed().is_none();
        if pull_wait == 0
            && server_is_there
            && let Err(stop) = self.pull(api, enrolment, device, opened).await
        {
            self.close(stop, |state| &mut state.pulling)?;
        }
        if upload_wait == 0 && server_is_there {
            match self.upload(api.files(), device).await {
                Ok(true) => return Ok(Next::Piece),
                Ok(false) => {}
                Err(stop) => self.close(stop, |state| &mut state.uploading)?,
            }
        }
        self.plan_next()
    }

    fn close(
        &self,
        stop: Stop,
        gates: impl Fn(&mut State) -> &mut Gates,
    ) -> Result<(), StoreError> {
        let error = match stop {
            Stop::Store(error) => return Err(error),
            Stop::Api(error) => error,
            Stop::OtherKey => {
                self.state().told.other_key = true;
                ApiError::NotOurServer
            }
        };
        let now = self.parts.clock.now();
        let error = self.blame(error, &now)?;
        let random = self.random();
        gates(&mut self.state()).close(&error, now.elapsed_ms, random);
        Ok(())
    }

    /// A certificate out of its time speaks against the clock of this device only while that may be wrong: where the server's
    /// own time says that it is right, it is the certificate.
    fn blame(&self, error: ApiError, now: &Reading) -> Result<ApiError, StoreError> {
        if error != ApiError::CertificateTime {
            return Ok(error);
        }
        let is_off = self.anchor()?.and_then(|anchor| anchor.is_clock_off(now));
        Ok(match is_off {
            Some(false) => ApiError::Certificate,
            Some(true) | None => error,
        })
    }

    fn random(&self) -> u64 {
        u64::from_be_bytes(make_random(&*self.parts.entropy))
    }

    /// The earliest of what is due: a closed gate of what waits, an item that was put off, the next look for news.
    fn plan_next(&self) -> Result<Next, StoreError> {
        let waiting = self.parts.store.counts()?.waiting();
        let now = self.parts.clock.now().elapsed_ms;
        let state = self.state();
        let send_wait = state.gates.wait_ms(now);
        let wait_ms = if waiting > 0 && send_wait > 0 {
            send_wait
        } else {
            state
                .gates
                .next_deferred_ms(now)
                .unwrap_or(PULL_EVERY_MS)
                .min(PULL_EVERY_MS)
        };
        let upload_wait = state.uploading.wait_ms(now);
        let wait_ms = if upload_wait > 0 {
            wait_ms.min(upload_wait)
        } else {
            wait_ms
        };
        Ok(Next::After {
            wait_ms: wait_ms.max(1),
        })
    }

    /// One batch; false when nothing is due.
    async fn send(
        &self,
        api: &dyn Api,
        enrolment: &Enrolment,
        device: DeviceId,
    ) -> Result<bool, Stop> {
        let now = self.parts.clock.now();
        let picked = self.pick(now.elapsed_ms)?;
        if picked.is_empty() {
            // A gate that nothing stands behind any more says nothing.
            if self.parts.store.counts()?.waiting() == 0 {
                self.state().gates.open();
            }
            return Ok(false);
        }
        // The send mark is the only way onto the wire.
        let marked = self
            .parts
            .store
            .mark_in_doubt(&picked.iter().map(|item| item.id).collect::<Vec<_>>())?;
        let items: Vec<OutboxItem> = picked
            .into_iter()
            .filter(|item| marked.contains(&item.id))
            .collect();
        if items.is_empty() {
            return Ok(true);
        }
        let request = Uuid::from_bytes(make_random(&*self.parts.entropy));
        let body = wire::encode_batch(request, self.parts.store.acked_through()?, &items)?;
        let answer = api
            .send(signed(
                Method::Post,
                wire::path::SYNC_BATCH,
                Some(body),
                device,
            ))
            .await;
        match answer {
            Ok(_) if planted::is(Bug::HtmlIsSuccess) => {
                let done: Vec<_> = items.iter().map(|item| plant_done(item.id)).collect();
                self.parts.store.apply_outcomes(&done)?;
                Ok(true)
            }
            Ok(response) => self.apply_batch(&response, request, &items, enrolment, device, &now),
            Err(error) => {
                self.note_poison(&error, &items);
                Err(error.into())
            }
        }
    }

    /// What goes into the next batch. A suspect steps aside for one try, unless nothing else is there.
    fn pick(&self, now_ms: u64) -> Result<Vec<OutboxItem>, StoreError> {
        let (size, deferred, aside) = {
            let state = self.state();
            (
                state.gates.batch_size(),
                state.gates.deferred(now_ms),
                state.gates.aside(),
            )
        };
        if let Some(aside) = aside {
            let except: Vec<ItemId> = deferred.iter().copied().chain([aside]).collect();
            let picked = self.parts.store.pick(size, BATCH_PAYLOAD_BYTES, &except)?;
            if !picked.is_empty() {
                return Ok(picked);
            }
            self.state().gates.pardon();
        }
        self.parts.store.pick(size, BATCH_PAYLOAD_BYTES, &deferred)
    }

    fn apply_batch(
        &self,
        response: &Response,
        request: Uuid,
        items: &[OutboxItem],
        enrolment: &Enrolment,
        device: DeviceId,
        before: &Reading,
    ) -> Result<bool, Stop> {
        let answer = wire::decode_batch(&response.body, request, items, enrolment, device)?;
        let mut outcomes: Vec<(ItemId, Outcome)> = Vec::new();
        let mut judged = Vec::new();
        let after = self.parts.clock.now();
        {
            let mut state = self.state();
            for (place, (item, read)) in answer.items.into_iter().enumerate() {
                let item = plant_place(items, place, item);
                judged.push(item);
                match read {
                    BatchRead::Outcome(outcome) => outcomes.push((item, outcome)),
                    BatchRead::Later { retry_after_ms } => {
                        let random = self.random();
                        state
                            .gates
                            .defer(item, retry_after_ms, after.elapsed_ms, random);
                    }
                }
            }
            // Not judged: as if the answer was lost, but not at once again.
            for item in items.iter().filter(|item| !judged.contains(&item.id)) {
                let random = self.random();
                state.gates.defer(item.id, None, after.elapsed_ms, random);
                outcomes.extend(planted::is(Bug::MissingIsDone).then(|| plant_done(item.id)));
            }
        }
        self.parts.store.apply_outcomes(&outcomes)?;
        {
            let mut state = self.state();
            for (item, _) in &outcomes {
                state.gates.settle(*item);
            }
            state.done = state
                .done
                .saturating_add(u32::try_from(outcomes.len()).unwrap_or(u32::MAX));
            state.gates.open();
            state.gates.grow();
            state.gates.convict(after.elapsed_ms, self.random());
            if let Some(lease) = answer.lease {
                state.told.lease = Some((lease, before.clone()));
            }
            state.told.wipe = answer.wipe.or(state.told.wipe);
            // What was confirmed comes back with its grade.
            state.pulled_at_ms = None;
        }
        self.note_good(answer.anchor, answer.server_epoch, before, &after)?;
        Ok(true)
    }

    /// What one exchange cannot digest must not hold up the rest: a batch that is too large is halved, and a lone item that
    /// may be the reason comes under suspicion.
    fn note_poison(&self, error: &ApiError, items: &[OutboxItem]) {
        let mut state = self.state();
        match (error, items) {
            (
                ApiError::Refused {
                    code: Refusal::TooLarge,
                    ..
                },
                [_, _, ..],
            ) => state.gates.limit(items.len() / 2),
            (ApiError::NotSent, _) => {}
            (error, [item])
                if matches!(error.gate(), Gate::Net | Gate::CaptivePortal | Gate::Server) =>
            {
                state.gates.suspect(item.id)
            }
            _ => {}
        }
    }
}

pub(super) fn signed(
    method: Method,
    path: &str,
    body: Option<Vec<u8>>,
    device: DeviceId,
) -> Request {
    Request {
        method,
        path: path.to_owned(),
        query: None,
        body,
        bearer: None,
        sign_as: Some(device),
    }
}

fn plant_wall_clock(parts: Parts) -> Parts {
    if planted::is(Bug::WaitsOnWallClock) {
        let clock: Arc<dyn Clock> = Arc::new(planted::WallClock(parts.clock));
        return Parts { clock, ..parts };
    }
    parts
}

fn plant_place(sent: &[OutboxItem], place: usize, item: ItemId) -> ItemId {
    let sent = sent.get(place).filter(|_| planted::is(Bug::VerdictByPlace));
    sent.map_or(item, |sent| sent.id)
}

fn plant_done(item: ItemId) -> (ItemId, Outcome) {
    let outcome = Outcome::Acked {
        receipt: b"{}".to_vec(),
        received_at_ms: 0,
    };
    (item, outcome)
}
