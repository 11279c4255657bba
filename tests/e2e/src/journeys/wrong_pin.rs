//! A wrong PIN says how many tries are left, and the right one still opens.

use anyhow::{Result, ensure};

use crate::journey::{Journey, PERSON, PIN, id};

pub(super) fn walk(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app()?;
    journey.activate(PERSON, PIN, false)?;
    journey.window().click(&id("nav-me"))?;
    journey.window().click(&id("lock-now"))?;
    journey.phase("locked")?;
    journey.shot("locked")?;
    journey.press("135790")?;
    let message = journey.wrong_pin()?;
    ensure!(
        message.contains('9'),
        "9 tries are left, the message is {message:?}"
    );
    journey.shot("wrong-pin")?;
    // A kill must not give the try back.
    journey.kill_app()?;
    journey.open_app()?;
    journey.phase("locked")?;
    journey.press("135791")?;
    let message = journey.wrong_pin()?;
    ensure!(
        message.contains('8'),
        "8 tries are left, the message is {message:?}"
    );
    journey.shot("wrong-again-after-a-kill")?;
    journey.press(PIN)?;
    journey.phase("unlocked")?;
    journey.shot("the-right-one-opens")
}
