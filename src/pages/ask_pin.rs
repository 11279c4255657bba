//! The current PIN on an open device, before something that only its person may do. The shell counts it like at the lock.

use bizmitra_ipc::view::UnlockView;
use leptos::prelude::*;

use crate::{
    components::{
        icon::{Icon, Symbol},
        keypad::{Dots, Key, Keypad, press},
        notice::Problem,
    },
    format,
    route::Route,
    state::Session,
    words::Words,
};

/// A question under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking {
    pin: RwSignal<String>,
    busy: RwSignal<bool>,
    said: RwSignal<Option<String>>,
}

impl Asking {
    /// Nothing is typed.
    pub(crate) fn new() -> Self {
        Self {
            pin: RwSignal::new(String::new()),
            busy: RwSignal::new(false),
            said: RwSignal::new(None),
        }
    }

    /// The shell has answered.
    pub(crate) fn end(self) {
        self.busy.try_set(false);
        self.pin.try_set(String::new());
    }

    /// Says what came of the PIN, unless it opened.
    pub(crate) fn say_pin(self, w: Words, found: UnlockView) {
        self.said.try_set(pin_words(w, found));
    }

    /// Says why it goes no further, if there is anything to say.
    pub(crate) fn say(self, words: Option<&'static str>) {
        self.said.try_set(words.map(str::to_owned));
    }
}

/// Title, dots, keypad.
#[component]
pub(crate) fn AskPin(
    /// Its signals.
    asking: Asking,
    /// Its word in test ids.
    id: &'static str,
    /// Why it is asked.
    lead: &'static str,
    /// The digits; [`Asking::end`] is the caller's to call.
    on_pin: impl Fn(String) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let Asking { pin, busy, said } = asking;
    let (fewest, most) = session
        .status
        .with_untracked(|s| s.as_ref().map_or((4, 8), |s| s.pin_digits));
    let submit = move || {
        let digits = pin.get_untracked();
        if busy.get_untracked() || digits.len() < usize::from(fewest) {
            return;
        }
        busy.set(true);
        said.set(None);
        on_pin(digits);
    };
    let on_key = move |key| {
        if key == Key::Enter {
            return submit();
        }
        let digits = press(&pin.get_untracked(), key, most);
        let full = digits.len() == usize::from(most) && key != Key::Erase;
        pin.set(digits);
        if full {
            submit();
        }
    };
    let message = move || {
        if busy.get() {
            w.unlock_checking().to_owned()
        } else {
            said.get().unwrap_or_default()
        }
    };
    view! {
        <main class="sheet pin-page" data-testid=id>
            <div class="sheet-top">
                <button type="button" class="link" data-testid="pin-back" on:click=move |_| session.go(Route::Me)>
                    <Symbol icon=Icon::Back/>{w.back()}
                </button>
            </div>
            <div class="pin-body">
                <h1 tabindex="-1" data-testid="pin-title" data-state="current">{w.pin_current()}</h1>
                <p class="lead">{lead}</p>
                <Dots pin=pin places=Signal::derive(move || fewest)/>
                <p
                    class="pin-message bad"
                    role="status"
                    data-testid="pin-message"
                    data-state=move || if said.with(Option::is_some) { "wrong" } else { "idle" }
                >
                    {message}
                </p>
                <Problem words=w code=session.problem/>
                <Keypad disabled=busy with_enter=fewest != most on_key=on_key/>
            </div>
        </main>
    }
}

fn pin_words(w: Words, found: UnlockView) -> Option<String> {
    Some(match found {
        UnlockView::Wrong {
            tries_left,
            wait_ms,
        } => {
            let wait = if wait_ms > 0 {
                w.unlock_wait(&format::countdown(wait_ms))
            } else {
                String::new()
            };
            format!(
                "{} {} {wait}",
                w.unlock_wrong(),
                w.tries_left(tries_left.into())
            )
        }
        UnlockView::Wait { wait_ms } => w.unlock_wait(&format::countdown(wait_ms)),
        UnlockView::Open | UnlockView::Destroyed => return None,
    })
}
