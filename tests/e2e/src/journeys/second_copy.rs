//! A second copy hands over to the first and ends; the first goes on as it was.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::journey::{Journey, PERSON, PIN, id};
use crate::processes::wait_at_most;

pub(super) fn walk(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app()?;
    journey.activate(PERSON, PIN, false)?;
    let mut second = journey.second_copy()?;
    let status = wait_at_most(&mut second, Duration::from_secs(20));
    if status.is_err() {
        second.kill()?;
    }
    ensure!(status?.success(), "the second copy must end well");
    ensure!(journey.copies() == 1, "{} copies run", journey.copies());
    journey.window().wait(&id("tap-check_in"))?;
    journey.shot("the-first-goes-on")
}
