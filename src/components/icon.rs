//! The one set of icons: inline paths on a 24 grid, drawn with the colour of the text beside them.

use leptos::prelude::*;

/// Which icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Home,
    Calendar,
    Person,
    Alert,
    Check,
    Clock,
    Info,
    Arrow,
    Leave,
    Cup,
    Back,
    Next,
    Erase,
    NoSignal,
    Send,
    Pin,
    Lock,
    Undo,
    Close,
    Phone,
    Desktop,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Home => "M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4v-5h-6v5H5a1 1 0 0 1-1-1z",
            Self::Calendar => "M5 6h14v14H5zM5 10h14M9 3v4M15 3v4",
            Self::Person => {
                "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.500c.7-3.5 3.7-5.5 7.5-5.500s6.8 2 7.5 5.5"
            }
            Self::Alert => "M12 4l9 16H3zM12 10v4.500M12 17.200v.1",
            Self::Check => "M5 12.500l4.5 4.500L19 7.5",
            Self::Clock => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
            Self::Info => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.500M12 7.700v.1",
            Self::Arrow => "M4 12h16M13 5l7 7-7 7",
            Self::Leave => "M14 4H6v16h8M10 12h11M17 8l4 4-4 4",
            Self::Cup => {
                "M5 8h11v6a5 5 0 0 1-5 5h-1a5 5 0 0 1-5-5zM16 10h2a2.5 2.5 0 0 1 0 5h-2M8 3v2M12 3v2"
            }
            Self::Back => "M15 5l-7 7 7 7",
            Self::Next => "M9 5l7 7-7 7",
            Self::Erase => "M9 6h11v12H9l-6-6zM12 9.500l5 5M17 9.500l-5 5",
            Self::NoSignal => {
                "M4 4l16 16M8.5 8.500A12 12 0 0 0 3.5 11M11 6.600c3.6-.3 7 1 9.5 3.700M7 14.500a7.5 7.5 0 0 1 3.6-2M14.7 12.700c.9.4 1.7 1 2.3 1.800M12 18.500v.1"
            }
            Self::Send => "M20 4L3 11l7 3 3 7zM10 14l4-4",
            Self::Pin => {
                "M12 21s7-6.3 7-11.500a7 7 0 0 0-14 0C5 14.7 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"
            }
            Self::Lock => "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
            Self::Undo => "M8 5L4 9l4 4M4 9h10a5.5 5.5 0 0 1 0 11h-3",
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::Phone => {
                "M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2"
            }
            Self::Desktop => "M4 5h16v11H4zM9 20h6M12 16v4",
        }
    }
}

/// An icon; always beside a word, so hidden from screen readers.
#[component]
pub(crate) fn Symbol(icon: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=icon.path()></path>
        </svg>
    }
}
