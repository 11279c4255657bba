//! Taps, days and home.

use bizmitra_core::attendance::{Action, Entry, NoPlace, Place, Spot, TimeTrust};
use bizmitra_core::ids::{ShiftId, SiteId};
use bizmitra_core::outbox::State;
use bizmitra_device::{Attention, Day, Fence, Home, LocationState, Shift, Site};
use bizmitra_ipc::view;

/// What only the device can say of an entry at this moment.
pub struct Scene<'a> {
    /// How long a tap can still be taken back, milliseconds.
    pub undo_left_ms: &'a dyn Fn(&Entry) -> u64,
    /// A site by its id, while it is in the list.
    pub site: &'a dyn Fn(SiteId) -> Option<Site<SiteId>>,
}

impl Scene<'_> {
    /// One tap with what became of it.
    pub fn entry(&self, entry: &Entry) -> view::EntryView {
        view::EntryView {
            id: entry.tap.id.to_string(),
            action: show_action(entry.tap.action),
            wall_ms: entry.tap.wall_ms,
            offset_min: entry.tap.offset_min,
            day: entry.tap.day.clone(),
            step: step(entry.state),
            time: trust(entry),
            number: entry.seq,
            short_hash: short_hash(entry.hash),
            place: self.place(entry),
            confirmed_ms: entry.confirmed_ms,
            withdrawn: entry.withdrawn,
            undo_ms: (self.undo_left_ms)(entry),
            alarm: entry.alarm,
        }
    }

    /// Home.
    pub fn home(&self, home: &Home) -> view::HomeView {
        view::HomeView {
            form_id: home.form_id.to_string(),
            now_ms: home.now.wall_ms,
            offset_min: home.now.offset_min,
            name: home.name.clone(),
            shift: home.shift.as_ref().map(shift),
            next: show_action(home.next),
            also: home.also.iter().copied().map(show_action).collect(),
            latest: home.latest.as_ref().map(|entry| self.entry(entry)),
            forgotten: home.forgotten.as_ref().map(|entry| self.entry(entry)),
            site: home.site.as_ref().map(|site| view::SiteView {
                name: site.name.clone(),
                radius_m: radius_m(site),
            }),
            location: location(home.location),
            notice_version: home.notice_version.clone(),
        }
    }

    /// One day.
    pub fn day(&self, day: &Day) -> view::DayView {
        view::DayView {
            day: day.day.clone(),
            today: day.today.clone(),
            shift: day.shift.as_ref().map(shift),
            entries: day.entries.iter().map(|entry| self.entry(entry)).collect(),
            worked_min: day.worked_min,
            planned_min: day.planned_min,
        }
    }

    /// An item that needs the person.
    pub fn attention(&self, item: &Attention) -> view::AttentionView {
        view::AttentionView {
            id: item.id.to_string(),
            reason: super::attention_reason(item.reason),
            entry: item.entry.as_ref().map(|entry| self.entry(entry)),
        }
    }

    fn place(&self, entry: &Entry) -> view::PlaceView {
        match entry.evidence.as_ref().map(|evidence| evidence.place) {
            None => view::PlaceView::Locating,
            Some(Place::Inside(spot)) => view::PlaceView::Inside(self.spot(spot)),
            Some(Place::Uncertain(spot)) => view::PlaceView::Uncertain(self.spot(spot)),
            Some(Place::Outside(spot)) => view::PlaceView::Outside(self.spot(spot)),
            Some(Place::None(reason)) => view::PlaceView::None {
                reason: no_place(reason),
            },
        }
    }

    /// A site that is no longer in the list keeps its measures and loses its name.
    fn spot(&self, spot: Spot) -> view::Spot {
        let site = (self.site)(spot.site);
        view::Spot {
            radius_m: site.as_ref().and_then(radius_m),
            site: site.map(|site| site.name).unwrap_or_default(),
            distance_m: spot.distance_m,
            accuracy_m: spot.accuracy_m,
        }
    }
}

/// An action from the UI.
pub fn read_action(action: view::Action) -> Action {
    match action {
        view::Action::CheckIn => Action::CheckIn,
        view::Action::CheckOut => Action::CheckOut,
        view::Action::BreakStart => Action::BreakStart,
        view::Action::BreakEnd => Action::BreakEnd,
    }
}

fn show_action(action: Action) -> view::Action {
    match action {
        Action::CheckIn => view::Action::CheckIn,
        Action::CheckOut => view::Action::CheckOut,
        Action::BreakStart => view::Action::BreakStart,
        Action::BreakEnd => view::Action::BreakEnd,
    }
}

fn step(state: State) -> view::Step {
    match state {
        State::Queued => view::Step::Saved,
        State::InDoubt => view::Step::Sending,
        State::Acked => view::Step::Confirmed,
        State::Parked => view::Step::Parked,
    }
}

/// As core decides: the server's grade once it is there, until then what the device itself can bound.
fn trust(entry: &Entry) -> view::TimeTrust {
    match entry.time_trust() {
        TimeTrust::Within { tolerance_ms } => view::TimeTrust::Within { tolerance_ms },
        TimeTrust::Unverified => view::TimeTrust::Unverified,
        TimeTrust::Contradictory => view::TimeTrust::Contradictory,
    }
}

/// First 8 hex digits in two groups.
fn short_hash([a, b, c, d, ..]: [u8; 32]) -> String {
    format!("{a:02x}{b:02x} {c:02x}{d:02x}")
}

