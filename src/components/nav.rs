//! Bottom bar on a phone, left rail on a desktop: the same list, placed by the stylesheet.

use leptos::prelude::*;

use crate::{
    components::icon::{Icon, Symbol},
    route::Route,
    state::Session,
};

/// The pages; "Needs attention" only while something does.
#[component]
pub(crate) fn Nav() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let item = move |route: Route, icon: Icon, name: &'static str, id: &'static str| {
        view! {
            <li>
                <button
                    type="button"
                    class="nav-item"
                    data-testid=id
                    aria-current=move || (session.route.get().tab() == route).then_some("page")
                    on:click=move |_| session.go(route)
                >
                    <Symbol icon=icon/>
                    <span class="nav-name">{name}</span>
                    {(route == Route::Attention).then(|| view! { <span class="badge">{move || attention(session)}</span> })}
                </button>
            </li>
        }
    };
    view! {
        <nav class="nav" aria-label=w.nav()>
            <div class="nav-brand">
                <strong>"Bizmitra"</strong>
                <span>{move || session.status.with(|s| s.as_ref().map(|s| s.company.clone()))}</span>
            </div>
            <ul>
                {item(Route::Home, Icon::Home, w.nav_home(), "nav-home")}
                {item(Route::History, Icon::Calendar, w.nav_history(), "nav-history")}
                {move || {
                    (attention(session) > 0)
                        .then(|| item(Route::Attention, Icon::Alert, w.nav_attention_short(), "nav-attention"))
                }}
                {item(Route::Me, Icon::Person, w.nav_me(), "nav-me")}
            </ul>
            <div class="nav-foot">
                <span>{move || session.status.with(|s| s.as_ref().map(|s| s.name.clone()))}</span>
                <span>{move || session.status.with(|s| s.as_ref().map(|s| s.device_short.clone()))}</span>
            </div>
        </nav>
    }
}

fn attention(session: Session) -> u32 {
    session
        .status
        .with(|s| s.as_ref().map_or(0, |s| s.attention))
}
