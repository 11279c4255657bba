//! Which screen is due. The phase of the device decides first, the address only among the open pages (ADR 0003).

use bizmitra_ipc::view::Phase;

/// A page of the open app; lives in the address after `#/`, so that the system's back goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// Next action, site, last tap.
    Home,
    /// One day.
    History,
    /// What needs the person.
    Attention,
    /// Profile, device, settings.
    Me,
    /// The question about location.
    Location,
    /// The person's devices; belongs to Me.
    Devices,
    /// The PIN, changed; belongs to Me.
    ChangePin,
    /// Fingerprint or face, turned on; belongs to Me.
    Biometrics,
}

/// Every page but home.
const OTHERS: [Route; 7] = [
    Route::History,
    Route::Attention,
    Route::Me,
    Route::Location,
    Route::Devices,
    Route::ChangePin,
    Route::Biometrics,
];

impl Route {
    /// Address of the page.
    pub(crate) const fn hash(self) -> &'static str {
        match self {
            Self::Home => "#/",
            Self::History => "#/history",
            Self::Attention => "#/attention",
            Self::Me => "#/me",
            Self::Location => "#/location",
            Self::Devices => "#/devices",
            Self::ChangePin => "#/pin",
            Self::Biometrics => "#/biometrics",
        }
    }

    /// Unknown addresses are home.
    pub(crate) fn from_hash(hash: &str) -> Self {
        OTHERS
            .into_iter()
            .find(|route| route.hash() == hash)
            .unwrap_or(Self::Home)
    }

    /// The page whose place in the bar it has.
    pub(crate) const fn tab(self) -> Self {
        match self {
            Self::Devices | Self::ChangePin | Self::Biometrics => Self::Me,
            other => other,
        }
    }
}

/// What the person chose on a screen that takes a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entering {
    /// Nothing: the screen of the phase.
    No,
    /// The PIN is forgotten.
    Forgot,
    /// A new code.
    Code,
}

/// What the window shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    /// Code, notice, PIN.
    Activate,
    /// Sent, not answered yet.
    Activating,
    /// A manager compares the fingerprint.
    Approval,
    /// Keypad.
    Unlock,
    /// What a forgotten PIN means.
    Forgot,
    /// The vault is gone.
    Destroyed,
    /// A manager paused this device.
    Suspended,
    /// The server was not heard of for too long.
    LeaseEnded,
    /// This device is over; what was recorded is still sent.
    Revoked,
    /// This device is over and empty.
    Wiped,
    /// The system keeps no secrets.
    NoKeystore,
    /// Open.
    Page(Route),
}

impl Screen {
    /// Its word in test ids.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Activating => "activating",
            Self::Approval => "approval",
            Self::Unlock => "unlock",
            Self::Forgot => "forgot",
            Self::Destroyed => "destroyed",
            Self::Suspended => "suspended",
            Self::LeaseEnded => "lease_ended",
            Self::Revoked => "revoked",
            Self::Wiped => "wiped",
            Self::NoKeystore => "no_keystore",
            Self::Page(_) => "page",
        }
    }
}

/// `entering`: what the person chose on a screen that takes a code.
/// `asks_location`: this activation has not put the question about location yet.
pub(crate) const fn decide_screen(
    phase: Phase,
    route: Route,
    entering: Entering,
    asks_location: bool,
) -> Screen {
    match (phase, entering) {
        (Phase::NotActivated, _) => Screen::Activate,
        (Phase::Activating, _) => Screen::Activating,
        (Phase::AwaitingApproval, _) => Screen::Approval,
        (Phase::Locked | Phase::Destroyed | Phase::Revoked | Phase::Wiped, Entering::Code) => {
            Screen::Activate
        }
        (Phase::Locked, Entering::Forgot) => Screen::Forgot,
        (Phase::Locked, Entering::No) => Screen::Unlock,
        (Phase::Destroyed, _) => Screen::Destroyed,
        (Phase::Suspended, _) => Screen::Suspended,
        (Phase::LeaseEnded, _) => Screen::LeaseEnded,
        (Phase::Revoked, _) => Screen::Revoked,
        (Phase::Wiped, _) => Screen::Wiped,
        (Phase::NoKeystore, _) => Screen::NoKeystore,
        (Phase::Unlocked, _) if asks_location => Screen::Page(Route::Location),
        (Phase::Unlocked, _) => Screen::Page(route),
    }
}

