#![doc = include_str!("README.md")]

mod app;
mod bridge;
mod components;
mod describe;
mod format;
mod pages;
mod route;
mod state;
mod words;

/// Mounts the app into the page. The splash of `index.html` goes with the first answer of the shell.
pub fn mount() {
    std::panic::set_hook(Box::new(|info| {
        // The place only: a message could carry what was on the screen.
        leptos::logging::error!(
            "panicked at {}",
            info.location().map(ToString::to_string).unwrap_or_default()
        );
        if let Some(root) = leptos::prelude::document().document_element() {
            // Nothing more can be done when even this fails: the console line above is there.
            let _refused = root.class_list().add_1("panicked");
        }
    }));
    leptos::mount::mount_to_body(app::App);
}
