//! The question about location: asked on its own, both answers equally large, changed at any time in Me.

use bizmitra_ipc::command;
use leptos::prelude::*;

use crate::{
    components::{
        icon::{Icon, Symbol},
        notice::Problem,
    },
    route::Route,
    state::Session,
};

/// Yes or not now.
#[component]
pub(crate) fn AskLocation() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let version = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    session.ask(command::GetMe {}, move |me| {
        version.try_set(me.notice_version);
    });
    let answer = move |given: bool| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let notice_version = version.get_untracked();
        leptos::task::spawn_local(async move {
            let done = crate::bridge::call(command::SetLocationConsent {
                given,
                notice_version,
            })
            .await;
            busy.try_set(false);
            match done {
                Ok(_) => {
                    session.activation.asks_location.try_set(false);
                    session.go(Route::Home);
                }
                Err(error) => session.fail(&error),
            }
        });
    };
    let blocked = move || busy.get() || version.with(String::is_empty);
    let button = move |given: bool, id: &'static str, name: &'static str| {
        view! {
            <button
                type="button"
                class="button equal"
                data-testid=id
                data-state=move || if busy.get() { "busy" } else { "idle" }
                disabled=blocked
                on:click=move |_| answer(given)
            >
                {name}
            </button>
        }
    };
    view! {
        <main class="sheet" data-testid="ask-location">
            <div class="sheet-top"></div>
            <div class="sheet-body">
                <span class="stop-mark calm" aria-hidden="true"><Symbol icon=Icon::Pin/></span>
                <h1 tabindex="-1">{w.consent_title()}</h1>
                <p class="lead">{w.consent_lead()}</p>
                <ul class="ticks">
                    <li><Symbol icon=Icon::Check/>{w.consent_once()}</li>
                    <li><Symbol icon=Icon::Check/>{w.consent_verdict()}</li>
                    <li><Symbol icon=Icon::Check/>{w.consent_without()}</li>
                    <li><Symbol icon=Icon::Check/>{w.consent_change()}</li>
                </ul>
                <p class="hint">{move || w.notice_version(&version.get())}</p>
                <Problem words=w code=session.problem/>
            </div>
            <div class="sheet-actions pair">
                {button(false, "consent-no", w.consent_no())}
                {button(true, "consent-yes", w.consent_yes())}
            </div>
        </main>
    }
}
