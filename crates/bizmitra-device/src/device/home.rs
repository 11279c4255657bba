//! Home: the next action, from the shift and its day.

use bizmitra_core::attendance::day::{decide_next, find_forgotten, shift_day};
use bizmitra_core::attendance::{Action, Entry, Place};
use bizmitra_core::clock::make_random;
use bizmitra_core::ids::{ItemId, SiteId};
use bizmitra_core::location::Availability;
use bizmitra_rules::fence::Site;

use super::Device;
use super::inner::Inner;
use crate::error::DeviceError;
use crate::views::{Home, LocationState, Me};

/// Entries looked through for one that was forgotten.
const LOOK_BACK: usize = 64;

impl Device {
    /// Home of an employee.
    ///
    /// # Errors
    /// Locked, or of the store.
    pub fn home(&self) -> Result<Home, DeviceError> {
        let inner = &self.inner;
        let (enrolment, opened) = inner.unlocked()?;
        let columns = &*opened.columns;
        let now = inner.now();
        let profile = inner.profile()?;
        let own_shift = inner.shift()?;
        let (day, shift) = shift_day(&now, own_shift.as_ref());
        let today = inner.store.entries_of_day(columns, &day)?;
        let (next, also) = decide_next(&today);
        let recent = inner.store.latest_entries(columns, LOOK_BACK)?;
        let latest = today
            .iter()
            .rev()
            .find(|entry| !entry.withdrawn)
            .or(today.last())
            .cloned();
        Ok(Home {
            form_id: ItemId::mint(now.wall_ms, make_random(&*inner.ports.entropy)),
            name: profile.map_or(enrolment.employee_name.clone(), |profile| profile.name),
            shift: shift.map(|shift| (shift.clone(), day.clone())),
            next,
            also,
            site: pick_site(inner.sites()?, latest.as_ref()),
            latest,
            forgotten: find_forgotten(&recent, &day)
                .filter(|_| next == Action::CheckIn)
                .cloned(),
            location: inner.location_state()?,
            notice_version: inner.notice_version(&enrolment)?,
            now,
        })
    }

    /// Profile, device and settings.
    ///
    /// # Errors
    /// Locked, or of the store.
    pub fn me(&self) -> Result<Me, DeviceError> {
        let inner = &self.inner;
        let (enrolment, _) = inner.unlocked()?;
        let profile = inner.profile()?;
        Ok(Me {
            name: profile.as_ref().map_or_else(
                || enrolment.employee_name.clone(),
                |profile| profile.name.clone(),
            ),
            company: profile.as_ref().map_or_else(
                || enrolment.company_name.clone(),
                |profile| profile.company_name.clone(),
            ),
            role: profile.map_or(bizmitra_core::enrolment::Role::Employee, |profile| {
                profile.role
            }),
            fingerprint: enrolment.fingerprint(),
            device_name: inner.config.device_name.clone(),
            location_consent: inner.consent()?.is_some_and(|consent| consent.given),
            notice_version: inner.notice_version(&enrolment)?,
            lock_after_min: inner
                .policy()?
                .map_or(super::lock::LOCK_AFTER_MIN, |policy| policy.lock_after_min),
            app_version: inner.config.app_version.clone(),
            server: enrolment.origin,
        })
    }

    /// How long the undo of an entry is still possible, milliseconds.
    #[must_use]
    pub fn undo_left_ms(&self, entry: &Entry) -> u64 {
        if entry.seq == 0 {
            0
        } else {
            super::taps::undo_left_ms(entry, &self.inner.now())
        }
    }

    /// The sites that entries may name.
    ///
    /// # Errors
    /// Locked, or of the store.
    pub fn sites(&self) -> Result<Vec<Site<SiteId>>, DeviceError> {
        self.inner.unlocked()?;
        self.inner.all_sites()
    }
}

impl Inner {
    fn location_state(&self) -> Result<LocationState, DeviceError> {
        // No receiver is said first: consent would change nothing.
        Ok(
            match (
                self.ports.position.availability(),
                self.consent()?.is_some_and(|consent| consent.given),
            ) {
                (Availability::NoGps, _) => LocationState::NoGps,
                (_, false) => LocationState::NoConsent,
                (Availability::Ready, true) => LocationState::Ready,
                (Availability::AskPermission, true) => LocationState::AskPermission,
                (Availability::Denied, true) => LocationState::Denied,
                (Availability::ServicesOff, true) => LocationState::ServicesOff,
            },
        )
    }
}

/// The site of the latest tap, or the only one there is: the dial shows no guess between two.
fn pick_site(sites: Vec<Site<SiteId>>, latest: Option<&Entry>) -> Option<Site<SiteId>> {
    let measured = latest
        .and_then(|entry| entry.evidence.as_ref())
        .and_then(|evidence| match evidence.place {
            Place::Inside(spot) | Place::Uncertain(spot) | Place::Outside(spot) => Some(spot.site),
            Place::None(_) => None,
        });
    let only = sites.len() == 1;
    sites
        .into_iter()
        .find(|site| only || Some(site.id) == measured)
}
