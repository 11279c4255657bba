//! The PIN is forgotten: what will happen, what is safe, and where a code comes from.

use leptos::prelude::*;

use crate::{
    components::{
        appearance::OtherLanguage,
        icon::{Icon, Symbol},
        sync_strip::SyncStrip,
    },
    route::Entering,
    state::Session,
};

/// Reached from the keypad; nothing is lost by reading it.
#[component]
pub(crate) fn Forgot() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let entering = session.activation.entering;
    let waiting = move || session.status.with(|s| s.as_ref().map_or(0, |s| s.waiting));
    let point = move |icon: Icon, title: &'static str, text: &'static str| {
        view! { <li><Symbol icon=icon/><p><strong>{title}</strong>" "{text}</p></li> }
    };
    view! {
        <main class="sheet" data-testid="forgot">
            <div class="sheet-top">
                <button type="button" class="link" data-testid="forgot-back" on:click=move |_| entering.set(Entering::No)>
                    <Symbol icon=Icon::Back/>{w.back()}
                </button>
                <OtherLanguage/>
            </div>
            <div class="sheet-body">
                <h1 tabindex="-1">{w.forgot_title()}</h1>
                <p class="lead">{w.forgot_lead()}</p>
                <section class="card privacy" data-testid="forgot-text">
                    <ul>
                        {point(Icon::Lock, w.forgot_nobody(), w.forgot_nobody_text())}
                        {point(Icon::Person, w.forgot_ask(), w.forgot_ask_text())}
                        {point(Icon::Check, w.forgot_new(), w.forgot_new_text())}
                    </ul>
                </section>
                <p class="stop-waiting" data-testid="forgot-waiting" role="status">
                    {move || match waiting() {
                        0 => w.forgot_all_sent().to_owned(),
                        n => w.forgot_waiting(n.into()),
                    }}
                </p>
                <SyncStrip/>
            </div>
            <div class="sheet-actions">
                <button
                    type="button"
                    class="button primary"
                    data-testid="new-code"
                    data-state="idle"
                    on:click=move |_| entering.set(Entering::Code)
                >
                    {w.forgot_have_code()}
                </button>
            </div>
        </main>
    }
}
