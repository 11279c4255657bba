//! Screens on which this device cannot go on by itself. Each says what is safe.

use leptos::prelude::*;

use crate::{
    components::{
        appearance::OtherLanguage,
        icon::{Icon, Symbol},
        notice::Problem,
        sync_strip::SyncStrip,
    },
    route::Screen,
    state::Session,
};

/// Vault destroyed, device revoked, no keystore.
#[component]
pub(crate) fn Stopped(screen: Screen) -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let (icon, title, text) = match screen {
        Screen::Destroyed => (Icon::Lock, w.destroyed_title(), w.destroyed_text()),
        Screen::Revoked => (Icon::Alert, w.revoked_title(), w.revoked_text()),
        _ => (Icon::Lock, w.keystore_title(), w.keystore_text()),
    };
    let takes_a_code = matches!(screen, Screen::Destroyed | Screen::Revoked);
    let keystore = screen == Screen::NoKeystore;
    view! {
        <main class="sheet" data-testid="stopped">
            <div class="sheet-top">
                <span class="eyebrow">{move || session.status.with(|s| s.as_ref().map(|s| s.company.clone()))}</span>
                <OtherLanguage/>
            </div>
            <div class="sheet-body">
                <span class="stop-mark" aria-hidden="true"><Symbol icon=icon/></span>
                <h1 tabindex="-1">{title}</h1>
                <p class="lead">{text}</p>
                {move || {
                    let waiting = session.status.with(|s| s.as_ref().map_or(0, |s| s.waiting));
                    (waiting > 0).then(|| view! {
                        <p class="stop-waiting" data-testid="stopped-waiting">{w.still_sent(waiting.into())}</p>
                    })
                }}
                {(!keystore).then(|| view! { <SyncStrip/> })}
                <Problem words=w code=session.problem/>
            </div>
            <div class="sheet-actions">
                {takes_a_code.then(|| view! {
                    <button
                        type="button"
                        class="button primary"
                        data-testid="new-code"
                        data-state="idle"
                        on:click=move |_| session.activation.entering_code.set(true)
                    >
                        {w.new_code()}
                    </button>
                })}
                {keystore.then(|| view! {
                    <button
                        type="button"
                        class="button primary"
                        data-testid="ask-again"
                        data-state="idle"
                        on:click=move |_| session.refresh()
                    >
                        {w.try_again()}
                    </button>
                })}
            </div>
        </main>
    }
}
