//! Fingerprint or face, on a reader that every finger matches: turned on after the PIN, used at the lock, ended by a changed
//! enrolment, and turned off.

use anyhow::{Result, ensure};

use crate::journey::{Journey, PERSON, PIN, id};

/// A reader that every finger matches. It forgets with its process, as if the enrolment had changed.
const READER: &[&str] = &["--simulate-biometry"];

pub(super) fn walk(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app_with(READER)?;
    journey.activate(PERSON, PIN, false)?;
    turn_on(journey)?;
    lock(journey)?;
    journey
        .window()
        .wait("[data-testid='biometrics-why'][data-state='ready']")?;
    journey.shot("locked-and-ready-for-a-finger")?;
    journey.window().click(&id("unlock-biometrics"))?;
    journey.phase("unlocked")?;
    journey.shot("opened-by-a-finger")?;

    journey.kill_app()?;
    journey.open_app_with(READER)?;
    journey.phase("locked")?;
    journey.window().click(&id("unlock-biometrics"))?;
    journey
        .window()
        .wait("[data-testid='biometrics-why'][data-state='enrolment_changed']")?;
    ensure!(
        !journey.words("biometrics-why")?.is_empty(),
        "the person is told"
    );
    journey.shot("ended-by-a-changed-enrolment")?;
    journey.press(PIN)?;
    journey.phase("unlocked")?;

    turn_on(journey)?;
    journey.window().click(&id("biometrics-switch"))?;
    journey
        .window()
        .wait("[data-testid='biometrics-switch'][data-state='off']")?;
    lock(journey)?;
    journey
        .window()
        .wait("[data-testid='biometrics-why'][data-state='off']")?;
    journey.press(PIN)?;
    journey.phase("unlocked")
}

fn turn_on(journey: &mut Journey<'_>) -> Result<()> {
    journey.window().click(&id("nav-me"))?;
    journey
        .window()
        .wait("[data-testid='biometrics-switch'][data-state='off']")?;
    journey.shot("biometrics-are-off")?;
    journey.window().click(&id("biometrics-switch"))?;
    journey.window().wait(&id("biometrics"))?;
    journey.shot("the-pin-comes-first")?;
    journey.press(PIN)?;
    journey
        .window()
        .wait("[data-testid='biometrics-switch'][data-state='on']")?;
    journey.shot("biometrics-are-on")
}

fn lock(journey: &Journey<'_>) -> Result<()> {
    journey.window().click(&id("lock-now"))?;
    journey.phase("locked")
}
