//! `correct`: a request to put a tap right.

use anyhow::Result;
use bizmitra_core::attendance::{Action, Correction, RightTap};
use bizmitra_core::ids::ItemId;
use bizmitra_device::Device;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde_json::json;

use crate::args::{CorrectArgs, Kind};
use crate::exit::{Exit, Refused};
use crate::output::Output;
use crate::pin::PinSource;
use crate::session;

/// Records the request; it is sent like everything else.
pub(crate) async fn run(
    device: &Device,
    what: &CorrectArgs,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    session::unlock(device, pins).await?;
    let about = what.tap.map(ItemId);
    let day = match (&what.day, about) {
        (Some(day), _) => day.clone(),
        (None, Some(tap)) => device.entry(tap)?.tap.day,
        // The parser demands one of the two.
        (None, None) => return Err(refused("a correction names a tap or a day")),
    };
    let should_be = match (what.kind, &what.at) {
        (Some(kind), Some(at)) => Some(right_tap(kind, at, &day, what.zone.as_deref())?),
        _ => None,
    };
    let correction = Correction::new(about, &day, should_be, &what.why)
        .map_err(|problem| refused(&problem.to_string()))?;
    let id = device.home()?.form_id;
    device.correct(id, correction)?;
    output.say(
        &format!("saved on this device: a correction for {day}, which a manager decides"),
        &json!({ "event": "correction", "id": id, "day": day, "about": about }),
    )?;
    Ok(Exit::Done)
}

fn refused(message: &str) -> anyhow::Error {
    Refused::new("bad_correction", message.to_owned()).into()
}

/// A time that people write, as an instant in a zone.
fn right_tap(kind: Kind, at: &str, day: &str, zone: Option<&str>) -> Result<RightTap> {
    let zone = match zone {
        Some(name) => {
            TimeZone::get(name).map_err(|_| refused(&format!("the zone {name} is not known")))?
        }
        None => TimeZone::system(),
    };
    let name = zone
        .iana_name()
        .ok_or_else(|| refused("the zone of this machine has no name; give --zone"))?
        .to_owned();
    let local = at.parse::<DateTime>().or_else(|_| {
        let date: Date = day.parse()?;
        let time: Time = at.parse()?;
        Ok::<_, jiff::Error>(date.to_datetime(time))
    });
    let local = local.map_err(|_| refused("the time is neither HH:MM nor YYYY-MM-DDTHH:MM"))?;
    let at = local
        .to_zoned_datetime(zone)
        .map_err(|_| refused("there is no such time in that zone"))?;
    Ok(RightTap {
        action: match kind {
            Kind::CheckIn => Action::CheckIn,
            Kind::CheckOut => Action::CheckOut,
            Kind::BreakStart => Action::BreakStart,
            Kind::BreakEnd => Action::BreakEnd,
        },
        wall_ms: at.timestamp().as_millisecond(),
        zone: name,
        offset_min: at.offset().seconds() / 60,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_on_its_day_or_with_a_day_of_its_own() {
        let read = |at: &str, zone: &str| right_tap(Kind::CheckOut, at, "2026-11-23", Some(zone));
        let right = read("18:05", "Asia/Kolkata").unwrap();
        assert_eq!((right.wall_ms, right.offset_min), (1_795_437_300_000, 330));
        // The morning after a night shift.
        let right = read("2026-11-24T06:00", "Asia/Kolkata").unwrap();
        assert_eq!(right.wall_ms, 1_795_480_200_000);
        assert_eq!(read("18:05", "America/New_York").unwrap().offset_min, -300);
        for (at, zone) in [("25:00", "UTC"), ("", "UTC"), ("18:05", "Asia/Nowhere")] {
            assert!(read(at, zone).is_err(), "{at} {zone}");
        }
    }
}
