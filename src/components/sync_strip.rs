//! One line about what is sent and what waits; read out politely when it changes.

use bizmitra_ipc::{
    command,
    view::{SyncState, SyncView},
};
use leptos::prelude::*;

use crate::{
    components::{
        icon::{Icon, Symbol},
        notice::tone_icon,
    },
    describe::{self, Tone},
    format,
    state::Session,
};

/// The strip, from the status.
#[component]
pub(crate) fn SyncStrip() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let shown = Memo::new(move |_| {
        session
            .status
            .with(|s| s.as_ref().map(|s| (s.sync.clone(), s.waiting)))
    });
    view! {
        <div class="sync-place" role="status" aria-live="polite">
            {move || {
                shown.get().map(|(sync, waiting)| {
                    let (tone, title, text) = describe::sync(w, &sync, waiting);
                    view! {
                        <div
                            class=format!("sync {}", tone.class())
                            data-testid="sync-strip"
                            data-state=describe::sync_id(sync.state)
                            data-waiting=waiting.to_string()
                        >
                            <Symbol icon=icon(tone, &sync)/>
                            <p>
                                <strong>{title}</strong>
                                {(!text.is_empty()).then(|| format!(" {text}"))}
                                {(waiting > 0 && sync.state != SyncState::AllSent).then(|| view! {
                                    " "<span class="nowrap">{w.waiting_records(waiting.into())}</span>
                                })}
                            </p>
                            {retry(session, &sync)}
                        </div>
                    }
                })
            }}
        </div>
    }
}

const fn icon(tone: Tone, sync: &SyncView) -> Icon {
    match sync.state {
        SyncState::Offline | SyncState::ServerUnreachable => Icon::NoSignal,
        SyncState::Sending => Icon::Send,
        _ => tone_icon(tone),
    }
}

/// "Try now" where a wait can be cut short; with the time until the next try by itself.
fn retry(session: Session, sync: &SyncView) -> Option<impl IntoView + use<>> {
    let w = session.words();
    let waits = matches!(
        sync.state,
        SyncState::Offline
            | SyncState::ServerUnreachable
            | SyncState::CaptivePortal
            | SyncState::SignIn
    );
    let next = sync.next_try_ms;
    waits.then(move || {
        view! {
            <button
                type="button"
                class="link sync-now"
                data-testid="sync-now"
                on:click=move |_| session.ask(command::SyncNow {}, move |status| session.take(status))
            >
                {w.sync_now()}
                // Not announced each second: only the strip itself is live.
                <span class="sync-next" aria-hidden="true">
                    {move || {
                        next.map(|next| session.left_ms(next, session.received_ms.get()))
                            .filter(|left| *left > 0)
                            .map(format::countdown)
                    }}
                </span>
            </button>
        }
    })
}
