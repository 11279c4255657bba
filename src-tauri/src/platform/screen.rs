//! Hears when the screen goes off or is locked, where the platform says so.
//!
//! | platform | heard |
//! |---|---|
//! | Linux | lock and sleep from logind, the screen saver of freedesktop.org or GNOME |
//! | Android | `ACTION_SCREEN_OFF` |
//! | iPhone, Windows, macOS | nothing: there the minutes in the background lock |

#[cfg(target_os = "android")]
pub mod android;
#[cfg(target_os = "linux")]
pub mod linux;
