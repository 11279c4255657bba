//! Shift days: midnight, zones, clock changes, nights, leap days.

use bizmitra_rules::shift::{MAX_LEAD_MS, Shift, ShiftError, day_of};
use jiff::{Timestamp, civil::Date};
use proptest::prelude::*;

const HOUR: i64 = 3_600_000;
const ZONES: [&str; 8] = [
    "Asia/Kolkata",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
    "UTC",
];

fn shift(start_min: u16, end_min: u16, zone: &str) -> Shift<u8> {
    Shift {
        id: 1,
        name: "Shift".to_owned(),
        start_min,
        end_min,
        days: vec![1, 2, 3, 4, 5, 6],
        grace_min: 10,
        zone: zone.to_owned(),
    }
}

fn day(zone: &str) -> Shift<u8> {
    shift(9 * 60, 18 * 60, zone)
}

fn night(zone: &str) -> Shift<u8> {
    shift(22 * 60, 6 * 60, zone)
}

fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

fn owner(shift: &Shift<u8>, instant: &str) -> String {
    shift.nearest(ms(instant)).unwrap().day
}

#[test]
fn a_day_shift_in_india_starts_at_half_past_three_utc() {
    let on = day("Asia/Kolkata").on("2026-11-23").unwrap();
    assert_eq!(
        (on.start_ms, on.end_ms),
        (ms("2026-11-23T03:30:00Z"), ms("2026-11-23T12:30:00Z"))
    );
}

#[test]
fn a_night_shift_ends_on_the_next_day_and_its_check_out_belongs_to_its_check_in() {
    let night = night("Asia/Kolkata");
    let on = night.on("2026-11-23").unwrap();
    assert_eq!(on.end_ms - on.start_ms, 8 * HOUR);
    for (instant, expected) in [
        ("2026-11-23T21:58:00+05:30", "2026-11-23"),
        ("2026-11-23T23:59:59+05:30", "2026-11-23"),
        ("2026-11-24T00:00:00+05:30", "2026-11-23"),
        ("2026-11-24T06:02:00+05:30", "2026-11-23"),
        ("2026-11-24T13:59:59+05:30", "2026-11-23"),
        ("2026-11-24T14:00:00+05:30", "2026-11-24"),
    ] {
        assert_eq!(owner(&night, instant), expected, "{instant}");
    }
}

#[test]
fn overtime_after_midnight_stays_with_its_day_until_the_middle_of_the_pause() {
    let day = day("Asia/Kolkata");
    let (last, first) = middle_of_the_pause(&day);
    assert_eq!(owner(&day, "2026-11-24T00:30:00+05:30"), "2026-11-23");
    assert_eq!(owner(&day, "2026-11-24T04:33:00+05:30"), "2026-11-24");
    assert_eq!(
        (last.as_str(), first.as_str()),
        ("2026-11-23", "2026-11-24")
    );
}

/// The owners of the last millisecond before the middle between two days' work, and of the middle itself.
fn middle_of_the_pause(shift: &Shift<u8>) -> (String, String) {
    let end = shift.on("2026-11-23").unwrap().end_ms;
    let start = shift.on("2026-11-24").unwrap().start_ms;
    let middle = end + (start - end) / 2;
    (
        shift.nearest(middle - 1).unwrap().day,
        shift.nearest(middle).unwrap().day,
    )
}

#[test]
fn a_short_pause_between_shifts_is_shared_in_the_middle() {
    // 06:00 to 02:00: four hours of pause, so each side gets two.
    let long = shift(6 * 60, 2 * 60, "Asia/Kolkata");
    assert_eq!(owner(&long, "2026-11-24T03:59:59+05:30"), "2026-11-23");
    assert_eq!(owner(&long, "2026-11-24T04:00:00+05:30"), "2026-11-24");
}

#[test]
fn a_shift_around_the_clock_changes_days_at_its_start() {
    let always = shift(8 * 60, 8 * 60, "Asia/Kolkata");
    assert_eq!(always.planned_min(), 1_440);
    assert_eq!(owner(&always, "2026-11-24T07:59:59+05:30"), "2026-11-23");
    assert_eq!(owner(&always, "2026-11-24T08:00:00+05:30"), "2026-11-24");
}

