//! The journeys, by name.

use anyhow::Result;

use crate::desktop::Keyring;
use crate::journey::{Journey, Rig, Size};
use crate::say;

mod bad_day;
mod biometrics;
mod devices;
mod main_day;
mod second_copy;
mod settings;
mod wrong_pin;

/// A journey: its name, the sizes it is walked in, the desktop it needs, its steps.
pub struct Route {
    /// Its name, also of its pictures.
    pub name: &'static str,
    sizes: &'static [Size],
    keyring: Keyring,
    walk: fn(&mut Journey<'_>) -> Result<()>,
}

const BOTH: &[Size] = &[Size::Phone, Size::Desktop];
const PHONE: &[Size] = &[Size::Phone];

/// All journeys.
pub const ROUTES: &[Route] = &[
    Route {
        name: "main",
        sizes: BOTH,
        keyring: Keyring::Unlocked,
        walk: main_day::walk,
    },
    Route {
        name: "wrong-pin",
        sizes: PHONE,
        keyring: Keyring::Unlocked,
        walk: wrong_pin::walk,
    },
    Route {
        name: "hindi-dark",
        sizes: BOTH,
        keyring: Keyring::Unlocked,
        walk: settings::walk,
    },
    Route {
        name: "change-pin",
        sizes: BOTH,
        keyring: Keyring::Unlocked,
        walk: devices::change_pin,
    },
    Route {
        name: "forgot-pin",
        sizes: BOTH,
        keyring: Keyring::Unlocked,
        walk: devices::forgot_pin,
    },
    Route {
        name: "ended",
        sizes: BOTH,
        keyring: Keyring::Unlocked,
        walk: devices::ended,
    },
    Route {
        name: "lease",
        sizes: BOTH,
        keyring: Keyring::Unlocked,
        walk: devices::lease,
    },
    Route {
        name: "approval",
        sizes: BOTH,
        keyring: Keyring::Unlocked,
        walk: devices::approval,
    },
    Route {
        name: "devices-hindi-dark",
        sizes: BOTH,
        keyring: Keyring::Unlocked,
        walk: devices::in_hindi_and_dark,
    },
    Route {
        name: "biometrics",
        sizes: PHONE,
        keyring: Keyring::Unlocked,
        walk: biometrics::walk,
    },
    Route {
        name: "second-copy",
        sizes: &[Size::Desktop],
        keyring: Keyring::Unlocked,
        walk: second_copy::walk,
    },
    Route {
        name: "captive-portal",
        sizes: PHONE,
        keyring: Keyring::Unlocked,
        walk: bad_day::captive_portal,
    },
    Route {
        name: "no-keystore",
        sizes: PHONE,
        keyring: Keyring::Absent,
        walk: bad_day::no_keystore,
    },
];

/// How many ended as they should, and how many did not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// Ended as they should.
    pub passed: u32,
    /// Did not.
    pub failed: u32,
}

/// Walks every journey whose `name-size` contains `filter`.
pub fn walk_all(rig: &Rig, filter: &str) -> Outcome {
    let mut outcome = Outcome::default();
    for route in ROUTES {
        for size in route.sizes {
            let name = format!("{}-{}", route.name, size.name());
            if !name.contains(filter) {
                continue;
            }
            say::line(&format!("{name}:"));
            let start = std::time::Instant::now();
            match walk(rig, route, *size) {
                Ok(()) => {
                    outcome.passed += 1;
                    say::line(&format!(
                        "   passed in {:.1} s",
                        start.elapsed().as_secs_f64()
                    ));
                }
                Err(error) => {
                    outcome.failed += 1;
                    say::line(&format!("   FAILED: {error:#}"));
                }
            }
        }
    }
    outcome
}

fn walk(rig: &Rig, route: &Route, size: Size) -> Result<()> {
    let mut journey = Journey::start(rig, route.name, size, route.keyring)?;
    let walked = (route.walk)(&mut journey);
    if walked.is_err() {
        journey.shot_of_failure();
    }
    walked
}