/// How an address is entered in the browser's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// Already there.
    Stay,
    /// A step that "back" undoes.
    Push,
    /// Tabs replace each other: back leads home, not through every tab.
    Replace,
    /// Home is one step back.
    Back,
}

/// `pushed`: the page shown was pushed by us on top of home.
pub(crate) fn decide_move(from: Route, to: Route, pushed: bool) -> Move {
    match (from, to) {
        _ if from == to => Move::Stay,
        (Route::Home, _) => Move::Push,
        (_, Route::Home) if pushed => Move::Back,
        _ => Move::Replace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_device_shows_the_keypad_at_every_address() {
        for route in OTHERS.into_iter().chain([Route::Home]) {
            for asks in [false, true] {
                assert_eq!(
                    decide_screen(Phase::Locked, route, Entering::No, asks),
                    Screen::Unlock
                );
            }
        }
    }

    #[test]
    fn pages_are_reached_only_when_unlocked() {
        for phase in [
            Phase::NotActivated,
            Phase::Activating,
            Phase::AwaitingApproval,
            Phase::Locked,
            Phase::Destroyed,
            Phase::Suspended,
            Phase::LeaseEnded,
            Phase::Revoked,
            Phase::Wiped,
            Phase::NoKeystore,
        ] {
            for entering in [Entering::No, Entering::Forgot, Entering::Code] {
                assert!(!matches!(
                    decide_screen(phase, Route::Me, entering, false),
                    Screen::Page(_)
                ));
            }
        }
        assert_eq!(
            decide_screen(Phase::Unlocked, Route::Me, Entering::No, false),
            Screen::Page(Route::Me)
        );
    }

    #[test]
    fn a_forgotten_pin_leads_to_a_code_and_a_paused_device_takes_none() {
        let at = |phase, entering| decide_screen(phase, Route::Home, entering, false);
        assert_eq!(at(Phase::Locked, Entering::Forgot), Screen::Forgot);
        for phase in [
            Phase::Locked,
            Phase::Destroyed,
            Phase::Revoked,
            Phase::Wiped,
        ] {
            assert_eq!(at(phase, Entering::Code), Screen::Activate);
        }
        assert_eq!(at(Phase::Suspended, Entering::Code), Screen::Suspended);
        assert_eq!(at(Phase::LeaseEnded, Entering::Code), Screen::LeaseEnded);
    }

    #[test]
    fn location_is_asked_before_the_first_page() {
        assert_eq!(
            decide_screen(Phase::Unlocked, Route::Home, Entering::No, true),
            Screen::Page(Route::Location)
        );
    }

    #[test]
    fn back_leads_home_and_not_through_every_tab() {
        assert_eq!(decide_move(Route::Home, Route::History, false), Move::Push);
        assert_eq!(decide_move(Route::History, Route::Me, true), Move::Replace);
        assert_eq!(decide_move(Route::Me, Route::Home, true), Move::Back);
        assert_eq!(decide_move(Route::Me, Route::Home, false), Move::Replace);
        assert_eq!(decide_move(Route::Me, Route::Me, true), Move::Stay);
        assert_eq!(decide_move(Route::Me, Route::Devices, true), Move::Replace);
    }

    #[test]
    fn addresses_are_read_back() {
        for route in OTHERS.into_iter().chain([Route::Home]) {
            assert_eq!(Route::from_hash(route.hash()), route);
        }
        assert_eq!(Route::from_hash("#/files"), Route::Home);
    }
}
