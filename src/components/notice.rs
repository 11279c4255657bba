//! Chips, notices and errors: a tone, an icon and words.

use bizmitra_ipc::error::ErrorCode;
use leptos::prelude::*;

use crate::{
    components::icon::{Icon, Symbol},
    describe::{self, Tone},
    words::Words,
};

/// The shape that goes with a tone.
pub(crate) const fn tone_icon(tone: Tone) -> Icon {
    match tone {
        Tone::Good => Icon::Check,
        Tone::Waiting => Icon::Clock,
        Tone::Bad => Icon::Alert,
        Tone::Info | Tone::Quiet => Icon::Info,
    }
}

/// A small state.
#[component]
pub(crate) fn Chip(
    tone: Tone,
    #[prop(into)] text: String,
    #[prop(optional)] plain: bool,
) -> impl IntoView {
    view! {
        <span class=format!("chip {}", tone.class())>
            {(!plain).then(|| view! { <Symbol icon=tone_icon(tone)/> })}
            {text}
        </span>
    }
}

/// A box with an icon, a headline and what to do.
#[component]
pub(crate) fn Notice(
    /// Colour.
    tone: Tone,
    /// Shape.
    icon: Icon,
    /// Headline.
    #[prop(into)]
    title: String,
    /// Explanation.
    #[prop(into, optional)]
    text: String,
    /// A button, if there is one.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class=format!("notice {}", tone.class())>
            <Symbol icon=icon/>
            <p><strong>{title}</strong>" "{text}</p>
            {children.map(|children| view! { <div class="notice-action">{children()}</div> })}
        </div>
    }
}

/// An error in words, read out at once.
#[component]
pub(crate) fn Problem(words: Words, code: RwSignal<Option<ErrorCode>>) -> impl IntoView {
    view! {
        <div role="alert">
            {move || {
                code.get().map(|code| {
                    let (what, and_now) = describe::error(words, code);
                    view! {
                        <div data-testid="problem" data-state=format!("{code:?}")>
                            <Notice tone=Tone::Bad icon=Icon::Alert title=what text=and_now/>
                        </div>
                    }
                })
            }}
        </div>
    }
}
