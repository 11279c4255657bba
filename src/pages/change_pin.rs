//! Changing the PIN: the current one first, then the new one twice.

use bizmitra_ipc::{command, view::UnlockView};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    bridge,
    components::icon::{Icon, Symbol},
    pages::{
        ask_pin::{AskPin, Asking},
        new_pin::{NewPin, Say},
    },
    route::Route,
    state::Session,
};

/// The step that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Current,
    New(String),
    Done,
}

/// All three steps.
#[component]
pub(crate) fn ChangePin() -> impl IntoView {
    let step = RwSignal::new(Step::Current);
    move || match step.get() {
        Step::Current => view! { <CurrentPin step/> }.into_any(),
        Step::New(current) => view! { <Replace step current/> }.into_any(),
        Step::Done => view! { <Done/> }.into_any(),
    }
}

/// The current PIN, tried and counted like at the lock.
#[component]
fn CurrentPin(step: RwSignal<Step>) -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let asking = Asking::new();
    session.problem.set(None);
    let submit = move |digits: String| {
        spawn_local(async move {
            let found = bridge::call(command::Unlock {
                pin: digits.clone(),
            })
            .await;
            asking.end();
            match found {
                Ok(UnlockView::Open) => {
                    step.try_set(Step::New(digits));
                }
                Ok(other) => {
                    asking.say_pin(w, other);
                    session.refresh();
                }
                Err(error) => session.fail(&error),
            }
        });
    };
    view! { <AskPin asking id="change-pin" lead=w.pin_current_lead() on_pin=submit/> }
}

#[component]
fn Replace(step: RwSignal<Step>, current: String) -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let pin = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let digits = session
        .status
        .with_untracked(|s| s.as_ref().map_or((4, 8), |s| s.pin_digits));
    let say = Say {
        title: w.pin_new(),
        busy: w.pin_changing(),
        finish: w.pin_change(),
    };
    let current = StoredValue::new(current);
    let change = move |new: String| {
        busy.set(true);
        session.problem.set(None);
        spawn_local(async move {
            let current = current.get_value();
            let answer = bridge::call(command::ChangePin { current, new }).await;
            busy.try_set(false);
            pin.try_set(String::new());
            match answer {
                Ok(UnlockView::Open) => {
                    step.try_set(Step::Done);
                }
                // It was right a moment ago: another window of time, and it starts over.
                Ok(_) => {
                    step.try_set(Step::Current);
                    session.refresh();
                }
                Err(error) => session.fail(&error),
            }
        });
    };
    view! {
        <NewPin digits say busy pin on_back=move || step.set(Step::Current) on_done=change/>
    }
}

#[component]
fn Done() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    request_animation_frame(|| {
        let heading = document().query_selector("h1").ok().flatten();
        if let Some(heading) = heading.and_then(|element| {
            wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(element).ok()
        }) {
            // What takes no focus leaves it where it was.
            let _refused = heading.focus();
        }
    });
    view! {
        <main class="sheet" data-testid="pin-changed">
            <div class="sheet-top"></div>
            <div class="sheet-body">
                <span class="stop-mark calm" aria-hidden="true"><Symbol icon=Icon::Check/></span>
                <h1 tabindex="-1">{w.pin_changed()}</h1>
                <p class="lead">{w.pin_changed_text()}</p>
            </div>
            <div class="sheet-actions">
                <button
                    type="button"
                    class="button primary"
                    data-testid="pin-changed-close"
                    data-state="idle"
                    on:click=move |_| session.go(Route::Me)
                >
                    {w.close()}
                </button>
            </div>
        </main>
    }
}