fn no_place(reason: NoPlace) -> view::NoPlace {
    match reason {
        NoPlace::NoConsent => view::NoPlace::NoConsent,
        NoPlace::Skipped => view::NoPlace::Skipped,
        NoPlace::Denied => view::NoPlace::Denied,
        NoPlace::ServicesOff => view::NoPlace::ServicesOff,
        NoPlace::Deadline => view::NoPlace::Deadline,
        NoPlace::Unusable => view::NoPlace::Unusable,
        NoPlace::NoGps => view::NoPlace::NoGps,
        NoPlace::Interrupted => view::NoPlace::Interrupted,
        NoPlace::NoSites => view::NoPlace::NoSites,
    }
}

fn location(state: LocationState) -> view::LocationState {
    match state {
        LocationState::Ready => view::LocationState::Ready,
        LocationState::NoConsent => view::LocationState::NoConsent,
        LocationState::AskPermission => view::LocationState::AskPermission,
        LocationState::Denied => view::LocationState::Denied,
        LocationState::ServicesOff => view::LocationState::ServicesOff,
        LocationState::NoGps => view::LocationState::NoGps,
    }
}

fn shift((shift, day): &(Shift<ShiftId>, String)) -> view::ShiftView {
    view::ShiftView {
        name: shift.name.clone(),
        start_min: shift.start_min,
        end_min: shift.end_min,
        day: day.clone(),
    }
}

/// Whole metres of a circle, at least one; `None` for a polygon.
fn radius_m(site: &Site<SiteId>) -> Option<u32> {
    match site.fence {
        // Radii are 75 to 1524 m; a float outside the range saturates.
        Fence::Circle { radius_m, .. } => Some((radius_m.round() as u32).max(1)),
        Fence::Polygon { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use bizmitra_core::attendance::{Evidence, Grade, TapRow};
    use bizmitra_core::ids::ItemId;
    use bizmitra_device::Point;

    use super::*;

    fn gate() -> SiteId {
        "0190a000-0000-7000-8000-000000000001".parse().unwrap()
    }

    fn gate_with_fence(id: SiteId) -> Option<Site<SiteId>> {
        let centre = Point {
            latitude_deg: 45.4,
            longitude_deg: 14.1,
        };
        (id == gate()).then(|| Site {
            id,
            name: "Gate".into(),
            fence: Fence::Circle {
                centre,
                radius_m: 120.4,
            },
        })
    }

    fn scene() -> Scene<'static> {
        Scene {
            undo_left_ms: &|_| 60_000,
            site: &gate_with_fence,
        }
    }

    fn check_in() -> Entry {
        let id: ItemId = "0190a000-0000-7000-8000-000000000002".parse().unwrap();
        Entry {
            tap: TapRow {
                id,
                action: Action::CheckIn,
                wall_ms: 1_790_000_000_000,
                offset_min: 330,
                day: "2026-11-23".into(),
                shift: None,
                elapsed_ms: 70_000,
                boot_id: "boot".into(),
                tolerance_ms: Some(2_000),
            },
            seq: 7,
            hash: [0xAB; 32],
            state: State::Queued,
            confirmed_ms: None,
            evidence: None,
            withdrawn: false,
            grade: None,
            alarm: false,
        }
    }

    #[test]
    fn a_tap_without_signal_is_saved_and_still_locating() {
        let shown = scene().entry(&check_in());
        assert_eq!(
            (shown.step, shown.place, shown.number),
            (view::Step::Saved, view::PlaceView::Locating, 7)
        );
        assert_eq!(shown.short_hash, "abab abab");
        assert_eq!(
            shown.time,
            view::TimeTrust::Within {
                tolerance_ms: 2_000
            }
        );
        assert_eq!(shown.undo_ms, 60_000);
    }

    #[test]
    fn the_server_s_grade_replaces_what_the_device_thought() {
        let graded = |grade, tolerance| {
            scene()
                .entry(&Entry {
                    grade: Some((grade, tolerance)),
                    ..check_in()
                })
                .time
        };
        assert_eq!(
            graded(Grade::B, Some(40)),
            view::TimeTrust::Within { tolerance_ms: 40 }
        );
        assert_eq!(graded(Grade::C, Some(40)), view::TimeTrust::Unverified);
        assert_eq!(graded(Grade::D, None), view::TimeTrust::Contradictory);
    }

    #[test]
    fn a_place_carries_the_name_and_radius_of_its_site() {
        let spot = Spot {
            site: gate(),
            distance_m: 40,
            accuracy_m: 8,
        };
        let evidence = |place| {
            Some(Evidence {
                about: check_in().tap.id,
                place,
                fix_age_ms: None,
                flags: vec![],
            })
        };
        let shown = scene().entry(&Entry {
            evidence: evidence(Place::Inside(spot)),
            ..check_in()
        });
        let expected = view::Spot {
            site: "Gate".into(),
            distance_m: 40,
            accuracy_m: 8,
            radius_m: Some(120),
        };
        assert_eq!(shown.place, view::PlaceView::Inside(expected));

        let none = scene().entry(&Entry {
            evidence: evidence(Place::None(NoPlace::NoGps)),
            ..check_in()
        });
        assert_eq!(
            none.place,
            view::PlaceView::None {
                reason: view::NoPlace::NoGps
            }
        );
    }

    #[test]
    fn a_site_that_left_the_list_keeps_its_measures() {
        let spot = Spot {
            site: gate(),
            distance_m: 40,
            accuracy_m: 8,
        };
        let nowhere = Scene {
            site: &|_| None,
            ..scene()
        };
        assert_eq!(
            nowhere.spot(spot),
            view::Spot {
                site: String::new(),
                distance_m: 40,
                accuracy_m: 8,
                radius_m: None
            }
        );
    }
}
