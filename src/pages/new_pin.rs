//! A PIN twice, with the rules live: for an activation and for a change.

use bizmitra_ipc::{command, view::PinProblem};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    bridge,
    components::{
        icon::{Icon, Symbol},
        keypad::{Dots, Key, Keypad, press},
        notice::Problem,
    },
    describe,
    state::Session,
    words::Words,
};

/// What is known of the digits so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    Asking,
    Good,
    Bad(PinProblem),
}

/// What the two uses say differently.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Say {
    /// Headline of the first entry.
    pub(crate) title: &'static str,
    /// While it is set.
    pub(crate) busy: &'static str,
    /// The last button.
    pub(crate) finish: &'static str,
}

/// Both entries.
#[component]
pub(crate) fn NewPin(
    /// Fewest and most digits.
    digits: (u8, u8),
    /// Its words.
    say: Say,
    /// The PIN is being set.
    busy: RwSignal<bool>,
    /// The digits; emptied by the caller after a refusal.
    pin: RwSignal<String>,
    /// Back from the first entry.
    on_back: impl Fn() + Copy + Send + Sync + 'static,
    /// The same PIN twice.
    on_done: impl Fn(String) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let (fewest, most) = digits;
    let first = RwSignal::new(None::<String>);
    let check = RwSignal::new(Check::Asking);
    let differs = RwSignal::new(false);
    session.problem.set(None);

    let ask = move |digits: String| {
        check.set(Check::Asking);
        spawn_local(async move {
            let answer = bridge::call(command::CheckPin {
                pin: digits.clone(),
            })
            .await;
            // An answer about digits that are no longer there says nothing.
            if pin.try_with_untracked(|now| *now == digits) != Some(true) {
                return;
            }
            match answer {
                Ok(found) => {
                    check.try_set(found.map_or(Check::Good, Check::Bad));
                }
                Err(error) => session.fail(&error),
            }
        });
    };
    let ready = move || {
        !busy.get()
            && match first.get() {
                None => check.get() == Check::Good,
                Some(first) => pin.with(|pin| pin.len() == first.len()),
            }
    };
    let restart = move || {
        first.set(None);
        check.set(Check::Asking);
        pin.set(String::new());
    };
    let go_on = move || {
        if !untrack(ready) {
            return;
        }
        let digits = pin.get_untracked();
        match first.get_untracked() {
            None => {
                first.set(Some(digits));
                pin.set(String::new());
            }
            Some(chosen) if chosen == digits => on_done(digits),
            Some(_) => {
                differs.set(true);
                restart();
            }
        }
    };
    let on_key = move |key| {
        if key == Key::Enter {
            return go_on();
        }
        differs.set(false);
        let digits = press(&pin.get_untracked(), key, most);
        pin.set(digits.clone());
        if first.with_untracked(Option::is_none) {
            ask(digits);
        }
    };
    let message = move || {
        if busy.get() {
            return say.busy.to_owned();
        }
        if differs.get() {
            return w.pin_differs().to_owned();
        }
        if first.with(Option::is_some) {
            return String::new();
        }
        match check.get() {
            Check::Good => w.pin_good().to_owned(),
            Check::Bad(PinProblem::TooShort) | Check::Asking => String::new(),
            Check::Bad(problem) => describe::pin_problem(w, problem, fewest, most),
        }
    };
    let tone = move || match check.get() {
        _ if differs.get() => "pin-message bad",
        Check::Good if first.with(Option::is_none) => "pin-message good",
        Check::Bad(_) => "pin-message bad",
        _ => "pin-message",
    };
    view! {
        <main class="sheet pin-page">
            <div class="sheet-top">
                <button
                    type="button"
                    class="link"
                    data-testid="pin-back"
                    on:click=move |_| {
                        if first.with_untracked(Option::is_some) { restart() } else { on_back() }
                    }
                >
                    <Symbol icon=Icon::Back/>{w.back()}
                </button>
            </div>
            <div class="pin-body">
                <h1 tabindex="-1" data-testid="pin-title" data-state=move || if first.with(Option::is_some) { "repeat" } else { "choose" }>
                    {move || if first.with(Option::is_some) { w.pin_repeat() } else { say.title }}
                </h1>
                <p class="lead">
                    {move || {
                        if first.with(Option::is_some) { w.pin_repeat_lead().to_owned() } else { lead(w, fewest, most) }
                    }}
                </p>
                <Dots pin=pin places=Signal::derive(move || first.with(|f| f.as_ref().map_or(fewest, |f| u8::try_from(f.len()).unwrap_or(most))))/>
                <p class=tone role="status" data-testid="pin-message">{message}</p>
                <Problem words=w code=session.problem/>
                <Keypad disabled=busy with_enter=false on_key=on_key/>
            </div>
            <div class="sheet-actions">
                <button
                    type="button"
                    class="button primary"
                    data-testid="pin-continue"
                    data-state=move || if busy.get() { "busy" } else { "idle" }
                    disabled=move || !ready()
                    on:click=move |_| go_on()
                >
                    {move || if first.with(Option::is_some) { say.finish } else { w.go_on() }}
                </button>
            </div>
        </main>
    }
}

fn lead(w: Words, fewest: u8, most: u8) -> String {
    if fewest == most {
        w.pin_rule(&fewest.to_string())
    } else {
        w.pin_rule_range(&fewest.to_string(), &most.to_string())
    }
}
