//! Our own keypad: the digits never pass through a system keyboard that learns. A hardware keyboard works too.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

use crate::{
    components::icon::{Icon, Symbol},
    state::Session,
};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Digit(char),
    Erase,
    Enter,
}

/// What a key of a hardware keyboard does.
pub(crate) fn read_key(name: &str) -> Option<Key> {
    match name {
        "Backspace" => Some(Key::Erase),
        "Enter" => Some(Key::Enter),
        _ => {
            let mut chars = name.chars();
            chars
                .next()
                .filter(|c| c.is_ascii_digit() && chars.next().is_none())
                .map(Key::Digit)
        }
    }
}

/// The digits so far after a key; `most` digits at most.
pub(crate) fn press(digits: &str, key: Key, most: u8) -> String {
    let mut out = digits.to_owned();
    match key {
        Key::Digit(c) if out.len() < usize::from(most) => out.push(c),
        Key::Erase => {
            out.pop();
        }
        Key::Digit(_) | Key::Enter => {}
    }
    out
}

/// How many digits are in, without saying which.
#[component]
pub(crate) fn Dots(
    /// The digits.
    pin: RwSignal<String>,
    /// Places to show.
    places: Signal<u8>,
) -> impl IntoView {
    let w = Session::here().words();
    let count = move || pin.with(String::len);
    view! {
        <div
            class="dots"
            role="img"
            data-testid="pin-dots"
            data-count=move || count().to_string()
            aria-label=move || w.pin_dots(count() as u64)
        >
            {move || {
                (0..usize::from(places.get()).max(count()))
                    .map(|index| view! { <span class="dot" class:filled=index < count()></span> })
                    .collect_view()
            }}
        </div>
    }
}

/// Three by four keys. `with_enter` shows a key to finish; a hardware Enter always finishes.
#[component]
pub(crate) fn Keypad(
    #[prop(into)] disabled: Signal<bool>,
    #[prop(into)] with_enter: Signal<bool>,
    on_key: impl Fn(Key) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let w = Session::here().words();
    let act = move |key| {
        if !disabled.get_untracked() {
            on_key(key);
        }
    };
    let handle = window_event_listener(ev::keydown, move |event| {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let Some(key) = read_key(&event.key()) else {
            return;
        };
        let focused = document().active_element();
        // Enter on another button is that button's; Enter on a key of the pad finishes.
        let on_other_button = focused
            .as_ref()
            .and_then(|element| element.dyn_ref::<web_sys::HtmlElement>())
            .is_some_and(|element| {
                element.tag_name() == "BUTTON" && !element.class_list().contains("key")
            });
        if key == Key::Enter && on_other_button {
            return;
        }
        event.prevent_default();
        act(key);
    });
    on_cleanup(move || handle.remove());
    let digit = move |c: char| {
        view! {
            <button
                type="button"
                class="key"
                data-testid=format!("key-{c}")
                disabled=move || disabled.get()
                on:click=move |_| act(Key::Digit(c))
            >
                {c.to_string()}
            </button>
        }
    };
    view! {
        <div class="keypad" role="group" aria-label=w.keypad()>
            {('1'..='9').map(digit).collect_view()}
            <button
                type="button"
                class="key small"
                class:absent=move || !with_enter.get()
                data-testid="key-enter"
                aria-label=w.key_enter()
                disabled=move || disabled.get() || !with_enter.get()
                on:click=move |_| act(Key::Enter)
            >
                <Symbol icon=Icon::Check/>
            </button>
            {digit('0')}
            <button
                type="button"
                class="key small"
                data-testid="key-back"
                aria-label=w.key_back()
                disabled=move || disabled.get()
                on:click=move |_| act(Key::Erase)
            >
                <Symbol icon=Icon::Erase/>
            </button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_erase_and_enter_are_keys() {
        assert_eq!(read_key("7"), Some(Key::Digit('7')));
        assert_eq!(read_key("Backspace"), Some(Key::Erase));
        assert_eq!(read_key("Enter"), Some(Key::Enter));
        for other in ["a", "F5", "12", "७", "Tab", ""] {
            assert_eq!(read_key(other), None);
        }
    }

    #[test]
    fn a_pin_grows_to_its_length_and_shrinks_to_nothing() {
        assert_eq!(press("12", Key::Digit('3'), 3), "123");
        assert_eq!(press("123", Key::Digit('4'), 3), "123");
        assert_eq!(press("123", Key::Erase, 3), "12");
        assert_eq!(press("", Key::Erase, 3), "");
        assert_eq!(press("12", Key::Enter, 3), "12");
    }
}
