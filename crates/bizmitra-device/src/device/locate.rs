//! The location of a tap: one shot, at most ten seconds, in the background, recorded as evidence.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bizmitra_core::attendance::{Evidence, NoPlace, Place, TapRow};
use bizmitra_core::ids::{ItemId, SiteId};
use bizmitra_core::location::{DEADLINE_MS, PositionError, decide_evidence};
use bizmitra_core::record::Author;
use bizmitra_core::store::FeedKind;
use bizmitra_core::wire;
use bizmitra_rules::fence::Site;
use tokio::sync::Notify;

use super::inner::Inner;
use crate::error::DeviceError;
use crate::views::LocationWish;

/// Evidence that a failing store did not take is offered to it again after this long.
const SAVE_AGAIN_MS: u64 = 5_000;

/// Evidence that there is no place, and why.
pub(super) fn no_place(about: ItemId, why: NoPlace) -> Evidence {
    Evidence {
        about,
        place: Place::None(why),
        fix_age_ms: None,
        flags: Vec::new(),
    }
}

/// Finds the location of a tap and records it, or why there is none. The keys are those of the tap: a lock in between does
/// not take the second signature away from what the person did before it.
pub(super) async fn follow(
    inner: Arc<Inner>,
    author: Author,
    tap: TapRow,
    wish: LocationWish,
    skip: Arc<Notify>,
) {
    let found = match inner.why_not(wish) {
        Ok(Some(why)) => Some(no_place(tap.id, why)),
        Ok(None) => inner.locate(&tap, &skip).await,
        Err(error) => {
            tracing::warn!(%error, "the consent could not be read, so no location was asked for");
            Some(no_place(tap.id, NoPlace::NoConsent))
        }
    };
    // Skipped by the person, who has the record already.
    let Some(evidence) = found else { return };
    let mut closing = inner.closing.subscribe();
    // Ended before it is saved, the next start finds a tap without evidence and writes "interrupted".
    while let Err(error) = inner.append_evidence(&author, evidence.clone()) {
        tracing::warn!(%error, "the evidence of a tap is not saved yet");
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => return,
            () = tokio::time::sleep(Duration::from_millis(SAVE_AGAIN_MS)) => {}
        }
    }
    inner.forget_location(tap.id);
    inner.after_append();
}

/// Writes the evidence that a killed process owed, however often the store fails: not that of taps whose location is being
/// looked for.
pub(super) async fn settle_owed(inner: Arc<Inner>) {
    let mut closing = inner.closing.subscribe();
    while let Err(error) = inner.settle_taps(|tap| !inner.is_locating(tap)) {
        tracing::warn!(%error, "evidence of an interrupted tap is not written yet");
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => return,
            () = tokio::time::sleep(Duration::from_millis(SAVE_AGAIN_MS)) => {}
        }
    }
    inner.after_append();
}

impl Inner {
    /// A reason not to ask at all.
    fn why_not(&self, wish: LocationWish) -> Result<Option<NoPlace>, DeviceError> {
        if wish == LocationWish::Skip {
            return Ok(Some(NoPlace::Skipped));
        }
        let given = self.consent()?.is_some_and(|consent| consent.given);
        Ok((!given).then_some(NoPlace::NoConsent))
    }

    /// `None` when the person skipped meanwhile.
    async fn locate(&self, tap: &TapRow, skip: &Notify) -> Option<Evidence> {
        let mut closing = self.closing.subscribe();
        let why = tokio::select! {
            // A fix that is there wins over everything that ends the wait.
            biased;
            fix = self.ports.position.locate() => match fix {
                Ok(fix) => match self.sites() {
                    Ok(sites) => return Some(decide_evidence(tap.id, tap.wall_ms, self.now().wall_ms, &fix, &sites)),
                    Err(_) => NoPlace::NoSites,
                },
                Err(PositionError::Denied) => NoPlace::Denied,
                Err(PositionError::ServicesOff) => NoPlace::ServicesOff,
                Err(PositionError::NoGps) => NoPlace::NoGps,
                Err(PositionError::NoFix) => NoPlace::Unusable,
            },
            () = skip.notified() => return None,
            _ = closing.wait_for(|closing| *closing) => NoPlace::Interrupted,
            () = tokio::time::sleep(Duration::from_millis(DEADLINE_MS)) => NoPlace::Deadline,
        };
        Some(no_place(tap.id, why))
    }

    /// The person's sites; all of the company's when the profile names none.
    pub(super) fn sites(&self) -> Result<Vec<Site<SiteId>>, DeviceError> {
        let own = self
            .profile()?
            .map(|profile| profile.sites)
            .unwrap_or_default();
        let mut sites = self.all_sites()?;
        sites.retain(|site| own.is_empty() || own.contains(&site.id));
        Ok(sites)
    }

    /// Every site that this device knows.
    pub(super) fn all_sites(&self) -> Result<Vec<Site<SiteId>>, DeviceError> {
        Ok(self
            .store
            .feed_values(FeedKind::Site)?
            .iter()
            .filter_map(|json| wire::site(json))
            .collect())
    }

    /// Registers a tap whose location is being looked for.
    pub(super) fn expect_location(&self, tap: ItemId) -> Arc<Notify> {
        let skip = Arc::new(Notify::new());
        self.locating
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(tap, Arc::clone(&skip));
        skip
    }

    pub(super) fn give_up_location(&self, tap: ItemId) {
        if let Some(skip) = self
            .locating
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&tap)
        {
            skip.notify_one();
        }
    }

    pub(super) fn is_locating(&self, tap: ItemId) -> bool {
        self.locating
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&tap)
    }

    fn forget_location(&self, tap: ItemId) {
        self.locating
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&tap);
    }
}