#[test]
fn a_shift_that_starts_just_after_midnight_takes_taps_of_the_evening_before() {
    let early = shift(30, 8 * 60, "Asia/Kolkata");
    assert_eq!(owner(&early, "2026-11-23T16:30:00+05:30"), "2026-11-24");
    assert_eq!(owner(&early, "2026-11-23T16:29:59+05:30"), "2026-11-23");
}

#[test]
fn work_on_a_free_sunday_is_a_day_of_its_own() {
    let day = day("Asia/Kolkata");
    assert_eq!(owner(&day, "2026-11-22T10:00:00+05:30"), "2026-11-22");
    assert_eq!(
        (day.works_on("2026-11-22"), day.works_on("2026-11-23")),
        (Ok(false), Ok(true))
    );
}

#[test]
fn nights_on_which_clocks_change_are_an_hour_shorter_and_longer() {
    for (zone, spring, autumn) in [
        ("Europe/Berlin", "2026-03-28", "2026-10-24"),
        ("America/New_York", "2026-03-07", "2026-10-31"),
    ] {
        let night = night(zone);
        for (date, hours) in [(spring, 7), (autumn, 9), ("2026-07-01", 8)] {
            let on = night.on(date).unwrap();
            assert_eq!(on.end_ms - on.start_ms, hours * HOUR, "{zone} {date}");
            assert_eq!(night.nearest(on.end_ms - 1).unwrap(), on);
            assert_eq!(night.nearest(on.end_ms + HOUR).unwrap(), on);
        }
        assert_eq!(night.planned_min(), 480);
    }
}

#[test]
fn a_start_that_the_clocks_jump_over_moves_by_the_jump_and_one_that_comes_twice_is_the_first() {
    let berlin = shift(2 * 60 + 30, 10 * 60, "Europe/Berlin");
    assert_eq!(
        berlin.on("2026-03-29").unwrap().start_ms,
        ms("2026-03-29T03:30:00+02:00")
    );
    assert_eq!(
        berlin.on("2026-10-25").unwrap().start_ms,
        ms("2026-10-25T02:30:00+02:00")
    );
    let new_york = shift(60 + 30, 10 * 60, "America/New_York");
    assert_eq!(
        new_york.on("2026-11-01").unwrap().start_ms,
        ms("2026-11-01T01:30:00-04:00")
    );
}

#[test]
fn an_end_inside_the_jump_is_never_before_the_start() {
    let short = shift(2 * 60 + 30, 3 * 60 + 15, "Europe/Berlin");
    let on = short.on("2026-03-29").unwrap();
    assert!(on.end_ms >= on.start_ms);
}

#[test]
fn the_leap_day_is_a_day_and_its_absence_is_not() {
    let night = night("Asia/Kolkata");
    let leap = night.on("2028-02-29").unwrap();
    assert_eq!(leap.end_ms, ms("2028-03-01T06:00:00+05:30"));
    assert_eq!(owner(&night, "2028-02-29T23:00:00+05:30"), "2028-02-29");
    assert_eq!(owner(&night, "2028-03-01T05:00:00+05:30"), "2028-02-29");
    assert_eq!(night.on("2027-02-29"), Err(ShiftError::BadDay));
    assert_eq!(owner(&night, "2027-03-01T05:00:00+05:30"), "2027-02-28");
}

#[test]
fn the_day_comes_from_the_zone_and_not_from_the_phone() {
    let instant = ms("2026-11-23T20:00:00Z");
    assert_eq!(day_of(instant, "Asia/Kolkata").unwrap(), "2026-11-24");
    assert_eq!(day_of(instant, "Europe/Berlin").unwrap(), "2026-11-23");
    assert_eq!(day_of(instant, "America/New_York").unwrap(), "2026-11-23");
    assert_eq!(
        day_of(ms("2026-12-31T18:30:00Z"), "Asia/Kolkata").unwrap(),
        "2027-01-01"
    );
    assert_eq!(day_of(-1, "UTC").unwrap(), "1969-12-31");
}

