//! The position port and what a fix is worth.

use bizmitra_rules::fence::{
    MAX_ACCURACY_M, MAX_FIX_AGE_MS, PlaceVerdict, Point, Site, WARN_ACCURACY_M, decide_place,
};

use crate::api::BoxFuture;
use crate::attendance::{Evidence, NoPlace, Place, PlaceFlag, Spot};
use crate::ids::{ItemId, SiteId};

/// One fix as the platform gave it. Never stored, never sent, never logged.
#[derive(Clone, Copy, PartialEq)]
pub struct Fix {
    /// Degrees north, WGS 84.
    pub latitude_deg: f64,
    /// Degrees east, WGS 84.
    pub longitude_deg: f64,
    /// Radius of the error circle, 68 %, metres; 0 means unknown.
    pub accuracy_m: f64,
    /// When the fix was taken, wall clock, milliseconds since 1970-01-01T00:00:00Z.
    pub taken_ms: i64,
    /// The system calls it simulated; `None` where the platform cannot tell.
    pub mock: Option<bool>,
}

impl std::fmt::Debug for Fix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fix(..)")
    }
}

/// Why there is no fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// Permission denied.
    #[error("location permission denied")]
    Denied,
    /// Location services are off.
    #[error("location services are off")]
    ServicesOff,
    /// The device has no receiver.
    #[error("no positioning hardware")]
    NoGps,
    /// No fix; the platform gave up.
    #[error("no fix")]
    NoFix,
}

/// What can be said before asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Permission granted.
    Ready,
    /// Permission not asked for yet.
    AskPermission,
    /// Denied for good.
    Denied,
    /// Services off.
    ServicesOff,
    /// No receiver.
    NoGps,
}

/// Where positions come from: the phone's receiver, an honest "no GPS", or a recording in development.
pub trait PositionSource: Send + Sync {
    /// What can be said before asking; cheap.
    fn availability(&self) -> Availability;
    /// One fresh fix, in the foreground, asking for permission when that is still possible. The caller has the deadline.
    fn locate(&self) -> BoxFuture<'_, Result<Fix, PositionError>>;
}

/// Longest wait for a fix, milliseconds.
pub const DEADLINE_MS: u64 = 10_000;

/// What a fix is worth for a tap: the verdict against the person's sites, with the error circle, and points for a person's look.
/// `now_ms` is the wall clock that `fix.taken_ms` was read from; `tap_ms` the captured time of the tap.
pub fn decide_evidence(
    about: ItemId,
    tap_ms: i64,
    now_ms: i64,
    fix: &Fix,
    sites: &[Site<SiteId>],
) -> Evidence {
    let mut flags = Vec::new();
    if fix.mock == Some(true) {
        flags.push(PlaceFlag::Mock);
    }
    let fix_age_ms = tap_ms.checked_sub(fix.taken_ms);
    let place = match usable(fix, now_ms, &mut flags) {
        false => Place::None(NoPlace::Unusable),
        true => {
            let at = Point {
                latitude_deg: fix.latitude_deg,
                longitude_deg: fix.longitude_deg,
            };
            match decide_place(sites, at, fix.accuracy_m) {
                None => Place::None(NoPlace::NoSites),
                Some(placed) => {
                    let spot = Spot {
                        site: placed.site,
                        distance_m: whole_m(placed.distance_m),
                        accuracy_m: whole_m(fix.accuracy_m.ceil()),
                    };
                    match placed.verdict {
                        PlaceVerdict::Inside => Place::Inside(spot),
                        PlaceVerdict::Uncertain => Place::Uncertain(spot),
                        PlaceVerdict::Outside => Place::Outside(spot),
                    }
                }
            }
        }
    };
    Evidence {
        about,
        place,
        fix_age_ms,
        flags,
    }
}

/// Whether a verdict may rest on this fix. Fails closed; for the person it only means "no location".
fn usable(fix: &Fix, now_ms: i64, flags: &mut Vec<PlaceFlag>) -> bool {
    let in_range = fix.latitude_deg.abs() <= 90.0 && fix.longitude_deg.abs() <= 180.0;
    let null_island = fix.latitude_deg == 0.0 && fix.longitude_deg == 0.0;
    let known_accuracy = fix.accuracy_m.is_finite() && fix.accuracy_m > 0.0;
    let fresh = now_ms
        .checked_sub(fix.taken_ms)
        .is_some_and(|age| age.abs() <= MAX_FIX_AGE_MS);
    if null_island {
        flags.push(PlaceFlag::NullIsland);
    }
    if !known_accuracy {
        flags.push(PlaceFlag::ZeroAccuracy);
    } else if fix.accuracy_m > WARN_ACCURACY_M {
        flags.push(PlaceFlag::Inaccurate);
    }
    if !fresh {
        flags.push(PlaceFlag::Stale);
    }
    in_range && !null_island && known_accuracy && fix.accuracy_m <= MAX_ACCURACY_M && fresh
}

