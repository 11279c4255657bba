//! The drainer: one task from open to close, so that what was saved arrives without a screen and without another tap.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bizmitra_core::enrolment::Stage;
use bizmitra_core::file::Unsent;
use bizmitra_core::outbox::Counts;
use bizmitra_core::planted::{self, Bug};
use bizmitra_core::store::StoreError;
use bizmitra_core::sync::{Next, SyncState};

use super::inner::Inner;
use crate::error::DeviceError;
use crate::views::Topic;

/// Longest sleep without a look at the clock that counts sleep: the runtime's timers stand still while the system sleeps.
const LONGEST_SLEEP_MS: u64 = 30_000;
/// A device that waits for its approval asks this often.
const ASK_EVERY_MS: u64 = 5_000;
/// A suspended device asks this often whether it may go on.
const ASK_PAUSED_EVERY_MS: u64 = 30_000;
/// A failing store is asked again after this long.
const STORE_RETRY_MS: u64 = 5_000;

/// What listeners were told last.
#[derive(Clone, PartialEq)]
pub(super) struct Digest {
    strip: Option<(SyncState, u32)>,
    counts: Counts,
    files: Unsent,
    cursor: Option<String>,
}

/// Runs until the device closes or is dropped.
pub(super) async fn drain(inner: Arc<Inner>) {
    let mut closing = inner.closing.subscribe();
    loop {
        let next = tokio::select! {
            biased;
            _ = closing.wait_for(|closing| *closing) => return,
            next = inner.round() => next,
        };
        let wait_ms = match next {
            Ok(Next::Now | Next::Piece) => continue,
            Ok(Next::After { wait_ms }) => wait_ms.min(LONGEST_SLEEP_MS),
            Err(_) if planted::is(Bug::DrainerDies) => return,
            Err(error) => {
                tracing::warn!(%error, "a sync round stopped at the store");
                STORE_RETRY_MS
            }
        };
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => return,
            () = inner.wake.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
        }
    }
}

impl Inner {
    /// One exchange, whatever is due: the enrolment, its approval, or a batch and then a pull.
    async fn round(&self) -> Result<Next, DeviceError> {
        let _one = self.rounds.lock().await;
        self.round_alone().await
    }

    /// The same, by whoever holds [`Inner::rounds`].
    async fn round_alone(&self) -> Result<Next, DeviceError> {
        let hints = self.hints.load(Ordering::SeqCst);
        let next = self.exchange().await?;
        if hints != self.hints.load(Ordering::SeqCst) {
            // The network changed under way: what failed on the old one says nothing about the new one.
            self.clear_waits();
            return Ok(Next::Now);
        }
        Ok(next)
    }

    async fn exchange(&self) -> Result<Next, DeviceError> {
        let Some(enrolment) = self.state().enrolment.clone() else {
            return Ok(Next::After {
                wait_ms: LONGEST_SLEEP_MS,
            });
        };
        let result = match &enrolment.stage {
            Stage::Sent { .. } => self.round_of_binding(false).await,
            Stage::Pending { .. } | Stage::Suspended { .. } => self.round_of_binding(true).await,
            Stage::Wiped { .. } => Ok(Next::After {
                wait_ms: LONGEST_SLEEP_MS,
            }),
            Stage::Active { .. } | Stage::Revoked { .. } => {
                let api = self.api()?;
                let opened = self.state().opened.clone();
                let mut next = self
                    .engine
                    .round(&*api, &enrolment, opened.as_ref())
                    .await?;
                if self.state().opened.is_none() {
                    // Locked under way: a session that was being opened ends too.
                    self.engine.end_session();
                }
                self.settle_told().await?;
                self.settle_wipe()?;
                if self.enrolment()?.server_key != enrolment.server_key {
                    next = Next::Now;
                }
                let active = matches!(
                    self.enrolment().map(|enrolment| enrolment.stage),
                    Ok(Stage::Active { .. })
                );
                if active && matches!(next, Next::After { .. }) {
                    // Refused: the server says how this device stands.
                    if self.engine.strip()?.0 == SyncState::Revoked {
                        self.ask_state().await?;
                    } else {
                        self.ask_state_if_due().await?;
                    }
                    self.settle_wipe()?;
                }
                Ok(next)
            }
        };
        self.tell_changes()?;
        result
    }

    async fn round_of_binding(&self, is_named: bool) -> Result<Next, DeviceError> {
        let now = self.now().elapsed_ms;
        let wait_ms = self.state().binding.wait_ms(now);
        if wait_ms > 0 {
            return Ok(Next::After { wait_ms });
        }
        let result = if is_named {
            self.ask_state().await
        } else {
            self.send_enrolment().await
        };
        match result {
            Ok(()) => {}
            Err(error @ (DeviceError::NotSaved(_) | DeviceError::DiskFull)) => return Err(error),
            // The code's fate: said by the phase, which is "not activated" again.
            Err(error) => tracing::warn!(%error, "the activation was refused"),
        }
        let now = self.now().elapsed_ms;
        let state = self.state();
        Ok(
            match state.enrolment.as_ref().map(|enrolment| &enrolment.stage) {
                Some(Stage::Active { .. } | Stage::Revoked { .. }) => Next::Now,
                Some(Stage::Suspended { .. }) => Next::After {
                    wait_ms: state.binding.wait_ms(now).max(ASK_PAUSED_EVERY_MS),
                },
                Some(Stage::Sent { .. }) if state.needs_signature && state.opened.is_none() => {
                    Next::After {
                        wait_ms: LONGEST_SLEEP_MS,
                    }
                }
                Some(Stage::Sent { .. } | Stage::Pending { .. }) => Next::After {
                    wait_ms: state.binding.wait_ms(now).max(ASK_EVERY_MS),
                },
                Some(Stage::Wiped { .. }) | None => Next::After {
                    wait_ms: LONGEST_SLEEP_MS,
                },
            },
        )
    }

    /// Rounds until no record is due now. Files take their time: the drainer goes on with them.
    pub(super) async fn sync_now(&self) -> Result<(), DeviceError> {
        {
            // First wait for the round under way: its failure must not count against this one.
            let _one = self.rounds.lock().await;
            self.clear_waits();
            while self.round_alone().await? == Next::Now {}
        }
        // The drainer plans anew from what was learnt.
        self.wake.notify_one();
        Ok(())
    }

    fn clear_waits(&self) {
        self.engine.hint();
        let now = self.now().elapsed_ms;
        let mut state = self.state();
        state.binding.hint(now);
        state.standing_asked_ms = None;
    }

    /// The platform or the person says that a try is worth it.
    pub(super) fn hint(&self) {
        self.hints.fetch_add(1, Ordering::SeqCst);
        self.clear_waits();
        self.wake.notify_one();
    }

    fn tell_changes(&self) -> Result<(), StoreError> {
        let strip = self.engine.strip()?;
        let digest = Digest {
            strip: Some((strip.0, strip.1)),
            counts: self.store.counts()?,
            files: self.files.unsent()?,
            cursor: self.store.feed_cursor()?,
        };
        let told = {
            let mut state = self.state();
            if state.told.as_ref().map(|told| &told.cursor) != Some(&digest.cursor) {
                // The feed may have named another key.
                state.sealing = None;
            }
            state.told.replace(digest.clone())
        };
        let Some(told) = told else {
            self.tell(Topic::Status);
            return Ok(());
        };
        if told.counts != digest.counts || told.cursor != digest.cursor {
            self.tell(Topic::Attendance);
        }
        if told != digest {
            self.tell(Topic::Status);
        }
        Ok(())
    }
}
