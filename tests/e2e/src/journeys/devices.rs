//! The PIN, changed or forgotten; the device, waiting, paused or ended.

use anyhow::{Result, ensure};

use crate::journey::{Journey, NEW_PIN, PERSON, PIN, id};

/// The current PIN is asked first, the old one no longer opens, and the person's devices are listed.
pub(super) fn change_pin(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app()?;
    journey.activate(PERSON, PIN, false)?;
    journey.window().click(&id("nav-me"))?;
    journey.window().click(&id("open-devices"))?;
    journey
        .window()
        .wait("[data-testid='devices'][data-count='1']")?;
    journey
        .window()
        .wait("[data-testid='device'][data-state='active'][data-this='true']")?;
    journey.shot("my-devices")?;
    journey.window().click(&id("devices-back"))?;
    journey.window().click(&id("open-change-pin"))?;
    journey
        .window()
        .wait("[data-testid='pin-title'][data-state='current']")?;
    journey.shot("current-pin")?;
    journey.press("135790")?;
    journey
        .window()
        .wait("[data-testid='pin-message'][data-state='wrong']")?;
    let message = journey.words("pin-message")?;
    ensure!(message.contains('9'), "9 tries are left: {message:?}");
    journey.shot("wrong-current-pin")?;
    journey.press(PIN)?;
    journey.choose_pin(NEW_PIN)?;
    journey.window().wait(&id("pin-changed"))?;
    journey.shot("pin-changed")?;
    journey.window().click(&id("pin-changed-close"))?;
    journey.window().click(&id("lock-now"))?;
    journey.phase("locked")?;
    journey.press(PIN)?;
    journey.wrong_pin()?;
    journey.shot("the-old-pin-opens-nothing")?;
    journey.press(NEW_PIN)?;
    journey.phase("unlocked")
}

/// What waits is sent first; then the operator's link makes a new PIN on the same device.
pub(super) fn forgot_pin(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app()?;
    journey.activate(PERSON, PIN, false)?;
    journey.server.stop()?;
    journey.window().click(&id("tap-check_in"))?;
    journey.saved()?;
    journey.window().click(&id("nav-me"))?;
    journey.window().click(&id("lock-now"))?;
    journey.phase("locked")?;
    journey.window().click(&id("forgot-pin"))?;
    journey.window().wait(&id("forgot"))?;
    let waiting = journey.words("forgot-waiting")?;
    ensure!(
        waiting.chars().any(|letter| letter.is_ascii_digit()),
        "what waits is said: {waiting:?}"
    );
    journey.shot("forgot-and-something-waits")?;
    journey.server.again()?;
    journey
        .window()
        .wait_for_server("[data-testid='sync-strip'][data-waiting='0']")?;
    let waiting = journey.words("forgot-waiting")?;
    ensure!(
        !waiting.chars().any(|letter| letter.is_ascii_digit()),
        "nothing waits any more: {waiting:?}"
    );
    journey.shot("forgot-and-all-is-sent")?;
    let device = journey.server.device_of(PERSON)?;
    let printed = journey
        .server
        .operate(&["device", "replace", "--device", &device])?;
    let link = printed.lines().nth(1).unwrap_or_default().to_owned();
    ensure!(link.starts_with("bizmitra:?"), "no link in {printed}");
    journey.window().click(&id("new-code"))?;
    journey.enter_code(&link, NEW_PIN)?;
    journey.phase("unlocked")?;
    journey
        .window()
        .click("[data-testid='consent-no']:enabled")?;
    journey.window().wait(&id("tap-check_out"))?;
    journey.shot("home-again-and-still-checked-in")?;
    journey.window().click(&id("tap-check_out"))?;
    journey.window().wait(&id("tap-check_in"))?;
    journey.confirmed()?;
    ensure!(
        journey.server.attendance()?.len() == 2,
        "check-in of before and check-out of after"
    );
    journey.window().click(&id("nav-me"))?;
    journey.window().click(&id("open-devices"))?;
    journey
        .window()
        .wait("[data-testid='devices'][data-count='2']")?;
    journey.shot("my-devices-with-the-old-one")
}

/// Eight days without the server lock a device; what waits still goes, and the server's next word opens it.
pub(super) fn lease(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app()?;
    journey.activate(PERSON, PIN, false)?;
    journey.server.stop()?;
    journey.window().click(&id("tap-check_in"))?;
    journey.saved()?;
    journey.kill_app()?;
    let days = |days: u32| (days * 86_400).to_string();
    journey.open_app_with(&["--simulate-later", &days(6)])?;
    journey.phase("locked")?;
    journey.kill_app()?;
    journey.open_app_with(&["--simulate-later", &days(8)])?;
    journey.phase("lease_ended")?;
    journey.shot("no-word-from-the-server-for-a-week")?;
    journey.server.again()?;
    journey.window().wait_for_server("[data-phase='locked']")?;
    journey.press(PIN)?;
    journey.phase("unlocked")?;
    // The check-in is not of today, so home shows none.
    journey
        .window()
        .wait_for_server("[data-testid='sync-strip'][data-waiting='0']")?;
    ensure!(
        journey.server.attendance()?.len() == 1,
        "the check-in of before arrived once"
    );
    journey.shot("open-again")
}