#[test]
fn what_makes_no_sense_is_refused_and_not_guessed() {
    let good = day("Asia/Kolkata");
    for bad in [
        "",
        "2026-13-01",
        "2026-02-30",
        "23.11.2026",
        "2026-11-23T09:00",
        "20261123",
        "+002026-11-23",
    ] {
        assert_eq!(good.on(bad), Err(ShiftError::BadDay), "{bad}");
    }
    assert_eq!(
        day("Mars/Olympus").on("2026-11-23"),
        Err(ShiftError::BadZone)
    );
    assert_eq!(
        shift(1_440, 60, "UTC").on("2026-11-23"),
        Err(ShiftError::BadTime)
    );
    assert_eq!(
        shift(60, u16::MAX, "UTC").on("2026-11-23"),
        Err(ShiftError::BadTime)
    );
    for far in [i64::MIN, i64::MAX] {
        assert_eq!(good.nearest(far), Err(ShiftError::OutOfRange));
        assert_eq!(day_of(far, "UTC"), Err(ShiftError::OutOfRange));
    }
    assert_eq!(
        good.on("9999-12-29").map(|on| on.day),
        Ok("9999-12-29".to_owned())
    );
    assert_eq!(night("UTC").on("9999-12-31"), Err(ShiftError::OutOfRange));
}

fn any_shift() -> impl Strategy<Value = Shift<u8>> {
    (0..1_440_u16, 0..1_440_u16, prop::sample::select(&ZONES[..]))
        .prop_map(|(start, end, zone)| shift(start, end, zone))
}

fn neighbour(of: &str, days: i64) -> String {
    let date: Date = of.parse().unwrap();
    if days > 0 {
        date.tomorrow().unwrap().to_string()
    } else {
        date.yesterday().unwrap().to_string()
    }
}

/// When the window of a day opens, written a second time.
fn opens_ms(shift: &Shift<u8>, day: &str) -> i64 {
    let (before, this) = (
        shift.on(&neighbour(day, -1)).unwrap(),
        shift.on(day).unwrap(),
    );
    let pause = this.start_ms - before.end_ms;
    if pause >= 2 * MAX_LEAD_MS {
        this.start_ms - MAX_LEAD_MS
    } else {
        this.start_ms - pause.max(0) / 2
    }
}

/// From 2007 to 2037, with every clock change of the zones.
const INSTANTS: std::ops::Range<i64> = 1_167_609_600_000..2_145_916_800_000;

proptest! {
    #[test]
    fn every_instant_belongs_to_exactly_one_shift_day(shift in any_shift(), at in INSTANTS) {
        let own = shift.nearest(at).unwrap();
        prop_assert_eq!(&shift.on(&own.day).unwrap(), &own);
        prop_assert!(opens_ms(&shift, &own.day) <= at, "not open yet");
        prop_assert!(at < opens_ms(&shift, &neighbour(&own.day, 1)), "the next one is open");
    }

    #[test]
    fn a_shift_owns_its_whole_length(shift in any_shift(), at in INSTANTS, part in 0.0..1.0_f64) {
        let own = shift.nearest(at).unwrap();
        let length = own.end_ms - own.start_ms;
        prop_assert!((0..=26 * HOUR + 24 * HOUR).contains(&length));
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a part of a day in milliseconds")]
        let within = own.start_ms + (length as f64 * part) as i64;
        if within < own.end_ms {
            prop_assert_eq!(shift.nearest(within).unwrap().day, own.day);
        }
    }

    #[test]
    fn later_taps_never_belong_to_an_earlier_day(shift in any_shift(), at in INSTANTS, later in 0..72 * HOUR) {
        prop_assert!(shift.nearest(at).unwrap().day <= shift.nearest(at + later).unwrap().day);
    }

    #[test]
    fn minutes_planned_are_the_length_when_no_clock_changes(shift in any_shift(), at in INSTANTS) {
        let kolkata = Shift { zone: "Asia/Kolkata".to_owned(), ..shift };
        let own = kolkata.nearest(at).unwrap();
        prop_assert_eq!(own.end_ms - own.start_ms, i64::from(kolkata.planned_min()) * 60_000);
    }

    #[test]
    fn an_instant_lies_within_a_day_of_its_calendar_day(at in INSTANTS, zone in prop::sample::select(&ZONES[..])) {
        let date: Date = day_of(at, zone).unwrap().parse().unwrap();
        let midnight_utc = date.to_datetime(jiff::civil::Time::midnight()).to_zoned_datetime(jiff::tz::TimeZone::UTC).unwrap();
        let apart = at - midnight_utc.timestamp().as_millisecond();
        prop_assert!((-14 * HOUR..(24 + 12) * HOUR).contains(&apart));
    }
}
