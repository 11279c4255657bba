//! What all screens share: the status of the device, the page, the clock of the screen.

pub(crate) mod activation;

use bizmitra_ipc::{
    command::{self, Command},
    error::{CommandError, ErrorCode},
    event::{Changed, Topic},
    view::{Language, Phase, StatusView, Theme},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    bridge,
    route::{Move, Route, Screen, decide_move, decide_screen},
    state::activation::Activation,
    words::Words,
};

/// Signals shared by all screens; cheap to copy, provided as context.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session {
    /// Last status the shell gave.
    pub(crate) status: RwSignal<Option<StatusView>>,
    /// Screen clock at that moment, to count its spans down.
    pub(crate) received_ms: RwSignal<f64>,
    /// Clock of the screen, once a second. For countdowns only: no time of a record comes from here.
    pub(crate) now_ms: RwSignal<f64>,
    /// Page in the address.
    pub(crate) route: RwSignal<Route>,
    /// Page in the address was pushed on top of home by us.
    pushed: RwSignal<bool>,
    /// The last thing that failed.
    pub(crate) problem: RwSignal<Option<ErrorCode>>,
    /// Counts events about taps: what shows them asks again.
    pub(crate) attendance: RwSignal<u32>,
    /// Day that History shows, `None` is today.
    pub(crate) day: RwSignal<Option<String>>,
    /// The note about a damaged store was closed.
    pub(crate) damage_seen: RwSignal<bool>,
    /// An activation under way.
    pub(crate) activation: Activation,
    /// Language of the screen.
    pub(crate) language: Memo<Language>,
    /// Theme of the screen.
    pub(crate) theme: Memo<Theme>,
    /// Screen that is due; `None` until the shell answered.
    pub(crate) screen: Memo<Option<Screen>>,
}

impl Session {
    /// Makes the signals; [`Session::start`] connects them.
    pub(crate) fn new() -> Self {
        let status = RwSignal::new(None::<StatusView>);
        let route = RwSignal::new(Route::Home);
        let activation = Activation::new();
        Self {
            status,
            received_ms: RwSignal::new(0.0),
            now_ms: RwSignal::new(0.0),
            route,
            pushed: RwSignal::new(false),
            problem: RwSignal::new(None),
            attendance: RwSignal::new(0),
            day: RwSignal::new(None),
            damage_seen: RwSignal::new(false),
            activation,
            language: Memo::new(move |_| {
                status.with(|s| s.as_ref().map_or_else(Language::default, |s| s.language))
            }),
            theme: Memo::new(move |_| {
                status.with(|s| s.as_ref().map_or_else(Theme::default, |s| s.theme))
            }),
            screen: Memo::new(move |_| {
                let phase = status.with(|s| s.as_ref().map(|s| s.phase))?;
                Some(decide_screen(
                    phase,
                    route.get(),
                    activation.entering.get(),
                    activation.asks_location.get(),
                ))
            }),
        }
    }

    /// The session of this window.
    pub(crate) fn here() -> Self {
        use_context().unwrap_or_else(Self::new)
    }

    /// Words of the language on the screen. Untracked: the tree is built anew when the language changes.
    pub(crate) fn words(self) -> Words {
        Words(self.language.get_untracked())
    }

    /// Reads the address, listens to the shell and asks for the status.
    pub(crate) fn start(self) {
        self.tick();
        set_interval(move || self.tick(), std::time::Duration::from_secs(1));
        self.read_address();
        window_event_listener(leptos::ev::hashchange, move |_| self.read_address());
        window_event_listener(leptos::ev::focus, move |_| self.refresh());
        // The web view hears of the network before a wait is over; the shell decides what the hint is worth.
        window_event_listener(leptos::ev::online, move |_| {
            let waits =
                |status: &Option<StatusView>| status.as_ref().is_some_and(|s| s.waiting > 0);
            if self.status.with_untracked(waits) {
                self.ask(command::SyncNow {}, move |status| self.take(status));
            }
        });
        spawn_local(async move {
            // First listen, then ask: a change in between is then seen.
            if let Err(error) = bridge::listen(move |changed| self.on_event(changed)).await {
                self.fail(&error);
            }
            self.refresh();
        });
    }

