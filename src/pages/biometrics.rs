//! Turning fingerprint or face on: the PIN first, then the system asks for a match.

use bizmitra_ipc::{command, view::BiometricTurnView};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    bridge,
    components::biometrics::{no_match, prompt},
    pages::ask_pin::{AskPin, Asking},
    route::Route,
    state::Session,
};

/// The PIN; back to Me when it is on.
#[component]
pub(crate) fn Biometrics() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let asking = Asking::new();
    session.problem.set(None);
    let submit = move |pin: String| {
        let prompt = prompt(session, w.biometrics_prompt_on());
        spawn_local(async move {
            let found = bridge::call(command::EnableBiometrics { pin, prompt }).await;
            asking.end();
            match found {
                Ok(BiometricTurnView::On) => session.go(Route::Me),
                Ok(BiometricTurnView::Pin(unlock)) => asking.say_pin(w, unlock),
                Ok(BiometricTurnView::No(why)) => asking.say(no_match(w, why)),
                Err(error) => session.fail(&error),
            }
            session.refresh();
        });
    };
    view! { <AskPin asking id="biometrics" lead=w.biometrics_pin_lead() on_pin=submit/> }
}
