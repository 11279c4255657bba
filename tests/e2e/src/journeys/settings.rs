//! Hindi and the dark theme, kept over a restart and on the lock screen.

use anyhow::{Result, ensure};

use crate::journey::{Journey, PERSON, PIN, id};

pub(super) fn walk(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app()?;
    journey.activate(PERSON, PIN, true)?;
    journey.window().click(&id("nav-me"))?;
    journey.window().click(&id("language-hi"))?;
    journey.window().wait("html[lang='hi']")?;
    journey.window().click(&id("theme-dark"))?;
    journey.window().wait("html[data-theme='dark']")?;
    journey.shot("me-in-hindi-and-dark")?;
    journey.window().click(&id("nav-home"))?;
    let button = journey.words("tap-check_in")?;
    ensure!(is_devanagari(&button), "the button says {button:?}");
    journey.shot("home-in-hindi-and-dark")?;
    journey.window().click(&id("tap-check_in"))?;
    journey.confirmed()?;
    journey.shot("confirmed-in-hindi-and-dark")?;
    journey.window().click(&id("nav-history"))?;
    journey.window().wait(&id("history-entry"))?;
    journey.shot("history-in-hindi-and-dark")?;
    journey.kill_app()?;
    journey.open_app()?;
    journey.phase("locked")?;
    journey
        .window()
        .wait("html[lang='hi'][data-theme='dark']")?;
    journey.shot("locked-in-hindi-and-dark")
}

fn is_devanagari(text: &str) -> bool {
    text.chars()
        .any(|letter| ('\u{900}'..='\u{97f}').contains(&letter))
}