    fn tick(self) {
        self.now_ms.try_set(js_sys::Date::now());
    }

    fn on_event(self, changed: Changed) {
        if changed.what == Topic::Attendance {
            self.attendance
                .try_update(|count| *count = count.wrapping_add(1));
        }
        self.refresh();
    }

    fn read_address(self) {
        let hash = window().location().hash().unwrap_or_default();
        let route = Route::from_hash(&hash);
        if route == Route::Home {
            self.pushed.set(false);
        }
        if self.route.get_untracked() != route {
            self.problem.set(None);
            self.route.set(route);
        }
    }

    /// Opens a page.
    pub(crate) fn go(self, to: Route) {
        let location = window().location();
        // A refused navigation leaves the page as it is, which is what is then shown.
        let _refused =
            match decide_move(self.route.get_untracked(), to, self.pushed.get_untracked()) {
                Move::Stay => Ok(()),
                Move::Push => {
                    self.pushed.set(true);
                    location.set_hash(to.hash())
                }
                Move::Replace => location.replace(to.hash()),
                Move::Back => window().history().and_then(|history| history.back()),
            };
    }

    /// Asks for the status.
    pub(crate) fn refresh(self) {
        spawn_local(async move {
            match bridge::call(command::GetStatus {}).await {
                Ok(status) => self.take(status),
                Err(error) => {
                    self.problem.try_set(Some(error.code));
                }
            }
        });
    }

    /// Shows a status that a command answered.
    pub(crate) fn take(self, status: StatusView) {
        if status.phase == Phase::Locked {
            // After the lock one starts at home: nothing of the page before is left on the screen.
            self.day.try_set(None);
        }
        self.received_ms.try_set(js_sys::Date::now());
        self.tick();
        if self
            .status
            .try_with_untracked(|old| old.as_ref() != Some(&status))
            == Some(true)
        {
            self.status.try_set(Some(status));
        }
    }

    /// Shows an error; one that speaks of another phase makes the screen follow.
    pub(crate) fn fail(self, error: &CommandError) {
        match error.code {
            ErrorCode::Locked
            | ErrorCode::NotActivated
            | ErrorCode::Revoked
            | ErrorCode::Suspended
            | ErrorCode::LeaseEnded => self.refresh(),
            code => {
                self.problem.try_set(Some(code));
            }
        }
    }

    /// Calls the shell; `then` runs on success, an error is shown.
    pub(crate) fn ask<C: Command + 'static>(
        self,
        arguments: C,
        then: impl FnOnce(C::Answer) + 'static,
    ) {
        spawn_local(async move {
            match bridge::call(arguments).await {
                Ok(answer) => {
                    self.problem.try_set(None);
                    then(answer);
                }
                Err(error) => self.fail(&error),
            }
        });
    }

    /// Milliseconds left of a span that the shell gave with the last status.
    pub(crate) fn left_ms(self, span_ms: u64, since_ms: f64) -> u64 {
        left(span_ms, since_ms, self.now_ms.get())
    }

    /// Keeps language and theme on the device and shows them.
    pub(crate) fn set_appearance(self, language: Language, theme: Theme) {
        self.ask(command::SetAppearance { language, theme }, move |status| {
            self.take(status)
        });
    }
}

/// A clock set back must not lengthen a wait on the screen; the shell decides anyway.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates; spans are minutes"
)]
fn left(span_ms: u64, since_ms: f64, now_ms: f64) -> u64 {
    span_ms.saturating_sub((now_ms - since_ms).max(0.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::left;

    #[test]
    fn a_span_runs_out_and_never_grows() {
        assert_eq!(left(30_000, 1_000.0, 11_000.0), 20_000);
        assert_eq!(left(30_000, 1_000.0, 100_000.0), 0);
        assert_eq!(left(30_000, 9_000.0, 1_000.0), 30_000);
    }
}
