//! Fingerprint or face: the button at the lock, the switch in Me, and what is said about both.

use bizmitra_ipc::{
    command,
    view::{BiometricUnlockView, BiometricsOff, BiometricsView, NoMatch, PinAgain, PromptView},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    bridge,
    components::icon::{Icon, Symbol},
    route::Route,
    state::Session,
    words::Words,
};

/// What the system's dialog says.
pub(crate) fn prompt(session: Session, title: &str) -> PromptView {
    let company = session
        .status
        .with_untracked(|s| s.as_ref().map(|s| s.company.clone()));
    PromptView {
        title: title.to_owned(),
        reason: company.unwrap_or_default(),
        cancel: session.words().biometrics_use_pin().to_owned(),
    }
}

/// The state as the shell gave it last.
fn state(session: Session) -> Memo<BiometricsView> {
    Memo::new(move |_| {
        session
            .status
            .with(|s| s.as_ref().map_or(BiometricsView::Missing, |s| s.biometrics))
    })
}

/// At the lock: the button while a match may open, else why it may not. The shell decides again when it is pressed; the
/// keypad stays open meanwhile.
#[component]
pub(crate) fn UnlockByBiometrics() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let state = state(session);
    let busy = RwSignal::new(false);
    let said = RwSignal::new(None::<&'static str>);
    let press = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        said.set(None);
        let prompt = prompt(session, w.biometrics_prompt());
        spawn_local(async move {
            match bridge::call(command::UnlockByBiometrics { prompt }).await {
                Ok(BiometricUnlockView::No(why)) => {
                    said.try_set(no_match(w, why));
                }
                // The status says it.
                Ok(
                    BiometricUnlockView::Open
                    | BiometricUnlockView::PinFirst(_)
                    | BiometricUnlockView::Off(_),
                ) => {}
                Err(error) => session.fail(&error),
            }
            busy.try_set(false);
            session.refresh();
        });
    };
    let ready = Memo::new(move |_| state.get() == BiometricsView::Ready);
    let words = move || match state.get() {
        BiometricsView::Ready => said.get(),
        BiometricsView::PinFirst(again) => Some(pin_again(w, again)),
        BiometricsView::Off(reason) => reason.map(|reason| off(w, reason)),
        BiometricsView::Missing => None,
    };
    view! {
        <p class="hint" role="status" data-testid="biometrics-why" data-state=move || state_id(state.get())>{words}</p>
        {move || {
            ready.get().then(|| {
                view! {
                    <button
                        type="button"
                        class="button"
                        data-testid="unlock-biometrics"
                        data-state=move || if busy.get() { "busy" } else { "idle" }
                        on:click=press
                    >
                        <Symbol icon=Icon::Person/>{w.biometrics_use()}
                    </button>
                }
            })
        }}
    }
}

/// In Me: on leads to the PIN, off is at once. Not there on a device that cannot.
#[component]
pub(crate) fn BiometricsSwitch() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let state = state(session);
    let offered = Memo::new(move |_| state.get() != BiometricsView::Missing);
    let on = Memo::new(move |_| is_on(state.get()));
    let turn = move |_| {
        if on.get_untracked() {
            session.ask(command::DisableBiometrics {}, move |status| {
                session.take(status)
            });
        } else {
            session.go(Route::Biometrics);
        }
    };
    move || {
        offered.get().then(|| {
            view! {
                <div class="setting switch-line">
                    <div>
                        <span class="setting-name" id="biometrics-label">{w.biometrics()}</span>
                        <p class="hint" id="biometrics-hint">{move || hint(w, state.get())}</p>
                    </div>
                    <button
                        type="button"
                        class="switch"
                        role="switch"
                        data-testid="biometrics-switch"
                        data-state=move || if on.get() { "on" } else { "off" }
                        aria-checked=move || on.get().to_string()
                        aria-labelledby="biometrics-label"
                        aria-describedby="biometrics-hint"
                        on:click=turn
                    >
                        <span class="switch-knob"></span>
                        <span class="switch-word">{move || if on.get() { w.on() } else { w.off() }}</span>
                    </button>
                </div>
            }
        })
    }
}

