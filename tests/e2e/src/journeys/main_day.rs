//! The promise of the product: a check-in without a server, a kill, and it arrives once without another tap.

use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::journey::{Journey, PERSON, PIN, id};
use crate::say;

/// The tap as it looked from outside, before anything could be sent.
struct Captured {
    /// Host time just before and just after the click.
    between_ms: (i64, i64),
    /// `HH:MM` on the receipt.
    time: String,
    /// First digits of the record's hash on the receipt.
    short_hash: String,
}

pub(super) fn walk(journey: &mut Journey<'_>) -> Result<()> {
    journey.open_app()?;
    journey.activate(PERSON, PIN, true)?;
    journey.shot("home")?;

    journey.server.stop()?;
    let captured = tap(journey)?;
    journey.shot("saved-on-this-phone")?;
    wait_for_place(journey)?;
    journey.shot("place-known-and-no-server")?;

    journey.kill_app()?;
    journey.open_app()?;
    journey.phase("locked")?;
    journey.shot("after-the-kill")?;
    journey.press(PIN)?;
    journey.phase("unlocked")?;
    journey.saved()?;
    journey.shot("unlocked-and-still-saved")?;

    journey.server.again()?;
    journey.confirmed()?;
    ensure!(
        journey.words("receipt-time")? == captured.time,
        "the receipt shows another time than at the tap"
    );
    journey.shot("confirmed-without-a-tap")?;
    one_check_in(journey, &captured)?;

    journey.window().click(&id("tap-check_out"))?;
    journey.window().wait(&id("tap-check_in"))?;
    journey.confirmed()?;
    journey.shot("checked-out")?;
    journey.window().click(&id("nav-history"))?;
    journey.window().until("two entries in the history", || {
        Ok((journey.window().all(&id("history-entry"))?.len() == 2).then_some(()))
    })?;
    journey.shot("history")?;
    journey.window().click(&id("nav-me"))?;
    journey.window().wait(&id("lock-now"))?;
    journey.shot("me")?;
    journey.eventually("check-in and check-out on the server, once each", || {
        let mut kinds = kinds_of(journey)?;
        kinds.sort();
        Ok(kinds == ["check_in", "check_out"])
    })
}

fn tap(journey: &Journey<'_>) -> Result<Captured> {
    let button = id("tap-check_in");
    journey.window().wait(&button)?;
    let before = now_ms()?;
    journey.window().click(&button)?;
    journey.saved()?;
    let between_ms = (before, now_ms()?);
    let time = journey.words("receipt-time")?;
    let number = journey.window().wait("[data-testid='receipt'] .mono")?;
    let number = journey.window().text(&number)?;
    let (_, hash) = number
        .rsplit_once('·')
        .with_context(|| format!("no hash in {number:?}"))?;
    Ok(Captured {
        between_ms,
        time,
        short_hash: plain(hash),
    })
}

fn now_ms() -> Result<i64> {
    Ok(i64::try_from(
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)?
            .as_millis(),
    )?)
}

/// The evidence is its own record: killed before it, the place would honestly be "interrupted".
fn wait_for_place(journey: &Journey<'_>) -> Result<()> {
    journey
        .window()
        .wait("[data-testid='receipt-place']:not(.locating)")?;
    let place = journey.words("receipt-place")?;
    ensure!(
        place.contains(" m"),
        "the recording gives a distance; the receipt says {place:?}"
    );
    Ok(())
}

/// Exactly one check-in, with what was captured at the tap, joined by the evidence from the recording.
fn one_check_in(journey: &Journey<'_>, captured: &Captured) -> Result<()> {
    let rows = journey.server.attendance()?;
    ensure!(
        rows.len() == 1,
        "expected one record of attendance, the server has {}",
        rows.len()
    );
    let row = rows.first().context("no row")?;
    let wall_ms = row
        .get("wall_ms")
        .and_then(Value::as_i64)
        .context("wall_ms")?;
    let (before, after) = captured.between_ms;
    ensure!(
        (before..=after).contains(&wall_ms),
        "tapped between {before} and {after}, the server has {wall_ms}"
    );
    let hash = row
        .get("hash_hex")
        .and_then(Value::as_str)
        .context("hash_hex")?;
    ensure!(
        captured.short_hash.len() == 8 && plain(hash).starts_with(&captured.short_hash),
        "the window showed {}, the server has {hash}",
        captured.short_hash
    );
    journey.eventually("the position evidence beside the check-in", || {
        let rows = journey.server.attendance()?;
        ensure!(rows.len() == 1, "the check-in doubled");
        let place = rows.first().and_then(|row| row.get("place"));
        let verdict = place
            .and_then(|place| place.get("verdict"))
            .and_then(Value::as_str);
        let distance_m = place
            .and_then(|place| place.get("distance_m"))
            .and_then(Value::as_u64);
        // The recording begins inside the demo's first site, whose radius is 500 m.
        Ok(verdict == Some("inside") && distance_m.is_some_and(|distance_m| distance_m < 500))
    })?;
    say::line(&format!(
        "      one check-in on the server: {}",
        journey
            .server
            .attendance()?
            .first()
            .cloned()
            .unwrap_or_default()
    ));
    Ok(())
}

/// Hex digits without the groups that make them readable.
fn plain(hash: &str) -> String {
    hash.chars()
        .filter(char::is_ascii_hexdigit)
        .map(|digit| digit.to_ascii_lowercase())
        .collect()
}

fn kinds_of(journey: &Journey<'_>) -> Result<Vec<String>> {
    let rows = journey.server.attendance()?;
    Ok(rows
        .iter()
        .filter_map(|row| row.get("kind")?.as_str().map(ToOwned::to_owned))
        .collect())
}
