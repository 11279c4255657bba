//! What stands in the way is said plainly, and nothing is lost.

use anyhow::{Result, ensure};

use crate::journey::{Journey, PERSON, PIN, id};
use crate::portal::Portal;

/// Something else answers 200 with HTML where our server was.
pub(super) fn captive_portal(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app()?;
    journey.activate(PERSON, PIN, true)?;
    journey.server.stop()?;
    let portal = Portal::open(journey.server.port())?;
    journey.window().click(&id("tap-check_in"))?;
    journey
        .window()
        .wait("[data-testid='sync-strip'][data-state='captive_portal']")?;
    let state = journey.window().wait(&id("entry-step"))?;
    let state = journey
        .window()
        .attribute(&state, "data-state")?
        .unwrap_or_default();
    ensure!(
        state != "confirmed" && state != "parked",
        "a portal's page counted as an answer: {state}"
    );
    journey.shot("captive-portal")?;
    ensure!(portal.close() > 0, "the app never asked the portal");
    journey.server.again()?;
    journey.confirmed()?;
    ensure!(
        journey.server.attendance()?.len() == 1,
        "exactly one check-in"
    );
    journey.shot("confirmed-after-the-portal")
}

/// No Secret Service: no key is made, no plain-text fallback, and the screen says what is missing.
pub(super) fn no_keystore(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app()?;
    journey.phase("no_keystore")?;
    journey.shot("no-keystore")
}