const fn is_on(state: BiometricsView) -> bool {
    matches!(state, BiometricsView::Ready | BiometricsView::PinFirst(_))
}

const fn state_id(state: BiometricsView) -> &'static str {
    match state {
        BiometricsView::Missing => "missing",
        BiometricsView::Off(None) => "off",
        BiometricsView::Off(Some(BiometricsOff::EnrolmentChanged)) => "enrolment_changed",
        BiometricsView::Off(Some(BiometricsOff::PinChanged)) => "pin_changed",
        BiometricsView::Off(Some(BiometricsOff::KeyLost)) => "key_lost",
        BiometricsView::Ready => "ready",
        BiometricsView::PinFirst(PinAgain::Week) => "week",
        BiometricsView::PinFirst(PinAgain::Restart) => "restart",
        BiometricsView::PinFirst(PinAgain::Clock) => "clock",
        BiometricsView::PinFirst(PinAgain::Prompts) => "prompts",
    }
}

const fn hint(w: Words, state: BiometricsView) -> &'static str {
    match state {
        BiometricsView::Off(Some(reason)) => off(w, reason),
        BiometricsView::Off(None) | BiometricsView::Missing => w.biometrics_off(),
        BiometricsView::Ready | BiometricsView::PinFirst(_) => w.biometrics_on(),
    }
}

const fn off(w: Words, reason: BiometricsOff) -> &'static str {
    match reason {
        BiometricsOff::EnrolmentChanged => w.biometrics_off_enrolment(),
        BiometricsOff::PinChanged => w.biometrics_off_pin(),
        BiometricsOff::KeyLost => w.biometrics_off_lost(),
    }
}

const fn pin_again(w: Words, again: PinAgain) -> &'static str {
    match again {
        PinAgain::Week => w.biometrics_week(),
        PinAgain::Restart => w.biometrics_restart(),
        PinAgain::Clock => w.biometrics_clock(),
        PinAgain::Prompts => w.biometrics_prompts(),
    }
}

/// Nothing for who closed the dialog: they know.
pub(crate) const fn no_match(w: Words, why: NoMatch) -> Option<&'static str> {
    match why {
        NoMatch::Closed => None,
        NoMatch::NotRecognised => Some(w.biometrics_not_recognised()),
        NoMatch::LockedOut => Some(w.biometrics_locked_out()),
        NoMatch::Missing => Some(w.biometrics_missing()),
        NoMatch::Failed => Some(w.biometrics_failed()),
    }
}

#[cfg(test)]
mod tests {
    use bizmitra_ipc::view::Language;

    use super::*;

    #[test]
    fn whatever_stands_against_a_match_is_said_in_each_language() {
        for language in [Language::English, Language::Hindi] {
            let w = Words(language);
            let mut all = vec![
                off(w, BiometricsOff::EnrolmentChanged),
                off(w, BiometricsOff::PinChanged),
                off(w, BiometricsOff::KeyLost),
                pin_again(w, PinAgain::Week),
                pin_again(w, PinAgain::Restart),
                pin_again(w, PinAgain::Clock),
                pin_again(w, PinAgain::Prompts),
            ];
            for why in [
                NoMatch::NotRecognised,
                NoMatch::LockedOut,
                NoMatch::Missing,
                NoMatch::Failed,
            ] {
                all.extend(no_match(w, why));
            }
            assert_eq!(all.len(), 11);
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), 11, "each has words of its own");
            assert_eq!(no_match(w, NoMatch::Closed), None);
        }
    }

    #[test]
    fn the_switch_says_why_it_went_off_and_stays_on_while_only_the_pin_opens() {
        let w = Words(Language::English);
        let off = BiometricsView::Off(Some(BiometricsOff::EnrolmentChanged));
        assert!(!is_on(off));
        assert_eq!(hint(w, off), w.biometrics_off_enrolment());
        assert!(is_on(BiometricsView::PinFirst(PinAgain::Week)));
        assert!(!is_on(BiometricsView::Off(None)));
        assert!(!is_on(BiometricsView::Missing));
    }
}
