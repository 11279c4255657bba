//! The window: which screen is due, and what the document says about it.

use bizmitra_ipc::view::{Phase, Theme};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::{
    components::{
        icon::{Icon, Symbol},
        nav::Nav,
        notice::{Notice, Problem},
    },
    describe::Tone,
    pages::{
        activate::Activate, attention::Attention, biometrics::Biometrics, change_pin::ChangePin,
        devices::Devices, forgot::Forgot, history::History, home::Home, location::AskLocation,
        me::Me, stopped::Stopped, unlock::Unlock, waiting::Waiting,
    },
    route::{Route, Screen},
    state::Session,
};

/// The whole app.
#[component]
pub(crate) fn App() -> impl IntoView {
    let session = Session::new();
    provide_context(session);
    session.start();
    describe_document(session);
    // The tree is built anew when the language changes: words are then plain text everywhere else.
    move || {
        session.language.track();
        match session.screen.get() {
            None => view! { <Opening/> }.into_any(),
            Some(screen) => view! { <Damaged/>{show(screen)} }.into_any(),
        }
    }
}

fn show(screen: Screen) -> AnyView {
    match screen {
        Screen::Activate => view! { <Activate/> }.into_any(),
        Screen::Activating => view! { <Waiting approval=false/> }.into_any(),
        Screen::Approval => view! { <Waiting approval=true/> }.into_any(),
        Screen::Unlock => view! { <Unlock/> }.into_any(),
        Screen::Forgot => view! { <Forgot/> }.into_any(),
        Screen::Destroyed
        | Screen::Suspended
        | Screen::LeaseEnded
        | Screen::Revoked
        | Screen::Wiped
        | Screen::NoKeystore => view! { <Stopped screen/> }.into_any(),
        Screen::Page(Route::Location) => view! { <AskLocation/> }.into_any(),
        Screen::Page(Route::ChangePin) => view! { <ChangePin/> }.into_any(),
        Screen::Page(Route::Biometrics) => view! { <Biometrics/> }.into_any(),
        Screen::Page(route) => {
            let page = match route {
                Route::History => view! { <History/> }.into_any(),
                Route::Attention => view! { <Attention/> }.into_any(),
                Route::Me => view! { <Me/> }.into_any(),
                Route::Devices => view! { <Devices/> }.into_any(),
                Route::Home | Route::Location | Route::ChangePin | Route::Biometrics => {
                    view! { <Home/> }.into_any()
                }
            };
            view! { <div class="frame"><Nav/><main class="page">{page}</main></div> }.into_any()
        }
    }
}

/// Until the shell has answered: nothing, or why not.
#[component]
fn Opening() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    move || {
        session.problem.with(Option::is_some).then(|| {
            view! {
                <main class="sheet">
                    <div class="sheet-body">
                        <h1 tabindex="-1">"Bizmitra"</h1>
                        <Problem words=w code=session.problem/>
                    </div>
                    <div class="sheet-actions">
                        <button
                            type="button"
                            class="button primary"
                            data-testid="ask-again"
                            data-state="idle"
                            on:click=move |_| session.refresh()
                        >
                            {w.try_again()}
                        </button>
                    </div>
                </main>
            }
        })
    }
}

/// Said on every screen until it is closed: the store was damaged and moved aside.
#[component]
fn Damaged() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let damaged = Memo::new(move |_| {
        session
            .status
            .with(|s| s.as_ref().is_some_and(|s| s.store_was_damaged))
    });
    move || {
        (damaged.get() && !session.damage_seen.get()).then(|| {
            view! {
                <div class="damaged" role="alert" data-testid="store-damaged">
                    <Notice tone=Tone::Waiting icon=Icon::Alert title=w.damaged_title() text=w.damaged_text()>
                        <button
                            type="button"
                            class="link"
                            data-testid="damaged-close"
                            on:click=move |_| session.damage_seen.set(true)
                        >
                            <Symbol icon=Icon::Close/>{w.close()}
                        </button>
                    </Notice>
                </div>
            }
        })
    }
}

/// Language, theme and phase on the root element; the heading gets the focus when the screen changes.
fn describe_document(session: Session) {
    let set = |name: &str, value: &str| {
        if let Some(root) = document().document_element() {
            // An attribute that cannot be set changes no data; the screen is shown all the same.
            let _refused = root.set_attribute(name, value);
        }
    };
    Effect::new(move |_| set("lang", crate::words::Words(session.language.get()).tag()));
    Effect::new(move |_| {
        set(
            "data-theme",
            match session.theme.get() {
                Theme::System => "system",
                Theme::Light => "light",
                Theme::Dark => "dark",
            },
        );
    });
    Effect::new(move |_| {
        set(
            "data-phase",
            session
                .status
                .with(|s| s.as_ref().map_or("opening", |s| phase_id(s.phase))),
        );
    });
    Effect::new(move |before: Option<bool>| {
        let there = session.screen.get().is_some();
        session.activation.invitation.track();
        session.activation.accepted.track();
        if before == Some(true) {
            request_animation_frame(|| focus("h1"));
        }
        there
    });
    Effect::new(move |before: Option<bool>| {
        let tag = crate::words::Words(session.language.get()).tag();
        // The first status brings a language too: nobody chose it just now.
        if before == Some(true) {
            request_animation_frame(move || focus(&format!("#language-{tag}")));
        }
        session.status.with_untracked(Option::is_some)
    });
    Effect::new(move |_| {
        let answered =
            session.screen.with(Option::is_some) || session.problem.with(Option::is_some);
        if let Some(splash) = answered
            .then(|| document().get_element_by_id("splash"))
            .flatten()
        {
            splash.remove();
        }
    });
}

fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        // An element that takes no focus leaves it where it was.
        let _refused = element.focus();
    }
}

const fn phase_id(phase: Phase) -> &'static str {
    match phase {
        Phase::NotActivated => "not_activated",
        Phase::Activating => "activating",
        Phase::AwaitingApproval => "awaiting_approval",
        Phase::Locked => "locked",
        Phase::Unlocked => "unlocked",
        Phase::Destroyed => "destroyed",
        Phase::Suspended => "suspended",
        Phase::LeaseEnded => "lease_ended",
        Phase::Revoked => "revoked",
        Phase::Wiped => "wiped",
        Phase::NoKeystore => "no_keystore",
    }
}
