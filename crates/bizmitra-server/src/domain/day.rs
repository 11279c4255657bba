//! When a record was made, and to which day a tap belongs. The arithmetic is in `bizmitra-rules`.

use bizmitra_contract::attendance::TimeGrade;
use bizmitra_contract::changes::Shift;
use bizmitra_contract::ids::{DeviceId, EmployeeId};
use bizmitra_contract::record::{Record, Tap};
use bizmitra_rules::{shift, time_grade};
use jiff::civil::Date;
use rusqlite::Connection;

use crate::auth::CompanyScope;
use crate::error::{Result, ServerError};
use crate::storage::{self, company, employee, plan};

/// How far a record's time can be trusted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Graded {
    pub(crate) grade: TimeGrade,
    pub(crate) tolerance_ms: Option<u64>,
    pub(crate) true_ms: i64,
}

/// Grades a record's time by what the server knows itself: its receipt, its own anchors, the record before.
pub(crate) fn grade(
    db: &Connection,
    scope: &CompanyScope,
    record: &Record,
    received_ms: i64,
    device: DeviceId,
) -> Result<Graded> {
    let anchor = match (record.anchor_id, record.elapsed_since_anchor_ms) {
        (Some(anchor), Some(elapsed_ms)) => storage::anchor::time_ms(db, scope, anchor, device)?
            .map(|server_time_ms| time_grade::AnchorClaim {
                server_time_ms,
                elapsed_ms,
                rtt_ms: record.anchor_rtt_ms.unwrap_or_default(),
                same_boot: record.same_boot,
            }),
        _ => None,
    };
    let claim = time_grade::Claim {
        wall_ms: record.wall_ms,
        received_ms,
        anchor,
    };
    let before_ms = storage::ingest::true_ms_before(db, scope, record.chain_id, record.seq)?;
    let graded = time_grade::decide_grade(&claim, before_ms);
    let grade = match graded.grade {
        time_grade::Grade::A => TimeGrade::A,
        time_grade::Grade::B => TimeGrade::B,
        time_grade::Grade::C => TimeGrade::C,
        time_grade::Grade::D => TimeGrade::D,
    };
    Ok(Graded {
        grade,
        tolerance_ms: graded.tolerance_ms,
        true_ms: graded.true_ms,
    })
}

/// The day of a tap: the device's own word when it is at most a day off, else by the person's shift, else by the
/// company's zone. The device knows best which shift its person was in, but cannot move a tap into another week.
pub(crate) fn of_tap(
    db: &Connection,
    scope: &CompanyScope,
    person: EmployeeId,
    tap: &Tap,
    true_ms: i64,
) -> Result<String> {
    let ours = computed(db, scope, person, true_ms)?;
    Ok(match &tap.day {
        Some(theirs) if is_near(theirs, &ours) => theirs.clone(),
        _ => ours,
    })
}

fn computed(
    db: &Connection,
    scope: &CompanyScope,
    person: EmployeeId,
    true_ms: i64,
) -> Result<String> {
    let shift_id = employee::get(db, scope, person)?.and_then(|person| person.shift);
    let shift = shift_id
        .map(|shift| plan::get_shift(db, scope, shift))
        .transpose()?
        .flatten();
    if let Some(shift_day) = shift.and_then(|shift| to_rules(shift).nearest(true_ms).ok()) {
        return Ok(shift_day.day);
    }
    let zone = company::get(db, scope)?.policy.zone;
    shift::day_of(true_ms, &zone)
        .or_else(|_| shift::day_of(0, "UTC"))
        .map_err(|_| ServerError::Damaged("working zone"))
}

fn to_rules(shift: Shift) -> shift::Shift<bizmitra_contract::ids::ShiftId> {
    shift::Shift {
        id: shift.id,
        name: shift.name,
        start_min: shift.start_min,
        end_min: shift.end_min,
        days: shift.days,
        grace_min: shift.grace_min,
        zone: shift.zone,
    }
}

/// Both are dates, at most one day apart, and the device wrote its own in the one agreed form.
fn is_near(theirs: &str, ours: &str) -> bool {
    match (theirs.parse::<Date>(), ours.parse::<Date>()) {
        (Ok(their_date), Ok(our_date)) => {
            their_date.to_string() == theirs
                && (our_date.yesterday().is_ok_and(|day| day == their_date)
                    || our_date == their_date
                    || our_date.tomorrow().is_ok_and(|day| day == their_date))
        }
        _ => false,
    }
}
