//! Code, then company, person and privacy notice, then the PIN.

use bizmitra_ipc::{command, view::InvitationView};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    bridge,
    components::{
        appearance::OtherLanguage,
        icon::{Icon, Symbol},
        notice::Problem,
    },
    pages::choose_pin::ChoosePin,
    route::Entering,
    state::{
        Session,
        activation::{is_complete, is_link, read_typed},
    },
};

/// The step that is due.
#[component]
pub(crate) fn Activate() -> impl IntoView {
    let flow = Session::here().activation;
    move || match (flow.invitation.get(), flow.accepted.get()) {
        (None, _) => view! { <EnterCode/> }.into_any(),
        (Some(invitation), false) => view! { <PrivacyNotice invitation/> }.into_any(),
        (Some(invitation), true) => view! { <ChoosePin invitation/> }.into_any(),
    }
}

#[component]
fn EnterCode() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let flow = session.activation;
    let offered = session
        .status
        .with_untracked(|s| s.as_ref().map(|s| s.default_server.clone()))
        .unwrap_or_default();
    if flow.server.with_untracked(String::is_empty) {
        flow.server.set(offered.clone());
    }
    session.problem.set(None);
    let busy = RwSignal::new(false);
    let linked = move || flow.code.with(|code| is_link(code));
    let ready = move || {
        flow.code.with(|code| is_complete(code))
            && (linked() || flow.server.with(|server| !server.trim().is_empty()))
    };
    let submit = move || {
        if busy.get_untracked() || !untrack(ready) {
            return;
        }
        busy.set(true);
        session.problem.set(None);
        let arguments = command::CheckCode {
            server: flow.server.get_untracked().trim().to_owned(),
            code: flow.code.get_untracked(),
        };
        spawn_local(async move {
            let answer = bridge::call(arguments).await;
            busy.try_set(false);
            match answer {
                Ok(invitation) => {
                    flow.invitation.try_set(Some(invitation));
                }
                Err(error) => session.fail(&error),
            }
        });
    };
    view! {
        <main class="sheet">
            <div class="sheet-top">
                {if flow.entering.get_untracked() == Entering::No {
                    view! { <span class="brand"><BrandMark/>"Bizmitra"</span> }.into_any()
                } else {
                    view! {
                        <button type="button" class="link" data-testid="code-back" on:click=move |_| flow.entering.set(Entering::No)>
                            <Symbol icon=Icon::Back/>{w.back()}
                        </button>
                    }.into_any()
                }}
                <OtherLanguage/>
            </div>
            <form class="sheet-form" on:submit=move |event| { event.prevent_default(); submit(); }>
                <div class="sheet-body">
                    <h1 tabindex="-1">{w.activate_title()}</h1>
                    <p class="lead">{w.activate_lead()}</p>
                    <label class="field">
                        <span>{w.activate_code()}</span>
                        <input
                            class="code"
                            class:link-text=linked
                            data-testid="code-input"
                            type="text"
                            autocomplete="off"
                            autocapitalize="characters"
                            spellcheck="false"
                            enterkeyhint="go"
                            maxlength="600"
                            placeholder="XXXXX-XXXXX"
                            prop:value=move || flow.code.get()
                            on:input=move |event| flow.code.set(read_typed(&event_target_value(&event)))
                        />
                        <small data-testid="code-hint">{move || if linked() { w.activate_link_hint() } else { w.activate_code_hint() }}</small>
                    </label>
                    <details class="server" class:absent=linked open=offered.is_empty()>
                        <summary data-testid="server-toggle"><span class="nowrap">{w.activate_server()}</span>
                            <span class="server-now">{move || flow.server.get()}</span>
                        </summary>
                        <label class="field">
                            <span class="sr-only">{w.activate_server()}</span>
                            <input
                                data-testid="server-input"
                                type="url"
                                inputmode="url"
                                autocomplete="off"
                                autocapitalize="none"
                                spellcheck="false"
                                placeholder="https://"
                                prop:value=move || flow.server.get()
                                on:input=move |event| flow.server.set(event_target_value(&event))
                            />
                            <small>{w.activate_server_hint()}</small>
                        </label>
                    </details>
                    <Problem words=w code=session.problem/>
                </div>
                <div class="sheet-actions">
                    <button
                        type="submit"
                        class="button primary"
                        data-testid="code-submit"
                        data-state=move || if busy.get() { "busy" } else { "idle" }
                        disabled=move || !ready() || busy.get()
                    >
                        {move || if busy.get() { w.activate_checking() } else { w.go_on() }}
                        <Symbol icon=Icon::Arrow/>
                    </button>
                </div>
            </form>
        </main>
    }
}

#[component]
fn PrivacyNotice(invitation: InvitationView) -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let flow = session.activation;
    let point = move |icon: Icon, title: &'static str, text: &'static str| {
        view! { <li><Symbol icon=icon/><p><strong>{title}</strong>" "{text}</p></li> }
    };
    view! {
        <main class="sheet">
            <div class="sheet-top">
                <button type="button" class="link" data-testid="notice-back" on:click=move |_| flow.restart()>
                    <Symbol icon=Icon::Back/>{w.back()}
                </button>
                <OtherLanguage/>
            </div>
            <div class="sheet-body">
                <p class="eyebrow">{invitation.company}</p>
                <h1 tabindex="-1">{w.notice_hello(&invitation.name)}</h1>
                {invitation.needs_approval.then(|| view! { <p class="lead">{w.notice_approval()}</p> })}
                <section class="card privacy" aria-label=w.notice_title()>
                    <h2>{w.notice_title()}</h2>
                    <ul>
                        {point(Icon::Clock, w.notice_what(), w.notice_what_text())}
                        {point(Icon::Pin, w.notice_where(), w.notice_where_text())}
                        {point(Icon::Person, w.notice_who(), w.notice_who_text())}
                        {point(Icon::Lock, w.notice_pin(), w.notice_pin_text())}
                    </ul>
                    <p class="hint" data-testid="notice-version">{w.notice_version(&invitation.notice_version)}</p>
                </section>
            </div>
            <div class="sheet-actions">
                <button
                    type="button"
                    class="button primary"
                    data-testid="accept-notice"
                    data-state="idle"
                    on:click=move |_| flow.accepted.set(true)
                >
                    {w.notice_accept()}
                </button>
            </div>
        </main>
    }
}

/// The mark: a receipt with a tick.
#[component]
pub(crate) fn BrandMark() -> impl IntoView {
    view! {
        <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path class="brand-paper" d="M7 3h18a2 2 0 0 1 2 2v24l-3.7-2.8-3.6 2.8-3.7-2.8-3.7 2.8-3.6-2.8L5 29V5a2 2 0 0 1 2-2z"></path>
            <path class="brand-tick" d="M10.5 15l4 4 7.5-8"></path>
        </svg>
    }
}
