//! PIN twice, with the rules live; then the device is bound.

use bizmitra_ipc::{
    command,
    view::{InvitationView, Phase, PinProblem},
};
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
};

/// What is known of the digits so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    Asking,
    Good,
    Bad(PinProblem),
}

/// Both entries.
#[component]
pub(crate) fn ChoosePin(invitation: InvitationView) -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let (fewest, most) = (invitation.min_digits, invitation.max_digits);
    let pin = RwSignal::new(String::new());
    let first = RwSignal::new(None::<String>);
    let check = RwSignal::new(Check::Asking);
    let differs = RwSignal::new(false);
    let busy = RwSignal::new(false);
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
            Some(chosen) if chosen == digits => activate(session, digits, busy, pin),
            Some(_) => {
                differs.set(true);
                first.set(None);
                check.set(Check::Asking);
                pin.set(String::new());
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
            return w.pin_binding().to_owned();
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
                        if first.with_untracked(Option::is_some) {
                            first.set(None);
                            pin.set(String::new());
                            check.set(Check::Asking);
                        } else {
                            session.activation.accepted.set(false);
                        }
                    }
                >
                    <Symbol icon=Icon::Back/>{w.back()}
                </button>
            </div>
            <div class="pin-body">
                <h1 tabindex="-1" data-testid="pin-title" data-state=move || if first.with(Option::is_some) { "repeat" } else { "choose" }>
                    {move || if first.with(Option::is_some) { w.pin_repeat() } else { w.pin_choose() }}
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
                    {move || if first.with(Option::is_some) { w.pin_finish() } else { w.go_on() }}
                </button>
            </div>
        </main>
    }
}

fn lead(w: crate::words::Words, fewest: u8, most: u8) -> String {
    if fewest == most {
        w.pin_rule(&fewest.to_string())
    } else {
        w.pin_rule_range(&fewest.to_string(), &most.to_string())
    }
}

fn activate(session: Session, digits: String, busy: RwSignal<bool>, pin: RwSignal<String>) {
    busy.set(true);
    session.problem.set(None);
    spawn_local(async move {
        let answer = bridge::call(command::Activate { pin: digits }).await;
        busy.try_set(false);
        match answer {
            Ok(status) => {
                if status.phase != Phase::NotActivated {
                    session.activation.finish();
                }
                session.take(status);
            }
            Err(error) => {
                pin.try_set(String::new());
                session.fail(&error);
            }
        }
    });
}
