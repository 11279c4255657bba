//! Profile, device, language, theme, location, lock.

use bizmitra_ipc::{command, view::MeView};
use leptos::prelude::*;

use crate::{
    components::{
        appearance::Appearance,
        biometrics::BiometricsSwitch,
        icon::{Icon, Symbol},
        notice::Problem,
        sync_strip::SyncStrip,
    },
    describe, format,
    pages::waiting::split_groups,
    route::Route,
    state::Session,
};

/// Me.
#[component]
pub(crate) fn Me() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let me = RwSignal::new(None::<MeView>);
    session.ask(command::GetMe {}, move |view| {
        me.try_set(Some(view));
    });
    let loaded = Memo::new(move |_| me.with(Option::is_some));
    view! {
        <div class="page-head"><h1 tabindex="-1">{w.nav_me()}</h1></div>
        <Problem words=w code=session.problem/>
        <div class="columns">
            <div class="column">
                {move || me.get().map(|view| view! { <Profile view/> })}
                <section class="card settings" aria-label=w.settings()>
                    <Appearance/>
                    {move || loaded.get().then(|| view! { <LocationSwitch me/> })}
                    <BiometricsSwitch/>
                </section>
            </div>
            <div class="column">
                {move || me.get().map(|view| view! { <Device view/> })}
                <div class="pair">
                    <button
                        type="button"
                        class="button"
                        data-testid="open-devices"
                        data-state="idle"
                        on:click=move |_| session.go(Route::Devices)
                    >
                        <Symbol icon=Icon::Phone/>{w.my_devices()}
                    </button>
                    <button
                        type="button"
                        class="button"
                        data-testid="open-change-pin"
                        data-state="idle"
                        on:click=move |_| session.go(Route::ChangePin)
                    >
                        <Symbol icon=Icon::Lock/>{w.pin_change()}
                    </button>
                </div>
                <SyncStrip/>
                <button
                    type="button"
                    class="button"
                    data-testid="lock-now"
                    data-state="idle"
                    on:click=move |_| session.ask(command::Lock {}, move |status| session.take(status))
                >
                    <Symbol icon=Icon::Lock/>{w.lock_now()}
                </button>
            </div>
        </div>
    }
}

#[component]
fn Profile(view: MeView) -> impl IntoView {
    let w = Session::here().words();
    view! {
        <section class="card profile">
            <span class="avatar" aria-hidden="true">{format::initials(&view.name)}</span>
            <div>
                <h2>{view.name}</h2>
                <p>{format!("{} · {}", view.company, describe::role(w, view.role))}</p>
            </div>
        </section>
    }
}

/// Stays in place while its value changes, so that it keeps the focus.
#[component]
fn LocationSwitch(me: RwSignal<Option<MeView>>) -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let given = Memo::new(move |_| me.with(|m| m.as_ref().is_some_and(|m| m.location_consent)));
    let turn = move |_| {
        let notice_version = me
            .with_untracked(|m| m.as_ref().map(|m| m.notice_version.clone()))
            .unwrap_or_default();
        session.ask(
            command::SetLocationConsent {
                given: !given.get_untracked(),
                notice_version,
            },
            move |view| {
                me.try_set(Some(view));
            },
        );
    };
    view! {
        <div class="setting switch-line">
            <div>
                <span class="setting-name" id="consent-label">{w.consent_setting()}</span>
                <p class="hint" id="consent-hint">{move || if given.get() { w.consent_is_on() } else { w.consent_is_off() }}</p>
            </div>
            <button
                type="button"
                class="switch"
                role="switch"
                data-testid="location-consent"
                data-state=move || if given.get() { "on" } else { "off" }
                aria-checked=move || given.get().to_string()
                aria-labelledby="consent-label"
                aria-describedby="consent-hint"
                on:click=turn
            >
                <span class="switch-knob"></span>
                <span class="switch-word">{move || if given.get() { w.on() } else { w.off() }}</span>
            </button>
        </div>
    }
}

#[component]
fn Device(view: MeView) -> impl IntoView {
    let w = Session::here().words();
    view! {
        <section class="card device">
            <h2>{w.this_device()}</h2>
            <ol class="groups" data-testid="fingerprint" aria-label=w.device_code()>
                {split_groups(&view.fingerprint).into_iter().map(|group| view! { <li>{group}</li> }).collect_view()}
            </ol>
            <dl class="facts">
                <div><dt>{w.device_name()}</dt><dd>{view.device_name}</dd></div>
                <div><dt>{w.activate_server()}</dt><dd>{view.server}</dd></div>
                <div><dt>{w.lock_after()}</dt><dd>{w.minutes(view.lock_after_min.into())}</dd></div>
                <div><dt>{w.version()}</dt><dd data-testid="app-version">{view.app_version}</dd></div>
            </dl>
        </section>
    }
}
