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
}

impl Route {
    /// Address of the page.
    pub(crate) const fn hash(self) -> &'static str {
        match self {
            Self::Home => "#/",
            Self::History => "#/history",
            Self::Attention => "#/attention",
            Self::Me => "#/me",
            Self::Location => "#/location",
        }
    }

    /// Unknown addresses are home.
    pub(crate) fn from_hash(hash: &str) -> Self {
        [Self::History, Self::Attention, Self::Me, Self::Location]
            .into_iter()
            .find(|route| route.hash() == hash)
            .unwrap_or(Self::Home)
    }
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
    /// The vault is gone.
    Destroyed,
    /// A manager ended this device.
    Revoked,
    /// The system keeps no secrets.
    NoKeystore,
    /// Open.
    Page(Route),
}

/// `entering_code`: the person chose to enter a new code although a vault was destroyed.
/// `asks_location`: this activation has not put the question about location yet.
pub(crate) const fn decide_screen(
    phase: Phase,
    route: Route,
    entering_code: bool,
    asks_location: bool,
) -> Screen {
    match phase {
        Phase::NotActivated => Screen::Activate,
        Phase::Activating => Screen::Activating,
        Phase::AwaitingApproval => Screen::Approval,
        Phase::Locked => Screen::Unlock,
        Phase::Destroyed | Phase::Revoked if entering_code => Screen::Activate,
        Phase::Destroyed => Screen::Destroyed,
        Phase::Revoked => Screen::Revoked,
        Phase::NoKeystore => Screen::NoKeystore,
        Phase::Unlocked if asks_location => Screen::Page(Route::Location),
        Phase::Unlocked => Screen::Page(route),
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
        for route in [
            Route::Home,
            Route::History,
            Route::Attention,
            Route::Me,
            Route::Location,
        ] {
            for (entering, asks) in [(false, false), (true, true)] {
                assert_eq!(
                    decide_screen(Phase::Locked, route, entering, asks),
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
            Phase::Revoked,
            Phase::NoKeystore,
        ] {
            assert!(!matches!(
                decide_screen(phase, Route::Me, false, false),
                Screen::Page(_)
            ));
        }
        assert_eq!(
            decide_screen(Phase::Unlocked, Route::Me, false, false),
            Screen::Page(Route::Me)
        );
    }

    #[test]
    fn location_is_asked_before_the_first_page() {
        assert_eq!(
            decide_screen(Phase::Unlocked, Route::Home, false, true),
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
    }

    #[test]
    fn addresses_are_read_back() {
        for route in [
            Route::Home,
            Route::History,
            Route::Attention,
            Route::Me,
            Route::Location,
        ] {
            assert_eq!(Route::from_hash(route.hash()), route);
        }
        assert_eq!(Route::from_hash("#/files"), Route::Home);
    }
}
