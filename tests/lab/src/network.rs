//! The network between phones and the server: real HTTP over a pipe that ends at any byte, answers in the server's place,
//! requests that arrive minutes later or twice, and phones that die while they wait.

mod pipe;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::Router;
use bizmitra_client::hostile::Carrier;
use bizmitra_contract::paths;
use bizmitra_core::api::{ApiError, BoxFuture};
use serde_json::Value;

use crate::answers::{self, Carried, Wrong};
use crate::clock::now_ms;
use crate::disk::Disk;
use crate::random::Random;
use crate::trace;

/// Phone `n` knows the server under this port and `n`.
pub const FIRST_PORT: u16 = 41_000;

/// How the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything passes.
    Fine,
    /// Of a hundred exchanges so many meet something.
    Bad(u64),
    /// Nothing passes.
    None,
}

/// What one exchange meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Nothing,
    NotSent,
    /// The connection ends after so many bytes of the request, in percent.
    CutRequest(u64),
    /// The same of the answer.
    CutAnswer(u64),
    /// The answer is lost and the server works on; the request may even arrive minutes later.
    Late(u64),
    /// It arrives twice.
    Twice,
    /// The phone dies before it is sent, or before the answer is read.
    Dies {
        sent: bool,
    },
    Wrong(Wrong),
}

/// What went over it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Exchanges.
    pub exchanges: u64,
    /// Items that reached the server, each time.
    pub deliveries: u64,
    /// Exchanges that met something.
    pub met: u64,
    /// Of them wrong answers.
    pub wrong: u64,
    /// Requests before the time that the server had asked for.
    pub impatient: u64,
}

/// The one network of this process.
pub struct Network {
    state: Mutex<State>,
    /// The server takes one request after the other: what is simulated is order, not load.
    serving: OnceLock<tokio::sync::Mutex<()>>,
}

struct State {
    random: Random,
    weather: Weather,
    phones: Vec<Arc<Disk>>,
    server: Option<(Router, Arc<Disk>)>,
    old: BTreeMap<(usize, String), Carried>,
    not_before: BTreeMap<usize, u64>,
    counts: Counts,
}

/// The one network of this process.
pub fn network() -> &'static Arc<Network> {
    static NETWORK: OnceLock<Arc<Network>> = OnceLock::new();
    NETWORK.get_or_init(|| {
        let state = State {
            random: Random::new(0, 0),
            weather: Weather::Fine,
            phones: Vec::new(),
            server: None,
            old: BTreeMap::new(),
            not_before: BTreeMap::new(),
            counts: Counts::default(),
        };
        Arc::new(Network {
            state: Mutex::new(state),
            serving: OnceLock::new(),
        })
    })
}

impl Network {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new world.
    pub fn begin(&self, random: Random, phones: Vec<Arc<Disk>>) {
        let mut state = self.state();
        (state.random, state.phones) = (random, phones);
        state.counts = Counts::default();
        state.old.clear();
    }

    /// From here on.
    pub fn set_weather(&self, weather: Weather) {
        self.state().weather = weather;
    }

    /// A server answers, or none.
    pub fn serve(&self, server: Option<(Router, Arc<Disk>)>) {
        self.state().server = server;
    }

    /// An app that starts anew does not know what the one before was asked.
    pub fn started(&self, phone: usize) {
        self.state().not_before.remove(&phone);
    }

    /// What went over it.
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    fn decide(&self, phone: usize, path: &str) -> Event {
        let mut state = self.state();
        state.counts.exchanges += 1;
        let percent = match state.weather {
            Weather::Fine => 0,
            Weather::Bad(percent) => percent,
            Weather::None => return Event::NotSent,
        };
        let now = now_ms();
        if path == paths::SYNC_BATCH
            && let Some(not_before) = state.not_before.remove(&phone)
            && now < not_before
        {
            state.counts.impatient += 1;
        }
        if !state.random.chance(percent) {
            return Event::Nothing;
        }
        state.counts.met += 1;
        let part = state.random.below(100);
        match state.random.below(20) {
            0..=1 => Event::NotSent,
            2..=4 => Event::CutRequest(part),
            5..=9 => Event::CutAnswer(part),
            10 => Event::Late(1_000 + state.random.below(600_000)),
            11 => Event::Twice,
            12 => Event::Dies { sent: part < 70 },
            _ => {
                state.counts.wrong += 1;
                Event::Wrong(state.random.pick(answers::ALL))
            }
        }
    }

    /// Waits for some milliseconds, up to one that belongs to this phone alone: so nothing depends on which of two threads
    /// was faster.
    async fn travel(&self, phone: usize) {
        let (slots, slot) = (8, phone as u64);
        let least = now_ms() + 3 + self.state().random.below(60);
        let arrival = least.div_ceil(slots) * slots + slot;
        tokio::time::sleep(Duration::from_millis(arrival - now_ms())).await;
    }

