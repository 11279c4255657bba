//! Screens on which this device cannot go on by itself. Each says what happened, what is safe, and what to do.

use bizmitra_ipc::{command, view::EndReason};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    bridge,
    components::{
        appearance::OtherLanguage,
        icon::{Icon, Symbol},
        notice::Problem,
        sync_strip::SyncStrip,
    },
    route::{Entering, Screen},
    state::Session,
    words::Words,
};

/// Events tell of a change; this is the net under them.
const ASK_AGAIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Icon, headline, explanation.
fn say(w: Words, screen: Screen, ended: Option<EndReason>) -> (Icon, &'static str, &'static str) {
    let title = match ended {
        Some(EndReason::Lost) => w.lost_title(),
        Some(EndReason::Replaced) => w.replaced_title(),
        Some(EndReason::Revoked) | None => w.revoked_title(),
    };
    match screen {
        Screen::Destroyed => (Icon::Lock, w.destroyed_title(), w.destroyed_text()),
        Screen::Revoked => (Icon::Alert, title, w.revoked_text()),
        Screen::Wiped => (Icon::Info, title, w.wiped_text()),
        Screen::Suspended => (Icon::Clock, w.suspended_title(), w.suspended_text()),
        Screen::LeaseEnded => (Icon::NoSignal, w.lease_title(), w.lease_text()),
        _ => (Icon::Lock, w.keystore_title(), w.keystore_text()),
    }
}

/// All of them.
#[component]
pub(crate) fn Stopped(screen: Screen) -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let ended = session
        .status
        .with_untracked(|s| s.as_ref().and_then(|s| s.ended));
    let (icon, title, text) = say(w, screen, ended);
    let waiting = Memo::new(move |_| session.status.with(|s| s.as_ref().map_or(0, |s| s.waiting)));
    // What waits is signed by the old keys: a new code works once it is sent.
    let takes_a_code = move || match screen {
        Screen::Destroyed | Screen::Wiped => true,
        Screen::Revoked => waiting.get() == 0,
        _ => false,
    };
    if matches!(screen, Screen::Suspended | Screen::LeaseEnded)
        && let Ok(handle) = set_interval_with_handle(move || session.refresh(), ASK_AGAIN)
    {
        on_cleanup(move || handle.clear());
    }
    let calm = matches!(screen, Screen::Wiped | Screen::Suspended);
    view! {
        <main class="sheet" data-testid="stopped" data-state=screen.id()>
            <div class="sheet-top">
                <span class="eyebrow">{move || session.status.with(|s| s.as_ref().map(|s| s.company.clone()))}</span>
                <OtherLanguage/>
            </div>
            <div class="sheet-body">
                <span class="stop-mark" class:calm=calm aria-hidden="true"><Symbol icon=icon/></span>
                <h1 tabindex="-1">{title}</h1>
                <p class="lead" data-testid="stopped-text">{text}</p>
                {move || {
                    (waiting.get() > 0).then(|| view! {
                        <p class="stop-waiting" data-testid="stopped-waiting">{w.still_sent(waiting.get().into())}</p>
                    })
                }}
                {matches!(screen, Screen::Suspended | Screen::LeaseEnded).then(|| view! {
                    <p class="wait-line" role="status"><Symbol icon=Icon::Clock/>{w.approval_wait()}</p>
                })}
                {(screen != Screen::NoKeystore).then(|| view! { <SyncStrip/> })}
                <Problem words=w code=session.problem/>
            </div>
            <div class="sheet-actions">
                {move || takes_a_code().then(|| view! {
                    <button
                        type="button"
                        class="button primary"
                        data-testid="new-code"
                        data-state="idle"
                        on:click=move |_| session.activation.entering.set(Entering::Code)
                    >
                        {w.new_code()}
                    </button>
                })}
                {(screen == Screen::LeaseEnded).then(|| view! { <TryNow/> })}
                {(screen == Screen::NoKeystore).then(|| view! {
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

/// Asks the server now.
#[component]
fn TryNow() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let busy = RwSignal::new(false);
    let ask = move |_| {
        busy.set(true);
        spawn_local(async move {
            let answer = bridge::call(command::SyncNow {}).await;
            busy.try_set(false);
            match answer {
                Ok(status) => session.take(status),
                Err(error) => session.fail(&error),
            }
        });
    };
    view! {
        <button
            type="button"
            class="button primary"
            data-testid="connect-now"
            data-state=move || if busy.get() { "busy" } else { "idle" }
            disabled=move || busy.get()
            on:click=ask
        >
            {move || if busy.get() { w.activate_checking() } else { w.sync_now() }}
        </button>
    }
}
