//! Commands: a name, its arguments, its answer. `call::<C>(&args)` in the UI and the shell's handlers share these.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::view;

/// A command of the shell.
pub trait Command: Serialize + DeserializeOwned {
    /// The name under which the shell answers.
    const NAME: &'static str;
    /// What comes back.
    type Answer: Serialize + DeserializeOwned;
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident = $text:literal { $($(#[$fdoc:meta])* $field:ident: $ty:ty),* $(,)? } -> $answer:ty;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Serialize, Deserialize)]
            pub struct $name { $($(#[$fdoc])* pub $field: $ty),* }
            impl Command for $name {
                const NAME: &'static str = $text;
                type Answer = $answer;
            }
        )*
        /// Every command name; the shell declares exactly these to its access control list.
        pub const NAMES: &[&str] = &[$($text),*];
    };
}

commands! {
    /// Where the device stands; answered also while locked.
    GetStatus = "get_status" {} -> view::StatusView;
    /// Looks an activation code up at a server.
    CheckCode = "check_code" {
        /// `https://host[:port]`.
        server: String,
        /// The activation code as typed, or an invitation's link, which names its server itself.
        code: String,
    } -> view::InvitationView;
    /// What is wrong with a PIN while it is typed; nothing is kept.
    CheckPin = "check_pin" {
        /// Digits.
        pin: String,
    } -> Option<view::PinProblem>;
    /// Sets the PIN and binds the device to the code that was checked last.
    Activate = "activate" {
        /// Digits.
        pin: String,
    } -> view::StatusView;
    /// Opens the vault.
    Unlock = "unlock" {
        /// Digits.
        pin: String,
    } -> view::UnlockView;
    /// Seals the vault under a new PIN. The current one is counted like at the lock.
    ChangePin = "change_pin" {
        /// Digits.
        current: String,
        /// Digits.
        new: String,
    } -> view::UnlockView;
    /// Turns fingerprint or face on, after the PIN, which is counted like at the lock.
    EnableBiometrics = "enable_biometrics" {
        /// Digits.
        pin: String,
        /// What the system's dialog says.
        prompt: view::PromptView,
    } -> view::BiometricTurnView;
    /// Turns fingerprint or face off at once.
    DisableBiometrics = "disable_biometrics" {} -> view::StatusView;
    /// Opens the vault with fingerprint or face.
    UnlockByBiometrics = "unlock_by_biometrics" {
        /// What the system's dialog says.
        prompt: view::PromptView,
    } -> view::BiometricUnlockView;
    /// Locks now.
    Lock = "lock" {} -> view::StatusView;
    /// Home of an employee.
    GetHome = "get_home" {} -> view::HomeView;
    /// Freezes time and id of a tap, then looks for the location in the background.
    Tap = "tap" {
        /// [`view::HomeView::form_id`]; the same id twice is one tap.
        form_id: String,
        /// What the person stated.
        action: view::Action,
        /// The person chose to go on without location.
        without_location: bool,
    } -> view::EntryView;
    /// Gives up waiting for the location of a tap.
    SkipLocation = "skip_location" {
        /// [`view::EntryView::id`].
        id: String,
    } -> view::EntryView;
    /// Takes a tap back, within 90 s.
    Undo = "undo" {
        /// [`view::EntryView::id`].
        id: String,
    } -> view::EntryView;
    /// One day of history.
    GetDay = "get_day" {
        /// `YYYY-MM-DD`; `None` is today.
        day: Option<String>,
    } -> view::DayView;
    /// What needs the person.
    GetAttention = "get_attention" {} -> Vec<view::AttentionView>;
    /// Sends a parked item again.
    RetryItem = "retry_item" {
        /// [`view::AttentionView::id`].
        id: String,
    } -> Vec<view::AttentionView>;
    /// The data of a parked item, as text to keep.
    ExportItem = "export_item" {
        /// [`view::AttentionView::id`].
        id: String,
    } -> String;
    /// Profile, device and settings.
    GetMe = "get_me" {} -> view::MeView;
    /// The person's devices, asked of the server now.
    GetDevices = "get_devices" {} -> Vec<view::DeviceView>;
    /// Language and theme; kept on the device, allowed while locked.
    SetAppearance = "set_appearance" {
        /// Language.
        language: view::Language,
        /// Theme.
        theme: view::Theme,
    } -> view::StatusView;
    /// Gives or takes back consent to location at the tap.
    SetLocationConsent = "set_location_consent" {
        /// Given?
        given: bool,
        /// The notice that was on the screen.
        notice_version: String,
    } -> view::MeView;
    /// Tries to send now; clears network waits.
    SyncNow = "sync_now" {} -> view::StatusView;
}
