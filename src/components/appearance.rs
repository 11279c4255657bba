//! Language and theme.

use bizmitra_ipc::view::{Language, Theme};
use leptos::prelude::*;

use crate::state::Session;

/// Both choices, live.
#[component]
pub(crate) fn Appearance() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let language = move |value: Language, id: &'static str, name: &'static str| {
        let chosen = move || session.language.get() == value;
        view! {
            <button
                type="button"
                id=id
                class="choice"
                lang=if value == Language::Hindi { "hi" } else { "en" }
                data-testid=id
                aria-pressed=move || chosen().to_string()
                on:click=move |_| session.set_appearance(value, session.theme.get_untracked())
            >
                {name}
            </button>
        }
    };
    let theme = move |value: Theme, id: &'static str, name: &'static str| {
        let chosen = move || session.theme.get() == value;
        view! {
            <button
                type="button"
                class="choice"
                data-testid=id
                aria-pressed=move || chosen().to_string()
                on:click=move |_| session.set_appearance(session.language.get_untracked(), value)
            >
                {name}
            </button>
        }
    };
    view! {
        <div class="setting">
            <span class="setting-name" id="language-label">{w.language()}</span>
            <div class="choices" role="group" aria-labelledby="language-label">
                {language(Language::English, "language-en", "English")}
                {language(Language::Hindi, "language-hi", "हिन्दी")}
            </div>
        </div>
        <div class="setting">
            <span class="setting-name" id="theme-label">{w.theme()}</span>
            <div class="choices" role="group" aria-labelledby="theme-label">
                {theme(Theme::System, "theme-system", w.theme_system())}
                {theme(Theme::Light, "theme-light", w.theme_light())}
                {theme(Theme::Dark, "theme-dark", w.theme_dark())}
            </div>
        </div>
    }
}

/// The other language as a small link, for screens without settings.
#[component]
pub(crate) fn OtherLanguage() -> impl IntoView {
    let session = Session::here();
    let (other, id, name) = match session.language.get_untracked() {
        Language::English => (Language::Hindi, "language-hi", "हिन्दी"),
        Language::Hindi => (Language::English, "language-en", "English"),
    };
    view! {
        <button
            type="button"
            class="link language-link"
            lang=if other == Language::Hindi { "hi" } else { "en" }
            data-testid=id
            on:click=move |_| session.set_appearance(other, session.theme.get_untracked())
        >
            {name}
        </button>
    }
}