/// Whole metres, saturating.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the range of u32 before"
)]
fn whole_m(metres: f64) -> u32 {
    metres.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use bizmitra_rules::fence::Fence;

    const TAP: i64 = 1_790_000_000_000;

    fn sites() -> Vec<Site<SiteId>> {
        let centre = Point {
            latitude_deg: 18.63,
            longitude_deg: 73.85,
        };
        vec![Site {
            id: SiteId(uuid::Uuid::from_u128(7)),
            name: "Bhosari plant".into(),
            fence: Fence::Circle {
                centre,
                radius_m: 150.0,
            },
        }]
    }

    fn fix() -> Fix {
        Fix {
            latitude_deg: 18.63,
            longitude_deg: 73.85,
            accuracy_m: 12.0,
            taken_ms: TAP + 2_000,
            mock: None,
        }
    }

    fn decide(fix: Fix) -> Evidence {
        decide_evidence(
            ItemId(uuid::Uuid::from_u128(1)),
            TAP,
            TAP + 2_500,
            &fix,
            &sites(),
        )
    }

    #[test]
    fn a_good_fix_at_the_centre_is_inside() {
        let evidence = decide(fix());
        assert!(
            matches!(
                evidence.place,
                Place::Inside(Spot {
                    distance_m: 0,
                    accuracy_m: 12,
                    ..
                })
            ),
            "{evidence:?}"
        );
        assert_eq!(evidence.fix_age_ms, Some(-2_000));
        assert!(evidence.flags.is_empty());
    }

    #[test]
    fn an_error_circle_over_the_fence_is_uncertain_and_beyond_it_outside() {
        assert!(matches!(
            decide(Fix {
                latitude_deg: 18.6313,
                ..fix()
            })
            .place,
            Place::Uncertain(_)
        ));
        assert!(matches!(
            decide(Fix {
                latitude_deg: 18.64,
                ..fix()
            })
            .place,
            Place::Outside(_)
        ));
    }

    #[test]
    fn unusable_fixes_give_no_place_and_say_why() {
        for (fix, flag) in [
            (
                Fix {
                    latitude_deg: 0.0,
                    longitude_deg: 0.0,
                    ..fix()
                },
                Some(PlaceFlag::NullIsland),
            ),
            (
                Fix {
                    accuracy_m: 0.0,
                    ..fix()
                },
                Some(PlaceFlag::ZeroAccuracy),
            ),
            (
                Fix {
                    accuracy_m: f64::NAN,
                    ..fix()
                },
                Some(PlaceFlag::ZeroAccuracy),
            ),
            (
                Fix {
                    accuracy_m: 3_000.0,
                    ..fix()
                },
                Some(PlaceFlag::Inaccurate),
            ),
            (
                Fix {
                    taken_ms: TAP - 60_000,
                    ..fix()
                },
                Some(PlaceFlag::Stale),
            ),
            (
                Fix {
                    taken_ms: i64::MIN,
                    ..fix()
                },
                Some(PlaceFlag::Stale),
            ),
            (
                Fix {
                    latitude_deg: f64::NAN,
                    ..fix()
                },
                None,
            ),
            (
                Fix {
                    latitude_deg: 123.0,
                    ..fix()
                },
                None,
            ),
        ] {
            let evidence = decide(fix);
            assert_eq!(evidence.place, Place::None(NoPlace::Unusable), "{flag:?}");
            assert_eq!(evidence.flags.first().copied(), flag);
        }
    }

    #[test]
    fn a_simulated_fix_is_flagged_and_not_refused() {
        let evidence = decide(Fix {
            mock: Some(true),
            ..fix()
        });
        assert!(matches!(evidence.place, Place::Inside(_)));
        assert_eq!(evidence.flags, [PlaceFlag::Mock]);
    }

    #[test]
    fn without_sites_there_is_no_verdict() {
        let evidence = decide_evidence(ItemId(uuid::Uuid::from_u128(1)), TAP, TAP, &fix(), &[]);
        assert_eq!(evidence.place, Place::None(NoPlace::NoSites));
    }

    #[test]
    fn a_fix_never_prints() {
        assert_eq!(format!("{:?}", fix()), "Fix(..)");
    }
}