    fn is_dead(&self, phone: usize) -> bool {
        self.state()
            .phones
            .get(phone)
            .is_some_and(|disk| disk.is_dead())
    }

    /// One request to the server, if there is one; its answer, if it lived to give it.
    async fn ask(&self, request: &pipe::Sent, cut: pipe::Cut) -> Result<Carried, ApiError> {
        let _one = self
            .serving
            .get_or_init(tokio::sync::Mutex::default)
            .lock()
            .await;
        let Some((router, disk)) = self
            .state()
            .server
            .clone()
            .filter(|(_, disk)| !disk.is_dead())
        else {
            return Err(ApiError::NotSent);
        };
        let answer = pipe::exchange(router, request, cut).await;
        if matches!(cut, pipe::Cut::Nowhere | pipe::Cut::Answer(_)) {
            self.state().counts.deliveries += request.items;
        }
        if disk.is_dead() {
            return Err(ApiError::AnswerLost);
        }
        answer
    }

    async fn exchange(
        self: &Arc<Self>,
        phone: usize,
        sent: &pipe::Sent,
        event: Event,
    ) -> Result<Carried, ApiError> {
        match event {
            Event::NotSent => Err(ApiError::NotSent),
            Event::Nothing => {
                let answer = self.ask(sent, pipe::Cut::Nowhere).await?;
                let kept = (phone, sent.path.clone());
                self.state().old.insert(kept, answer.clone());
                Ok(answer)
            }
            Event::CutRequest(percent) => self.ask(sent, pipe::Cut::Request(percent)).await,
            Event::CutAnswer(percent) => self.ask(sent, pipe::Cut::Answer(percent)).await,
            Event::Late(after_ms) => {
                let (network, sent) = (Arc::clone(self), sent.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(after_ms)).await;
                    network.travel(phone).await;
                    // Nobody waits for it any more.
                    drop(network.ask(&sent, pipe::Cut::Nowhere).await);
                });
                Err(ApiError::AnswerLost)
            }
            Event::Twice => {
                drop(self.ask(sent, pipe::Cut::Nowhere).await);
                self.ask(sent, pipe::Cut::Nowhere).await
            }
            Event::Dies { sent: was_sent } => {
                if was_sent {
                    drop(self.ask(sent, pipe::Cut::Nowhere).await);
                }
                if let Some(disk) = self.state().phones.get(phone) {
                    disk.kill();
                }
                Err(ApiError::AnswerLost)
            }
            Event::Wrong(wrong) => {
                let truth = if wrong.needs_server() {
                    Some(self.ask(sent, pipe::Cut::Nowhere).await?)
                } else {
                    None
                };
                let mut state = self.state();
                let old = state.old.get(&(phone, sent.path.clone())).cloned();
                if sent.path == paths::SYNC_BATCH
                    && let Some(wait_ms) = wrong.asks_to_wait_ms()
                {
                    let until = now_ms() + wait_ms;
                    state.not_before.insert(phone, until);
                }
                Ok(wrong.answer(truth, old.as_ref(), &mut state.random))
            }
        }
    }
}

/// The carrier of the client: which phone it is says the port.
pub struct Carriage(pub Arc<Network>);

impl Carrier for Carriage {
    fn carry(
        &self,
        request: reqwest::Request,
    ) -> BoxFuture<'_, Result<reqwest::Response, ApiError>> {
        Box::pin(async move {
            let network = &self.0;
            let port = request.url().port().unwrap_or(FIRST_PORT);
            let phone = usize::from(port.saturating_sub(FIRST_PORT));
            let sent = pipe::Sent::new(&request);
            let event = network.decide(phone, &sent.path);
            network.travel(phone).await;
            if network.is_dead(phone) {
                return std::future::pending().await;
            }
            let answer = network.exchange(phone, &sent, event).await;
            network.travel(phone).await;
            let said = match &answer {
                Ok((status, _, body)) => format!("{} {}", status.as_u16(), body.len()),
                Err(error) => format!("{error:?}"),
            };
            trace::note(&format!(
                "phone {phone}: {} ({} items) {event:?}: {said}",
                sent.path, sent.items
            ));
            if network.is_dead(phone) {
                return std::future::pending().await;
            }
            answer.map(into_response)
        })
    }
}

fn into_response((status, headers, body): Carried) -> reqwest::Response {
    let mut response = axum::http::Response::new(body);
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response.into()
}

/// How many items a body carries.
fn items_of(body: &[u8]) -> u64 {
    serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|body| Some(body.get("items")?.as_array()?.len() as u64))
        .unwrap_or(0)
}