/// A pause ends by itself; the end is for good: what waited arrives, and nothing is left.
pub(super) fn ended(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app()?;
    journey.activate(PERSON, PIN, false)?;
    let device = journey.server.device_of(PERSON)?;
    journey
        .server
        .operate(&["device", "suspend", "--device", &device])?;
    journey.window().click(&id("tap-check_in"))?;
    journey.phase("suspended")?;
    journey.shot("suspended")?;
    journey
        .server
        .operate(&["device", "resume", "--device", &device])?;
    // The device asks every half minute.
    journey.window().wait_for_server("[data-phase='locked']")?;
    journey.press(PIN)?;
    journey.phase("unlocked")?;
    journey.confirmed()?;

    journey.server.stop()?;
    journey.window().click(&id("tap-check_out"))?;
    journey.saved()?;
    journey
        .server
        .operate(&["device", "lost", "--device", &device])?;
    journey.server.again()?;
    journey.window().wait_for_server("[data-phase='wiped']")?;
    journey
        .window()
        .wait("[data-testid='stopped'][data-state='wiped']")?;
    journey.shot("wiped")?;
    ensure!(
        journey.server.attendance()?.len() == 2,
        "what was recorded before the end arrived"
    );
    journey.kill_app()?;
    journey.open_app()?;
    journey.phase("wiped")?;
    journey.window().click(&id("new-code"))?;
    journey.window().wait(&id("code-back"))?;
    let code = journey.server.code_of("Asha")?;
    journey.enter_code(&code, NEW_PIN)?;
    journey.phase("unlocked")?;
    journey.answer_location(false)?;
    journey.shot("another-person-s-now")
}

/// Six groups on the screen until somebody compares them; the screen goes on by itself.
pub(super) fn approval(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app()?;
    journey.phase("not_activated")?;
    let employee = journey.server.employee(PERSON)?;
    let printed =
        journey
            .server
            .operate(&["invite", "--manual-approval", "--employee", &employee])?;
    let link = printed.lines().nth(1).unwrap_or_default().to_owned();
    let (start, key) = link.rsplit_once('=').unwrap_or_default();
    let false_key: String = key
        .chars()
        .map(|digit| if digit == '0' { '1' } else { '0' })
        .collect();
    journey
        .window()
        .paste_into(&id("code-input"), &format!("{start}={false_key}"))?;
    journey.window().click(&id("code-submit"))?;
    journey
        .window()
        .wait("[data-testid='problem'][data-state='WrongServer']")?;
    journey.shot("a-server-with-another-key-is-refused")?;
    journey.enter_code(&link, PIN)?;
    journey.phase("awaiting_approval")?;
    journey.window().wait(&id("fingerprint"))?;
    journey.shot("waiting-for-approval")?;
    let groups = journey.words("fingerprint")?;
    let device = journey.server.device_of(PERSON)?;
    let typed: String = groups.split_whitespace().collect::<Vec<_>>().join("-");
    journey.server.operate(&[
        "device",
        "approve",
        "--device",
        &device,
        "--fingerprint",
        &typed,
    ])?;
    journey
        .window()
        .wait_for_server("[data-phase='unlocked']")?;
    journey.answer_location(false)
}

/// The same screens in Hindi and dark.
pub(super) fn in_hindi_and_dark(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app()?;
    journey.activate(PERSON, PIN, false)?;
    journey.window().click(&id("nav-me"))?;
    journey.window().click(&id("language-hi"))?;
    journey.window().wait("html[lang='hi']")?;
    journey.window().click(&id("theme-dark"))?;
    journey.window().wait("html[data-theme='dark']")?;
    journey.shot("me")?;
    journey.window().click(&id("open-devices"))?;
    journey.window().wait(&id("devices"))?;
    journey.shot("my-devices")?;
    journey.window().click(&id("devices-back"))?;
    journey.window().click(&id("open-change-pin"))?;
    journey
        .window()
        .wait("[data-testid='pin-title'][data-state='current']")?;
    journey.press("135790")?;
    journey
        .window()
        .wait("[data-testid='pin-message'][data-state='wrong']")?;
    journey.shot("wrong-current-pin")?;
    journey.window().click(&id("pin-back"))?;
    journey.window().click(&id("lock-now"))?;
    journey.phase("locked")?;
    journey.window().click(&id("forgot-pin"))?;
    journey.window().wait(&id("forgot"))?;
    journey.shot("forgot")?;
    journey.window().click(&id("forgot-back"))?;
    journey.press(PIN)?;
    journey.phase("unlocked")?;
    let device = journey.server.device_of(PERSON)?;
    let decide = |journey: &Journey<'_>, verb: &str| {
        journey
            .server
            .operate(&["device", verb, "--device", &device])
            .map(drop)
    };
    decide(journey, "suspend")?;
    journey.window().click(&id("nav-home"))?;
    journey.window().click(&id("tap-check_in"))?;
    journey.phase("suspended")?;
    journey.shot("suspended")?;
    decide(journey, "revoke")?;
    journey.window().wait_for_server("[data-phase='wiped']")?;
    journey.shot("wiped")
}
